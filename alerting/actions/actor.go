package actions

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/logkeys"
	"monitord/internal/wire"
)

// Engine is what an actor needs of the engine; *alerting.Engine is one.
type Engine interface {
	Service(checks.Service) (alerting.ServiceState, bool)
	ServicesOf(host, check string) []alerting.ServiceState
	HostUp(host string) (up, known bool)
	Subscribe(ctx context.Context) <-chan struct{}
	Observe(ctx context.Context, o alerting.Observation) (alerting.Verdict, error)
}

// Ledger is what an actor needs of the journal; *journal.Journal is one.
type Ledger interface {
	// SaveAction returns when a record is durable. A step that may not follow is a
	// failover.OrderError.
	SaveAction(ctx context.Context, r failover.Record, events ...alerting.Event) error
	Actions(ctx context.Context, f failover.Filter) ([]failover.Record, error)
	ActionStarts(ctx context.Context, action string, since time.Time) ([]failover.Start, error)
	Frozen(ctx context.Context) (failover.Freeze, error)
	SetFrozen(ctx context.Context, f failover.Freeze, event alerting.Event) error
}

// Deps is what an actor uses of the world.
type Deps struct {
	Logger   *slog.Logger
	Now      func() time.Time
	Engine   Engine
	Ledger   Ledger
	Registry prometheus.Registerer // nil: no metrics are exposed
	// CheckNow asks for a check to run as soon as it can; it must not block. nil:
	// the next result is waited for.
	CheckNow func(host, check string)
	// ProbeSeen says when a host's probe last spoke; nil: no probe acts.
	ProbeSeen func(host string) (time.Time, bool)
	// Unjudged lists what probes sent last before this start: a crash may have come
	// before it was taken here. May be nil.
	Unjudged func(ctx context.Context) ([]wire.Event, error)
}

// Limits of the work in hand.
const (
	workers   = 16
	queueSize = 256
	// pace is the shortest time between two looks at the states: results come by
	// the hundred a second. A look at very many hosts makes it longer, so that it
	// costs a tenth of a processor at most.
	pace     = 20 * time.Millisecond
	maxPace  = 500 * time.Millisecond
	tickEach = time.Second
	// saveWithin bounds how long a record waits for a journal whose disk hangs.
	saveWithin = 5 * time.Second
)

// Actor watches states and acts. New makes it, Run runs it, Reload puts a plan
// in force; everything else may be called at any time.
//
// Lock order: mu is never held while the journal, the engine's Observe, or a
// kind of action is waited for.
type Actor struct {
	deps    Deps
	metrics actorMetrics
	queue   chan *task
	wake    chan struct{}
	ready   chan struct{} // closed when what a crash left is known

	mu        sync.Mutex
	plan      *Plan
	units     map[unitKey]*unit
	frozen    failover.Freeze
	unsaved   []unsaved
	resources map[string]chan struct{}
	offers    map[string][]failover.Record // jobs by the host whose probe is to have them
	offered   chan struct{}                // closed when there are more
}

// unitKey is what an action is asked for: once for each host.
type unitKey struct{ action, host string }

// unit is one action for one host.
type unit struct {
	key    unitKey
	cur    *failover.Record // stands in the way of a new request; nil: none
	undo   *failover.Record // that takes cur back
	unsure *failover.Record // an earlier one whose outcome nobody knows; a person re-arms
	busy   bool             // a worker has cur or undo
	left   bool             // what was done stays: the action is configured no more
	well   bool             // all services that ask for it are well
	good   int              // good results in a row since cur was done
	last   time.Time        // of the last one counted
	retry  time.Time        // not before, a refused undo is looked at again
	broken error            // the journal could not take the request
	told   verdict
}

// New makes an actor that knows nothing yet.
func New(deps Deps) *Actor {
	a := &Actor{
		deps: deps, queue: make(chan *task, queueSize), wake: make(chan struct{}, 1), ready: make(chan struct{}),
		units: map[unitKey]*unit{}, resources: map[string]chan struct{}{},
		offers: map[string][]failover.Record{}, offered: make(chan struct{}),
	}
	a.deps.Logger = deps.Logger.With(logkeys.Component, "actions")
	a.metrics = newActorMetrics(deps.Registry, a)
	return a
}

// Reload puts a plan in force.
func (a *Actor) Reload(p *Plan) {
	a.mu.Lock()
	a.plan = p
	a.mu.Unlock()
	a.poke()
}

