package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// segment is one file.
type segment struct {
	path    string
	first   uint64 // by its name
	last    uint64 // last record in it; first-1 while it is empty
	size    int64
	lastAt  time.Time
	created time.Time
	seqs    []extent // its records that are not acknowledged, oldest first
}

// extent is where one record lies. 24 h of collections every 10 s are 8640 of
// them: 200 kB at the worst.
type extent struct {
	seq    uint64
	offset uint32
	size   uint32
	weight uint32
}

func (g *segment) waiting() int { return len(g.seqs) }

func (g *segment) samples() (n int) {
	for _, e := range g.seqs {
		n += int(e.weight)
	}
	return n
}

func (g *segment) add(r Record, start, end int) {
	g.seqs = append(g.seqs, extent{r.Seq, uint32(start), uint32(end - start), uint32(r.Weight)})
	g.last, g.lastAt, g.size = r.Seq, r.At, int64(end)
}

func segmentPath(dir string, first uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%020d.seg", first))
}

func (s *Spool) loadSegments() error {
	files, err := filepath.Glob(filepath.Join(s.opts.Dir, "*.seg"))
	if err != nil {
		return fmt.Errorf("list spool: %w", err)
	}
	slices.Sort(files)
	for _, path := range files {
		first, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(path), ".seg"), 10, 64)
		if err != nil {
			continue // not ours
		}
		g, err := s.loadSegment(path, first)
		if err != nil {
			return err
		}
		s.segments = append(s.segments, g)
	}
	return nil
}

// loadSegment reads one file, skips what is damaged and cuts a torn tail off.
func (s *Spool) loadSegment(path string, first uint64) (*segment, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	g := &segment{path: path, first: first, last: first - 1, created: s.opts.Now()}
	good, damaged := scan(b, func(r Record, start, end int) bool {
		if r.Seq > g.last { // a number that goes back is damage that passed the checksum
			g.add(r, start, end)
		}
		return true
	})
	g.size = int64(good)
	if damaged > 0 {
		s.drop(DropDamaged, damaged, 0)
	}
	if good < len(b) {
		if err := os.Truncate(path, int64(good)); err != nil {
			return nil, fmt.Errorf("cut torn spool: %w", err)
		}
	}
	return g, nil
}

// write puts a record on disk, synced when SyncEvery says so. After an error the
// disk is as before, and the caller still has the record.
func (s *Spool) write(r Record) error {
	if err := s.rotate(r); err != nil {
		s.diskErrs++
		return err
	}
	g := s.segments[len(s.segments)-1]
	s.buf = appendRecord(s.buf[:0], r)
	_, err := s.out.WriteAt(s.buf, g.size)
	if err == nil && s.opts.SyncEvery == 0 {
		err = s.out.Sync()
	}
	if err != nil {
		s.diskErrs++
		// Truncated and opened anew: after a failed sync the kernel may hold pages
		// that it will never write.
		err = errors.Join(err, s.out.Truncate(g.size), s.out.Close())
		s.out = nil
		return fmt.Errorf("write spool: %w", err)
	}
	g.add(r, int(g.size), int(g.size)+len(s.buf))
	if cap(s.buf) > 256<<10 {
		s.buf = nil
	}
	s.dirty = s.opts.SyncEvery > 0
	if s.dirty && s.opts.Now().Sub(s.synced) >= s.opts.SyncEvery {
		s.sync()
	}
	return nil
}

// rotate makes sure that there is a segment to write to.
func (s *Spool) rotate(r Record) error {
	if n := len(s.segments); n > 0 {
		g := s.segments[n-1]
		full := g.size >= s.opts.SegmentBytes || s.opts.Now().Sub(g.created) > s.opts.SegmentAge
		if !full || g.size == 0 {
			return s.reopen(g)
		}
		s.sync()
	}
	if s.out != nil {
		_ = s.out.Close() // synced above, or counted
		s.out = nil
	}
	g := &segment{path: segmentPath(s.opts.Dir, r.Seq), first: r.Seq, last: r.Seq - 1, created: s.opts.Now()}
	out, err := os.OpenFile(g.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("make spool segment: %w", err)
	}
	s.out = out
	s.segments = append(s.segments, g)
	return syncDir(s.opts.Dir)
}

func (s *Spool) reopen(g *segment) error {
	if s.out != nil {
		return nil
	}
	out, err := os.OpenFile(g.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open spool segment: %w", err)
	}
	if err := out.Truncate(g.size); err != nil {
		return errors.Join(fmt.Errorf("open spool segment: %w", err), out.Close())
	}
	s.out = out
	return nil
}

