package logkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"monitord/internal/logkeys"
)

// Sizes and times.
const (
	segmentBytes  = 32 << 20
	segmentAge    = 24 * time.Hour // so that MaxAge is kept to about a day
	blockBytes    = 256 << 10      // of text in a block, when that much comes
	pendingBytes  = 16 << 20       // of text that waits to be written, of all hosts
	syncEvery     = time.Second
	pruneEvery    = time.Minute
	maxTextBytes  = 1 << 20
	lineOverhead  = 64
	fileMode      = 0o600
	folderMode    = 0o700
	firstAtDigits = "%016d-%06d" + segmentEnd
)

// Stats counts since the Keeper was opened; Bytes and Segments are what is there.
type Stats struct {
	Lines    uint64 // written
	Dropped  uint64 // lines that could not be written: disk full, or nearly
	Torn     uint64 // bytes at a segment's end that a crash had left; taken off
	Pruned   uint64 // segments that went for age or size
	Bytes    int64
	Segments int
	Fault    string // why nothing is kept now; empty when it is
}

// Keeper writes lines. Its methods may be called from any goroutine.
type Keeper struct {
	dir    string
	cfg    Config
	now    func() time.Time
	logger *slog.Logger
	enc    *zstd.Encoder

	mu      sync.Mutex
	pending map[string]*pending
	waiting int // bytes of all
	file    *os.File
	path    string
	size    int64 // of the segment: the end of its last whole block
	born    time.Time
	blocks  []block
	dirty   bool
	number  int
	sealed  map[string]sealed // the other segments
	stats   Stats
}

// sealed is a segment that is not written to any more.
type sealed struct {
	size int64
	last int64 // the latest time in it, Unix milliseconds; 0 when it holds nothing
}

// pending are lines of a host that are not in a block yet.
type pending struct {
	lines []Line
	bytes int
}

// Open makes the folder, and takes off what a crash has left.
func Open(dir string, cfg Config, now func() time.Time, logger *slog.Logger) (*Keeper, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("keep logs: %w", err)
	}
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, fmt.Errorf("keep logs: %w", err)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("keep logs: %w", err)
	}
	k := &Keeper{dir: dir, cfg: cfg, now: now, logger: logger, enc: enc, pending: map[string]*pending{}, sealed: map[string]sealed{}}
	if err := k.takeOver(); err != nil {
		return nil, fmt.Errorf("keep logs: %w", err)
	}
	return k, nil
}

// takeOver looks at what is there. A segment without an index was being written.
func (k *Keeper) takeOver() error {
	paths, err := segments(k.dir)
	if err != nil {
		return err
	}
	for _, p := range paths {
		if _, err := os.Stat(indexPath(p)); err != nil {
			cut, err := recoverSegment(p)
			if err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			k.stats.Torn += uint64(cut)
			blocks, err := headersOf(p)
			if err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			if err := writeIndex(p, blocks); err != nil { // a full disk: it is made when there is room
				k.stats.Fault = err.Error()
			}
		}
		blocks, err := headersOf(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		st, err := os.Stat(p)
		if err != nil {
			return err
		}
		k.sealed[p] = sealed{st.Size(), latest(blocks)}
		var first int64
		var n int
		if _, err := fmt.Sscanf(filepath.Base(p), firstAtDigits, &first, &n); err == nil {
			k.number = max(k.number, n)
		}
	}
	return nil
}

// Append takes lines of a host. They are written when there are many, or by
// Sync; what cannot be written is dropped and counted. It never waits for a disk
// that is full.
func (k *Keeper) Append(host string, lines []Line) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.pending[host]
	if p == nil {
		p = &pending{}
		k.pending[host] = p
	}
	for _, l := range lines {
		if len(l.Text) > maxTextBytes {
			l.Text, l.Cut = l.Text[:maxTextBytes], true
		}
		p.lines = append(p.lines, l)
		p.bytes += len(l.Text) + lineOverhead
		k.waiting += len(l.Text) + lineOverhead
		if p.bytes >= blockBytes {
			k.flush(host)
			p = &pending{}
			k.pending[host] = p
		}
	}
	if k.waiting > pendingBytes {
		k.flushAll()
	}
}

func (k *Keeper) flushAll() {
	for host := range k.pending {
		k.flush(host)
	}
}

// Sync writes everything that waits and returns when it is on the disk. Lines
// that were appended before and are not counted as Dropped survive a crash.
func (k *Keeper) Sync() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.flushAll()
	if k.file == nil || !k.dirty {
		return nil
	}
	if err := k.file.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", k.path, err)
	}
	k.dirty = false
	return nil
}

// Run syncs each second and prunes each minute until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	pruned := time.Time{}
	for {
		if time.Since(pruned) >= pruneEvery {
			pruned = time.Now()
			if err := k.prune(); err != nil {
				k.logger.Warn("old logs cannot be removed", logkeys.Path, k.dir, logkeys.Err, err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := k.Sync(); err != nil {
			k.logger.Warn("kept logs cannot be synced", logkeys.Path, k.dir, logkeys.Err, err)
		}
	}
}

// Close writes what waits and ends the segment.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.flushAll()
	var err error
	if k.file != nil {
		err = k.seal()
	}
	return errors.Join(err, k.enc.Close())
}

// Stats returns the counts.
func (k *Keeper) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.stats
	s.Bytes, s.Segments = k.size, len(k.sealed)
	if k.file != nil {
		s.Segments++
	}
	for _, o := range k.sealed {
		s.Bytes += o.size
	}
	return s
}
