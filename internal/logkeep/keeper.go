package logkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"monitord/internal/config"
	"monitord/internal/logkeys"
)

// Config bounds what is kept.
type Config struct {
	// MaxBytes bounds the folder; beyond it the oldest segment goes.
	MaxBytes int64 `yaml:"max_bytes"`
	// MaxAge is how long lines are kept at least one segment's time; 0 keeps them
	// for as long as there is room.
	MaxAge time.Duration `yaml:"max_age"`
	// MinFree is what must stay free on the disk: below it nothing is kept.
	MinFree int64 `yaml:"min_free"`
}

// DefaultConfig keeps up to 10 GiB for 90 days.
func DefaultConfig() Config {
	return Config{MaxBytes: 10 << 30, MaxAge: 90 * 24 * time.Hour, MinFree: 512 << 20}
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	var errs []error
	if c.MaxBytes < 4*segmentBytes {
		errs = append(errs, config.Faultf("max_bytes", "got %d; want at least %d", c.MaxBytes, 4*segmentBytes))
	}
	if c.MaxAge != 0 && c.MaxAge < time.Hour {
		errs = append(errs, config.Faultf("max_age", "got %s; want 0 (no limit) or at least 1h", c.MaxAge))
	}
	if c.MinFree < 0 {
		errs = append(errs, config.Faultf("min_free", "got %d; want 0 or more bytes", c.MinFree))
	}
	return errors.Join(errs...)
}

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
	if err := k.recover(); err != nil {
		return nil, fmt.Errorf("keep logs: %w", err)
	}
	return k, nil
}

// recover looks at what is there. A segment without an index was being written.
func (k *Keeper) recover() error {
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

// flush writes a host's lines as a block.
func (k *Keeper) flush(host string) {
	p := k.pending[host]
	delete(k.pending, host)
	k.waiting -= p.bytes
	if len(p.lines) == 0 {
		return
	}
	err := k.write(host, p.lines)
	if err == nil {
		k.stats.Lines += uint64(len(p.lines))
		k.stats.Fault = ""
		return
	}
	k.stats.Dropped += uint64(len(p.lines))
	if k.stats.Fault == "" {
		k.logger.Warn("logs are not kept", logkeys.Path, k.dir, logkeys.Err, err)
	}
	k.stats.Fault = err.Error()
}

// errNearlyFull says that what is left of the disk is for others.
var errNearlyFull = errors.New("the disk is nearly full: make room, or lower keep.min_free or keep.max_bytes")

func (k *Keeper) write(host string, lines []Line) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(k.dir, &fs); err == nil && k.cfg.MinFree > 0 && int64(min(fs.Bavail, math.MaxInt64/uint64(fs.Bsize)))*int64(fs.Bsize) < k.cfg.MinFree {
		return errNearlyFull
	}
	if k.file != nil && (k.size >= segmentBytes || k.now().Sub(k.born) >= segmentAge) {
		if err := k.seal(); err != nil {
			return err
		}
	}
	if k.file == nil {
		if err := k.begin(lines[0].At); err != nil {
			return err
		}
	}
	b := encodeBlock(k.enc, host, lines)
	if _, err := k.file.WriteAt(b, k.size); err != nil {
		// What was written of it must not stand before the next block.
		return errors.Join(fmt.Errorf("write %s: %w", k.path, err), k.file.Truncate(k.size))
	}
	h, err := parseHeader(b)
	if err != nil {
		return err
	}
	h.offset = k.size
	k.blocks = append(k.blocks, h)
	k.size += int64(len(b))
	k.dirty = true
	return nil
}

// begin makes a segment.
func (k *Keeper) begin(at time.Time) error {
	k.number++
	path := filepath.Join(k.dir, fmt.Sprintf(firstAtDigits, max(at.UnixMilli(), 0), k.number))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	d, err := os.Open(k.dir)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	k.file, k.path, k.size, k.born, k.blocks = f, path, 0, k.now(), nil
	return nil
}

// seal ends a segment.
func (k *Keeper) seal() error {
	err := errors.Join(k.file.Sync(), k.file.Close())
	k.sealed[k.path] = sealed{k.size, latest(k.blocks)}
	path, blocks := k.path, k.blocks
	k.file, k.blocks, k.dirty, k.size = nil, nil, false, 0
	if err != nil {
		return fmt.Errorf("end %s: %w", path, err)
	}
	return writeIndex(path, blocks)
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
