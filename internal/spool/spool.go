package spool

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Options of a spool. Every zero value but Dir means the default beside it.
type Options struct {
	Dir          string           // made when missing
	MaxBytes     int64            // on disk, 256 MB
	MaxAge       time.Duration    // 24 h
	SegmentBytes int64            // a segment is closed beyond this, 1 MB
	SegmentAge   time.Duration    // or when it is older than this, 30 min
	SyncEvery    time.Duration    // 0 syncs each record; else records wait at most this long, or for Peek
	MemoryBytes  int              // of records that wait for the disk, 1 MB
	RefusedBytes int64            // kept in refused/, 8 MB
	Now          func() time.Time // time.Now
}

// Reasons of dropping, as in wire.DropData.
const (
	DropFull    = "full"    // MaxBytes, or the memory while the disk took nothing
	DropOld     = "old"     // MaxAge
	DropRefused = "refused" // set aside in refused/
	DropDamaged = "damaged" // could not be read back
)

// Count is how much was dropped. Samples is unknown (0) for damaged records.
type Count struct{ Records, Samples int }

// Stats is a spool at one moment.
type Stats struct {
	Records  int              // not acknowledged, in memory too
	Bytes    int64            // on disk
	Memory   int              // records waiting for the disk
	Oldest   time.Time        // append time of the oldest segment's last record; zero when there is none
	Dropped  map[string]Count // since Open, by reason
	LastSeq  uint64           // last number given away
	DiskErrs int              // appends and syncs that the disk refused since Open
}

// Spool is the queue. Its methods may be called at the same time; Peek and the
// Ack or Refuse that follows belong to one goroutine.
type Spool struct {
	opts Options
	lock *os.File

	mu        sync.Mutex
	segments  []*segment // oldest first; the last is written to
	out       *os.File   // the last segment, nil until the next append
	dirty     bool       // written since the last sync
	synced    time.Time
	state     state
	stateFile *os.File
	next      uint64   // number of the next record
	memory    []Record // after everything on disk
	memBytes  int
	dropped   map[string]Count
	diskErrs  int
	buf       []byte
	fresh     bool
	wake      chan struct{}
}

// Open makes the folder or goes on with the one that is there. One process at a
// time: a second one is refused.
func Open(opts Options) (*Spool, error) {
	opts.MaxBytes = cmp.Or(opts.MaxBytes, 256<<20)
	opts.MaxAge = cmp.Or(opts.MaxAge, 24*time.Hour)
	opts.SegmentBytes = cmp.Or(opts.SegmentBytes, 1<<20)
	opts.SegmentAge = cmp.Or(opts.SegmentAge, 30*time.Minute)
	opts.MemoryBytes = cmp.Or(opts.MemoryBytes, 1<<20)
	opts.RefusedBytes = cmp.Or(opts.RefusedBytes, 8<<20)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	lock, err := lockFile(filepath.Join(opts.Dir, "lock"))
	if err != nil {
		return nil, err
	}
	s := &Spool{opts: opts, lock: lock, dropped: map[string]Count{}, wake: make(chan struct{}, 1)}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.closeFiles())
	}
	return s, nil
}

func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock spool: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = fmt.Errorf("lock spool %s: %w (another probe is running on this folder; stop it, or give this one its own dir)", path, err)
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (s *Spool) load() error {
	var err error
	if s.stateFile, s.state, err = openState(filepath.Join(s.opts.Dir, "state")); err != nil {
		return err
	}
	if err := s.loadSegments(); err != nil {
		return err
	}
	if s.fresh = s.state.Generation == 0 && len(s.segments) == 0; s.fresh {
		if err := errors.Join(s.saveState(), s.stateFile.Sync()); err != nil {
			return err
		}
	}
	s.next = max(s.state.Acked, s.state.Reserved) + 1
	if n := len(s.segments); n > 0 {
		last := s.segments[n-1]
		s.next = max(s.next, last.first, last.last+1)
	}
	s.forget()
	return s.dropOld()
}

// Fresh reports whether Open found nothing to go on with: numbers start at 1.
func (s *Spool) Fresh() bool { return s.fresh }

// Append gives the next number to a record and keeps it. build makes the payload
// for that number, and may use its bytes again afterwards; its error uses no
// number up. A disk that takes nothing is no error: the record waits in memory,
// and Stats tells.
func (s *Spool) Append(kind byte, weight int, build func(seq uint64) ([]byte, error)) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	payload, err := build(s.next)
	if err != nil {
		return 0, err
	}
	if err := fits(payload); err != nil {
		return 0, err
	}
	return s.keep(kind, weight, payload), s.dropOld()
}

