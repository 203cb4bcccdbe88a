package alerting

import (
	"encoding/json"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// Event is one entry of the journal. Its number is given by the journal.
type Event struct {
	ID       int64 // ascending; 0 until it is written
	At       time.Time
	Kind     EventKind
	Host     string
	Service  checks.Service // zero when it is not about a service
	State    checks.State   // meaningful for EventState and the incident kinds
	Hard     bool           // meaningful for EventState
	Incident int64          // 0 when there is none
	Data     json.RawMessage
	// Failed is what the failing run behind an EventState left; nil when there is
	// none. The journal keeps it for the latest of each service and gives it with
	// FailedRuns only.
	Failed *FailedRun
}

// FailedRun is what helps to understand a run that was not OK.
type FailedRun struct {
	Took     time.Duration
	Phases   []checks.Phase
	Evidence []byte // at most checks.EvidenceLimit; anything that a peer may send
}

// maxPhases bounds what is kept of one run: phases may come from a probe.
const maxPhases = 32

// failedRun is what to keep of the service's last run.
func failedRun(s ServiceState) *FailedRun {
	if s.State == checks.OK || len(s.Evidence) == 0 && len(s.Phases) == 0 {
		return nil
	}
	return &FailedRun{Took: s.Took, Phases: s.Phases[:min(len(s.Phases), maxPhases)], Evidence: s.Evidence}
}

// StateDetail reads why and in what words a service was in the state of an
// EventState; both are zero for other kinds.
func (e Event) StateDetail() (checks.Reason, text.Message) {
	var d stateData
	var summary text.Message
	if e.Kind == EventState && json.Unmarshal(e.Data, &d) == nil {
		_ = json.Unmarshal(d.Summary, &summary) // shown as nothing
	}
	return d.Reason, summary
}

// EventKind says what happened.
type EventKind string

// The kinds of event that this room and its journal write. Events of a probe
// keep the kind of package wire.
const (
	EventState     EventKind = "state"          // a service's state or its hardness changed
	EventHost      EventKind = "host"           // a host went UP (State OK) or DOWN (State CRITICAL)
	EventOpened    EventKind = "incident-open"  // a service turned hard non-OK
	EventWorse     EventKind = "incident-worse" // its incident got worse
	EventClosed    EventKind = "incident-close" // the service is well, or gone
	EventRetired   EventKind = "retired"        // an item is not reported any more
	EventRemoved   EventKind = "removed"        // the configuration has it no more
	EventLate      EventKind = "late"           // a result older than the last one was set aside
	EventQueued    EventKind = "message-queued" // somebody is to be told
	EventSent      EventKind = "message-sent"   // the peer took it
	EventFailed    EventKind = "message-failed" // given up
	EventWithdrawn EventKind = "message-withdrawn"
	EventHeld      EventKind = "message-held" // a page of a storm stands for it
	EventLoss      EventKind = "loss"         // numbers missing in a probe's events

	EventMissed            EventKind = "missed"             // no result came in time
	EventReturned          EventKind = "returned"           // results come again (State is the hard state)
	EventUnreachable       EventKind = "unreachable"        // what it depends on is down: it joined that incident
	EventFlapping          EventKind = "flapping"           // a service began to flap
	EventCalm              EventKind = "calm"               // it stopped
	EventAcked             EventKind = "acknowledged"       // somebody has it
	EventUnacked           EventKind = "unacknowledged"     // taken back, lapsed, or ended by a worse state
	EventReply             EventKind = "reply-refused"      // a reply by mail did not count
	EventDowntimeAdded     EventKind = "downtime-add"       // planned
	EventDowntimeBegun     EventKind = "downtime-begin"     // in force
	EventDowntimeEnded     EventKind = "downtime-end"       // over
	EventDowntimeCancelled EventKind = "downtime-cancelled" // taken back

	EventLogMatch   EventKind = "log-match"   // a line that a rule matched, or how many more there were
	EventLogCleared EventKind = "log-cleared" // a person ended the problem that a line had raised
)

// EventFilter selects events; a zero field selects everything.
type EventFilter struct {
	Host     string
	Service  checks.Service
	Kind     EventKind
	Incident int64
	Since    time.Time // at or after
	Limit    int       // the newest so many; 0 means 1000
}

// stateData is Event.Data of EventState.
type stateData struct {
	Reason  checks.Reason   `json:"reason,omitempty"`
	Attempt int             `json:"attempt"`
	Max     int             `json:"max_attempts"`
	Summary json.RawMessage `json:"summary,omitempty"`
}

// messageData is Event.Data of the message kinds.
type messageData struct {
	ID      string `json:"message"`
	Kind    string `json:"kind"`
	Contact string `json:"contact"`
	Channel string `json:"channel"`
	To      string `json:"to"`
	Answer  string `json:"answer,omitempty"`
}

// MessageEvent is the journal's entry about a message.
func MessageEvent(at time.Time, kind EventKind, m Message) Event {
	return Event{
		At: at, Kind: kind, Host: m.Notice.Service.Host, Service: m.Notice.Service,
		State: m.Notice.State, Incident: m.Incident,
		Data: mustJSON(messageData{ID: m.ID, Kind: m.Kind, Contact: m.Contact, Channel: m.Channel, To: m.To, Answer: m.Answer}),
	}
}

// mustJSON encodes our own plain structs, which cannot fail.
func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return b
}
