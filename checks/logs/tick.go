package logs

import (
	"context"
	"encoding/json"
	"fmt"
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
}

const (
	// judgeTimeout bounds what a rule waits for the store.
	judgeTimeout = time.Second
	// judgedFor is how long an answer serves: a burst of lines asks once.
	judgedFor = 5 * time.Second
	// maxJudged bounds the answers that are kept.
	maxJudged = 1000
)

// judged is an answer that was given lately.
type judged struct {
	at           time.Time
	holds, known bool
}

// judge asks whether a condition holds.
func (t *Tracker) judge(ctx context.Context, c *condition) (holds, known bool) {
	if c.service != "" {
		if t.deps.StateOf == nil {
			return false, false
		}
		state, known := t.deps.StateOf(c.service)
		for _, want := range c.states {
			holds = holds || state == want
		}
		return holds, known
	}
	if t.deps.Query == nil {
		return false, false
	}
	now := time.Now()
	t.mu.Lock()
	last, ok := t.conds[c.query]
	t.mu.Unlock()
	if ok && now.Sub(last.at) < judgedFor {
		return last.holds, last.known
	}
	ctx, cancel := context.WithTimeout(ctx, judgeTimeout)
	defer cancel()
	points, err := t.deps.Query(ctx, c.query, now)
	for _, p := range points {
		holds = holds || p.Value != 0 && !math.IsNaN(p.Value)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.conds) >= maxJudged {
		clear(t.conds)
	}
	t.conds[c.query] = judged{at: now, holds: holds, known: err == nil}
	return holds, err == nil
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
	for _, m := range t.due(now) {
		emit(m)
	}
}

func (t *Tracker) due(now time.Time) []*Match {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []*Match
	for i, r := range t.set.rules {
		s := t.states[i]
		s.sweep(r, r.allGates(), now)
		if s.Waiting != nil {
			s.Waiting.expire(func(_ string, w *waiting) bool {
				if now.Before(w.Due) {
					return false
				}
				w.Match.At = w.Due
				out = append(out, w.Match)
				t.stats[i].Told++
				return true
			})
		}
		if s.Expect != nil && s.Expect.overdue(now) {
			t.stats[i].Told++
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

// snapshot is the form on disk.
type snapshot struct {
	Version int                   `json:"version"`
	Rules   map[string]*ruleState `json:"rules"`
}

// snapshotVersion changes when older programs could not read it.
const snapshotVersion = 1

// settle is how long after a restart nothing is missed: lines that came meanwhile
// are read first.
const settle = time.Minute

// Snapshot is what the rules remember, as JSON, for Restore after a restart.
func (t *Tracker) Snapshot() ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := snapshot{Version: snapshotVersion, Rules: map[string]*ruleState{}}
	for i, r := range t.set.rules {
		if s := t.states[i]; len(s.Gates) > 0 || s.Waiting != nil || s.Progress != nil || s.Values != nil || s.Expect != nil {
			out.Rules[r.Name] = s
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("snapshot of log rules: %w", err)
	}
	return raw, nil
}

// Restore takes over a Snapshot, for the rules whose definition is the same; the
// others begin anew. The error leaves the Tracker as it was.
func (t *Tracker) Restore(raw []byte, now time.Time) error {
	var in snapshot
	if err := json.Unmarshal(raw, &in); err != nil {
		return fmt.Errorf("restore log rules: %w", err)
	}
	if in.Version != snapshotVersion {
		return fmt.Errorf("restore log rules: version %d (want %d): what was counted begins anew", in.Version, snapshotVersion)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, r := range t.set.rules {
		s := in.Rules[r.Name]
		if s == nil || s.Definition != r.definition || !s.fits(t.states[i]) {
			continue
		}
		if s.Expect != nil && s.Expect.Due.Before(now.Add(settle)) {
			s.Expect.Due = now.Add(settle)
		}
		t.states[i] = s
	}
	return nil
}

// fits reports whether a state has the parts that its rule wants.
func (s *ruleState) fits(want *ruleState) bool {
	if len(s.Gates) != len(want.Gates) {
		return false
	}
	for _, g := range s.Gates {
		if g == nil {
			return false
		}
	}
	if s.Waiting != nil {
		for _, e := range s.Waiting.items {
			if e.Value.(*entry[waiting]).Value.Match == nil {
				return false
			}
		}
	}
	return (s.Waiting == nil) == (want.Waiting == nil) && (s.Progress == nil) == (want.Progress == nil) &&
		(s.Values == nil) == (want.Values == nil) && (s.Expect == nil) == (want.Expect == nil)
}
