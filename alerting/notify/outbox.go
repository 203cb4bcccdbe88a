package notify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"monitord/alerting"
	"monitord/internal/logkeys"
)

// Queue is what the outbox needs of the journal.
type Queue interface {
	// Pending lists the messages that are not done, in the order queued.
	Pending(ctx context.Context) ([]alerting.Message, error)
	// Save records how far a message has come, durably.
	Save(ctx context.Context, m alerting.Message, events ...alerting.Event) error
}

// Deps is what the outbox uses of the world.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	Queue  Queue
	// Channel finds a channel by inventory.Channel.Kind; nil when it is not
	// configured.
	Channel  func(kind string) Channel
	Record   func(alerting.Message) // told of every change of a message, such as Engine.Record; may be nil
	Registry prometheus.Registerer  // nil: no metrics are exposed
}

// workers is how many messages of one kind of channel are handed over at the
// same time: a relay takes that many connections from one client without
// complaint. Each kind has its own, so that a call of a minute holds up no mail.
const workers = 4

// queueLimit bounds the messages in memory; what is beyond it waits in the
// journal.
const queueLimit = 10000

// Outbox hands messages over. It implements alerting.Teller.
type Outbox struct {
	deps    Deps
	metrics outboxMetrics
	wake    chan struct{}

	mu       sync.Mutex
	items    []*item // in the order queued
	byID     map[string]*item
	overflow bool               // the journal has messages that are not in memory
	unsaved  []alerting.Message // done, but not in the journal
}

// item is a message in memory until it is done.
type item struct {
	alerting.Message
	broken  error // why the journal does not have its present state
	busy    bool  // being handed over
	inDoubt bool  // the last hand-over may have arrived
	told    bool  // an earlier message of its recipient and incident arrived
}

// NewOutbox makes an outbox; Run hands over.
func NewOutbox(deps Deps) *Outbox {
	o := &Outbox{deps: deps, wake: make(chan struct{}, 1), byID: map[string]*item{}}
	o.metrics = newMetrics(deps.Registry, o)
	return o
}

// Tell takes messages over; broken says why the journal does not have them. It
// never blocks.
func (o *Outbox) Tell(messages []alerting.Message, broken error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range messages {
		if m.State == alerting.MessagePending {
			o.add(m, broken)
		}
	}
	o.poke()
}

// add puts a message into memory; the lock is held.
func (o *Outbox) add(m alerting.Message, broken error) {
	if o.byID[m.ID] != nil {
		return
	}
	if len(o.items) >= queueLimit {
		o.overflow = true
		if broken != nil {
			o.metrics.dropped.Inc()
		}
		return
	}
	it := &item{Message: m, broken: broken}
	if it.State == alerting.MessageSending {
		it.State, it.inDoubt = alerting.MessagePending, true
	}
	// What is followed is queued before what follows. When it is not here any
	// more it was sent: nothing is queued behind a message that failed.
	it.told = m.Follows != "" && o.byID[m.Follows] == nil
	o.items = append(o.items, it)
	o.byID[m.ID] = it
}

// Withdraw takes back messages that are not being handed over.
func (o *Outbox) Withdraw(ids []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range ids {
		if it := o.byID[id]; it != nil && !it.busy {
			o.remove(it)
		}
	}
}

// remove forgets a message that is done; the lock is held.
func (o *Outbox) remove(it *item) {
	delete(o.byID, it.ID)
	for i := range o.items {
		if o.items[i] == it {
			o.items = append(o.items[:i], o.items[i+1:]...)
			return
		}
	}
}

func (o *Outbox) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// shutdownGrace is how long Run waits for hand-overs under way when it ends.
const shutdownGrace = 5 * time.Second

// idle is the longest sleep: it bounds the effect of a clock that was set.
const idle = 30 * time.Second

// Run takes over what the journal has pending, and hands over until ctx ends.
// Hand-overs under way then get a few seconds to come to an end, so the journal
// must outlive Run.
func (o *Outbox) Run(ctx context.Context) error {
	if err := o.load(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // ended before it began
		}
		return err
	}
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var wg sync.WaitGroup
	var mending atomic.Bool
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for ctx.Err() == nil {
		// Each hand-over that ends wakes this loop, which joins them at the end.
		next := o.dispatch(ctx, func(it *item) {
			wg.Go(func() {
				o.handOver(sending, it)
				o.poke()
			})
		})
		if o.hasUnsaved() {
			next = min(next, mendEvery)
			if !mending.Swap(true) {
				wg.Go(func() {
					o.mend(ctx)
					mending.Store(false)
				})
			}
		}
		timer.Reset(next)
		select {
		case <-ctx.Done():
		case <-o.wake:
		case <-timer.C:
		}
	}
	grace := time.AfterFunc(shutdownGrace, cancel)
	defer grace.Stop()
	wg.Wait()
	return nil
}

// load takes over what the journal has pending.
func (o *Outbox) load(ctx context.Context) error {
	list, err := o.deps.Queue.Pending(ctx)
	if err != nil {
		return fmt.Errorf("load outbox: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range list {
		o.add(m, nil)
	}
	return nil
}

// dispatch starts what is due and says how long there is nothing to do.
func (o *Outbox) dispatch(ctx context.Context, start func(*item)) time.Duration {
	now := o.deps.Now()
	next := idle
	o.mu.Lock()
	var due []*item
	busy := map[string]int{} // by kind of channel
	for _, it := range o.items {
		if it.busy {
			busy[it.Channel]++
		}
	}
	for _, it := range o.items {
		// Where a kind has no place left, the next that ends wakes us.
		if it.busy || o.byID[it.Follows] != nil || busy[it.Channel] >= workers {
			continue
		}
		if wait := o.at(it).Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		it.busy = true
		busy[it.Channel]++
		due = append(due, it)
	}
	refill := o.overflow && len(o.items) < queueLimit/2
	if refill {
		o.overflow = false
	}
	o.mu.Unlock()
	for _, it := range due {
		start(it)
	}
	if refill {
		if err := o.load(ctx); err != nil {
			o.deps.Logger.Error("outbox cannot be read", logkeys.Err, err)
			o.mu.Lock()
			o.overflow = true
			o.mu.Unlock()
		}
	}
	return next
}

// at is when a message is due for its next attempt.
func (o *Outbox) at(it *item) time.Time {
	if it.NextAt.IsZero() {
		return it.Due
	}
	return it.NextAt
}
