package alerting

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// Observation is one run of one check of one host.
type Observation struct {
	Host    string
	Check   string
	At      time.Time // when it was found; the future counts as now
	Took    time.Duration
	Results []checks.Result // one per item
	// Builtin says that the inventory does not name this check: it is the
	// server's own, such as "clock". A problem of it is hard at once.
	Builtin bool
	// Unauthenticated says that anybody in the network could have brought the
	// results about.
	Unauthenticated bool
}

// Verdict is what the scheduler wants to know of a run.
type Verdict struct {
	// RetrySoon says that a service of this check is in a soft problem, so that
	// the next run is due after the retry interval.
	RetrySoon bool
	// Late says that the run was set aside because a newer one is known, or
	// because it is too old to be news.
	Late bool
	// Unkept says that the journal lacks this, or something before it. People are told, and it is
	// tried again; but if the server were killed now, what the run found would be
	// forgotten. Who cannot find it again, as a line of a log, must not let go of it.
	Unkept bool
}

// ErrUnknownCheck is returned for a run of a check that the inventory does not
// have (any more). Nothing is changed by it.
var ErrUnknownCheck = errors.New("check is not in the inventory")

// RetireAfter is how many runs in a row must leave out an item before its
// service is retired. A run that could not ask (UNKNOWN) does not count.
const RetireAfter = 5

// freshFor is the least age at which a result is too old to be news, however
// often its check runs.
const freshFor = 5 * time.Minute

// Observe takes over what a run found. It returns after the journal has it and
// everyone to be told is in the outbox. A journal that cannot be written is no
// error here: it is logged, counted and told.
func (e *Engine) Observe(ctx context.Context, o Observation) (Verdict, error) {
	if err := ctx.Err(); err != nil {
		return Verdict{}, err
	}
	e.mu.Lock()
	check := e.checks[checkKey{o.Host, o.Check}]
	if check == nil && !o.Builtin {
		e.mu.Unlock()
		e.metrics.dropped.WithLabelValues("unknown-check").Inc()
		return Verdict{}, ErrUnknownCheck
	}
	now := e.deps.Now()
	if o.At.After(now) {
		o.At = now
	}
	var out outcome
	v := e.judge(&out, o, check, now)
	if out.change.Empty() && len(out.check) == 0 {
		v.Unkept = e.refused // by what was found before, perhaps of this service
		e.notifyWatchers()
		e.mu.Unlock()
		return v, nil
	}
	v.Unkept = !e.settle(out)
	return v, nil
}

// judge applies a run to its services.
func (e *Engine) judge(out *outcome, o Observation, check *inventory.Check, now time.Time) Verdict {
	policy, maxAge := policyOf(check), freshFor
	if check != nil {
		maxAge = max(freshFor, 3*check.Interval)
	}
	var v Verdict
	seen := map[string]bool{}
	asked := len(o.Results) > 0
	for _, r := range o.Results {
		seen[r.Item] = true
		asked = asked && r.State != checks.Unknown
		id := checks.Service{Host: o.Host, Check: o.Check, Item: r.Item}
		s := e.services[id]
		if s != nil && !o.At.After(s.Service.LastCheck) || now.Sub(o.At) > maxAge {
			v.Late = true
			e.setAside(out, s, id, o.At)
			continue
		}
		if s == nil {
			_, named := e.inv.Host(o.Host)
			s = &entry{Record: Record{Builtin: check == nil, Foreign: !named, Service: ServiceState{Service: id}}}
			e.keep(s)
			e.markDowntime(out, s)
		}
		s.Missing, s.late = 0, false
		e.advance(out, s, policy, finding{o.At, o.Took, finite(r), o.Unauthenticated})
	}
	if !v.Late && check != nil {
		e.miss(out, o, seen, asked)
	}
	for _, s := range e.byCheck[checkKey{o.Host, o.Check}] {
		s.ran = later(s.ran, o.At)
	}
	out.wake = append(out.wake, checkKey{o.Host, o.Check})
	e.wake(out, now)
	e.judgeHost(out, o.Host, o.At)
	for _, s := range e.byCheck[checkKey{o.Host, o.Check}] {
		v.RetrySoon = v.RetrySoon || !s.Service.Hard
	}
	return v
}

// setAside counts a late result; the first of a series is journaled.
func (e *Engine) setAside(out *outcome, s *entry, id checks.Service, at time.Time) {
	e.metrics.dropped.WithLabelValues("late").Inc()
	if s == nil || s.late {
		return
	}
	s.late = true
	out.change.Events = append(out.change.Events, Event{At: e.deps.Now(), Kind: EventLate, Host: id.Host, Service: id,
		State: s.Service.State, Data: mustJSON(map[string]time.Time{"found": at, "last": s.Service.LastCheck})})
}

