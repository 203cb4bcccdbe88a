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
	Recent  Recent // of the last minute
}

// Recent is how late the checks of the last minute started: when P99 stays
// above a second, the machine or its number of workers is too small, and what
// the pages show is older than they say.
type Recent struct {
	Starts uint64        // in the last 50 to 60 seconds
	P50    time.Duration // half of them were at most this late; a bound of the histogram, at most twice the truth
	P99    time.Duration
	Max    time.Duration // exact
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

// window counts the starts of the last minute in slices of ten seconds; each
// slice is a histogram whose bounds double from half a millisecond.
type window struct {
	slices [windowSlices]struct {
		number int64 // of its ten seconds, since the epoch; another one is stale
		counts [windowBounds]uint64
		max    time.Duration
	}
}

const (
	windowSlices = 6
	windowSlice  = 10 * time.Second
	windowBounds = 24 // the last one is above an hour
	windowFirst  = 500 * time.Microsecond
)

func (w *window) observe(now time.Time, late time.Duration) {
	number := now.UnixNano() / int64(windowSlice)
	s := &w.slices[number%windowSlices]
	if s.number != number {
		*s = struct {
			number int64
			counts [windowBounds]uint64
			max    time.Duration
		}{number: number}
	}
	i := 0
	for bound := windowFirst; late > bound && i < windowBounds-1; bound *= 2 {
		i++
	}
	s.counts[i]++
	s.max = max(s.max, late)
}

// recent sums the slices that are not stale.
func (w *window) recent(now time.Time) Recent {
	var r Recent
	var counts [windowBounds]uint64
	number := now.UnixNano() / int64(windowSlice)
	for _, s := range w.slices {
		if s.number <= number-windowSlices {
			continue
		}
		for i, n := range s.counts {
			counts[i] += n
			r.Starts += n
		}
		r.Max = max(r.Max, s.max)
	}
	r.P50, r.P99 = quantile(counts, r.Starts, 50, r.Max), quantile(counts, r.Starts, 99, r.Max)
	return r
}

// quantile is the bound below which percent of the starts lie.
func quantile(counts [windowBounds]uint64, starts, percent uint64, most time.Duration) time.Duration {
	var below uint64
	bound := windowFirst
	for _, n := range counts {
		if below += n; below*100 >= starts*percent {
			break
		}
		bound *= 2
	}
	return min(bound, most)
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
	out.Recent = s.window.recent(time.Now())
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
