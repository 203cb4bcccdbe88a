package logkeep

import (
	"errors"
	"io/fs"
	"os"
	"slices"
)

// prune removes the oldest segments while there is too much, and those of which
// every line is too old. The one that is being written stays.
func (k *Keeper) prune() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	total := k.size
	paths := make([]string, 0, len(k.sealed))
	for p, o := range k.sealed {
		total += o.size
		paths = append(paths, p)
	}
	slices.Sort(paths)
	oldest := int64(0)
	if k.cfg.MaxAge > 0 {
		oldest = k.now().Add(-k.cfg.MaxAge).UnixMilli()
	}
	var errs []error
	for _, p := range paths {
		if total <= k.cfg.MaxBytes && k.sealed[p].last >= oldest {
			continue
		}
		if err := remove(p); err != nil {
			errs = append(errs, err)
			continue
		}
		total -= k.sealed[p].size
		delete(k.sealed, p)
		k.stats.Pruned++
	}
	return errors.Join(errs...)
}

// latest is the latest time in some blocks; 0 when there are none.
func latest(blocks []block) (last int64) {
	for _, b := range blocks {
		last = max(last, b.last)
	}
	return last
}

// remove removes a segment and its index; the segment first, so that an index
// never promises what is gone.
func remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if indexErr := os.Remove(indexPath(path)); err == nil && !errors.Is(indexErr, fs.ErrNotExist) {
		err = indexErr
	}
	return err
}