// AppendAll gives successive numbers to n records of weight 1. begin gets the
// first number before anything is kept; an error of it, or of build, leaves the
// spool as it was. The caller may note there what is about to come: after a crash
// Kept tells how far it came.
func (s *Spool) AppendAll(kind byte, n int, begin func(first uint64) error, build func(i int, seq uint64) ([]byte, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	payloads := make([][]byte, n)
	for i := range n {
		var err error
		if payloads[i], err = build(i, s.next+uint64(i)); err != nil {
			return err
		}
		if err := fits(payloads[i]); err != nil {
			return err
		}
	}
	if err := begin(s.next); err != nil {
		return err
	}
	for _, p := range payloads {
		s.keep(kind, 1, p)
	}
	if s.dropOld() != nil {
		s.diskErrs++ // what is too old goes with the next record
	}
	return nil
}

// Kept is the highest number that is on disk or was acknowledged. Numbers above
// it that were given away are in memory, or were lost with a process.
func (s *Spool) Kept() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.state.Acked
	if n := len(s.segments); n > 0 {
		kept = max(kept, s.segments[n-1].last)
	}
	return kept
}

func fits(payload []byte) error {
	if len(payload) > MaxRecord {
		return fmt.Errorf("append to spool: record of %d bytes, at most %d fit", len(payload), MaxRecord)
	}
	return nil
}

// keep writes a record with the next number, or remembers it.
func (s *Spool) keep(kind byte, weight int, payload []byte) uint64 {
	r := Record{Seq: s.next, At: s.opts.Now(), Weight: weight, Type: kind, Payload: payload}
	s.next++
	s.flushMemory()
	if len(s.memory) > 0 || s.write(r) != nil {
		s.remember(r)
	}
	s.signal()
	return r.Seq
}

// remember keeps a record in memory and reserves its number, for it may be sent
// from there.
func (s *Spool) remember(r Record) {
	r.Payload = append([]byte(nil), r.Payload...)
	s.memory = append(s.memory, r)
	s.memBytes += len(r.Payload)
	for s.memBytes > s.opts.MemoryBytes && len(s.memory) > 1 {
		s.drop(DropFull, 1, s.memory[0].Weight)
		s.memBytes -= len(s.memory[0].Payload)
		s.memory = s.memory[1:]
	}
	s.state.Reserved = r.Seq
	if s.saveState() != nil || s.stateFile.Sync() != nil {
		s.diskErrs++
	}
}

// flushMemory moves what waited in memory to the disk, oldest first.
func (s *Spool) flushMemory() {
	for len(s.memory) > 0 {
		if s.write(s.memory[0]) != nil {
			return
		}
		s.memBytes -= len(s.memory[0].Payload)
		s.memory[0] = Record{}
		s.memory = s.memory[1:]
	}
	s.memory = nil
}

// Flush syncs, and reports whether everything appended so far is on disk.
func (s *Spool) Flush() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushMemory()
	before := s.diskErrs
	s.sync()
	return len(s.memory) == 0 && s.diskErrs == before
}

// Wake is signalled after an append; one signal may stand for several.
func (s *Spool) Wake() <-chan struct{} { return s.wake }

func (s *Spool) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Ack says that everything up to seq is the server's now. An error means that it
// may be sent once more after a crash, nothing worse.
func (s *Spool) Ack(seq uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ack(seq)
}

func (s *Spool) ack(seq uint64) error {
	if seq <= s.state.Acked {
		return nil
	}
	s.state.Acked = min(seq, s.next-1)
	err := s.saveState()
	for len(s.memory) > 0 && s.memory[0].Seq <= s.state.Acked {
		s.memBytes -= len(s.memory[0].Payload)
		s.memory = s.memory[1:]
	}
	s.forget()
	return err
}

func (s *Spool) saveState() error {
	s.state.Generation++
	return writeState(s.stateFile, s.state)
}

func (s *Spool) drop(reason string, records, samples int) {
	c := s.dropped[reason]
	s.dropped[reason] = Count{c.Records + records, c.Samples + samples}
}

// Stats tells how the queue stands.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{Memory: len(s.memory), Records: len(s.memory), Dropped: map[string]Count{}, LastSeq: s.next - 1, DiskErrs: s.diskErrs}
	for reason, c := range s.dropped {
		st.Dropped[reason] = c
	}
	for i, g := range s.segments {
		st.Bytes += g.size
		st.Records += g.waiting()
		if i == 0 {
			st.Oldest = g.lastAt
		}
	}
	return st
}

// Close syncs and lets go of the folder. Records in memory are lost.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushMemory()
	s.sync()
	return errors.Join(s.stateFile.Sync(), s.closeFiles())
}

func (s *Spool) closeFiles() error {
	var errs []error
	for _, f := range []*os.File{s.out, s.stateFile, s.lock} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	s.out = nil
	return errors.Join(errs...)
}
