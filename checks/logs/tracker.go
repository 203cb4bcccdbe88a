package logs

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Tracker is what the rules of a Set remember: counters, pairs, sequences,
// expectations, and how each rule does. Matchers of several streams may share
// one, so that A in one file and B in another are a pair. Safe for concurrent
// use.
type Tracker struct {
	deps  Deps
	start time.Time

	mu     sync.Mutex
	set    *Set
	states []*ruleState
	timed  []int // rules that become due by themselves
	stats  []*ruleStats
	lines  int64
	bytes  int64
	cut    int64
	seq    int64 // of lines that matched something
	// changes counts what may have changed a Snapshot.
	changes int64
	conds   map[string]judged
}

// NewTracker makes a Tracker. Expectations begin to wait at now.
func NewTracker(set *Set, deps Deps, now time.Time) *Tracker {
	t := &Tracker{deps: deps, start: now, set: set, conds: map[string]judged{}}
	for i, r := range set.rules {
		if r.pair != nil || r.expect != nil {
			t.timed = append(t.timed, i)
		}
		t.states = append(t.states, newRuleState(r, now, deps.FromFirst))
		t.stats = append(t.stats, &ruleStats{RuleStats: RuleStats{Rule: r.Name, Place: r.Place}})
	}
	return t
}

func newRuleState(r *Rule, now time.Time, fromFirst bool) *ruleState {
	s := &ruleState{Definition: r.definition}
	for range r.allGates() {
		s.Gates = append(s.Gates, &keyed[counter]{})
	}
	if r.pair != nil {
		s.Waiting = &keyed[waiting]{}
	}
	if len(r.then) > 0 {
		s.Progress = &keyed[progress]{}
	}
	if r.values != nil {
		s.Values = &keyed[values]{}
	}
	if r.expect != nil {
		s.Expect = &expectState{}
		if !fromFirst {
			s.Expect.Due = r.expect.due(now)
		}
	}
	return s
}

// allGates are the gates of the rule and of its actions, in a fixed order.
func (r *Rule) allGates() []*gate {
	all := slices.Clone(r.gates)
	for i := range r.actions {
		if g := r.actions[i].gate; g != nil {
			all = append(all, g)
		}
	}
	return all
}

// hit is one condition that a line fulfilled.
type hit struct {
	part    *part
	line    *Line
	caps    []int
	names   []string
	context func() []string
	seq     int64 // of the line among those that matched something
}

// nextLine numbers the lines that match something: a sequence moves one step by
// one line.
func (t *Tracker) nextLine() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seq++
	t.changes++
	return t.seq
}

// matched does what a rule does with such a line, and returns what is to be
// told, if anything. The result shares memory with the line.
func (t *Tracker) matched(ctx context.Context, h hit) *Match {
	r, stats := t.set.rules[h.part.rule], t.stats[h.part.rule]
	unjudged := false
	if r.joined != nil && h.part.role != roleClear && h.part.role != roleWithout {
		holds, known := t.judge(ctx, r.joined)
		if unjudged = !known; known && !holds {
			t.mu.Lock()
			stats.Hits++
			stats.Held++
			t.mu.Unlock()
			return nil
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if h.part.role == roleMatch {
		stats.Hits++
	}
	now := t.set.now(h.line)
	f := filling{line: h.line.Text, message: string(h.line.Text), caps: h.caps, names: h.names}
	if r.message != nil {
		f.message = r.message.fill(f)
	}
	m := t.decide(r, h, f, now)
	if s := t.states[h.part.rule]; h.line.Unauthenticated {
		s.Forged = h.line.Received
	} else if m != nil && r.remembers() && h.line.Received.Sub(s.Forged) < forgedFor {
		m.Line.Unauthenticated = true // lines that it counts with could be anybody's
	}
	if m == nil {
		return nil
	}
	m.Unjudged = unjudged
	if m.Kind != KindMissing { // that waits for its B
		stats.Told++
	}
	return m
}

// forgedFor is how long a rule that counts lines counts as unproven after one
// that anybody could have sent.
const forgedFor = 24 * time.Hour

// remembers reports whether more lines than the one at hand decide.
func (r *Rule) remembers() bool {
	return len(r.gates) > 0 || r.pair != nil || len(r.then) > 0 || r.values != nil
}

// decide is the rule's own logic for one fulfilled condition.
func (t *Tracker) decide(r *Rule, h hit, f filling, now time.Time) *Match {
	s := t.states[h.part.rule]
	key := r.by.fill(f)
	switch h.part.role {
	case roleClear:
		m := t.newMatch(r, KindClear, h, f, now)
		m.Key = key
		return m
	case roleWithout:
		s.Waiting.remove(key)
		return nil
	}
	kind := KindMatch
	switch {
	case r.expect != nil:
		if !s.Expect.arrive(r.expect, now, h.line.Text) {
			return nil
		}
		m := t.newMatch(r, KindArrived, h, f, now)
		m.Last = s.Expect.Last
		return m
	case r.pair != nil:
		t.await(r, h, f, now, key)
		return nil
	case len(r.then) > 0:
		done, dropped := s.advance(r, h.part.step, key, now, h.seq)
		t.drop(h.part.rule, dropped)
		if !done {
			return nil
		}
		kind = KindSequence
	case r.values != nil:
		v := s.Values.get(key)
		if v == nil {
			v = &values{}
			t.drop(h.part.rule, s.Values.put(key, v))
		}
		if !v.add(r.values.of.fill(f), now, r.values.count, r.within) {
			return nil
		}
		kind = KindDistinct
	}
	return t.pass(r, kind, h, f, now, key)
}

// await begins to wait for B; an A while one is waiting changes nothing.
func (t *Tracker) await(r *Rule, h hit, f filling, now time.Time, key string) {
	s := t.states[h.part.rule]
	if s.Waiting.get(key) != nil {
		return
	}
	if m := t.pass(r, KindMissing, h, f, now, key); m != nil {
		t.drop(h.part.rule, s.Waiting.put(key, &waiting{Due: now.Add(r.within), Match: m.Clone()}))
	}
}
