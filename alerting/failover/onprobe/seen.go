package onprobe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/pki"
	"monitord/internal/wire"
)

// seenFile, in the probe's folder, holds the jobs that were taken: one JSON
// object a line, the newest last; a later line about the same ID counts.
const seenFile = "actions.seen"

// maxSeen is how many jobs are remembered; those before are far too old to be
// offered again.
const maxSeen = 1000

// maxLine bounds a line: premises and output of one action.
const maxLine = 1 << 20

// entry is one line.
type entry struct {
	Job    wire.Job          `json:"job"`
	Name   string            `json:"name"`
	At     time.Time         `json:"at"` // when it was started, or refused
	Report wire.ActionReport `json:"report"`
}

// seen remembers jobs over crashes. Its methods may be called at any time.
type seen struct {
	mu      sync.Mutex
	path    string
	file    *os.File
	entries map[string]entry
	order   []string // IDs, oldest first
}

// openSeen reads the file, and makes it when there is none. A last line that was
// cut off is dropped: its job was not begun. Any other damage is an error.
func openSeen(dir string) (*seen, error) {
	s := &seen{path: filepath.Join(dir, seenFile), entries: map[string]entry{}}
	raw, err := os.ReadFile(s.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	if err := s.parse(raw); err != nil {
		return nil, fmt.Errorf("read jobs %s: %w (look at what was done on this machine, then move the file away)", s.path, err)
	}
	if err := s.rewrite(); err != nil {
		return nil, fmt.Errorf("keep jobs: %w", err)
	}
	if s.file, err = os.OpenFile(s.path, os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("keep jobs: %w", err)
	}
	return s, nil
}

func (s *seen) parse(raw []byte) error {
	whole := raw[:bytes.LastIndexByte(raw, '\n')+1]
	lines := bufio.NewScanner(bytes.NewReader(whole))
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Job.ID == "" {
			return fmt.Errorf("line %d is damaged", n)
		}
		s.keep(e)
	}
	return lines.Err()
}

func (s *seen) keep(e entry) {
	if _, known := s.entries[e.Job.ID]; !known {
		s.order = append(s.order, e.Job.ID)
	}
	s.entries[e.Job.ID] = e
}

// rewrite leaves one line for each of the newest jobs.
func (s *seen) rewrite() error {
	for _, id := range s.order[:max(0, len(s.order)-maxSeen)] {
		delete(s.entries, id)
	}
	s.order = s.order[max(0, len(s.order)-maxSeen):]
	var all bytes.Buffer
	for _, id := range s.order {
		line, err := json.Marshal(s.entries[id])
		if err != nil {
			return err
		}
		all.Write(append(line, '\n'))
	}
	return pki.WriteFile(s.path, all.Bytes(), 0o600)
}

// errSeen says that a job was begun, or refused, before.
var errSeen = errors.New("this job was taken before")

// begin remembers a job before anything is done; an error means that nothing may
// be done.
func (s *seen) begin(e entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.entries[e.Job.ID]; known {
		return errSeen
	}
	return s.append(e)
}

// end remembers how it ended.
func (s *seen) end(e entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.append(e)
}

func (s *seen) append(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("keep job %s: %w", e.Job.ID, err)
	}
	at, err := s.file.Seek(0, 2)
	if err == nil {
		_, err = s.file.Write(append(line, '\n'))
		if err = errors.Join(err, s.file.Sync()); err != nil {
			// Half a line would damage the next one. If it cannot be cut off the next
			// write fails as this one did.
			_ = s.file.Truncate(at)
		}
	}
	if err != nil {
		return fmt.Errorf("keep job %s: %w (is the disk full?)", e.Job.ID, err)
	}
	s.keep(e)
	return nil
}

// get returns what is remembered of a job.
func (s *seen) get(id string) (entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.entries[id]
	return e, ok
}

// all lists the jobs, oldest first.
func (s *seen) all() []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]entry, 0, len(s.order))
	for _, id := range s.order {
		list = append(list, s.entries[id])
	}
	return list
}

// starts lists when an action was started, for budget and cool-down. One that
// was refused, or tried dry, was not; taking back is no start.
func (s *seen) starts(name string) []failover.Start {
	var list []failover.Start
	for _, e := range s.all() {
		p := failover.Progress(e.Report.Progress)
		if e.Name == name && !e.Job.Undo && p != failover.ProgressRefused && p != failover.ProgressTried {
			list = append(list, failover.Start{Host: e.Job.Service.Host, At: e.At})
		}
	}
	return list
}

func (s *seen) close() error { return s.file.Close() }
