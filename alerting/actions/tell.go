package actions

import (
	"bytes"
	"context"
	"encoding/json"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// verdict is what people are told of a unit by its built-in service.
type verdict struct {
	state   checks.State
	summary text.Message
}

// verdict says how a unit stands; mu is held.
func (u *unit) verdict() verdict {
	if u.broken != nil {
		return verdict{checks.Critical, text.M("action.stopped", text.Str("err", u.broken.Error()))}
	}
	if u.undo != nil && u.undo.Progress != failover.ProgressDone {
		if v, ok := verdictOf(u.undo); ok {
			return v
		}
	}
	if u.cur == nil {
		return verdict{checks.OK, text.M("action.well")}
	}
	v, ok := verdictOf(u.cur)
	switch {
	case u.left && u.cur.Progress == failover.ProgressDone:
		return verdict{checks.Warning, text.M("action.left", text.Str("action", u.key.action), text.Str("host", u.key.host))}
	case !ok:
		return u.told // as it was, until there is something to say
	case u.well && v.state != checks.OK && u.cur.Progress.Final():
		return verdict{checks.OK, text.M("action.well")}
	}
	return v
}

// verdictOf is how a request stands; false while it is on its way.
func verdictOf(r *failover.Record) (verdict, bool) {
	state := checks.OK
	switch r.Progress {
	case failover.ProgressRefused, failover.ProgressFailed, failover.ProgressUnknown:
		state = checks.Critical
	case failover.ProgressWaiting:
		state = checks.Warning
	case failover.ProgressStarted:
		if r.Kind != KindProbe {
			return verdict{}, false
		}
		state = checks.Warning // nobody knows yet, and the probe may be cut off
	case failover.ProgressDone:
		if !r.Outcome.Verified {
			state = checks.Warning
		}
	case failover.ProgressTried:
	default:
		return verdict{}, false
	}
	return verdict{state, r.Text}, true
}

// tellAll brings every built-in service up to date. What could not be told (the
// clock was set back, and the service's last result is in the future) is tried
// again with the next look.
func (a *Actor) tellAll(ctx context.Context) {
	for _, u := range a.all() {
		a.mu.Lock()
		want := u.verdict()
		said := same(u.told, want)
		a.mu.Unlock()
		if said || !a.tell(ctx, u.key, want) {
			continue
		}
		a.mu.Lock()
		u.told = want
		a.mu.Unlock()
	}
}

func same(a, b verdict) bool {
	x, errX := json.Marshal(a.summary)
	y, errY := json.Marshal(b.summary)
	return a.state == b.state && errX == nil && errY == nil && bytes.Equal(x, y)
}

// tell reports whether people are told, or were already.
func (a *Actor) tell(ctx context.Context, key unitKey, v verdict) bool {
	id := key.service()
	known, ok := a.deps.Engine.Service(id)
	if ok && same(verdict{known.State, known.Summary}, v) || !ok && v.state == checks.OK && v.summary.ID == "action.well" || v.summary.IsZero() {
		return true
	}
	o := alerting.Observation{Host: id.Host, Check: id.Check, At: a.deps.Now(), Builtin: true,
		Results: []checks.Result{{Item: id.Item, State: v.state, Summary: v.summary}}}
	got, err := a.deps.Engine.Observe(context.WithoutCancel(ctx), o)
	if err != nil {
		a.deps.Logger.Error("nobody is told how an action stands", logkeys.Service, id.String(), logkeys.Err, err)
		return false
	}
	return !got.Late
}
