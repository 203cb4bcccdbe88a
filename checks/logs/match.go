package logs

import (
	"slices"
	"time"
)

// pass asks the gates, and makes the match with the actions that are left.
func (t *Tracker) pass(r *Rule, kind Kind, h hit, f filling, now time.Time, key string) *Match {
	open := true
	for i, g := range r.gates {
		var ok bool
		if ok, f.message = t.gate(h.part.rule, i, g, f, now); !ok {
			open = false
			break
		}
	}
	quits := r.quits()
	if !open {
		t.stats[h.part.rule].Suppressed++
		if !quits {
			return nil
		}
	}
	m := t.newMatch(r, kind, h, f, now)
	m.Key = key
	if !open { // swatchdog quits all the same
		m.Actions = []Action{{Kind: ActionQuit}}
		m.Service = ""
		return m
	}
	next := len(r.gates)
	for i := range r.actions {
		a := &r.actions[i]
		ok := a.when.contains(now)
		if a.gate != nil {
			if ok {
				ok, _ = t.gate(h.part.rule, next, a.gate, f, now)
			}
			next++
		}
		if ok {
			m.Actions = append(m.Actions, a.fill(f))
		}
	}
	return m
}

// quits reports whether the rule ends the program that follows the log.
func (r *Rule) quits() bool {
	return slices.ContainsFunc(r.actions, func(a actionSpec) bool { return a.kind == ActionQuit })
}

// gate counts a match at one gate.
func (t *Tracker) gate(rule, slot int, g *gate, f filling, now time.Time) (bool, string) {
	counters := t.states[rule].Gates[slot]
	key := g.key(f)
	c := counters.get(key)
	fresh := c == nil
	if fresh {
		c = &counter{}
		t.drop(rule, counters.put(key, c))
	}
	return g.open(c, fresh, now, f.message)
}

func (t *Tracker) drop(rule int, dropped bool) {
	if dropped {
		t.stats[rule].DroppedKeys++
	}
}

// newMatch fills what all kinds have.
func (t *Tracker) newMatch(r *Rule, kind Kind, h hit, f filling, now time.Time) *Match {
	m := &Match{Rule: r.Name, Kind: kind, Line: *h.line, At: now, Count: 1, Service: r.service, State: r.state, ClearAfter: r.clearAfter}
	m.Groups, m.Labels = groupsOf(h.line.Text, h.caps, h.names)
	m.Message = f.message
	if kind != KindClear {
		m.Samples = t.samples(r, h.part.rule, f, m.Labels)
	}
	if h.context != nil {
		m.Context = h.context()
	}
	return m
}