// sync makes what was written durable. When the disk refuses, the numbers given
// away are reserved instead, so that a power cut cannot give them away twice.
func (s *Spool) sync() {
	s.synced = s.opts.Now()
	if !s.dirty || s.out == nil {
		return
	}
	if s.out.Sync() != nil {
		s.diskErrs++
		s.state.Reserved = s.next - 1
		_ = s.saveState() // the same disk: nothing more can be done
	}
	s.dirty = false
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

// dropOld drops the oldest segments while the queue is over its limits.
func (s *Spool) dropOld() error {
	for len(s.segments) > 0 {
		var bytes int64
		for _, g := range s.segments {
			bytes += g.size
		}
		g := s.segments[0]
		old := g.waiting() > 0 && s.opts.Now().Sub(g.lastAt) > s.opts.MaxAge
		if !old && (bytes <= s.opts.MaxBytes || len(s.segments) == 1) {
			return nil
		}
		reason := DropFull
		if old {
			reason = DropOld
		}
		s.drop(reason, g.waiting(), g.samples())
		g.seqs = nil
		s.state.Acked = max(s.state.Acked, g.last)
		if err := s.saveState(); err != nil {
			return err
		}
		if len(s.segments) == 1 {
			return nil // kept for its number; it holds nothing that waits
		}
		s.forget()
	}
	return nil
}

// forget removes what is acknowledged: whole files, but for the newest, whose
// name and records tell which number is next.
func (s *Spool) forget() {
	for _, g := range s.segments {
		n, _ := slices.BinarySearchFunc(g.seqs, s.state.Acked+1, func(e extent, seq uint64) int {
			return int(min(1, max(-1, int64(e.seq)-int64(seq))))
		})
		g.seqs = g.seqs[n:]
	}
	for len(s.segments) > 1 && s.segments[0].waiting() == 0 {
		_ = os.Remove(s.segments[0].path) // found again at the next Open when it stays
		s.segments = s.segments[1:]
	}
	// An acknowledged file that is never full would stay for ever small writes'
	// worth of disk; emptying it costs nothing.
	if n := len(s.segments); n == 1 && s.segments[0].waiting() == 0 && s.segments[0].size > s.opts.SegmentBytes/4 {
		s.empty(s.segments[0])
	}
}

// empty starts a fresh file for the next number and removes the old one.
func (s *Spool) empty(g *segment) {
	if s.state.Reserved < g.last {
		s.state.Reserved = g.last
	}
	if s.saveState() != nil || s.stateFile.Sync() != nil {
		return
	}
	if s.out != nil {
		_ = s.out.Close() // everything in it is acknowledged
		s.out = nil
	}
	s.dirty = false
	_ = os.Remove(g.path)
	s.segments = nil
}

// Peek returns the oldest records that are not acknowledged, at most maxRecords
// and about maxBytes, at least one when there is one. All of them are durable,
// or wait in memory while the disk takes nothing.
func (s *Spool) Peek(maxRecords, maxBytes int) ([]Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sync()
	var out []Record
	room := maxBytes
	for _, g := range s.segments {
		got, err := s.read(g, maxRecords-len(out), &room)
		if err != nil {
			return nil, err
		}
		out = append(out, got...)
		if len(out) == maxRecords || room <= 0 {
			return out, nil
		}
	}
	for _, r := range s.memory {
		if len(out) == maxRecords || (len(out) > 0 && len(r.Payload) > room) {
			break
		}
		room -= len(r.Payload)
		out = append(out, r)
	}
	return out, nil
}

// read takes records of one segment while they fit into room (the first always
// fits); what cannot be read back is dropped and counted.
func (s *Spool) read(g *segment, limit int, room *int) (out []Record, err error) {
	if len(g.seqs) == 0 || limit <= 0 {
		return nil, nil
	}
	f, err := os.Open(g.path)
	if err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	for i := 0; i < len(g.seqs) && len(out) < limit; {
		e := g.seqs[i]
		if *room <= 0 || (len(out) > 0 && int(e.size) > *room) {
			*room = 0
			return out, nil
		}
		b := make([]byte, e.size)
		_, err := f.ReadAt(b, int64(e.offset))
		r, size := parseRecord(b)
		if err != nil || size == 0 || r.Seq != e.seq {
			s.drop(DropDamaged, 1, int(e.weight))
			g.seqs = slices.Delete(g.seqs, i, i+1)
			continue
		}
		*room -= int(e.size)
		out = append(out, r)
		i++
	}
	return out, nil
}