// Run watches and acts until ctx ends; what is being carried out then goes on to
// its end, its deadline at the latest.
func (a *Actor) Run(ctx context.Context) error {
	if err := a.recall(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to end before it began
		}
		return fmt.Errorf("read what was done before: %w", err)
	}
	close(a.ready)
	a.takeUnjudged(ctx)
	var joined sync.WaitGroup
	for range workers {
		joined.Go(func() { a.work(ctx) })
	}
	changed := a.deps.Engine.Subscribe(ctx)
	tick := time.NewTicker(tickEach)
	defer tick.Stop()
	for ctx.Err() == nil {
		began := time.Now()
		a.saveAgain(ctx)
		a.look(ctx)
		a.tellAll(ctx)
		pause := time.NewTimer(min(maxPace, max(pace, 9*time.Since(began))))
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
		pause.Stop()
		select {
		case <-changed:
		case <-a.wake:
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	joined.Wait()
	last := context.WithoutCancel(ctx)
	a.saveAgain(last)
	a.tellAll(last)
	return nil
}

// poke makes Run look again.
func (a *Actor) poke() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// unitOf returns the unit of an action and host; mu is held.
func (a *Actor) unitOf(action, host string) *unit {
	key := unitKey{action, host}
	u := a.units[key]
	if u == nil {
		u = &unit{key: key}
		a.units[key] = u
	}
	return u
}

// slot is where a unit keeps a record.
func (u *unit) slot(r *failover.Record) **failover.Record {
	if r.Request.Undo {
		return &u.undo
	}
	return &u.cur
}

// unsaved is a record that the journal refused; the newest of each ID is kept.
type unsaved struct {
	record failover.Record
	events []alerting.Event
}

// save makes a record durable, with the event about its step.
func (a *Actor) save(ctx context.Context, r *failover.Record) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveWithin)
	defer cancel()
	err := a.deps.Ledger.SaveAction(ctx, *r, a.event(r))
	if err == nil {
		a.metrics.steps.WithLabelValues(r.Request.Action, string(r.Progress)).Inc()
	}
	return err
}

func (a *Actor) event(r *failover.Record) alerting.Event {
	return alerting.ActionEvent(a.deps.Now(), string(r.Progress), r.Request.Service, r.Request.Incident, r.Request.Action, r.Request.ID, r.Text)
}

// keep makes a record durable that may not be lost: it is tried again while the
// journal is away. People are told all the same, from memory.
func (a *Actor) keep(ctx context.Context, r *failover.Record) {
	err := a.save(ctx, r)
	if err == nil {
		return
	}
	if _, wrong := asOrder(err); wrong {
		a.deps.Logger.Warn("the journal is further on", logkeys.Err, err)
		return
	}
	a.deps.Logger.Error("what became of an action cannot be written; it is kept in memory and tried again",
		logkeys.Request, r.Request.ID, logkeys.State, string(r.Progress), logkeys.Err, err)
	a.mu.Lock()
	defer a.mu.Unlock()
	mine := unsaved{*r, []alerting.Event{a.event(r)}}
	i := slices.IndexFunc(a.unsaved, func(u unsaved) bool { return u.record.Request.ID == r.Request.ID })
	if i < 0 {
		a.unsaved = append(a.unsaved, mine) // at most one for each unit and its undo
		return
	}
	mine.events = append(a.unsaved[i].events, mine.events...)
	a.unsaved[i] = mine
}

// saveAgain tries what the journal refused.
func (a *Actor) saveAgain(ctx context.Context) {
	a.mu.Lock()
	waiting := a.unsaved
	a.unsaved = nil
	a.mu.Unlock()
	for i, u := range waiting {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveWithin)
		err := a.deps.Ledger.SaveAction(limited, u.record, u.events...)
		cancel()
		if _, wrong := asOrder(err); wrong {
			a.deps.Logger.Warn("the journal is further on", logkeys.Err, err)
			continue
		}
		if err != nil {
			a.mu.Lock()
			a.unsaved = append(slices.Clone(waiting[i:]), a.unsaved...)
			a.mu.Unlock()
			return
		}
		a.metrics.steps.WithLabelValues(u.record.Request.Action, string(u.record.Progress)).Inc()
	}
}

// Jobs lists what a host's probe is to carry out now, without those that it
// says it has; changed is closed when there is more for some probe.
func (a *Actor) Jobs(host string, has []string) (jobs []wire.Job, changed <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.deps.Now()
	for _, r := range a.offers[host] {
		left := min(r.Deadline, r.Deadline-now.Sub(r.Started)) // the clock may have been set back
		if left <= 0 || slices.Contains(has, r.Request.ID) || len(jobs) == wire.MaxJobs {
			continue
		}
		jobs = append(jobs, jobOf(r, left))
	}
	return jobs, a.offered
}
