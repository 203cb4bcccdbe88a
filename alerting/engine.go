package alerting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/logkeys"
)

// Deps is what the engine uses of the world.
type Deps struct {
	Logger   *slog.Logger
	Now      func() time.Time
	Store    Store
	Teller   Teller
	Registry prometheus.Registerer // nil: no metrics are exposed
	// CheckNow asks the scheduler to run a check as soon as it can; it must not
	// block. With nil no page waits for a newer result of what the service
	// depends on; a problem that is known there counts all the same.
	CheckNow func(host, check string)
	// Behind names checks that the inventory does not, whose services are judged by
	// what their host sends: they depend on its alive check and on its probe.
	Behind []string
}

// Engine holds the state of every service, and decides. All its methods may be
// called at the same time; the values that it returns are copies.
//
// Lock order: mu is never held while waiting for the journal or the outbox, but
// changes are submitted under it, so that the journal has them in the order in
// which they were decided.
type Engine struct {
	deps    Deps
	metrics engineMetrics

	mu        sync.Mutex
	inv       *inventory.Inventory
	checks    map[checkKey]*inventory.Check
	services  map[checks.Service]*entry
	byCheck   map[checkKey]map[string]*entry // by item
	hosts     map[string]HostState
	graph     graph
	pending   map[*entry]bool // services whose trouble is not over, or not told
	downtimes []*downtime     // in the order added
	since     time.Time       // freshness counts from here at the earliest
	ticks     int
	ticked    time.Time // the last tick
	nextFresh time.Time // before then no service can become MISSED
	incidents map[int64]*incident
	closed    []int64           // closed incidents in memory, oldest first
	storms    map[string]*storm // by recipient
	revision  int64
	lastID    int64

	lastDowntime int64
	instance     string
	backlog      Change
	refused      bool                        // the journal lacks something, also while that is being written again
	loaded       func(context.Context) error // waits for what Load has changed, and tells; Run calls it, as nothing writes before
	watchers     map[chan struct{}]struct{}
}

type checkKey struct{ host, check string }

// entry is a service in memory.
type entry struct {
	Record
	dirty bool // changed since it was written, in nothing that must not be lost
	late  bool // the last result was set aside as late
	wait  waiting
	ran   time.Time // when its check last ran, whether or not it reported this item
}

// incident is an incident in memory with its messages, in the order queued.
type incident struct {
	IncidentRecord
	messages []Message
	symptoms map[checks.Service]bool // that joined it
	look     time.Time               // before then there is nothing to tell of it
}

// New makes an engine that knows nothing yet; call Load before anything else.
func New(deps Deps) *Engine {
	e := &Engine{
		deps:      deps,
		services:  map[checks.Service]*entry{},
		byCheck:   map[checkKey]map[string]*entry{},
		hosts:     map[string]HostState{},
		incidents: map[int64]*incident{},
		pending:   map[*entry]bool{},
		storms:    map[string]*storm{},
		watchers:  map[chan struct{}]struct{}{},
	}
	e.metrics = newEngineMetrics(deps.Registry, e)
	return e
}

// Load takes states and incidents over from the journal and applies the
// inventory to them. It is called once, before Run and Observe.
func (e *Engine) Load(ctx context.Context, inv *inventory.Inventory) error {
	m, err := e.deps.Store.Load(ctx)
	if err != nil {
		return fmt.Errorf("load states from journal: %w", err)
	}
	e.mu.Lock()
	e.revision, e.lastID, e.instance = m.Revision, m.LastID, m.Instance
	e.since = e.deps.Now()
	for _, r := range m.Incidents {
		e.incidents[r.Incident.ID] = &incident{IncidentRecord: r, symptoms: map[checks.Service]bool{}}
		if !r.Incident.Closed.IsZero() {
			e.closed = append(e.closed, r.Incident.ID)
		}
	}
	for _, msg := range m.Messages {
		if in := e.incidents[msg.Incident]; in != nil {
			in.messages = append(in.messages, msg)
		}
	}
	for _, r := range m.Services {
		e.recall(r)
	}
	e.recallStorms()
	for _, d := range m.Downtimes {
		e.lastDowntime = max(e.lastDowntime, d.ID)
		if d.Ended.IsZero() {
			e.downtimes = append(e.downtimes, &downtime{Downtime: d, from: d.From, to: d.To})
		}
	}
	e.mu.Unlock()
	e.loaded = e.reload(inv)
	return nil
}

