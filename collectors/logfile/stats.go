package logfile

import (
	"cmp"
	"context"
	"slices"
	"time"

	"monitord/collectors"
)

// FileStats is how the following of one path goes. Counters are since the start
// of the program.
type FileStats struct {
	Path        string
	Lines       uint64        // delivered
	Bytes       uint64        // read or passed over
	CutLines    uint64        // lines longer than the limit
	CutBytes    uint64        // bytes of them that were passed over
	LostBytes   uint64        // seen in the file, gone before they were read, and in no copy
	Rotations   uint64        // times the path named another file
	Truncations uint64        // times a file was emptied
	Lag         int64         // bytes in the path's files that were not delivered
	Behind      time.Duration // for how long whole lines have been waiting
	Missing     bool          // nothing is there
	Fault       string        // why it cannot be read now; empty when it can
}

// Totals are counts over all files since the start of the program.
type Totals struct {
	Files        int    // followed
	Open         int    // with a descriptor
	Lines        uint64 // delivered
	Bytes        uint64
	CutLines     uint64
	LostBytes    uint64
	NoRoom       uint64 // times a file waited because max_open was reached
	SaveFailures uint64 // times the positions could not be saved
	BadState     uint64 // lines of the state file that were passed over at the start
}

func (s *FileStats) fault(err error) { s.Fault = err.Error() }

func (s *FileStats) clearFault() { s.Fault, s.Missing = "", false }

func (s *FileStats) count(p piece) {
	s.Lines += uint64(len(p.lines))
	s.Bytes += uint64(p.bytes)
	s.CutLines += uint64(p.cuts)
	s.CutBytes += uint64(p.cut)
}

func (t *Totals) count(p piece) {
	t.Lines += uint64(len(p.lines))
	t.Bytes += uint64(p.bytes)
	t.CutLines += uint64(p.cuts)
}

// Stats returns the totals and at most limit files, those that need attention
// first: with a fault, then with loss, then the most behind.
func (f *Follower) Stats(limit int) (Totals, []FileStats) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	t := f.total
	t.Files, t.Open, t.LostBytes = len(f.streams), len(f.open), 0
	files := make([]FileStats, 0, len(f.order))
	for _, s := range f.order {
		st := s.stats
		t.LostBytes += st.LostBytes
		for _, g := range s.gens {
			if g.packed == nil {
				st.Lag += max(0, g.seen.size-g.pos.Offset)
			}
			if !g.behind.IsZero() {
				st.Behind = max(st.Behind, now.Sub(g.behind))
			}
		}
		files = append(files, st)
	}
	slices.SortFunc(files, func(a, b FileStats) int {
		return cmp.Or(-cmp.Compare(min(len(a.Fault), 1), min(len(b.Fault), 1)), -cmp.Compare(a.LostBytes, b.LostBytes),
			-cmp.Compare(a.Behind, b.Behind), -cmp.Compare(a.Lines, b.Lines), cmp.Compare(a.Path, b.Path))
	})
	return t, files[:min(limit, len(files))]
}

// maxSampled bounds the files that have series of their own.
const maxSampled = 200

// Name is "logfile".
func (f *Follower) Name() string { return "logfile" }

// Collect adds the totals, and the figures of the files that need attention most,
// so that a Follower is a collectors.Collector too.
func (f *Follower) Collect(_ context.Context, sink collectors.Sink) error {
	t, files := f.Stats(maxSampled)
	sink.Add("monitord_logfile_files", float64(t.Files))
	sink.Add("monitord_logfile_open_files", float64(t.Open))
	sink.Add("monitord_logfile_waited_for_descriptor_total", float64(t.NoRoom))
	sink.Add("monitord_logfile_save_failures_total", float64(t.SaveFailures))
	for _, s := range files {
		readable := 1.0
		if s.Fault != "" || s.Missing {
			readable = 0
		}
		sink.Add("monitord_logfile_readable", readable, "path", s.Path)
		sink.Add("monitord_logfile_lines_total", float64(s.Lines), "path", s.Path)
		sink.Add("monitord_logfile_bytes_total", float64(s.Bytes), "path", s.Path)
		sink.Add("monitord_logfile_cut_lines_total", float64(s.CutLines), "path", s.Path)
		sink.Add("monitord_logfile_lost_bytes_total", float64(s.LostBytes), "path", s.Path)
		sink.Add("monitord_logfile_truncations_total", float64(s.Truncations), "path", s.Path)
		sink.Add("monitord_logfile_lag_bytes", float64(s.Lag), "path", s.Path)
		sink.Add("monitord_logfile_lag_seconds", s.Behind.Seconds(), "path", s.Path)
	}
	return nil
}
