package alerting

import (
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
)

// Tick does what time brings: services become MISSED, waits end, downtimes and
// acknowledgements begin and end. Run calls it each second.
func (e *Engine) Tick() {
	e.mu.Lock()
	if e.inv == nil {
		e.mu.Unlock()
		return
	}
	now := e.deps.Now()
	if gap := now.Sub(e.ticked); !e.ticked.IsZero() && gap > tickGap {
		// We stood still, or the clock was set: others were not silent.
		e.since = now
	}
	e.ticked = now
	var out outcome
	e.tickDowntimes(&out, now)
	if !now.Before(e.nextFresh) {
		e.nextFresh = now.Add(longAway)
		for _, s := range e.services {
			if due := e.fresh(&out, s, now); due.Before(e.nextFresh) {
				e.nextFresh = due
			}
		}
	}
	e.ticks++
	for s := range e.pending {
		e.lapse(&out, s, now)
		if e.ticks%symptomsEvery != 0 && s.Service.Marks.Has(MarkUnreachable) && s.Service.Incident != 0 {
			continue
		}
		e.review(&out, s, transition{}, s.Service.HardState, now)
	}
	e.wake(&out, now)
	e.tickStorms(&out, now)
	if out.change.Empty() && len(out.check) == 0 {
		e.mu.Unlock()
		return
	}
	e.settle(out)
}

// tickGap is how long after a tick the next one says that this program did not
// run, as on a machine that was suspended.
const tickGap = 30 * time.Second

// symptomsEvery is how many ticks pass between looks at symptoms: they follow
// what happens to their cause, and time brings them little.
const symptomsEvery = 10

// longAway is how often services are looked at for freshness when none is due,
// and how often one outside its period is.
const longAway = time.Minute

// fresh marks a service MISSED when no result came within its freshness, which
// counts from the start of the server at the earliest. A run that left it out
// is no silence: such an item is retired. It returns when to look again: results that come meanwhile only make it later.
func (e *Engine) fresh(out *outcome, s *entry, now time.Time) time.Time {
	never := now.Add(longAway)
	c := e.checks[keyOf(s.Service.Service)]
	if c == nil || c.Judge.Freshness <= 0 || s.Service.Marks.Has(MarkMissed) {
		return never
	}
	if due := later(later(s.Service.LastCheck, s.ran), e.since).Add(c.Judge.Freshness); !now.After(due) {
		return due.Add(time.Nanosecond)
	}
	if p := c.Judge.CheckPeriod; p != nil && (!p.Contains(now) || !p.Contains(now.Add(-c.Judge.Freshness))) {
		return never
	}
	s.wait.missed = now
	s.Service.Marks = s.Service.Marks.set(MarkMissed, true)
	id := s.Service.Service
	out.change.Events = append(out.change.Events, Event{At: now, Kind: EventMissed, Host: id.Host, Service: id, State: s.Service.State,
		Data: mustJSON(map[string]time.Time{"last": s.Service.LastCheck})})
	e.write(out, s)
	e.pending[s] = true
	out.wake = append(out.wake, keyOf(id))
	return never
}

// SetHung marks the services of a check whose run does not come back, or takes
// the mark off. The next result takes it off by itself.
func (e *Engine) SetHung(ref inventory.CheckRef, hung bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.byCheck[checkKey{ref.Host, ref.Check}] {
		if s.Service.Marks.Has(MarkHung) != hung {
			s.Service.Marks, s.dirty = s.Service.Marks.set(MarkHung, hung), true
		}
	}
	e.notifyWatchers()
}

// lapse ends an acknowledgement whose time is over: people are told again.
func (e *Engine) lapse(out *outcome, s *entry, now time.Time) {
	if a := s.Service.Ack; a != nil && !a.Until.IsZero() && !now.Before(a.Until) {
		e.endAck(out, s, EventUnacked, "", now)
	}
}

// stateOf is the state that an incident of trouble without a bad result has.
func stateOf(s *ServiceState) checks.State {
	switch {
	case s.HardState != checks.OK:
		return s.HardState
	case s.Marks.Has(MarkMissed):
		return checks.Unknown
	}
	return checks.Warning
}
