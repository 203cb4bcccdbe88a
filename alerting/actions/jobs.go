package actions

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/logkeys"
	"monitord/internal/text"
	"monitord/internal/wire"
)

// reportGrace is how long after its deadline a probe's report may come before a
// person is called: it takes a moment to be kept and sent.
const reportGrace = 5 * time.Second

// maxReportPremises bounds what a probe adds to a record.
const maxReportPremises = 50

func jobOf(r failover.Record, left time.Duration) wire.Job {
	q := r.Request
	return wire.Job{ID: q.ID, Service: q.Service, Address: q.Address, State: q.State, Reason: q.Reason, Incident: q.Incident,
		Name: r.RemoteName, At: q.At, Left: left, Undo: q.Undo, By: q.By}
}

// offer puts a started request where its probe will find it.
func (a *Actor) offer(r failover.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.offers[r.Probe] = append(a.offers[r.Probe], r)
	close(a.offered)
	a.offered = make(chan struct{})
}

// withdraw takes an offer back: the probe has it, or it is too late.
func (a *Actor) withdraw(host, id string) {
	a.offers[host] = slices.DeleteFunc(a.offers[host], func(r failover.Record) bool { return r.Request.ID == id })
	if len(a.offers[host]) == 0 {
		delete(a.offers, host)
	}
}

// overdue calls a person when a probe has not reported by the deadline. The
// request is offered no more; a report that comes late is still taken.
func (a *Actor) overdue(ctx context.Context, r *failover.Record, now time.Time) {
	if now.Sub(r.Started) < r.Deadline+reportGrace && !now.Before(r.Started.Add(-time.Minute)) {
		return
	}
	a.mu.Lock()
	a.withdraw(r.Probe, r.Request.ID)
	slot := a.unitOf(r.Request.Action, r.Request.Service.Host).slot(r)
	if *slot != r {
		a.mu.Unlock()
		return // reported just now
	}
	next := *r
	a.conclude(&next, failover.Ending{Progress: failover.ProgressUnknown, Error: "probe " + r.Probe + " has not reported by the deadline"})
	next.Text = text.M("action.unknown.probe", text.Str("host", r.Probe))
	*slot = &next
	a.mu.Unlock()
	a.keep(ctx, &next)
}

// Report takes what a host's probe says of a job; it waits until what the
// journal knows is read. A report about somebody else's job changes nothing.
func (a *Actor) Report(ctx context.Context, host string, report wire.ActionReport) {
	if a.waitReady(ctx) != nil {
		return // the probe's event is in the journal; the deadline calls a person
	}
	a.mu.Lock()
	u, r := a.byID(report.ID)
	if r == nil || r.Probe != host || r.Kind != KindProbe {
		a.mu.Unlock()
		a.deps.Logger.Warn("a probe reports an action that it was not asked for, or one that is over", logkeys.Host, host, logkeys.Request, report.ID)
		return
	}
	a.withdraw(host, report.ID)
	next := *r
	if !reported(&next, report, a.deps.Now()) {
		a.mu.Unlock()
		return
	}
	a.say(&next)
	u.replace(r, &next)
	a.mu.Unlock()
	a.keep(ctx, &next)
	if next.UndoOf != "" {
		a.undone(ctx, u, &next)
	}
	a.poke()
}

// takeUnjudged takes reports that were accepted just before a crash. One that was
// taken then changes nothing.
func (a *Actor) takeUnjudged(ctx context.Context) {
	if a.deps.Unjudged == nil {
		return
	}
	events, err := a.deps.Unjudged(ctx)
	if err != nil {
		a.deps.Logger.Error("what probes reported last cannot be read", logkeys.Err, err)
	}
	for _, e := range events {
		var report wire.ActionReport
		if e.Kind == wire.KindAction && json.Unmarshal(e.Data, &report) == nil {
			a.Report(ctx, e.Host, report)
		}
	}
}

// say puts what a report means into words.
func (a *Actor) say(r *failover.Record) {
	switch r.Progress {
	case failover.ProgressRefused:
		r.Text = refusedText(r.Premises)
	case failover.ProgressTried:
		r.Text = text.M("action.tried")
	default:
		a.conclude(r, failover.Ending{Progress: r.Progress, Outcome: r.Outcome, Error: r.Error, Status: r.Status})
	}
}

// replace puts a newer copy of a record where the older one is. One that was in
// doubt is so no more.
func (u *unit) replace(old, next *failover.Record) {
	switch old {
	case u.cur:
		u.cur = next
	case u.undo:
		u.undo = next
	case u.unsure:
		u.unsure = nil
		if u.cur == nil {
			u.cur = next // to be taken back, or closed
			return
		}
		next.Closed = next.Ended
	}
}

// byID finds a record that is open; mu is held.
func (a *Actor) byID(id string) (*unit, *failover.Record) {
	for _, u := range a.units {
		for _, r := range []*failover.Record{u.cur, u.undo, u.unsure} {
			if r != nil && r.Request.ID == id {
				return u, r
			}
		}
	}
	return nil, nil
}

// reported puts a report into a record; false: it says nothing new.
func reported(r *failover.Record, report wire.ActionReport, now time.Time) bool {
	to := failover.Progress(report.Progress)
	if to == failover.ProgressStarted || to == r.Progress || !failover.MayFollow(r.Progress, to) || !to.Final() {
		return false
	}
	late := r.Progress == failover.ProgressUnknown
	r.Progress, r.Error = to, report.Error
	_ = r.Status.UnmarshalText([]byte(report.Status))
	var premises []failover.Premise
	if json.Unmarshal(report.Premises, &premises) == nil {
		for _, p := range premises[:min(len(premises), maxReportPremises)] {
			p.From = "probe " + r.Probe
			r.Premises = append(r.Premises, p)
		}
	}
	var out failover.Outcome
	if json.Unmarshal(report.Outcome, &out) == nil {
		out.Output = out.Output[:min(len(out.Output), failover.MaxOutput)]
		r.Outcome = out
	}
	r.Ended = now
	if late {
		r.Ended = r.Started.Add(max(0, report.Took))
	}
	return true
}
