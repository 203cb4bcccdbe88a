package alerting

import (
	"encoding/json"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/text"
	"monitord/internal/wire"
)

// LogCheck is the check whose items are the services that rules on logs raise.
const LogCheck = wire.LogCheck

// LogEvent is the journal's entry about a line of a log. service is the item of
// LogCheck that its rule raises, or "". data is logData and whatever else is known
// of the line.
func LogEvent(at time.Time, kind EventKind, host, service string, data any) Event {
	e := Event{At: at, Kind: kind, Host: host, Data: mustJSON(data)}
	if service != "" {
		e.Service = checks.Service{Host: host, Check: LogCheck, Item: service}
	}
	return e
}

// logData is what a sentence needs of Event.Data of the kinds about logs.
type logData struct {
	Rule   string `json:"rule"`
	Kind   string `json:"kind"` // logs.Kind
	Line   string `json:"line"`
	More   int    `json:"more"`
	By     string `json:"by"`
	Reason string `json:"reason"`
}

func (e Event) logSentence() text.Message {
	var d logData
	_ = json.Unmarshal(e.Data, &d) // shown as far as it goes
	rule, line := text.Str("rule", d.Rule), text.Str("line", d.Line)
	switch {
	case e.Kind == EventLogCleared && d.Reason != "":
		return text.M("event.log.cleared.why", text.Str("by", d.By), text.Str("reason", d.Reason))
	case e.Kind == EventLogCleared:
		return text.M("event.log.cleared", text.Str("by", d.By))
	case d.More > 0:
		return text.M("event.log.more", rule, text.Int("n", d.More))
	case d.Kind == "missed" && d.Line == "":
		return text.M("event.log.never", rule)
	case d.Kind == "missed":
		return text.M("event.log.missed", rule, line)
	}
	return text.M("event.log.match", rule, line)
}

// refusedSentence says which logs a probe does not follow.
func (e Event) refusedSentence() text.Message {
	var d wire.LogRefusedData
	_ = json.Unmarshal(e.Data, &d) // shown as far as it goes
	switch {
	case d.Detail != "" && len(d.Paths) > 0:
		return text.M("event.log.absent", text.Str("paths", strings.Join(d.Paths, ", ")), text.Str("detail", d.Detail))
	case d.Detail != "":
		return text.M("event.log.unreadable", text.Str("detail", d.Detail))
	}
	return text.M("event.log.refused", text.Str("paths", strings.Join(d.Paths, ", ")), text.Str("file", d.File), text.Str("allow", strings.Join(d.Allow, ", ")))
}
