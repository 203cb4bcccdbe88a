package actions

import (
	"context"
	"time"

	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// execute takes the resource, looks at everything once more, makes the start
// durable, and carries the request out.
func (a *Actor) execute(ctx context.Context, t *task, p *Planned, target *Target, r *failover.Record) {
	unlock, ok := a.lock(ctx, p, r.Deadline)
	if !ok {
		if ctx.Err() == nil {
			a.refuse(ctx, t, r, append(r.Premises, failover.Premise{Name: failover.PremiseResource, From: failover.FromServer, At: a.deps.Now(),
				Text: text.M("guard.resource", text.Str("resource", p.action.Resource()))}))
		}
		return
	}
	defer unlock()
	premises, _ := a.gather(ctx, p, target, r)
	if p.action != nil && len(failover.Failing(premises)) == 0 {
		premises = append(premises, failover.Look(ctx, p.action, r.Request, failover.FromServer)...)
	}
	premises = append(premises, a.journalPremise(nil))
	switch {
	case len(failover.Failing(premises)) > 0:
		a.refuse(ctx, t, r, premises)
		return
	case ctx.Err() != nil:
		return
	}
	r.Premises = premises
	if r.Request.DryRun { // nothing is sent to a probe either: its file has a dry_run of its own
		a.tried(ctx, t, r)
		return
	}
	a.start(ctx, t, p, r)
}

// tried records a dry run whose premises all hold.
func (a *Actor) tried(ctx context.Context, t *task, r *failover.Record) {
	r.Progress, r.Ended, r.Text = failover.ProgressTried, a.deps.Now(), text.M("action.tried")
	if t.unit == nil {
		r.Closed = r.Ended
	}
	a.keep(ctx, r)
	a.put(t, r)
}

// start makes the start durable, then carries the request out. When the journal
// does not say that it has it, nothing is done.
func (a *Actor) start(ctx context.Context, t *task, p *Planned, r *failover.Record) {
	before := r.Progress
	r.Progress, r.Started, r.Text = failover.ProgressStarted, a.deps.Now(), text.M("action.started")
	if p.Kind == KindProbe {
		r.Text = text.M("action.started.probe", text.Str("host", r.Probe))
	}
	if err := a.save(ctx, r); err != nil {
		a.notStarted(ctx, t, r, before, err)
		return
	}
	a.put(t, r)
	a.deps.Logger.Warn("action started", logkeys.Action, r.Request.Action, logkeys.Request, r.Request.ID, logkeys.Service, r.Request.Service.String())
	if p.Kind == KindProbe {
		a.offer(*r)
		return
	}
	a.finish(ctx, t, r, failover.Perform(context.WithoutCancel(ctx), p.action, r.Request, r.Deadline))
}

// notStarted: the journal did not take the start. One that is further on there
// is left alone; otherwise the row may or may not say started, and nothing was
// done.
func (a *Actor) notStarted(ctx context.Context, t *task, r *failover.Record, before failover.Progress, err error) {
	r.Started = time.Time{}
	if o, wrong := asOrder(err); wrong && (o.From == failover.ProgressStarted || o.From.Final()) {
		a.deps.Logger.Error("action not carried out: its request was used before", logkeys.Request, r.Request.ID, logkeys.Err, err)
	}
	r.Progress = before
	for i := range r.Premises {
		if r.Premises[i].Name == failover.PremiseJournal {
			r.Premises[i] = a.journalPremise(err)
		}
	}
	a.refuse(ctx, t, r, r.Premises)
}

// finish records how it ended, with its measured stages.
func (a *Actor) finish(ctx context.Context, t *task, r *failover.Record, e failover.Ending) {
	r.Ended = a.deps.Now()
	a.conclude(r, e)
	a.keep(ctx, r)
	a.put(t, r)
	if r.UndoOf != "" && t.unit != nil {
		a.undone(ctx, t.unit, r)
	}
}

// conclude fills in the ending and the sentence about it.
func (a *Actor) conclude(r *failover.Record, e failover.Ending) {
	r.Progress, r.Outcome, r.Error, r.Status = e.Progress, e.Outcome, e.Error, e.Status
	r.Text = endText(r)
	a.metrics.stage(r)
	a.deps.Logger.Warn("action ended", logkeys.Action, r.Request.Action, logkeys.Request, r.Request.ID, logkeys.State, string(r.Progress),
		logkeys.Dur, r.Act(), logkeys.Err, r.Error)
}

// endText is one sentence about how a request ended.
func endText(r *failover.Record) text.Message {
	took, why := text.Dur("took", r.Act()), text.Str("why", r.Error)
	switch {
	case r.Progress == failover.ProgressFailed:
		return text.M("action.failed", why)
	case r.Progress == failover.ProgressUnknown && r.Status == failover.StatusDone:
		return text.M("action.unknown.done", why)
	case r.Progress == failover.ProgressUnknown && r.Status == failover.StatusUndone:
		return text.M("action.unknown.undone", why)
	case r.Progress == failover.ProgressUnknown:
		return text.M("action.unknown", why)
	case !r.Outcome.Verified && r.Request.Undo:
		return text.M("action.undone.unverified", took)
	case !r.Outcome.Verified:
		return text.M("action.done.unverified", took)
	case r.Request.Undo:
		return text.M("action.undone", took)
	}
	return text.M("action.done", took)
}

// undone closes what was taken back, once it was.
func (a *Actor) undone(ctx context.Context, u *unit, undo *failover.Record) {
	if undo.Progress != failover.ProgressDone {
		return
	}
	a.mu.Lock()
	cur := u.cur
	a.mu.Unlock()
	if cur == nil || cur.Request.ID != undo.UndoOf {
		return
	}
	back := *cur
	back.Undone = undo.Request.ID
	a.close(ctx, u, &back, a.deps.Now(), undo.Request.By)
}

// lock takes the resource that an action changes. It waits as long as the
// action itself may take.
func (a *Actor) lock(ctx context.Context, p *Planned, patience time.Duration) (unlock func(), ok bool) {
	if p.action == nil {
		return func() {}, true // the probe serialises its own
	}
	name := p.action.Resource()
	a.mu.Lock()
	turn := a.resources[name]
	if turn == nil {
		turn = make(chan struct{}, 1)
		a.resources[name] = turn
	}
	a.mu.Unlock()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, true
	case <-limit.C:
	case <-ctx.Done():
	}
	return nil, false
}

// service is the built-in service of a unit.
func (k unitKey) service() checks.Service {
	return checks.Service{Host: k.host, Check: failover.ServiceCheck, Item: k.action}
}
