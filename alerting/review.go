package alerting

import (
	"slices"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
)

// waiting is why a service with a problem is not told of, in memory only: after
// a restart it is found out again.
type waiting struct {
	failed time.Time // of the problem that it is about
	until  time.Time // then it is told without knowing more; zero until something is waited for
	result time.Time // a result of its own newer than this is wanted; zero: none
	missed time.Time // when results were found to stay away
}

// troubled reports whether there is something to be told of.
func troubled(s *ServiceState) bool {
	return s.HardState != checks.OK || s.Marks&(MarkMissed|MarkFlapping) != 0
}

// failed is when the present trouble was found.
func (s *entry) failed() time.Time {
	switch {
	case s.Service.HardState != checks.OK:
		return later(s.Service.HardSince, s.wait.failed)
	case s.Service.Marks.Has(MarkMissed):
		return later(s.wait.missed, s.wait.failed)
	}
	return later(s.Service.FlapSince, s.wait.failed)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// review decides what becomes of a service's incident after a step, or after
// time passed or something that it depends on changed (the zero transition).
// was is its hard state before.
func (e *Engine) review(out *outcome, s *entry, t transition, was checks.State, at time.Time) {
	before := s.Service
	in := e.incidents[s.Service.Incident]
	if in != nil && !in.Incident.Closed.IsZero() {
		in, s.Service.Incident = nil, 0
	}
	switch own := in != nil && in.Incident.Service == s.Service.Service; {
	case !troubled(&s.Service):
		e.well(out, s, in, at)
	case own:
		e.goOn(out, s, in, t, was, at)
	default:
		e.newTrouble(out, s, in, t, was, at)
	}
	if id := s.Service.Service; s.Service.Marks.Has(MarkUnreachable) && !before.Marks.Has(MarkUnreachable) {
		out.change.Events = append(out.change.Events, Event{At: at, Kind: EventUnreachable, Host: id.Host, Service: id,
			State: s.Service.State, Incident: s.Service.Incident})
	}
	if before.Incident != s.Service.Incident || before.Marks != s.Service.Marks || before.Pages != s.Service.Pages || before.Told != s.Service.Told {
		e.write(out, s)
		out.wake = append(out.wake, keyOf(s.Service.Service))
	}
}

// well ends what there is to end.
func (e *Engine) well(out *outcome, s *entry, in *incident, at time.Time) {
	s.Service.Marks = s.Service.Marks.set(MarkUnreachable, false)
	if in != nil && in.Incident.Service == s.Service.Service {
		c := e.checks[keyOf(s.Service.Service)]
		if c != nil && at.Before(s.Service.HardSince.Add(c.Judge.RecoverAfter)) {
			e.pending[s] = true
			return
		}
		e.closeIncident(out, s, at, false)
	}
	s.Service.Incident, s.Service.Pages, s.Service.Told = 0, 0, checks.OK
	s.wait = waiting{}
	s.Service.Ack, s.Service.Marks = nil, s.Service.Marks.set(MarkAcknowledged, false)
	delete(e.pending, s)
}

// goOn follows an incident of the service's own.
func (e *Engine) goOn(out *outcome, s *entry, in *incident, t transition, was checks.State, at time.Time) {
	e.pending[s] = true
	if s.Service.HardState.Worse(in.Incident.State) {
		in.Incident.State = s.Service.HardState
		e.writeIncident(out, in, EventWorse, at)
	}
	v := e.verdict(s, s.failed(), true)
	s.Service.Marks = s.Service.Marks.set(MarkUnreachable, v.broken)
	if v.broken || s.Service.Marks.Has(MarkDowntime) {
		return
	}
	acked := e.acknowledged(out, s, at)
	if !acked {
		e.tell(out, s, in, t, was, at)
	}
	e.escalate(out, s, in, t, acked, at)
}

// newTrouble finds out whose a problem is: a symptom joins its cause, one of
// its own opens an incident, and of what nobody knows yet is waited for.
func (e *Engine) newTrouble(out *outcome, s *entry, in *incident, t transition, was checks.State, at time.Time) {
	e.pending[s] = true
	now := e.deps.Now()
	if !s.wait.result.IsZero() {
		if s.Service.LastCheck.After(s.wait.result) {
			s.wait = waiting{failed: s.Service.LastCheck, missed: s.wait.missed}
		} else if now.Before(s.wait.until) {
			return
		} else {
			s.wait = waiting{failed: s.wait.result, missed: s.wait.missed}
		}
	}
	v := e.verdict(s, s.failed(), !s.wait.until.IsZero() && !now.Before(s.wait.until))
	wasBroken := s.Service.Marks.Has(MarkUnreachable)
	s.Service.Marks = s.Service.Marks.set(MarkUnreachable, v.broken)
	switch {
	case !v.broken && wasBroken:
		e.checkAgain(out, s, now)
	case v.broken:
		e.join(s, v.causes)
	case v.open:
		if s.wait.until.IsZero() {
			s.wait.until = now.Add(e.patience(v.unsure))
			out.check = append(out.check, v.ask...)
		}
	case s.Service.Marks.Has(MarkDowntime) || e.startFlexible(out, s, now):
		// It is looked at again when the downtime ends.
	default:
		in := e.openIncident(out, s, at)
		e.tell(out, s, in, t, was, at)
		e.escalate(out, s, in, t, false, at)
	}
}

// join makes a service a symptom of the incident of one of its causes.
func (e *Engine) join(s *entry, causes []checkKey) {
	var id int64
	for _, key := range causes {
		for _, up := range e.byCheck[key] {
			if in := e.incidents[up.Service.Incident]; in != nil && in.Incident.Closed.IsZero() && (id == 0 || in.Incident.ID < id) {
				id = in.Incident.ID
			}
		}
	}
	if old := e.incidents[s.Service.Incident]; old != nil && old.Incident.Closed.IsZero() && slices.Contains(e.causesOf(causes), old.Incident.ID) {
		return // one of several causes: stay
	}
	if s.Service.Incident = id; id != 0 {
		e.incidents[id].symptoms[s.Service.Service] = true
	}
}

func (e *Engine) causesOf(keys []checkKey) []int64 {
	var list []int64
	for _, key := range keys {
		for _, up := range e.byCheck[key] {
			if up.Service.Incident != 0 {
				list = append(list, up.Service.Incident)
			}
		}
	}
	return list
}

// settleFor is how long what a host sends may take to be as usual after the host
// came back, before what is judged by it (Deps.Behind) is told.
const settleFor = 30 * time.Minute

// checkAgain lets a service that was unreachable be judged by a result of its
// own from after the recovery of what it depends on, before anything is told.
func (e *Engine) checkAgain(out *outcome, s *entry, now time.Time) {
	key := keyOf(s.Service.Service)
	s.Service.Incident = 0
	s.wait.result, s.wait.until = now, now.Add(freshFor)
	if c := e.checks[key]; c != nil {
		s.wait.until = now.Add(c.Interval + c.Timeout)
	} else if slices.Contains(e.deps.Behind, key.check) {
		s.wait.until = now.Add(settleFor)
	}
	out.check = append(out.check, key)
}

// release takes the symptoms out of a closed incident; each is judged again.
func (e *Engine) release(out *outcome, in *incident) {
	for id := range in.symptoms {
		s := e.services[id]
		if s == nil || s.Service.Incident != in.Incident.ID {
			continue
		}
		s.Service.Incident = 0
		e.write(out, s)
		if troubled(&s.Service) {
			e.pending[s] = true
		}
	}
}

// tell tells what the step asks for of an open incident.
func (e *Engine) tell(out *outcome, s *entry, in *incident, t transition, was checks.State, at time.Time) {
	policy := policyOf(e.checks[keyOf(s.Service.Service)])
	what := wanted(s.Service, t, policy, was)
	missed := s.Service.Marks.Has(MarkMissed) && s.Service.HardState == checks.OK && s.Service.Pages == 0 && policy.NotifyOn.Has(inventory.NotifyMissed)
	if s.Service.Marks.Has(MarkFlapping) && !in.Incident.Flapping {
		in.Incident.Flapping = true
		e.touch(out, in)
	}
	if missed || what&(tellProblem|tellFlapStart|tellFlapStop) != 0 {
		e.tellAgain(out, s, in)
	}
	if missed {
		s.Service.Pages++
		return
	}
	told(&s.Service, what)
}

// wake reviews what waits for the checks whose standing may have changed, until
// nothing changes any more.
func (e *Engine) wake(out *outcome, at time.Time) {
	for len(out.wake) > 0 {
		key := out.wake[0]
		out.wake = out.wake[1:]
		for _, child := range e.graph.dependents[key] {
			for _, s := range e.pendingOf(child) {
				e.review(out, s, transition{}, s.Service.HardState, at)
			}
		}
	}
}

// pendingOf lists the services of a check that are pending, by item.
func (e *Engine) pendingOf(key checkKey) []*entry {
	var list []*entry
	for _, s := range e.byCheck[key] {
		if e.pending[s] {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *entry) int { return compareServices(a.Service.Service, b.Service.Service) })
	return list
}
