package onprobe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/logkeys"
	"monitord/internal/text"
	"monitord/internal/wire"
)

// Limits of the work in hand.
const (
	workers   = 4
	queueSize = 32
	// reportAgain is how far back reports are sent again at a start: they may have
	// been lost with the last second before a crash. A repeat changes nothing.
	reportAgain = time.Hour
	maxAgain    = 100
)

// Deps is what an actor uses of the world.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	Kinds  []failover.Kind
	Action failover.Deps // for the kinds; Dir is set here
	// Trusted says why a file may not say what is done here; nil is the rule of
	// this package: root's own.
	Trusted func(file string) error
}

// Actor carries out jobs. It is an agent.Actor.
type Actor struct {
	deps    Deps
	file    string // the probe's own file
	dir     string
	allowed map[string]allowed
	queue   chan taken
	dropped chan taken // that found no room, to be refused

	mu        sync.Mutex
	resources map[string]chan struct{}
	seen      *seen
	broken    error // the jobs cannot be remembered: nothing is done
	report    func(wire.ActionReport)
}

// taken is a job with the moment of this machine's clock at which its time is
// over.
type taken struct {
	job wire.Job
	end time.Time // monotonic
}

// New reads the section `actions` of a probe's file. dir is the probe's own
// folder. A file without the section makes an actor that refuses everything.
func New(file, dir string, deps Deps) (*Actor, error) {
	if deps.Trusted == nil {
		deps.Trusted = trusted
	}
	list, err := read(file, filepath.Join(dir, "actions"), deps.Kinds, deps.Action)
	if err != nil {
		return nil, err
	}
	deps.Logger = deps.Logger.With(logkeys.Component, "actions")
	return &Actor{deps: deps, file: file, dir: dir, allowed: list, resources: map[string]chan struct{}{},
		queue: make(chan taken, queueSize), dropped: make(chan taken, queueSize)}, nil
}

// Take queues a job. It never blocks; one that finds no room is refused, and the
// server told.
func (a *Actor) Take(at time.Time, job wire.Job) {
	t := taken{job, at.Add(job.Left)}
	select {
	case a.queue <- t:
		return
	default:
	}
	select {
	case a.dropped <- t:
	default:
		a.deps.Logger.Error("job left out, far too many came; the server calls a person at its deadline", logkeys.Request, job.ID)
	}
}

// Run carries out jobs until ctx ends. What was begun then goes on to its end.
func (a *Actor) Run(ctx context.Context, report func(wire.ActionReport)) error {
	a.report = report
	if a.seen, a.broken = openSeen(a.dir); a.broken != nil {
		a.deps.Logger.Error("no action is carried out", logkeys.Err, a.broken)
	} else {
		a.recall(ctx)
	}
	var joined sync.WaitGroup
	for range workers {
		joined.Go(func() { a.work(ctx) })
	}
	joined.Wait()
	if a.seen == nil {
		return nil
	}
	return a.seen.close()
}

func (a *Actor) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case t := <-a.queue:
			a.carryOut(ctx, t)
		case t := <-a.dropped:
			a.refuse(t.job, []failover.Premise{a.premise(failover.PremiseQueue, false, text.M("guard.queue", text.Int("n", queueSize)))})
		}
	}
}

// recall reports what a crash cut off, as unknown with its status, and what may
// not have been sent.
func (a *Actor) recall(ctx context.Context) {
	list := a.seen.all()
	now := a.deps.Now()
	for _, e := range list[max(0, len(list)-maxAgain):] {
		if failover.Progress(e.Report.Progress) == failover.ProgressStarted {
			a.cutOff(ctx, e)
		} else if age := now.Sub(e.At); age < reportAgain {
			a.report(e.Report)
		}
	}
}

func (a *Actor) cutOff(ctx context.Context, e entry) {
	e.Report.Progress, e.Report.Error = string(failover.ProgressUnknown), "the probe ended in the middle"
	if one, ok := a.allowed[e.Name]; ok {
		e.Report.Status = failover.AskStatus(ctx, one.action, request(e.Job)).String()
	}
	if err := a.seen.end(e); err != nil {
		a.deps.Logger.Error("what became of an action is not kept here", logkeys.Err, err)
	}
	a.report(e.Report)
}

func request(j wire.Job) failover.Request {
	return failover.Request{ID: j.ID, Action: j.Name, Service: j.Service, Address: j.Address, State: j.State, Reason: j.Reason,
		Incident: j.Incident, At: j.At, Undo: j.Undo, By: j.By}
}

// carryOut looks at everything that must hold here, remembers the start, and
// acts.
func (a *Actor) carryOut(ctx context.Context, t taken) {
	one, premises := a.allow(t)
	if a.seen != nil && a.again(t.job.ID) {
		return
	}
	if len(failover.Failing(premises)) > 0 {
		a.refuse(t.job, premises)
		return
	}
	unlock, ok := a.lock(ctx, one.action.Resource(), t.end)
	if !ok {
		if ctx.Err() == nil {
			a.refuse(t.job, append(premises, a.premise(failover.PremiseResource, false, text.M("guard.resource", text.Str("resource", one.action.Resource())))))
		}
		return
	}
	defer unlock()
	_, premises = a.allow(t) // time has passed
	r := request(t.job)
	if len(failover.Failing(premises)) == 0 {
		premises = append(premises, failover.Look(ctx, one.action, r, "probe")...)
	}
	switch {
	case len(failover.Failing(premises)) > 0:
		a.refuse(t.job, premises)
	case one.DryRun:
		a.final(entry{Job: t.job, Name: t.job.Name, At: a.deps.Now(), Report: a.reportOf(t.job, failover.ProgressTried, premises)})
	case ctx.Err() == nil:
		a.act(ctx, t, one, r, premises)
	}
}

