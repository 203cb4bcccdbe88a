package actions

import (
	"context"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/internal/text"
)

// undoAgain is how long a refused undo waits before its premises are looked at
// again; nothing was done, so that is no repeat.
const undoAgain = time.Minute

// after follows a request that is over: it is taken back after good results, or
// stops to stand in the way once all is well.
func (a *Actor) after(ctx context.Context, u *unit, p *Planned, v view, now time.Time) {
	a.mu.Lock()
	cur, undo := u.cur, u.undo
	if !v.well {
		u.good = 0
	}
	a.mu.Unlock()
	switch {
	case !v.well && !another(cur, v.trigger):
	case !owed(cur, p):
		a.settle(ctx, u, cur, now)
	case v.well && (undo == nil || undo.Progress == failover.ProgressRefused && now.After(u.retry)):
		if a.countGood(u, cur) >= p.Config.Undo.AfterGood {
			_, _ = a.wantUndo(ctx, u, cur, undo, now, "") // told by unit.broken, and tried again
		}
	}
}

// another reports whether the problem is another one than a request was about:
// its recovery came while nobody looked, as over a restart. A state that flaps
// stays in one incident, and is no other problem.
func another(r *failover.Record, s *alerting.ServiceState) bool {
	return s != nil && s.Incident != 0 && s.Incident != r.Request.Incident && s.ProblemSince.After(r.Wanted)
}

// owed reports whether a request must still be taken back.
func owed(r *failover.Record, p *Planned) bool {
	if p.Config.Undo == nil || r.Undone != "" {
		return false
	}
	return r.Progress == failover.ProgressDone ||
		(r.Progress == failover.ProgressFailed || r.Progress == failover.ProgressUnknown) && r.Status == failover.StatusDone
}

// countGood counts results of the service that asked, each once, from after the
// action.
func (a *Actor) countGood(u *unit, cur *failover.Record) int {
	s, ok := a.deps.Engine.Service(cur.Request.Service)
	a.mu.Lock()
	defer a.mu.Unlock()
	if !ok { // the service is gone: a person takes it back
		return 0
	}
	if s.LastCheck.After(u.last) && s.LastCheck.After(cur.Ended) {
		u.good, u.last = u.good+1, s.LastCheck
	}
	return u.good
}

// wantUndo asks to take a request back; by is a person, or empty. false: the
// unit is at something else.
func (a *Actor) wantUndo(ctx context.Context, u *unit, cur, old *failover.Record, now time.Time, by string) (bool, error) {
	if !a.reserve(u, func() bool { return u.cur == cur && u.undo == old }) {
		return false, nil
	}
	r := *cur
	if old != nil {
		r = *old
	}
	r.Request.Undo, r.Request.At, r.Request.By, r.Request.DryRun = true, now, by, false
	r.Request.ID, r.UndoOf = cur.Request.ID+".undo", cur.Request.ID
	r.Progress, r.Wanted, r.Premises, r.Trigger = failover.ProgressWanted, now, nil, failover.Trigger{Summary: cur.Trigger.Summary}
	r.Approved, r.ApproveBy, r.ApprovedBy, r.Started, r.Ended = time.Time{}, time.Time{}, "", time.Time{}, time.Time{}
	r.Outcome, r.Error, r.Status = failover.Outcome{}, "", failover.StatusUnknown
	r.Text = text.M("action.undo.wanted", text.Str("service", r.Request.Service.String()))
	err := a.save(ctx, &r)
	a.mu.Lock()
	u.broken, u.busy = err, err == nil
	if err == nil {
		u.good, u.retry = 0, now.Add(undoAgain)
	}
	a.mu.Unlock()
	if err == nil {
		a.enqueue(ctx, u, &r)
	}
	return err == nil, err
}

// settle closes a request: the next problem may ask again. One whose outcome
// nobody knows stays in doubt until a person re-arms the action.
func (a *Actor) settle(ctx context.Context, u *unit, cur *failover.Record, now time.Time) {
	if cur.Progress == failover.ProgressUnknown && cur.Status != failover.StatusUndone {
		a.mu.Lock()
		if u.cur == cur && !u.busy {
			u.unsure, u.cur, u.undo = cur, nil, nil
		}
		a.mu.Unlock()
		return
	}
	a.close(ctx, u, cur, now, "")
}

// close ends a record and its undo for good.
func (a *Actor) close(ctx context.Context, u *unit, cur *failover.Record, now time.Time, by string) {
	a.mu.Lock()
	if u.cur == nil || u.cur.Request.ID != cur.Request.ID {
		a.mu.Unlock()
		return // another one has its place
	}
	undo := u.undo
	u.cur, u.undo, u.good = nil, nil, 0
	a.mu.Unlock()
	for _, r := range []*failover.Record{cur, undo} {
		if r != nil {
			closed := *r
			closed.Closed, closed.ClosedBy = now, by
			a.keepClosed(ctx, &closed)
		}
	}
}

// keepClosed is keep without an event: that nothing is in the way any more is no
// news.
func (a *Actor) keepClosed(ctx context.Context, r *failover.Record) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveWithin)
	defer cancel()
	if err := a.deps.Ledger.SaveAction(ctx, *r); err != nil {
		a.mu.Lock()
		a.unsaved = append(a.unsaved, unsaved{record: *r})
		a.mu.Unlock()
	}
}
