package actions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// view is what the services of a target say.
type view struct {
	trigger *alerting.ServiceState // the worst that asks for the action; nil: none
	well    bool                   // all are hard OK, by a result, and calm: no flapping, no open incident
}

// seen looks at the services of a target.
func (a *Actor) seen(t *Target, w WhenConfig, now time.Time) view {
	v := view{well: true}
	want := checks.State(w.State)
	for _, id := range t.Services {
		for _, s := range a.states(id) {
			if s.HardState != checks.OK || s.State != checks.OK || s.Incident != 0 || s.Marks&(alerting.MarkMissed|alerting.MarkFlapping) != 0 {
				v.well = false
			}
			asks := s.Hard && s.HardState == s.State && s.State != checks.Unknown && s.State != checks.OK && !want.Worse(s.State) &&
				!s.Marks.Has(alerting.MarkMissed) && now.Sub(s.HardSince) >= w.For
			if asks && (v.trigger == nil || s.State.Worse(v.trigger.State)) {
				v.trigger = &s
			}
		}
	}
	return v
}

// states are the services that a name means: without an item, every item.
func (a *Actor) states(id checks.Service) []alerting.ServiceState {
	if id.Item == "" {
		return a.deps.Engine.ServicesOf(id.Host, id.Check)
	}
	if s, ok := a.deps.Engine.Service(id); ok {
		return []alerting.ServiceState{s}
	}
	return nil
}

// look compares every target's states with what was asked for, and asks.
func (a *Actor) look(ctx context.Context) {
	a.mu.Lock()
	plan := a.plan
	a.mu.Unlock()
	if plan == nil {
		return
	}
	for _, p := range plan.Actions {
		for i := range p.Targets {
			now := a.deps.Now()
			a.lookAt(ctx, p, &p.Targets[i], a.seen(&p.Targets[i], p.Config.When, now), now)
		}
	}
	a.orphans(ctx, plan)
}

// lookAt decides what becomes of one unit.
func (a *Actor) lookAt(ctx context.Context, p *Planned, t *Target, v view, now time.Time) {
	a.mu.Lock()
	u := a.units[unitKey{p.Name, t.Host}]
	if u == nil && v.trigger == nil {
		a.mu.Unlock()
		return
	}
	u = a.unitOf(p.Name, t.Host)
	u.well = v.well
	busy, cur, undo := u.busy, u.cur, u.undo
	a.mu.Unlock()
	switch {
	case busy:
	case cur == nil && v.trigger != nil:
		a.want(ctx, u, p, t, *v.trigger, now)
	case cur == nil:
		a.mu.Lock()
		u.broken = nil
		a.mu.Unlock()
	case cur.Progress == failover.ProgressWaiting:
		a.waiting(ctx, u, v, now)
	case cur.Progress == failover.ProgressStarted:
		a.overdue(ctx, cur, now)
	case undo != nil && undo.Progress == failover.ProgressStarted:
		a.overdue(ctx, undo, now)
	case cur.Progress.Final():
		a.after(ctx, u, p, v, now)
	}
}

// want makes a request of a state: a row of the journal, then a place in the
// queue. Its identity is made of action, host and problem, so that the same
// problem never makes two.
func (a *Actor) want(ctx context.Context, u *unit, p *Planned, t *Target, s alerting.ServiceState, now time.Time) {
	if !a.reserve(u, func() bool { return u.cur == nil }) {
		return
	}
	from, _ := a.sourceOf(s.Service)
	r := newRecord(p, t, now)
	r.Request.Service, r.Request.State, r.Request.Reason, r.Request.Incident = s.Service, s.State, s.Reason, s.Incident
	r.Trigger = failover.Trigger{Summary: s.Summary, Failed: s.ProblemSince, Hard: s.HardSince, Result: s.LastCheck, From: from}
	r.Text = text.M("action.wanted", text.Str("service", s.Service.String()), text.Str("state", s.State.String()))
	id, err := a.freeID(ctx, p.Name, t.Host, s.ProblemSince)
	if err == nil {
		r.Request.ID = id
		err = a.save(ctx, r)
	}
	a.mu.Lock()
	first := u.broken == nil && err != nil
	u.broken, u.busy = err, err == nil
	a.mu.Unlock()
	if err != nil {
		if first {
			a.deps.Logger.Error("action stops: the journal cannot be written", logkeys.Action, p.Name, logkeys.Host, t.Host, logkeys.Err, err)
		}
		return
	}
	a.enqueue(ctx, u, r)
}