// advance runs the state machine of one service and follows its incident.
func (e *Engine) advance(out *outcome, s *entry, policy Policy, f finding) {
	before := s.Service
	policy.Unreachable = e.verdict(s, time.Time{}, true).broken
	next, t := step(before, policy, f)
	if check := e.checks[checkKey{next.Service.Host, next.Service.Check}]; check != nil {
		interval := check.Interval
		if !next.Hard {
			interval = check.RetryInterval
		}
		next.NextCheck = f.At.Add(interval)
	}
	returned := before.Marks.Has(MarkMissed)
	if returned {
		e.nextFresh = time.Time{}
	}
	s.Service = next
	s.dirty = true
	if t.Changed || t.HardChanged {
		out.change.Events = append(out.change.Events, stateEvent(next))
	}
	if returned {
		out.change.Events = append(out.change.Events, e.returnedEvent(next))
	}
	if t.FlapStarted || t.FlapStopped {
		out.change.Events = append(out.change.Events, flapEvent(next, t, f.At))
	}
	if t.HardChanged {
		e.deps.Logger.Info("state changed", logkeys.Service, next.Service.String(),
			logkeys.State, next.State.String(), logkeys.PrevState, before.HardState.String(), logkeys.Reason, string(next.Reason))
	}
	changed := t.Changed || t.HardChanged || next.Marks != before.Marks
	if changed || e.pending[s] {
		e.review(out, s, t, before.HardState, f.At)
	}
	if changed && s.dirty {
		e.write(out, s)
	}
}

// returnedEvent says from when on the state is known again: from when the result
// came, which is later than MISSED, and not from when it was found, which may
// not be.
func (e *Engine) returnedEvent(s ServiceState) Event {
	return Event{At: e.deps.Now(), Kind: EventReturned, Host: s.Service.Host, Service: s.Service, State: s.HardState, Hard: true, Incident: s.Incident}
}

func flapEvent(s ServiceState, t transition, at time.Time) Event {
	kind := EventFlapping
	if t.FlapStopped {
		kind = EventCalm
	}
	return Event{At: at, Kind: kind, Host: s.Service.Host, Service: s.Service, State: s.State, Hard: s.Hard, Incident: s.Incident,
		Data: mustJSON(flapData{Changes: s.Flaps.changes(), Percent: s.FlapPercent, Since: s.FlapSince})}
}

// flapData is Event.Data of EventFlapping and EventCalm.
type flapData struct {
	Changes int       `json:"changes"`
	Percent float64   `json:"percent"`
	Since   time.Time `json:"since"`
}

func stateEvent(s ServiceState) Event {
	return Event{At: s.LastCheck, Kind: EventState, Host: s.Service.Host, Service: s.Service, State: s.State, Hard: s.Hard,
		Incident: s.Incident, Failed: failedRun(s), Data: mustJSON(stateData{Reason: s.Reason, Attempt: s.Attempt, Max: s.MaxAttempts, Summary: mustJSON(s.Summary)})}
}

// miss counts the items that this run left out, and retires those that stay
// away.
func (e *Engine) miss(out *outcome, o Observation, seen map[string]bool, asked bool) {
	if !asked {
		return
	}
	for item, s := range e.byCheck[checkKey{o.Host, o.Check}] {
		if seen[item] {
			continue
		}
		s.Missing++
		s.dirty = true
		if s.Missing >= RetireAfter {
			e.drop(out, s, EventRetired, o.At)
		}
	}
}

// drop ends a service that is not watched any more: journaled, and whoever was
// told of its incident is told.
func (e *Engine) drop(out *outcome, s *entry, kind EventKind, at time.Time) {
	id := s.Service.Service
	out.change.Events = append(out.change.Events, Event{At: at, Kind: kind, Host: id.Host, Service: id,
		State: s.Service.State, Incident: s.Service.Incident})
	if in := e.incidents[s.Service.Incident]; in != nil && in.Incident.Service == id {
		e.closeIncident(out, s, at, true)
	}
	out.change.Removed = append(out.change.Removed, id)
	out.wake = append(out.wake, keyOf(id))
	e.forget(id)
}

// judgeHost decides UP or DOWN by the host's alive check: DOWN while any of its
// services is hard CRITICAL; UNKNOWN changes nothing.
func (e *Engine) judgeHost(out *outcome, host string, at time.Time) {
	h, ok := e.inv.Host(host)
	if !ok || h.Alive == "" {
		return
	}
	known, up := false, true
	for _, s := range e.byCheck[checkKey{host, h.Alive}] {
		s.Service.Alive = true
		switch s.Service.HardState {
		case checks.Critical:
			known, up = true, false
		case checks.OK, checks.Warning:
			known = true
		}
	}
	was := e.hosts[host]
	if !known || was.Known && was.Up == up {
		return
	}
	e.hosts[host] = HostState{Host: host, Known: true, Up: up, Since: at}
	state := checks.OK
	if !up {
		state = checks.Critical
	}
	out.change.Events = append(out.change.Events, Event{At: at, Kind: EventHost, Host: host, State: state, Hard: true})
}

// finite drops measured values that JSON cannot hold.
func finite(r checks.Result) checks.Result {
	bad := func(p checks.Perf) bool {
		return math.IsNaN(p.Value+p.Min) || math.IsInf(p.Value+p.Min, 0)
	}
	if slices.ContainsFunc(r.Perf, bad) {
		r.Perf = slices.DeleteFunc(slices.Clone(r.Perf), bad)
	}
	if len(r.Evidence) > checks.EvidenceLimit {
		r.Evidence = r.Evidence[:checks.EvidenceLimit]
	}
	if r.Summary.IsZero() {
		r.Summary = text.Verbatim(r.State.String())
	}
	return r
}
