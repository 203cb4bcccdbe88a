package logwatch

import (
	"context"
	"errors"
	"time"

	"monitord/internal/text"
)

// ErrNotRaised says that no line keeps a service raised here.
var ErrNotRaised = errors.New("no line of a log keeps this service raised")

// Clear ends the problem of a service, as a clearing line would. by is who does
// it, and why the reason, which may be empty. It returns when that is kept.
func (w *Watch) Clear(ctx context.Context, host, name, by, why string) error {
	w.mu.Lock()
	key := service{host, name}
	r, up := w.raised[key]
	if !up {
		w.mu.Unlock()
		return ErrNotRaised
	}
	m := ClearedBy(w.deps.Now(), host, name, r.Rule, by, why)
	w.step.Matches = append(w.step.Matches, m)
	w.end(key, ClearedSays(r.Rule, by), false)
	w.serial++
	serial := w.serial
	w.mu.Unlock()
	return w.keep(ctx, serial)
}

// ClearedBy is the journal's entry about a person who ended a problem.
func ClearedBy(at time.Time, host, service, rule, by, why string) Match {
	return Match{Host: host, At: at, Rule: rule, Service: service, By: by, Reason: short(why, maxSummary)}
}

// ClearedSays is the summary of a service that a person says is well.
func ClearedSays(rule, by string) text.Message {
	return text.M("logwatch.cleared", text.Str("rule", rule), text.Str("by", by))
}
