package actions

import (
	"context"
	"errors"
	"slices"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/text"
)

// task is one request on its way through a worker. unit is nil for a dry run
// that a person asked for: it stands in nobody's way.
type task struct {
	unit   *unit
	record *failover.Record // as it was when the worker got it
}

// work carries out what is queued, until ctx ends.
func (a *Actor) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return // what is queued is durable: the next start goes on with it
		case t := <-a.queue:
			a.decide(ctx, t)
			if t.unit != nil {
				a.release(t.unit)
			}
		}
	}
}

// release gives a unit back to the watch.
func (a *Actor) release(u *unit) {
	a.mu.Lock()
	u.busy = false
	a.mu.Unlock()
	a.poke()
}

// put shows a record as it stands now.
func (a *Actor) put(t *task, r *failover.Record) {
	if t.unit == nil {
		return
	}
	shown := *r
	a.mu.Lock()
	*t.unit.slot(r) = &shown
	a.mu.Unlock()
	a.poke()
}

// refuse records which premises failed. Nothing was done.
func (a *Actor) refuse(ctx context.Context, t *task, r *failover.Record, premises []failover.Premise) {
	r.Progress, r.Premises = failover.ProgressRefused, premises
	r.Text = refusedText(premises)
	if t.unit == nil {
		r.Closed = a.deps.Now()
	}
	a.keep(ctx, r)
	a.put(t, r)
}

// refusedText names the first premise that failed, and how many more did.
func refusedText(premises []failover.Premise) text.Message {
	failing := failover.Failing(premises)
	if len(failing) == 0 {
		return text.M("action.refused.unsaid")
	}
	if more := len(failing) - 1; more > 0 {
		return text.M("action.refused.more", text.Str("premise", failing[0].Name), text.Sub("why", failing[0].Text), text.Int("more", more))
	}
	return text.M("action.refused", text.Str("premise", failing[0].Name), text.Sub("why", failing[0].Text))
}

// decide looks at the premises of a request, and goes on when all hold.
func (a *Actor) decide(ctx context.Context, t *task) {
	r := *t.record
	p, target := a.planned(r.Request.Action, r.Request.Service.Host)
	if p == nil || p.action == nil && p.Kind != KindProbe {
		a.refuse(ctx, t, &r, []failover.Premise{{Name: failover.PremiseRequest, From: failover.FromServer, At: a.deps.Now(), Text: text.M("guard.not_configured")}})
		return
	}
	r.Kind, r.Probe, r.RemoteName, r.Deadline = p.Kind, target.Probe, p.remote, p.Config.Deadline
	r.Request.DryRun = r.Request.DryRun || p.Config.DryRun && !r.Request.Undo
	premises := a.await(ctx, p, target, &r)
	if ctx.Err() != nil {
		return
	}
	if s, known := a.deps.Engine.Service(r.Request.Service); known && r.Request.Incident == 0 {
		r.Request.Incident = s.Incident // opened meanwhile
	}
	if len(failover.Failing(premises)) > 0 {
		a.refuse(ctx, t, &r, premises)
		return
	}
	if p.Config.Approval && r.Progress == failover.ProgressWanted && !r.Request.Undo && !r.Request.DryRun {
		a.askApproval(ctx, t, &r, premises, p.Config.ApprovalWithin)
		return
	}
	a.execute(ctx, t, p, target, &r)
}

func (a *Actor) planned(name, host string) (*Planned, *Target) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.plan.find(name, host)
}

func (a *Actor) askApproval(ctx context.Context, t *task, r *failover.Record, premises []failover.Premise, within time.Duration) {
	r.Progress, r.Premises = failover.ProgressWaiting, premises
	r.ApproveBy = a.deps.Now().Add(within)
	r.Text = text.M("action.waiting", text.Time("until", r.ApproveBy))
	if err := a.save(ctx, r); err != nil {
		a.refuse(ctx, t, r, append(premises, a.journalPremise(err)))
		return
	}
	a.put(t, r)
}

func (a *Actor) journalPremise(err error) failover.Premise {
	p := failover.Premise{Name: failover.PremiseJournal, Holds: err == nil, From: failover.FromServer, At: a.deps.Now(), Text: text.M("guard.journal")}
	if err != nil {
		p.Text = text.M("guard.journal.broken", text.Str("err", err.Error()))
	}
	return p
}

// await gathers the guard's premises; while one fails that a newer result may
// mend, it asks for that result and waits a little.
func (a *Actor) await(ctx context.Context, p *Planned, t *Target, r *failover.Record) []failover.Premise {
	limit := time.NewTimer(p.Config.Premises.Wait)
	defer limit.Stop()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	asked := map[checks.Service]bool{}
	for {
		premises, ask := a.gather(ctx, p, t, r)
		if len(ask) == 0 || beyondMending(premises) {
			return premises
		}
		for _, s := range ask {
			if !asked[s] && a.deps.CheckNow != nil {
				a.deps.CheckNow(s.Host, s.Check)
			}
			asked[s] = true
		}
		select {
		case <-poll.C:
		case <-limit.C:
			premises, _ = a.gather(ctx, p, t, r)
			return premises
		case <-ctx.Done():
			return premises
		}
	}
}

// beyondMending reports whether something failed that no newer result can mend.
func beyondMending(premises []failover.Premise) bool {
	mendable := []string{failover.PremiseAge, failover.PremiseConfirmed, failover.PremisePeers, failover.PremiseSource}
	return slices.ContainsFunc(failover.Failing(premises), func(p failover.Premise) bool { return !slices.Contains(mendable, p.Name) })
}

