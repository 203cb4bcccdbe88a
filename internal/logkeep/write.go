package logkeep

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"monitord/internal/logkeys"
)

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
