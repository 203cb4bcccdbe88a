package actions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/text"
)

// Errors of what people ask for. A person can do something about each.
var (
	ErrNoAction  = errors.New("there is no such action for this host")
	ErrNoRequest = errors.New("there is no such request that waits")
	ErrNoName    = errors.New("an action needs a person's name")

	errBusy = errors.New("a request for this host is being carried out")
)

// Ask is a person's wish to act.
type Ask struct {
	Action  string
	Service checks.Service // whose host is acted for
	By      string
	DryRun  bool // premises are looked at and recorded, nothing is done
	Undo    bool // take the present one back
}

// Ask makes a request for a person, and returns it when it is durable; what
// becomes of it is in Records. What checks say is recorded and not required;
// everything else is.
func (a *Actor) Ask(ctx context.Context, q Ask) (failover.Record, error) {
	if err := a.waitReady(ctx); err != nil {
		return failover.Record{}, fmt.Errorf("run action %s: %w", q.Action, err)
	}
	p, t := a.planned(q.Action, q.Service.Host)
	switch {
	case p == nil:
		return failover.Record{}, fmt.Errorf("run action %s for %s: %w", q.Action, q.Service.Host, ErrNoAction)
	case q.By == "":
		return failover.Record{}, fmt.Errorf("run action %s: %w", q.Action, ErrNoName)
	case q.Undo && p.Config.Undo == nil:
		return failover.Record{}, fmt.Errorf("run action %s: its configuration has no undo", q.Action)
	}
	a.mu.Lock()
	u := a.unitOf(q.Action, q.Service.Host)
	err := u.free(p, q)
	cur := u.cur
	a.mu.Unlock()
	if err != nil {
		return failover.Record{}, fmt.Errorf("run action %s for %s: %w", q.Action, q.Service.Host, err)
	}
	now := a.deps.Now()
	if q.Undo {
		return a.askUndo(ctx, u, cur, now, q.By)
	}
	return a.askRun(ctx, u, p, t, q, now)
}

// free says why a person's wish cannot be taken now.
func (u *unit) free(p *Planned, q Ask) error {
	switch {
	case q.DryRun:
		return nil
	case u.busy:
		return errBusy
	case q.Undo && (u.cur == nil || !owed(u.cur, p)):
		return errors.New("nothing was done that could be taken back")
	case q.Undo && u.undo != nil && u.undo.Progress != failover.ProgressRefused:
		return fmt.Errorf("it is being taken back, or was (%s)", u.undo.Request.ID)
	case q.Undo || u.cur == nil:
		return nil
	case !u.cur.Progress.Final():
		return fmt.Errorf("request %s is %s", u.cur.Request.ID, u.cur.Progress)
	case owed(u.cur, p):
		return fmt.Errorf("it is done already (%s); take it back first", u.cur.Request.ID)
	case u.cur.Progress == failover.ProgressUnknown:
		return fmt.Errorf("nobody knows what became of %s; look, then re-arm the action", u.cur.Request.ID)
	}
	return nil
}

func (a *Actor) askUndo(ctx context.Context, u *unit, cur *failover.Record, now time.Time, by string) (failover.Record, error) {
	a.mu.Lock()
	old := u.undo
	a.mu.Unlock()
	taken, err := a.wantUndo(ctx, u, cur, old, now, by)
	if err == nil && !taken {
		err = errBusy
	}
	if err != nil {
		return failover.Record{}, fmt.Errorf("take %s back: %w", cur.Request.ID, err)
	}
	return a.one(ctx, cur.Request.ID+".undo")
}

func (a *Actor) askRun(ctx context.Context, u *unit, p *Planned, t *Target, q Ask, now time.Time) (failover.Record, error) {
	r := newRecord(p, t, now)
	r.Request.Service, r.Request.By = a.serviceOf(t, q.Service), q.By
	r.Request.DryRun = r.Request.DryRun || q.DryRun
	if s, ok := a.deps.Engine.Service(r.Request.Service); ok {
		r.Request.State, r.Request.Reason, r.Request.Incident = s.State, s.Reason, s.Incident
		r.Trigger.Summary, r.Trigger.Result = s.Summary, s.LastCheck
	}
	r.Text = text.M("action.wanted.person", text.Str("by", q.By))
	var cur *failover.Record
	if !q.DryRun && !a.reserve(u, func() bool { cur = u.cur; return u.free(p, q) == nil }) {
		return failover.Record{}, fmt.Errorf("run action %s: %w", q.Action, errBusy)
	}
	id, err := a.freeID(ctx, p.Name, t.Host, now)
	if r.Request.ID = id; err == nil {
		err = a.save(ctx, r)
	}
	if err != nil {
		if !q.DryRun {
			a.release(u)
		}
		return failover.Record{}, fmt.Errorf("run action %s: %w", q.Action, err)
	}
	if q.DryRun {
		a.decide(ctx, &task{record: r})
		return a.one(ctx, id)
	}
	if cur != nil {
		a.close(ctx, u, cur, now, q.By)
	}
	asked := *r
	a.enqueue(ctx, u, r)
	return asked, nil
}

