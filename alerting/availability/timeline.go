package availability

import (
	"iter"
	"slices"
	"time"
)

// Mark is a moment of a service's history: from At on it was Cond, until the
// next mark.
type Mark struct {
	At   time.Time
	Cond Cond // Up, Down, Unknown, Missed or NoResult
}

// History is what is known of one service. Spans may overlap and be in any order.
type History struct {
	Marks   []Mark // oldest first; of several at one moment the last holds
	Planned []Span // planned downtimes
	Paused  []Span // when its check does not run
	Absent  []Span // when the server was not running
}

// Step is what was known from At on, until the next step.
type Step struct {
	At      time.Time
	Cond    Cond
	Planned bool // in a planned downtime
}

// Timeline is a history as one line of steps, oldest first, each other than the
// one before. Before the first there is no result.
type Timeline []Step

// Timeline makes one line of a history.
func (h History) Timeline() Timeline {
	planned, paused, absent := merged(h.Planned), merged(h.Paused), merged(h.Absent)
	moments := make([]time.Time, 0, len(h.Marks)+2*(len(planned)+len(paused)+len(absent)))
	for _, m := range h.Marks {
		moments = append(moments, m.At)
	}
	for _, list := range [][]Span{planned, paused, absent} {
		for _, s := range list {
			moments = append(moments, s.From, s.To)
		}
	}
	moments = sortMoments(moments)
	var line Timeline
	inPlan, inPause, away := inside(planned), inside(paused), inside(absent)
	cond, next := NoResult, 0
	for _, at := range moments {
		for ; next < len(h.Marks) && !h.Marks[next].At.After(at); next++ {
			cond = h.Marks[next].Cond
		}
		step := Step{At: at, Cond: cond, Planned: inPlan(at)}
		idle, gone := inPause(at), away(at)
		switch {
		case cond == NoResult:
		case gone:
			step.Cond = Absent
		case idle:
			step.Cond = Paused
		}
		line = line.add(step)
	}
	return line
}

// add appends a step, unless it says what the last one says.
func (t Timeline) add(s Step) Timeline {
	last := Step{Cond: NoResult}
	if len(t) > 0 {
		last = t[len(t)-1]
	}
	if s.Cond == last.Cond && s.Planned == last.Planned {
		return t
	}
	return append(t, s)
}

func sortMoments(list []time.Time) []time.Time {
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal)
}

// merged sorts spans and joins those that touch; empty ones are left out.
func merged(spans []Span) []Span {
	list := slices.DeleteFunc(slices.Clone(spans), Span.Empty)
	slices.SortFunc(list, func(a, b Span) int { return a.From.Compare(b.From) })
	var out []Span
	for _, s := range list {
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// inside answers whether a moment lies in one of merged spans; it must be asked
// about ascending moments.
func inside(spans []Span) func(time.Time) bool {
	return func(at time.Time) bool {
		for len(spans) > 0 && !at.Before(spans[0].To) {
			spans = spans[1:]
		}
		return len(spans) > 0 && !at.Before(spans[0].From)
	}
}

// from is the index of the first step at or after a moment.
func (t Timeline) from(at time.Time) int {
	i, _ := slices.BinarySearchFunc(t, at, func(s Step, at time.Time) int { return s.At.Compare(at) })
	return i
}

// before is what was known just before a moment.
func (t Timeline) before(at time.Time) Step {
	if i := t.from(at); i > 0 {
		return t[i-1]
	}
	return Step{Cond: NoResult}
}

// In lists the pieces of a span with what was known during each, in order and
// without a gap. A step's At may lie before its piece.
func (t Timeline) In(w Span) iter.Seq2[Span, Step] {
	return func(yield func(Span, Step) bool) {
		if w.Empty() {
			return
		}
		i := t.from(w.From)
		if i == len(t) || t[i].At.After(w.From) {
			i-- // the one in force at the beginning
		}
		for from := w.From; from.Before(w.To); i++ {
			step, to := Step{Cond: NoResult}, w.To
			if i >= 0 {
				step = t[i]
			}
			if i+1 < len(t) && t[i+1].At.Before(to) {
				to = t[i+1].At
			}
			if !yield(Span{from, to}, step) {
				return
			}
			from = to
		}
	}
}
