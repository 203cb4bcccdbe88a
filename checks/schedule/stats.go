package schedule

import (
	"errors"
	"slices"
	"time"
)

// Stats is what a scheduler did since it was made.
type Stats struct {
	Jobs    int    // jobs now
	Running int    // checks under way now
	Waiting int    // starts that wait for a worker or for their host now
	Runs    uint64 // finished runs
	Errors  uint64 // of them: we failed (UNKNOWN)
	Panics  uint64 // of them: the check panicked
	Skipped uint64 // starts left out because the run before had not ended
	Latency Latency
}

// Latency is a histogram of how late checks start, in Prometheus' sense:
// Counts[i] are the starts at most Bounds[i] late, each bound including those
// before it; Count includes the ones above the last.
// It becomes monitord_check_latency_seconds.
type Latency struct {
	Bounds []time.Duration
	Counts []uint64
	Count  uint64
	Sum    time.Duration
}

func newLatency() Latency {
	bounds := []time.Duration{
		time.Millisecond, 5 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond,
		250 * time.Millisecond, time.Second, 2500 * time.Millisecond, 10 * time.Second, time.Minute,
	}
	return Latency{Bounds: bounds, Counts: make([]uint64, len(bounds))}
}

func (l *Latency) observe(d time.Duration) {
	l.Count++
	l.Sum += d
	for i := len(l.Bounds) - 1; i >= 0 && d <= l.Bounds[i]; i-- {
		l.Counts[i]++
	}
}

func (s *Stats) count(run Run) {
	s.Runs++
	s.Latency.observe(run.Late)
	if run.Err != nil {
		s.Errors++
	}
	if errors.Is(run.Err, errPanic) {
		s.Panics++
	}
}

// Stats is a consistent copy.
func (s *Scheduler) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats
	out.Latency.Bounds = slices.Clone(out.Latency.Bounds)
	out.Latency.Counts = slices.Clone(out.Latency.Counts)
	out.Jobs = len(s.jobs)
	for _, e := range s.jobs {
		if e.running {
			out.Running++
		}
		if e.queued {
			out.Waiting++
		}
	}
	return out
}