// gather is one look at everything that the server knows; it changes nothing.
func (a *Actor) gather(ctx context.Context, p *Planned, t *Target, r *failover.Record) (premises []failover.Premise, ask []checks.Service) {
	now := a.deps.Now()
	c := p.Config
	needs := failover.Needs{
		Worst: checks.State(c.When.State), MaxAge: c.Premises.MaxAge, AtLeast: all(c.Premises.AtLeast, t.Confirm),
		PeersAtLeast: all(c.Premises.PeersAtLeast, t.Peers), NotInDowntime: c.Premises.NotInDowntime, IgnoreSighting: r.Request.By != "",
	}
	s, _ := a.deps.Engine.Service(r.Request.Service)
	facts := failover.Facts{
		Now: now, Since: r.Wanted, Trigger: a.sight(r.Request.Service), By: r.Request.By, Undo: r.Request.Undo,
		Confirm: a.sightAll(t.Confirm), Peers: a.sightAll(t.Peers), Downtime: s.Marks.Has(alerting.MarkDowntime), Behind: a.behind(t.Host),
	}
	premises, ask = needs.Judge(facts)
	a.mu.Lock()
	frozen := a.frozen
	var unsure *failover.Record
	if u := a.units[unitKey{p.Name, t.Host}]; u != nil {
		unsure = u.unsure
	}
	a.mu.Unlock()
	premises = append(premises, failover.FreezePremise(now, frozen), earlierPremise(now, unsure))
	if r.Probe != "" {
		premises = append(premises, a.probePremise(now, r.Probe))
	}
	if !r.Request.Undo {
		premises = append(premises, a.spent(ctx, p, t, now)...)
	}
	if r.ApprovedBy != "" {
		premises = append(premises, failover.Premise{Name: failover.PremiseApproval, Holds: true, From: r.ApprovedBy, At: r.Approved, Text: text.M("guard.approval", text.Str("by", r.ApprovedBy))})
	}
	return premises, ask
}

// all is how many of a list are wanted; 0 means all.
func all(n int, of []checks.Service) int {
	if n == 0 {
		return len(of)
	}
	return n
}

// spent looks at budget and cool-down.
func (a *Actor) spent(ctx context.Context, p *Planned, t *Target, now time.Time) []failover.Premise {
	ctx, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	starts, err := a.deps.Ledger.ActionStarts(ctx, p.Name, now.Add(-max(p.Config.Budget.Per, p.Config.Cooldown)))
	if err != nil {
		return []failover.Premise{a.journalPremise(err)}
	}
	return []failover.Premise{
		p.Config.Budget.Premise(now, starts, failover.FromServer),
		failover.CooldownPremise(now, p.Config.Cooldown, t.Host, starts, failover.FromServer),
	}
}

func earlierPremise(now time.Time, unsure *failover.Record) failover.Premise {
	if unsure == nil {
		return failover.Premise{Name: failover.PremiseEarlier, Holds: true, From: failover.FromServer, At: now, Text: text.M("guard.earlier.none")}
	}
	return failover.Premise{Name: failover.PremiseEarlier, From: failover.FromServer, At: unsure.Started,
		Text: text.M("guard.earlier", text.Str("id", unsure.Request.ID), text.Str("action", unsure.Request.Action), text.Str("host", unsure.Request.Service.Host))}
}

// probeSilence is how long a probe may be silent to count as reachable: it polls
// at least every 55 s.
const probeSilence = 70 * time.Second

func (a *Actor) probePremise(now time.Time, host string) failover.Premise {
	p := failover.Premise{Name: failover.PremiseProbe, From: failover.FromServer, At: now, Text: text.M("guard.probe.never", text.Str("host", host))}
	if a.deps.ProbeSeen == nil {
		return p
	}
	if at, ok := a.deps.ProbeSeen(host); ok {
		p.At, p.Holds = at, now.Sub(at) <= probeSilence
		p.Text = text.M("guard.probe", text.Str("host", host), text.Dur("ago", max(0, now.Sub(at))))
	}
	return p
}

// sight is what a service says now; of a check with items the worst one.
func (a *Actor) sight(id checks.Service) failover.Sighting {
	from, unauthenticated := a.sourceOf(id)
	seen := failover.Sighting{Service: id, From: from, Unauthenticated: unauthenticated}
	for _, s := range a.states(id) {
		proven := seen.Unauthenticated && !unauthenticated && !s.Unauthenticated && s.State == seen.State
		if s.LastCheck.IsZero() || seen.Known && !s.State.Worse(seen.State) && !proven {
			continue
		}
		seen.Unauthenticated = unauthenticated || s.Unauthenticated
		seen.Known, seen.State, seen.Hard, seen.At = true, s.State, s.Hard, s.LastCheck
		seen.Missed = s.Marks.Has(alerting.MarkMissed)
	}
	return seen
}

func (a *Actor) sightAll(ids []checks.Service) []failover.Sighting {
	var list []failover.Sighting
	for _, id := range ids {
		list = append(list, a.sight(id))
	}
	return list
}

// behind lists a host's parents when every one of them is down: then we do not
// see the host, and know nothing of it.
func (a *Actor) behind(host string) []string {
	a.mu.Lock()
	plan := a.plan
	a.mu.Unlock()
	h, ok := plan.inv.Host(host)
	if !ok || len(h.Parents) == 0 {
		return nil
	}
	for _, parent := range h.Parents {
		if up, known := a.deps.Engine.HostUp(parent); up || !known {
			return nil
		}
	}
	return h.Parents
}

// asOrder is errors.As for a step that may not follow.
func asOrder(err error) (o failover.OrderError, ok bool) {
	ok = errors.As(err, &o)
	return o, ok
}