// recall takes over a service from the journal.
func (e *Engine) recall(r Record) {
	s := &entry{Record: r}
	e.keep(s)
	in := e.incidents[r.Service.Incident]
	if in == nil || !in.Incident.Closed.IsZero() {
		s.Service.Incident = 0
	} else if in.Incident.Service != r.Service.Service {
		in.symptoms[r.Service.Service] = true
	} else if s.Service.Pages == 0 && len(in.messages) > 0 {
		// Written before pages were counted.
		s.Service.Pages, s.Service.Told = 1, in.Incident.State
	}
	if s.Service.Marks.Has(MarkMissed) {
		s.wait.missed = e.since
	}
	if s.Service.Incident != 0 || troubled(&s.Service) {
		e.pending[s] = true
	}
}

// keep puts a service into the maps.
func (e *Engine) keep(s *entry) {
	id := s.Service.Service
	e.services[id] = s
	e.nextFresh = time.Time{}
	key := checkKey{id.Host, id.Check}
	if e.byCheck[key] == nil {
		e.byCheck[key] = map[string]*entry{}
	}
	e.byCheck[key][id.Item] = s
}

// forget takes a service out of the maps.
func (e *Engine) forget(id checks.Service) {
	delete(e.pending, e.services[id])
	delete(e.services, id)
	key := checkKey{id.Host, id.Check}
	delete(e.byCheck[key], id.Item)
	if len(e.byCheck[key]) == 0 {
		delete(e.byCheck, key)
	}
}

// How often Run writes what may be lost, and tries again what was refused.
const (
	flushEvery = 30 * time.Second
	retryEvery = 2 * time.Second
	tickEvery  = time.Second
)

// Run does what time brings (Tick), and keeps the journal up to date: times of
// checks that changed nothing every 30 s and at the end, and what the journal
// refused as soon as it works again.
func (e *Engine) Run(ctx context.Context) error {
	if e.loaded != nil {
		_ = e.loaded(ctx) // logged, counted, and kept for later
	}
	flush, retry, tick := time.NewTicker(flushEvery), time.NewTicker(retryEvery), time.NewTicker(tickEvery)
	defer flush.Stop()
	defer retry.Stop()
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			e.flush(true)
			return nil
		case <-flush.C:
			e.flush(true)
		case <-retry.C:
			e.flush(false)
		case <-tick.C:
			e.Tick()
		}
	}
}

// flushChunk bounds one write of dirty services: a change of state that comes
// meanwhile waits for no more than a few milliseconds of them.
const flushChunk = 200

// flush submits the backlog, and with all set also the dirty services.
func (e *Engine) flush(all bool) {
	e.mu.Lock()
	var dirty []*entry
	if all {
		for _, s := range e.services {
			if s.dirty {
				dirty = append(dirty, s)
			}
		}
	}
	e.mu.Unlock()
	for chunk := range slices.Chunk(dirty, flushChunk) {
		e.flushServices(chunk)
	}
	e.flushServices(nil) // the backlog alone, when there was nothing else
}

// flushServices writes those of the services that are still there and dirty.
func (e *Engine) flushServices(list []*entry) {
	e.mu.Lock()
	o := outcome{}
	for _, s := range list {
		if s.dirty && e.services[s.Service.Service] == s {
			e.write(&o, s)
		}
	}
	if o.change.Empty() && e.backlog.Empty() {
		e.mu.Unlock()
		return
	}
	e.settle(o)
}

// outcome is what one call decided: to be written, then told.
type outcome struct {
	change   Change
	withdraw []string
	check    []checkKey // to be checked at once
	wake     []checkKey // whose standing may have changed
}

