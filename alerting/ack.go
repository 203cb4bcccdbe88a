package alerting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"monitord/checks"
)

// Errors of acknowledging.
var (
	ErrNoService = errors.New("there is no such service")
	ErrNoProblem = errors.New("the service has no problem to acknowledge")
)

// Acknowledge says that somebody has a service's problem: nobody is told of it
// any more, what was to be told later is taken back, and the recovery is told.
// It ends at the recovery, at Until, and unless it is Sticky when the state gets
// worse. At is set here. It returns when the journal has it.
func (e *Engine) Acknowledge(ctx context.Context, service checks.Service, ack Ack) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	out, err := e.acknowledge(e.services[service], ack)
	if err != nil {
		e.mu.Unlock()
		return fmt.Errorf("acknowledge %s: %w", service, err)
	}
	e.settle(out)
	return nil
}

// acknowledge decides; the lock is held, and on an error nothing has changed.
func (e *Engine) acknowledge(s *entry, ack Ack) (out outcome, err error) {
	now := e.deps.Now()
	switch {
	case s == nil:
		return out, ErrNoService
	case !troubled(&s.Service):
		return out, ErrNoProblem
	case ack.By == "":
		return out, errors.New("an acknowledgement needs a name")
	case !ack.Until.IsZero() && !ack.Until.After(now):
		return out, errors.New("the acknowledgement ends before it begins")
	}
	ack.At, ack.State = now, stateOf(&s.Service)
	s.Service.Ack, s.Service.Marks = &ack, s.Service.Marks.set(MarkAcknowledged, true)
	if in := e.incidents[s.Service.Incident]; in != nil && in.Incident.Service == s.Service.Service {
		in.Incident.AckedBy, in.Incident.AckedAt = ack.By, now
		e.withdraw(&out, in, now, func(Message) bool { return true })
		e.touch(&out, in)
	}
	e.ackEvent(&out, s, EventAcked, ack.By, ack.Reason, now)
	e.write(&out, s)
	return out, nil
}

// Unacknowledge takes an acknowledgement back: people are told again. by is who
// does it.
func (e *Engine) Unacknowledge(ctx context.Context, service checks.Service, by string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	s := e.services[service]
	if s == nil || s.Service.Ack == nil {
		e.mu.Unlock()
		return fmt.Errorf("unacknowledge %s: it is not acknowledged", service)
	}
	var out outcome
	now := e.deps.Now()
	e.endAck(&out, s, EventUnacked, by, now)
	e.review(&out, s, transition{}, s.Service.HardState, now)
	e.settle(out)
	return nil
}

// endAck ends an acknowledgement while the problem lasts: it is told anew.
func (e *Engine) endAck(out *outcome, s *entry, kind EventKind, by string, now time.Time) {
	s.Service.Ack, s.Service.Marks = nil, s.Service.Marks.set(MarkAcknowledged, false)
	s.Service.Pages = 0
	if in := e.incidents[s.Service.Incident]; in != nil && in.Incident.Service == s.Service.Service {
		in.Incident.AckedBy, in.Incident.AckedAt = "", time.Time{}
		e.touch(out, in)
	}
	e.ackEvent(out, s, kind, by, "", now)
	e.write(out, s)
}

// acknowledged reports whether telling is suppressed; a state that got worse
// ends an acknowledgement that is not sticky.
func (e *Engine) acknowledged(out *outcome, s *entry, now time.Time) bool {
	a := s.Service.Ack
	if a == nil {
		return false
	}
	if !a.Sticky && s.Service.HardState.Worse(a.State) {
		e.endAck(out, s, EventUnacked, "", now)
		return false
	}
	return true
}

// ackData is Event.Data of acknowledgements and downtimes.
type ackData struct {
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
	What   string `json:"what,omitempty"` // what a downtime is for
}

func (e *Engine) ackEvent(out *outcome, s *entry, kind EventKind, by, reason string, now time.Time) {
	id := s.Service.Service
	out.change.Events = append(out.change.Events, Event{At: now, Kind: kind, Host: id.Host, Service: id, State: s.Service.State,
		Incident: s.Service.Incident, Data: mustJSON(ackData{By: by, Reason: reason})})
}