// reserve takes a unit for one change of it, if it is free and the condition
// holds; release, or a worker's end, gives it back.
func (a *Actor) reserve(u *unit, when func() bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if u.busy || !when() {
		return false
	}
	u.busy = true
	return true
}

func newRecord(p *Planned, t *Target, now time.Time) *failover.Record {
	return &failover.Record{
		Request: failover.Request{Action: p.Name, Address: t.Address, At: now, DryRun: p.Config.DryRun},
		Kind:    p.Kind, Probe: t.Probe, RemoteName: p.remote, Progress: failover.ProgressWanted, Wanted: now, Deadline: p.Config.Deadline,
	}
}

// freeID is the identity of the next attempt for a problem: the first, unless a
// person has re-armed the action meanwhile. One that is wanted already is the
// same wish: its row was written although we were told that it was not.
func (a *Actor) freeID(ctx context.Context, action, host string, problem time.Time) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	for attempt := 1; ; attempt++ {
		id := requestID(action, host, problem, attempt)
		known, err := a.deps.Ledger.Actions(ctx, failover.Filter{ID: id})
		if err != nil || len(known) == 0 || known[0].Open() && known[0].Progress == failover.ProgressWanted {
			return id, err
		}
	}
}

func requestID(action, host string, problem time.Time, attempt int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d\x00%d", action, host, problem.UnixNano(), attempt))
	return action + "-" + hex.EncodeToString(sum[:6])
}

// enqueue hands a durable request to the workers. A full queue refuses it: an
// action that comes late is worse than none, and a person is told.
func (a *Actor) enqueue(ctx context.Context, u *unit, r *failover.Record) {
	a.mu.Lock()
	*u.slot(r) = r
	u.busy = true
	t := &task{unit: u, record: r}
	select {
	case a.queue <- t:
		a.mu.Unlock()
		return
	default:
	}
	a.mu.Unlock()
	a.metrics.dropped.Inc()
	next := *r
	a.refuse(ctx, t, &next, []failover.Premise{{Name: failover.PremiseQueue, From: failover.FromServer, At: a.deps.Now(),
		Text: text.M("guard.queue", text.Int("n", queueSize))}})
	a.release(u)
}

// waiting ends a wait for approval that is over.
func (a *Actor) waiting(ctx context.Context, u *unit, v view, now time.Time) {
	a.mu.Lock()
	r := u.cur
	over := !now.Before(r.ApproveBy)
	a.mu.Unlock()
	switch {
	case over:
		a.end(ctx, u, r, failover.Premise{Name: failover.PremiseApproval, From: failover.FromServer, At: now, Text: text.M("guard.approval.late", text.Time("by", r.ApproveBy))})
	case v.trigger == nil && r.Request.By == "":
		a.end(ctx, u, r, failover.Premise{Name: failover.PremiseState, From: failover.FromServer, At: now, Text: text.M("guard.state.over", text.Str("service", r.Request.Service.String()))})
	}
}

// end refuses what waits for approval.
func (a *Actor) end(ctx context.Context, u *unit, r *failover.Record, why failover.Premise) {
	if !a.reserve(u, func() bool { return u.cur == r }) {
		return // approved just now
	}
	next := *r
	a.refuse(ctx, &task{unit: u, record: r}, &next, append(next.Premises, why))
	a.release(u)
}

// sourceOf says who runs a check, by the plan in force.
func (a *Actor) sourceOf(s checks.Service) (from string, unauthenticated bool) {
	a.mu.Lock()
	plan := a.plan
	a.mu.Unlock()
	if plan == nil {
		return failover.FromServer, false
	}
	return plan.source(s)
}