// serviceOf is the service of a target that a person means: the one named when
// it asks for the action, else the first that does.
func (a *Actor) serviceOf(t *Target, named checks.Service) checks.Service {
	for _, s := range t.Services {
		if s == named || s.Item == "" && s.Host == named.Host && s.Check == named.Check {
			return named
		}
	}
	return t.Services[0]
}

func (a *Actor) one(ctx context.Context, id string) (failover.Record, error) {
	list, err := a.deps.Ledger.Actions(ctx, failover.Filter{ID: id})
	if err == nil && len(list) == 0 {
		err = ErrNoRequest
	}
	if err != nil {
		return failover.Record{}, fmt.Errorf("read request %s: %w", id, err)
	}
	return list[0], nil
}

// Approve lets a waiting request go on, as a second person: who asked for it by
// hand cannot approve it. Its premises are looked at again.
func (a *Actor) Approve(ctx context.Context, id, by string) error {
	if err := a.waitReady(ctx); err != nil {
		return fmt.Errorf("approve %s: %w", id, err)
	}
	now := a.deps.Now()
	a.mu.Lock()
	u, r := a.byID(id)
	var err error
	switch {
	case by == "":
		err = ErrNoName
	case r == nil || r.Progress != failover.ProgressWaiting || u.busy:
		err = ErrNoRequest
	case r.Request.By == by:
		err = errors.New("a second person must approve: you asked for it yourself")
	case !now.Before(r.ApproveBy):
		err = errors.New("the time to approve it is over")
	}
	if err != nil {
		a.mu.Unlock()
		return fmt.Errorf("approve %s: %w", id, err)
	}
	u.busy = true
	next := *r
	a.mu.Unlock()
	next.Progress, next.Approved, next.ApprovedBy = failover.ProgressApproved, now, by
	next.Text = text.M("action.approved", text.Str("by", by))
	if err := a.save(ctx, &next); err != nil {
		a.release(u)
		return fmt.Errorf("approve %s: %w", id, err)
	}
	a.enqueue(ctx, u, &next)
	return nil
}

// Rearm lets an action be asked for again for a host, after a person has looked
// at what became of the last request. What is being carried out is left alone.
func (a *Actor) Rearm(ctx context.Context, action, host, by string) error {
	if err := a.waitReady(ctx); err != nil {
		return fmt.Errorf("re-arm %s: %w", action, err)
	}
	a.mu.Lock()
	u := a.units[unitKey{action, host}]
	var err error
	switch {
	case by == "":
		err = ErrNoName
	case u == nil || u.cur == nil && u.unsure == nil:
		err = fmt.Errorf("%w, or nothing stands in its way", ErrNoAction)
	case u.busy || u.cur != nil && !u.cur.Progress.Final():
		err = errors.New("a request is being carried out, or waits for approval")
	}
	if err != nil {
		a.mu.Unlock()
		return fmt.Errorf("re-arm %s for %s: %w", action, host, err)
	}
	cur, unsure := u.cur, u.unsure
	u.unsure, u.busy = nil, true
	a.mu.Unlock()
	defer a.release(u)
	now := a.deps.Now()
	if cur != nil {
		a.close(ctx, u, cur, now, by)
	}
	if unsure != nil {
		closed := *unsure
		closed.Closed, closed.ClosedBy = now, by
		a.keepClosed(ctx, &closed)
	}
	return nil
}

// Freeze stops all actions at once, until Unfreeze. What is being carried out
// goes on. It returns when that is durable; when the journal cannot be written
// the switch is set all the same.
func (a *Actor) Freeze(ctx context.Context, by, reason string) error {
	if by == "" {
		return fmt.Errorf("freeze actions: %w", ErrNoName)
	}
	return a.setFreeze(ctx, failover.Freeze{By: by, Reason: reason, At: a.deps.Now()}, by, reason)
}

// Unfreeze lets actions run again. What was refused meanwhile stays refused.
func (a *Actor) Unfreeze(ctx context.Context, by string) error {
	if by == "" {
		return fmt.Errorf("unfreeze actions: %w", ErrNoName)
	}
	return a.setFreeze(ctx, failover.Freeze{}, by, "")
}

func (a *Actor) setFreeze(ctx context.Context, f failover.Freeze, by, reason string) error {
	if err := a.waitReady(ctx); err != nil {
		return fmt.Errorf("set the freeze switch: %w", err)
	}
	if f.On() { // at once: the journal may hang
		a.mu.Lock()
		a.frozen = f
		a.mu.Unlock()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveWithin)
	defer cancel()
	if err := a.deps.Ledger.SetFrozen(ctx, f, alerting.FreezeEvent(a.deps.Now(), f.On(), by, reason)); err != nil {
		return fmt.Errorf("keep the freeze switch: %w", err)
	}
	a.mu.Lock()
	a.frozen = f
	a.mu.Unlock()
	a.poke()
	return nil
}

// Frozen is the switch that stops all actions.
func (a *Actor) Frozen() failover.Freeze {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.frozen
}

// Records lists requests, the newest first.
func (a *Actor) Records(ctx context.Context, f failover.Filter) ([]failover.Record, error) {
	return a.deps.Ledger.Actions(ctx, f)
}
