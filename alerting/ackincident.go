package alerting

import (
	"context"
	"errors"
	"fmt"

	"monitord/checks"
)

// Errors of acknowledging by an incident's number.
var (
	ErrNoIncident   = errors.New("there is no such incident, or it was over long ago")
	ErrIncidentOver = errors.New("the incident is over")
	ErrTaken        = errors.New("somebody has it already")
)

// AcknowledgeIncident is Acknowledge for the service that an open incident is
// about. It returns that service, also with most errors.
func (e *Engine) AcknowledgeIncident(ctx context.Context, id int64, ack Ack) (checks.Service, error) {
	service, _, err := e.acknowledgeIncident(ctx, id, ack, false)
	return service, err
}

// TakeIncident is AcknowledgeIncident for somebody who answers a message: when
// somebody has the incident already it changes nothing, and the error is
// ErrTaken. It returns the acknowledgement in force. Of many who take it at the
// same moment one gets it.
func (e *Engine) TakeIncident(ctx context.Context, id int64, ack Ack) (Ack, error) {
	_, held, err := e.acknowledgeIncident(ctx, id, ack, true)
	return held, err
}

func (e *Engine) acknowledgeIncident(ctx context.Context, id int64, ack Ack, free bool) (service checks.Service, held Ack, err error) {
	if err := ctx.Err(); err != nil {
		return service, held, err
	}
	e.mu.Lock()
	s, err := e.ofIncident(id)
	if s != nil {
		service = s.Service.Service
	}
	var out outcome
	switch {
	case err != nil:
	case free && s.Service.Ack != nil:
		held, err = *s.Service.Ack, ErrTaken
	default:
		out, err = e.acknowledge(s, ack)
	}
	if err != nil {
		e.mu.Unlock()
		return service, held, fmt.Errorf("acknowledge incident %d: %w", id, err)
	}
	held = *s.Service.Ack
	e.settle(out)
	return service, held, nil
}

// UnacknowledgeIncident is Unacknowledge for the service that an open incident
// is about, which it returns.
func (e *Engine) UnacknowledgeIncident(ctx context.Context, id int64, by string) (checks.Service, error) {
	e.mu.Lock()
	s, err := e.ofIncident(id)
	var service checks.Service
	if s != nil {
		service = s.Service.Service
	}
	e.mu.Unlock()
	if err != nil {
		return service, fmt.Errorf("unacknowledge incident %d: %w", id, err)
	}
	return service, e.Unacknowledge(ctx, service, by)
}

// ofIncident finds the service that an open incident is about; the lock is held.
func (e *Engine) ofIncident(id int64) (*entry, error) {
	in := e.incidents[id]
	if in == nil {
		return nil, ErrNoIncident
	}
	s := e.services[in.Incident.Service]
	if !in.Incident.Closed.IsZero() || s == nil || s.Service.Incident != id {
		return nil, ErrIncidentOver
	}
	return s, nil
}

// Incident returns one incident that is in memory: an open one, or one of the
// newest closed ones.
func (e *Engine) Incident(id int64) (Incident, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	in := e.incidents[id]
	if in == nil {
		return Incident{}, false
	}
	return in.view(), true
}
