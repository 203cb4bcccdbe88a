package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"monitord/alerting"
	"monitord/internal/logkeys"
)

// saveWithin bounds how long a page waits for a journal whose disk hangs.
const saveWithin = 5 * time.Second

// save records a message; a journal that cannot be written stops nothing.
func (o *Outbox) save(it *item, events ...alerting.Event) {
	ctx, cancel := context.WithTimeout(context.Background(), saveWithin)
	defer cancel()
	it.broken = o.deps.Queue.Save(ctx, it.Message, events...)
	if it.broken != nil {
		o.deps.Logger.Error("journal cannot be written, telling from memory", logkeys.Err, it.broken)
	}
	if o.deps.Record != nil {
		o.deps.Record(it.Message)
	}
}

// handOver tries one message once.
func (o *Outbox) handOver(ctx context.Context, it *item) {
	if it.Kind == alerting.KindRecovery && it.Follows != "" && !it.told {
		it.State, it.Answer = alerting.MessageWithdrawn, "the problem was never handed over"
		o.save(it, alerting.MessageEvent(o.deps.Now(), alerting.EventWithdrawn, it.Message))
		o.finish(it)
		return
	}
	channel := o.deps.Channel(it.Channel)
	if channel == nil {
		channel = missing(it.Channel)
	}
	it.State = alerting.MessageSending
	it.Attempts++
	if it.inDoubt {
		it.Repeats++
		o.metrics.repeats.Inc()
	}
	o.save(it)
	n := Notification{Message: it.Message, Broken: it.broken, Repeat: it.inDoubt}
	answer, err := channel.Send(ctx, n)
	o.conclude(it, answer, err)
}

// missing is a channel that the configuration does not have: messages wait, and
// say what is missing.
type missing string

// Send says what is missing.
func (m missing) Send(context.Context, Notification) (string, error) {
	return "", fmt.Errorf("channel %s is not configured: add its section (`monitord config example` shows it), and reload", string(m))
}

// conclude records how an attempt ended.
func (o *Outbox) conclude(it *item, answer string, err error) {
	now := o.deps.Now()
	_, permanent := errors.AsType[Permanent](err)
	_, doubt := errors.AsType[InDoubt](err)
	it.inDoubt = it.inDoubt || doubt
	if passed, ok := errors.AsType[Passed](err); ok {
		it.Passed, answer, err = true, passed.Answer, nil
	}
	switch {
	case err == nil:
		it.State, it.Answer, it.Sent = alerting.MessageSent, answer, now
		o.metrics.sent.WithLabelValues(it.Channel).Inc()
		o.deps.Logger.Info("told", logkeys.Contact, it.Contact, logkeys.Channel, it.Channel,
			logkeys.Incident, it.Incident, logkeys.Attempt, it.Attempts)
		o.save(it, alerting.MessageEvent(now, alerting.EventSent, it.Message))
		o.finish(it)
	case permanent || now.Sub(it.Due) >= GiveUpAfter:
		o.fail(it, err)
	default:
		it.State, it.Answer = alerting.MessagePending, err.Error()
		if it.inDoubt {
			// So that a restart knows it too.
			it.State = alerting.MessageSending
		}
		wait := pause(it.Attempts, rand.Float64())
		if later, ok := errors.AsType[Later](err); ok {
			wait = max(wait, min(later.After, LongestLater))
		}
		it.NextAt = now.Add(wait)
		o.metrics.retries.WithLabelValues(it.Channel).Inc()
		o.deps.Logger.Warn("could not tell, will try again", logkeys.Contact, it.Contact, logkeys.Channel, it.Channel,
			logkeys.Incident, it.Incident, logkeys.Attempt, it.Attempts, logkeys.Err, err)
		o.save(it)
		o.mu.Lock()
		it.busy = false
		o.mu.Unlock()
	}
}

// fail gives a message up.
func (o *Outbox) fail(it *item, err error) {
	it.State, it.Answer = alerting.MessageFailed, err.Error()
	o.metrics.failed.WithLabelValues(it.Channel).Inc()
	o.deps.Logger.Error("could not tell, given up", logkeys.Contact, it.Contact, logkeys.Channel, it.Channel,
		logkeys.Incident, it.Incident, logkeys.Attempt, it.Attempts, logkeys.Err, err)
	o.save(it, alerting.MessageEvent(o.deps.Now(), alerting.EventFailed, it.Message))
	o.finish(it)
}

// finish forgets a message that is done, and lets those that follow it go on.
// An end that the journal did not take is brought there later.
func (o *Outbox) finish(it *item) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if it.broken != nil && len(o.unsaved) < queueLimit {
		o.unsaved = append(o.unsaved, it.Message)
	}
	for _, next := range o.items {
		if next.Follows == it.ID {
			next.told = next.told || it.told || it.State == alerting.MessageSent
		}
	}
	o.remove(it)
}

// mendEvery is how often ends that the journal refused are brought there.
const mendEvery = 2 * time.Second

func (o *Outbox) hasUnsaved() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.unsaved) > 0
}

// mend brings to the journal what it refused, oldest first, until it refuses
// again.
func (o *Outbox) mend(ctx context.Context) {
	for {
		o.mu.Lock()
		if len(o.unsaved) == 0 {
			o.mu.Unlock()
			return
		}
		m := o.unsaved[0]
		o.mu.Unlock()
		kind := map[alerting.MessageState]alerting.EventKind{alerting.MessageSent: alerting.EventSent,
			alerting.MessageFailed: alerting.EventFailed, alerting.MessageWithdrawn: alerting.EventWithdrawn}[m.State]
		bounded, cancel := context.WithTimeout(ctx, saveWithin)
		err := o.deps.Queue.Save(bounded, m, alerting.MessageEvent(o.deps.Now(), kind, m))
		cancel()
		if err != nil {
			return
		}
		o.mu.Lock()
		o.unsaved = o.unsaved[1:]
		o.mu.Unlock()
	}
}
