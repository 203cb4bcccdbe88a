package spool

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Refuse sets the oldest records aside, whose server will never take them, and
// goes on with the rest. Their payloads stay in refused/SEQ-CODE.bin, the newest
// RefusedBytes of them; code is the server's answer, such as 400.
func (s *Spool) Refuse(records []Record, code int) error {
	if len(records) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		s.drop(DropRefused, 1, r.Weight)
		// A disk that takes nothing must not stop the rest: it is counted above.
		if s.setAside(r, code) != nil {
			s.diskErrs++
		}
	}
	s.trimRefused()
	return s.ack(records[len(records)-1].Seq)
}

func (s *Spool) refusedDir() string { return filepath.Join(s.opts.Dir, "refused") }

func (s *Spool) setAside(r Record, code int) error {
	if err := os.MkdirAll(s.refusedDir(), 0o700); err != nil {
		return fmt.Errorf("set aside: %w", err)
	}
	path := filepath.Join(s.refusedDir(), fmt.Sprintf("%020d-%d.bin", r.Seq, code))
	if err := os.WriteFile(path, r.Payload, 0o600); err != nil {
		return fmt.Errorf("set aside: %w", err)
	}
	return nil
}

// trimRefused removes the oldest until the rest fits; names sort by age.
func (s *Spool) trimRefused() {
	files, _ := filepath.Glob(filepath.Join(s.refusedDir(), "*.bin"))
	slices.Sort(files)
	var sum int64
	for _, f := range slices.Backward(files) {
		if info, err := os.Stat(f); err == nil {
			sum += info.Size()
		}
		if sum > s.opts.RefusedBytes {
			_ = os.Remove(f) // tried again next time
		}
	}
}