// write puts a service into the change.
func (e *Engine) write(o *outcome, s *entry) {
	e.revision++
	s.Revision, s.dirty = e.revision, false
	o.change.Services = append(o.change.Services, s.Record)
}

// answerWithin bounds how long a page waits for a journal whose disk hangs.
const answerWithin = 5 * time.Second

// settle submits an outcome, unlocks, waits until it is durable, and tells. If
// the journal refuses, people are told all the same, and the change is kept for
// later.
func (e *Engine) settle(o outcome) (kept bool) {
	return e.submit(o, nil)(context.Background()) == nil
}

// settleWith is settle, with what belongs to the outcome. The error says that the
// journal has not written that; unlike the outcome it is not kept for later.
func (e *Engine) settleWith(ctx context.Context, o outcome, extra *Extra) error {
	return e.submit(o, extra)(ctx)
}

// submit is the first half of settleWith: it returns what waits and tells, and
// then says whether the journal has all of it.
func (e *Engine) submit(o outcome, extra *Extra) (finish func(context.Context) error) {
	change := merge(e.backlog, o.change)
	change.Extra = extra
	if change.Empty() {
		e.mu.Unlock()
		e.checkNow(o.check)
		return func(context.Context) error { return nil }
	}
	e.backlog = Change{}
	done := e.deps.Store.Submit(change)
	e.notifyWatchers()
	e.mu.Unlock()
	e.checkNow(o.check)
	return func(ctx context.Context) error {
		err := e.await(done)
		e.announce(o, change, err)
		e.mu.Lock()
		e.refused = err != nil || !e.backlog.Empty()
		e.mu.Unlock()
		if extra != nil && errors.Is(err, errSlowJournal) { // it may still be written
			select {
			case err = <-done:
			case <-ctx.Done():
				err = ctx.Err()
			}
		}
		return err
	}
}

// announce tells what the journal has, or has refused.
func (e *Engine) announce(o outcome, change Change, err error) {
	if err != nil {
		e.metrics.journalFailures.Inc()
		e.deps.Logger.Error("journal cannot be written, telling from memory", logkeys.Err, err)
		e.mu.Lock()
		var dropped int
		change.Extra = nil
		e.backlog, dropped = bound(merge(change, e.backlog))
		e.mu.Unlock()
		e.metrics.eventsDropped.Add(float64(dropped))
	}
	if len(o.withdraw) > 0 {
		e.deps.Teller.Withdraw(o.withdraw)
	}
	if len(o.change.Messages) > 0 {
		e.deps.Teller.Tell(o.change.Messages, err)
	}
}

// checkNow asks for checks, each once.
func (e *Engine) checkNow(keys []checkKey) {
	if e.deps.CheckNow == nil {
		return
	}
	asked := map[checkKey]bool{}
	for _, key := range keys {
		if !asked[key] {
			asked[key] = true
			e.deps.CheckNow(key.host, key.check)
		}
	}
}

var errSlowJournal = errors.New("journal does not answer: its disk hangs")

func (e *Engine) await(done <-chan error) error {
	timer := time.NewTimer(answerWithin)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return errSlowJournal
	}
}

// Record updates the ledger of an incident: the outbox reports how a message
// went.
func (e *Engine) Record(m Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	in := e.incidents[m.Incident]
	if in == nil {
		return
	}
	for i := range in.messages {
		if in.messages[i].ID == m.ID {
			in.messages[i] = m
		}
	}
	in.look = time.Time{}
	e.notifyWatchers()
}

// Subscribe returns a channel that gets a value after something changed;
// changes in quick succession are one value. It is closed when ctx ends.
func (e *Engine) Subscribe(ctx context.Context) <-chan struct{} {
	ch := make(chan struct{}, 1)
	e.mu.Lock()
	e.watchers[ch] = struct{}{}
	e.mu.Unlock()
	context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.watchers, ch)
		close(ch)
	})
	return ch
}

// notifyWatchers wakes every subscriber; the lock is held.
func (e *Engine) notifyWatchers() {
	for ch := range e.watchers {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}
