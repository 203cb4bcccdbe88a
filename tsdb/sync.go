package tsdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// syncer makes what was written to the logs durable for many waiters at once.
// The first waiter of a round leads it: it waits until the interval since the
// last sync is over, closes the round to newcomers, syncs, and tells the others.
// So it needs no goroutine of its own and works from Open to Close.
type syncer struct {
	interval time.Duration
	logs     []*segments
	check    func() error // the verdict on the rounds' writes, after the sync
	observe  func(time.Duration)

	turn sync.Mutex // held while syncing; guards last
	last time.Time

	mu      sync.Mutex
	current *round
}

type round struct {
	done chan struct{}
	err  error
}

// wait returns when everything that was written before the call is synced.
func (s *syncer) wait() error {
	s.mu.Lock()
	r, leader := s.current, false
	if r == nil {
		r, leader = &round{done: make(chan struct{})}, true
		s.current = r
	}
	s.mu.Unlock()
	if leader {
		s.lead(r)
	}
	<-r.done
	return r.err
}

func (s *syncer) lead(r *round) {
	defer close(r.done)
	s.turn.Lock()
	defer s.turn.Unlock()
	// Rounds gather waiters while the one before is syncing or pausing.
	if d := s.interval - time.Since(s.last); d > 0 {
		time.Sleep(d)
	}
	s.mu.Lock()
	s.current = nil
	s.mu.Unlock()
	start := time.Now()
	for _, l := range s.logs {
		if r.err == nil {
			r.err = l.sync()
		}
	}
	if r.err == nil {
		r.err = s.check()
	}
	s.last = time.Now()
	s.observe(s.last.Sub(start))
}

// segments is one log directory (wal or wbl) of the library: files 00000000,
// 00000001, … of which only the newest grows. The library syncs a segment only
// some time after it began the next.
type segments struct {
	dir  string
	from int // the newest segment at the last sync: all before it are complete and synced
}

// sync syncs every segment that may have grown since the last call, and the
// directory when there is a new one.
func (s *segments) sync() error {
	nums, err := s.list()
	if err != nil {
		return err
	}
	newest := s.from
	for _, n := range nums {
		if n < s.from {
			continue
		}
		if err := syncPath(filepath.Join(s.dir, fmt.Sprintf("%08d", n))); err != nil {
			return err
		}
		newest = max(newest, n)
	}
	if newest > s.from {
		if err := syncPath(s.dir); err != nil {
			return err
		}
		s.from = newest
	}
	return nil
}

// list returns the numbers of the segments; a log that does not exist yet (wbl
// before the first late sample) has none.
func (s *segments) list() ([]int, error) {
	d, err := os.Open(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list log segments: %w", err)
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list log segments of %s: %w", s.dir, err)
	}
	var nums []int
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil && len(name) >= 8 {
			nums = append(nums, n)
		}
	}
	return nums, nil
}

// syncPath syncs a file or directory. One that is gone was replaced by a synced
// checkpoint or block and needs nothing.
func syncPath(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open to sync: %w", err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}
