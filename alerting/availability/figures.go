package availability

import (
	"math"
	"strconv"
	"time"
)

// Figures is what a span of time came to. All times together are as long as the
// span. The zero value is that of an empty span.
type Figures struct {
	Up, Down time.Duration
	// Failures is how many times of being down touch the span. One that is
	// interrupted by time without knowledge, or by planned downtime that is left
	// out, is one.
	Failures int
	Carried  bool          // the first of them had begun before the span
	Planned  time.Duration // planned downtime that is left out; 0 when it is counted

	// Time without knowledge, by its reason: see Cond.
	NoResult, Paused, Unknown, Missed, Absent time.Duration
}

// Figures measures a span.
func (t Timeline) Figures(w Span, mode Mode) Figures {
	var f Figures
	open := false // within a failure
	was := t.before(w.From)
	had := was.Cond == Down && !(was.Planned && mode == Excluded)
	for span, step := range t.In(w) {
		out := step.Planned && mode == Excluded
		f.add(span.Len(), step.Cond, out)
		switch {
		case step.Cond == Up:
			open = false
		case step.Cond == Down && !out && !open:
			open = true
			f.Failures++
			f.Carried = f.Carried || had && span.From.Equal(w.From)
		}
	}
	return f
}

func (f *Figures) add(d time.Duration, c Cond, out bool) {
	switch {
	case out:
		f.Planned += d
	case c == Up:
		f.Up += d
	case c == Down:
		f.Down += d
	case c == NoResult:
		f.NoResult += d
	case c == Paused:
		f.Paused += d
	case c == Unknown:
		f.Unknown += d
	case c == Missed:
		f.Missed += d
	case c == Absent:
		f.Absent += d
	}
}

// Why lists the time without knowledge by its reason.
func (f Figures) Why() map[Cond]time.Duration {
	return map[Cond]time.Duration{NoResult: f.NoResult, Paused: f.Paused, Unknown: f.Unknown, Missed: f.Missed, Absent: f.Absent}
}

// NotKnown is the time without knowledge.
func (f Figures) NotKnown() time.Duration {
	return f.NoResult + f.Paused + f.Unknown + f.Missed + f.Absent
}

// Availability is up / (up + down), 0 to 1; false when neither is known.
func (f Figures) Availability() (float64, bool) {
	known := f.Up + f.Down
	if known <= 0 {
		return 0, false
	}
	return float64(f.Up) / float64(known), true
}

// MTBF is the mean up time between failures; false when there was none.
func (f Figures) MTBF() (time.Duration, bool) { return mean(f.Up, f.Failures) }

// MTTR is the mean time to restore; false when there was no failure.
func (f Figures) MTTR() (time.Duration, bool) { return mean(f.Down, f.Failures) }

func mean(d time.Duration, n int) (time.Duration, bool) {
	if n == 0 {
		return 0, false
	}
	return d / time.Duration(n), true
}

// Percent writes an availability with three decimals, never rounded up: what
// was down for a second is not "100 %".
func Percent(a float64) string {
	if a >= 1 {
		return "100 %"
	}
	// The small addend takes back what binary fractions lose: 0.9025 is 90.250.
	thousandths := min(math.Floor(a*1e5+1e-6), 99999)
	return strconv.FormatFloat(thousandths/1e3, 'f', 3, 64) + " %"
}
