package alerting

import (
	"encoding/json"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/text"
	"monitord/internal/wire"
)

// Kinds of event about actions. One about a request is EventAction and how far
// it has come, such as action-started.
const (
	EventAction    EventKind = "action-"
	EventFrozen    EventKind = "actions-frozen"   // the switch that stops all actions was set
	EventUnfrozen  EventKind = "actions-unfrozen" // and taken back
	EventActClosed EventKind = "action-closed"    // a request stands in the way of a new one no more
)

// ActionEvent is the journal's entry about a request to act. progress is
// failover.Progress; says is one sentence about it.
func ActionEvent(at time.Time, progress string, service checks.Service, incident int64, action, id string, says text.Message) Event {
	return Event{At: at, Kind: EventAction + EventKind(progress), Host: service.Host, Service: service, Incident: incident,
		Data: mustJSON(actionData{Action: action, ID: id, Text: says})}
}

// FreezeEvent is the journal's entry about the switch.
func FreezeEvent(at time.Time, on bool, by, reason string) Event {
	kind := EventUnfrozen
	if on {
		kind = EventFrozen
	}
	return Event{At: at, Kind: kind, Data: mustJSON(ackData{By: by, Reason: reason})}
}

// actionData is Event.Data of events about a request.
type actionData struct {
	Action string       `json:"action"`
	ID     string       `json:"id"`
	Text   text.Message `json:"text"`
}

// AboutActions reports whether an event is about actions.
func (k EventKind) AboutActions() bool {
	return strings.HasPrefix(string(k), string(EventAction)) || k == EventFrozen || k == EventUnfrozen || k == wire.KindAction
}

// actionSentence says what an event about actions is; anything else is shown by
// the name of its kind.
func (e Event) actionSentence() text.Message {
	switch {
	case e.Kind == EventFrozen || e.Kind == EventUnfrozen:
		var d ackData
		_ = json.Unmarshal(e.Data, &d)
		if e.Kind == EventFrozen {
			return text.M("event.actions.frozen", text.Str("by", d.By), text.Str("reason", d.Reason))
		}
		return text.M("event.actions.unfrozen", text.Str("by", d.By))
	case e.Kind == wire.KindAction:
		var d wire.ActionReport
		_ = json.Unmarshal(e.Data, &d)
		return text.M("event.action.reported", text.Str("action", d.Name), text.Str("id", d.ID), text.Str("progress", d.Progress))
	case strings.HasPrefix(string(e.Kind), string(EventAction)):
		var d actionData
		if json.Unmarshal(e.Data, &d) == nil && !d.Text.IsZero() {
			return text.M("event.action", text.Str("action", d.Action), text.Sub("text", d.Text))
		}
	}
	return text.Verbatim(string(e.Kind))
}
