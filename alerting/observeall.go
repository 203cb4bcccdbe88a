package alerting

import (
	"context"
	"time"

	"monitord/checks"
)

// ObserveAll takes over what several runs of the server's own checks found, in
// their order, and has the journal write them in one transaction with what
// belongs to them. A result is news whatever its clock says: its time is moved
// behind that of the last one. Events of Extra about a service get its incident.
//
// The error says that the journal has not written extra. The states are in force
// all the same, and are written later: extra is to be brought again, without the
// results.
func (e *Engine) ObserveAll(ctx context.Context, list []Observation, extra Extra) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	var out outcome
	now := e.deps.Now()
	for _, o := range list {
		o.Builtin = true
		o.At = e.newsTime(o, now)
		e.judge(&out, o, nil, now)
	}
	for i := range extra.Events {
		if s := e.services[extra.Events[i].Service]; s != nil {
			extra.Events[i].Incident = s.Service.Incident
		}
	}
	return e.settleWith(ctx, out, &extra)
}

// newsTime is the time of a result that is neither too old to be news nor older
// than what is known.
func (e *Engine) newsTime(o Observation, now time.Time) time.Time {
	at := o.At
	if at.After(now) || now.Sub(at) >= freshFor {
		at = now
	}
	for _, r := range o.Results {
		s := e.services[checks.Service{Host: o.Host, Check: o.Check, Item: r.Item}]
		if s != nil && !at.After(s.Service.LastCheck) {
			at = s.Service.LastCheck.Add(time.Nanosecond)
		}
	}
	return at
}
