package alerting

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/text"
	"monitord/internal/wire"
)

// Sentence says what an event is, for people. An event of a newer version, or
// one whose data cannot be read, is shown by the name of its kind.
func (e Event) Sentence() text.Message {
	switch e.Kind {
	case EventState:
		return e.stateSentence()
	case EventHost:
		if e.State == checks.OK {
			return text.M("event.host.up")
		}
		return text.M("event.host.down")
	case EventOpened:
		return text.M("event.incident.open", e.number(), stateArg(e.State))
	case EventWorse:
		return text.M("event.incident.worse", e.number(), stateArg(e.State))
	case EventClosed:
		return text.M("event.incident.close", e.number())
	case EventRetired:
		return text.M("event.retired")
	case EventRemoved:
		return text.M("event.removed")
	case EventLate:
		return text.M("event.late")
	case EventQueued, EventSent, EventFailed, EventWithdrawn, EventHeld:
		return e.messageSentence()
	case EventLoss:
		return e.lossSentence()
	case EventUnreachable:
		if e.Incident == 0 {
			return text.M("event.unreachable")
		}
		return text.M("event.unreachable.joined", e.number())
	case EventMissed, EventFlapping, EventCalm:
		return e.markSentence()
	case EventReturned:
		return text.M("event.returned", stateArg(e.State))
	case EventAcked, EventUnacked, EventDowntimeAdded, EventDowntimeBegun, EventDowntimeEnded, EventDowntimeCancelled:
		return e.personSentence()
	case EventLogMatch, EventLogCleared:
		return e.logSentence()
	case EventReply:
		return e.replySentence()
	case wire.KindStart:
		var d wire.StartData
		_ = json.Unmarshal(e.Data, &d)
		return text.M("event.probe.start", text.Str("version", d.Version))
	case wire.KindLogRefused:
		return e.refusedSentence()
	case wire.KindHealth:
		return e.healthSentence()
	case wire.KindDrop:
		var d wire.DropData
		_ = json.Unmarshal(e.Data, &d)
		return text.M("event.probe.drop", text.Int("records", d.Records), text.Int("samples", d.Samples), text.Str("reason", d.Reason))
	}
	return e.actionSentence()
}

func (e Event) stateSentence() text.Message {
	var d stateData
	_ = json.Unmarshal(e.Data, &d)
	_, summary := e.StateDetail()
	if e.Hard {
		return text.M("event.state.hard", stateArg(e.State), text.Sub("summary", summary))
	}
	return text.M("event.state.soft", stateArg(e.State), text.Int("attempt", d.Attempt), text.Int("max", d.Max), text.Sub("summary", summary))
}

func (e Event) messageSentence() text.Message {
	var d messageData
	_ = json.Unmarshal(e.Data, &d)
	who, how, answer := text.Str("contact", d.Contact), text.Str("to", d.To), text.Str("answer", d.Answer)
	switch e.Kind {
	case EventQueued:
		return text.M("event.message.queued", who, how)
	case EventSent:
		return text.M("event.message.sent", who, how, answer)
	case EventFailed:
		return text.M("event.message.failed", who, how, answer)
	case EventHeld:
		return text.M("event.message.held", who, how)
	default:
		return text.M("event.message.withdrawn", who, how)
	}
}

func (e Event) markSentence() text.Message {
	if e.Kind == EventMissed {
		var d struct{ Last time.Time }
		_ = json.Unmarshal(e.Data, &d)
		return text.M("event.missed", text.Time("last", d.Last))
	}
	var d flapData
	_ = json.Unmarshal(e.Data, &d)
	if e.Kind == EventFlapping {
		return text.M("event.flapping", text.Int("changes", d.Changes), text.Ratio("percent", d.Percent/100))
	}
	return text.M("event.calm", text.Dur("lasted", e.At.Sub(d.Since)))
}

func (e Event) personSentence() text.Message {
	var d ackData
	_ = json.Unmarshal(e.Data, &d)
	by, reason, what := text.Str("by", d.By), text.Str("reason", d.Reason), text.Str("what", d.What)
	switch e.Kind {
	case EventAcked:
		return text.M("event.acknowledged", by, reason)
	case EventUnacked:
		if d.By == "" {
			return text.M("event.unacknowledged")
		}
		return text.M("event.unacknowledged.by", by)
	case EventDowntimeAdded:
		return text.M("event.downtime.added", by, what, reason)
	case EventDowntimeBegun:
		return text.M("event.downtime.begun", what, reason)
	case EventDowntimeEnded:
		return text.M("event.downtime.ended", what)
	default:
		return text.M("event.downtime.cancelled", by, what)
	}
}

func (e Event) lossSentence() text.Message {
	var d struct{ From, To uint64 }
	_ = json.Unmarshal(e.Data, &d)
	return text.M("event.loss", text.Int("from", d.From), text.Int("to", d.To))
}

func (e Event) number() text.Arg { return text.Str("id", strconv.FormatInt(e.Incident, 10)) }

func stateArg(s checks.State) text.Arg {
	return text.Sub("state", text.Message{ID: "state." + strings.ToLower(s.String())})
}
