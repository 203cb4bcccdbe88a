package logs

import (
	"math"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// Deps is what rules ask of the rest of the house.
type Deps struct {
	// Query answers a rule's `only_if: {query: …}`; nil: it cannot be judged here.
	Query checks.Query
	// StateOf is the state of a service, such as db1/sql; known is false when
	// there is no such service, or nil when it cannot be judged here.
	StateOf func(service string) (state checks.State, known bool)
	// Sentence writes a message for the text of actions, in the language of those
	// who get it; nil: the line alone is written.
	Sentence func(text.Message) string
	// FromFirst says that an expected line is waited for only after it came once.
	FromFirst bool
}

// samples are the numbers of a line that a rule wants.
func (t *Tracker) samples(r *Rule, rule int, f filling, labels map[string]string) []Sample {
	var out []Sample
	for _, s := range r.samples {
		number := strings.ReplaceAll(strings.TrimSpace(s.value.fill(f)), ",", "")
		v, err := strconv.ParseFloat(number, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			t.stats[rule].BadNumbers++
			continue
		}
		out = append(out, Sample{Name: s.name, Value: v * s.factor, Labels: labels})
	}
	return out
}

// Tick tells what became due by itself: the B of a pair that did not come, an
// expected line that was missed. Call it once a second, and with the clock of the
// rules. The matches are the caller's.
func (t *Tracker) Tick(now time.Time, emit func(*Match)) {
	t.sweep(now)
	for _, m := range t.due(now) {
		emit(m)
	}
}

// sweep forgets what is over.
func (t *Tracker) sweep(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, r := range t.set.rules {
		if s := t.states[i]; len(s.Gates) > 0 || s.Progress != nil || s.Values != nil {
			s.sweep(r, r.allGates(), now)
		}
	}
}

func (t *Tracker) due(now time.Time) []*Match {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []*Match
	for _, i := range t.timed {
		r, s := t.set.rules[i], t.states[i]
		if s.Waiting != nil {
			s.Waiting.expire(func(_ string, w *waiting) bool {
				if w.Due.Sub(now) > r.within { // the clock was set back
					w.Due = now.Add(r.within)
				}
				if now.Before(w.Due) {
					return false
				}
				w.Match.At = w.Due
				out = append(out, w.Match)
				t.stats[i].Told++
				t.changes++
				return true
			})
		}
		if s.Expect != nil && s.Expect.overdue(now) {
			t.stats[i].Told++
			t.changes++
			out = append(out, t.missed(r, s.Expect, now))
		}
	}
	return out
}

// missed is what is told of a line that did not come.
func (t *Tracker) missed(r *Rule, s *expectState, now time.Time) *Match {
	m := &Match{Rule: r.Name, Kind: KindMissed, At: now, Last: s.Last, Due: s.Due, Service: r.service, State: r.state,
		Line: Line{At: s.Last.At, Received: s.Last.At, Text: []byte(s.Last.Text)}}
	m.Message = s.Last.Text
	if t.deps.Sentence != nil {
		m.Message = t.deps.Sentence(m.Say())
	}
	f := filling{line: m.Line.Text, message: m.Message}
	for i := range r.actions {
		if r.actions[i].when.contains(now) {
			m.Actions = append(m.Actions, r.actions[i].fill(f))
		}
	}
	return m
}
