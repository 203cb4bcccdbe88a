package actions

import (
	"context"
	"slices"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/text"
)

// recall takes over what the journal knows: what was wanted is looked at again,
// and of what was started the status is asked. It is never repeated.
func (a *Actor) recall(ctx context.Context) error {
	frozen, err := a.deps.Ledger.Frozen(ctx)
	if err != nil {
		return err
	}
	open, err := a.deps.Ledger.Actions(ctx, failover.Filter{Open: true, Limit: maxActions * 100})
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.frozen = frozen
	a.mu.Unlock()
	slices.Reverse(open) // oldest first
	for i := range open {
		a.recallOne(ctx, &open[i])
	}
	for _, u := range a.all() {
		a.resume(ctx, u)
	}
	return nil
}

// all lists the units there are.
func (a *Actor) all() []*unit {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []*unit
	for _, u := range a.units {
		list = append(list, u)
	}
	return list
}

// recallOne puts a record into its unit. A newer one takes the place of an older
// one, which is over.
func (a *Actor) recallOne(ctx context.Context, r *failover.Record) {
	a.mu.Lock()
	u := a.unitOf(r.Request.Action, r.Request.Service.Host)
	slot := u.slot(r)
	old := *slot
	*slot = r
	if old != nil && old.Progress == failover.ProgressUnknown && old.Status != failover.StatusUndone && !old.Request.Undo {
		u.unsure, old = old, nil
	}
	a.mu.Unlock()
	if old == nil {
		return
	}
	closed := *old
	if !closed.Progress.Final() && closed.Progress != failover.ProgressStarted {
		closed.Progress, closed.Text = failover.ProgressRefused, text.M("action.refused.newer")
	}
	if closed.Progress == failover.ProgressStarted {
		closed.Progress, closed.Text = failover.ProgressUnknown, text.M("action.unknown", text.Str("why", "cut off by a restart"))
	}
	closed.Closed = a.deps.Now()
	a.keepClosed(ctx, &closed)
}

// resume goes on with what a unit was at.
func (a *Actor) resume(ctx context.Context, u *unit) {
	a.mu.Lock()
	list := []*failover.Record{u.cur, u.undo}
	a.mu.Unlock()
	for _, r := range list {
		switch {
		case r == nil:
		case r.Progress == failover.ProgressWanted || r.Progress == failover.ProgressApproved:
			a.enqueue(ctx, u, r)
		case r.Progress == failover.ProgressStarted && r.Kind == KindProbe:
			a.offer(*r) // the probe knows whether it has it already
		case r.Progress == failover.ProgressStarted:
			a.cutOff(ctx, u, r)
		case r.UndoOf != "" && r.Progress == failover.ProgressDone:
			a.undone(ctx, u, r)
		}
	}
}

// cutOff deals with a request that was started when the server ended: nobody
// knows whether it was carried out. Its status is asked, and a person is called.
func (a *Actor) cutOff(ctx context.Context, u *unit, r *failover.Record) {
	next := *r
	e := failover.Ending{Progress: failover.ProgressUnknown, Error: "the server ended in the middle"}
	if p, _ := a.planned(r.Request.Action, r.Request.Service.Host); p != nil && p.action != nil {
		e.Status = failover.AskStatus(ctx, p.action, r.Request)
	}
	a.conclude(&next, e)
	a.keep(ctx, &next)
	a.put(&task{unit: u}, &next)
}

// orphans are units that the configuration names no more.
func (a *Actor) orphans(ctx context.Context, plan *Plan) {
	for _, u := range a.all() {
		p, _ := plan.find(u.key.action, u.key.host)
		a.mu.Lock()
		cur, busy := u.cur, u.busy
		u.left = p == nil
		a.mu.Unlock()
		if p != nil {
			continue
		}
		switch {
		case cur == nil || busy || cur.Progress == failover.ProgressStarted:
		case !cur.Progress.Final():
			a.end(ctx, u, cur, failover.Premise{Name: failover.PremiseRequest, From: failover.FromServer, At: a.deps.Now(), Text: text.M("guard.not_configured")})
		case cur.Progress == failover.ProgressRefused || cur.Progress == failover.ProgressTried:
			a.close(ctx, u, cur, a.deps.Now(), "")
		}
	}
}

// waitReady waits until what a crash left is known.
func (a *Actor) waitReady(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	select {
	case <-a.ready:
		return nil
	case <-limited.Done():
		return limited.Err()
	}
}