// act makes the start durable, then acts.
func (a *Actor) act(ctx context.Context, t taken, one allowed, r failover.Request, premises []failover.Premise) {
	e := entry{Job: t.job, Name: t.job.Name, At: a.deps.Now(), Report: a.reportOf(t.job, failover.ProgressStarted, premises)}
	if err := a.seen.begin(e); errors.Is(err, errSeen) {
		a.again(t.job.ID)
		return
	} else if err != nil {
		a.refuse(t.job, append(premises, a.premise(failover.PremiseJournal, false, text.M("guard.journal.broken", text.Str("err", err.Error())))))
		return
	}
	a.report(e.Report)
	a.deps.Logger.Warn("action started", logkeys.Action, t.job.Name, logkeys.Request, t.job.ID, logkeys.Service, t.job.Service.String())
	began := time.Now()
	got := failover.Perform(context.WithoutCancel(ctx), one.action, r, min(one.Deadline, time.Until(t.end)))
	e.Report.Progress, e.Report.Error, e.Report.Status = string(got.Progress), got.Error, got.Status.String()
	e.Report.Took = time.Since(began)
	e.Report.Outcome, _ = json.Marshal(got.Outcome) // our own plain struct
	a.deps.Logger.Warn("action ended", logkeys.Action, t.job.Name, logkeys.Request, t.job.ID, logkeys.State, e.Report.Progress,
		logkeys.Dur, e.Report.Took, logkeys.Err, got.Error)
	if err := a.seen.end(e); err != nil {
		a.deps.Logger.Error("what became of an action is not kept here", logkeys.Err, err)
	}
	a.report(e.Report)
}

// allow looks at the machine's own premises.
func (a *Actor) allow(t taken) (allowed, []failover.Premise) {
	j, now := t.job, a.deps.Now()
	one, known := a.allowed[j.Name]
	if !known {
		return one, []failover.Premise{a.premise(failover.PremiseRequest, false, text.M("onprobe.not_allowed", text.Str("action", j.Name), text.Str("file", a.file)))}
	}
	var list []failover.Premise
	add := func(name string, holds bool, yes, no text.Message) {
		says := yes
		if !holds {
			says = no
		}
		list = append(list, a.premise(name, holds, says))
	}
	err := a.deps.Trusted(a.file)
	add(failover.PremiseRequest, err == nil, text.M("onprobe.allowed", text.Str("action", j.Name), text.Str("file", a.file)), text.M("onprobe.not_trusted", text.Str("err", fmt.Sprint(err))))
	hosts := len(one.Hosts) == 0 || slices.Contains(one.Hosts, j.Service.Host)
	add(failover.PremiseRequest, hosts, text.M("onprobe.host", text.Str("host", j.Service.Host)), text.M("onprobe.not_host", text.Str("host", j.Service.Host)))
	left := time.Until(t.end)
	add(failover.PremiseRequest, left > 0, text.M("onprobe.young", text.Dur("left", max(0, left))), text.M("onprobe.old"))
	add(failover.PremiseJournal, a.broken == nil, text.M("onprobe.kept"), text.M("guard.journal.broken", text.Str("err", fmt.Sprint(a.broken))))
	if a.broken == nil && !j.Undo {
		starts := a.seen.starts(j.Name)
		list = append(list, one.Budget.Premise(now, starts, "probe"), failover.CooldownPremise(now, one.Cooldown, j.Service.Host, starts, "probe"))
	}
	return one, list
}

func (a *Actor) premise(name string, holds bool, says text.Message) failover.Premise {
	return failover.Premise{Name: name, Holds: holds, Text: says, From: "probe", At: a.deps.Now()}
}

// refuse remembers that a job will not be done, and reports why.
func (a *Actor) refuse(j wire.Job, premises []failover.Premise) {
	a.final(entry{Job: j, Name: j.Name, At: a.deps.Now(), Report: a.reportOf(j, failover.ProgressRefused, premises)})
}

// final remembers a job that ends before it began. When that cannot be kept the
// report alone has to do: the server does not offer it again after it.
func (a *Actor) final(e entry) {
	if a.seen != nil {
		err := a.seen.begin(e)
		if errors.Is(err, errSeen) {
			a.again(e.Job.ID)
			return
		}
		if err != nil {
			a.deps.Logger.Warn("refused job is not kept here", logkeys.Err, err)
		}
	}
	a.report(e.Report)
}

// again reports a job that was taken before as it stands; it is not done again.
func (a *Actor) again(id string) (known bool) {
	e, known := a.seen.get(id)
	if known {
		a.report(e.Report)
	}
	return known
}

func (a *Actor) reportOf(j wire.Job, p failover.Progress, premises []failover.Premise) wire.ActionReport {
	raw, err := json.Marshal(premises)
	if err != nil {
		a.deps.Logger.Error("premises cannot be reported", logkeys.Err, err)
	}
	return wire.ActionReport{ID: j.ID, Name: j.Name, Progress: string(p), Premises: raw}
}

// lock takes a resource, until the job's time is over.
func (a *Actor) lock(ctx context.Context, name string, end time.Time) (unlock func(), ok bool) {
	a.mu.Lock()
	turn := a.resources[name]
	if turn == nil {
		turn = make(chan struct{}, 1)
		a.resources[name] = turn
	}
	a.mu.Unlock()
	limit := time.NewTimer(time.Until(end))
	defer limit.Stop()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, true
	case <-limit.C:
	case <-ctx.Done():
	}
	return nil, false
}
