package alerting

import (
	"encoding/json"
	"strings"

	"monitord/internal/text"
	"monitord/internal/wire"
)

// healthSentence says what `probe health` of a machine did about a fault.
func (e Event) healthSentence() text.Message {
	var d wire.HealthData
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return text.Verbatim(string(e.Kind))
	}
	command, why := text.Str("command", strings.Join(d.Command, " ")), text.Sub("why", healthWhy(d.Checks))
	detail, took := text.Str("detail", d.Detail), text.Dur("took", d.Took)
	switch d.Step {
	case wire.HealthStarted:
		return text.M("event.health.started", why, command)
	case wire.HealthEnded:
		switch {
		case d.Interrupted:
			return text.M("event.health.interrupted", command)
		case d.TimedOut:
			return text.M("event.health.timeout", command, took)
		case d.ExitCode != 0:
			return text.M("event.health.bad", command, text.Int("code", d.ExitCode), text.Str("output", firstLine(d.Output)))
		}
		return text.M("event.health.ended", command, took)
	case wire.HealthFailed:
		return text.M("event.health.failed", command, detail)
	case wire.HealthUnknown:
		return text.M("event.health.unknown", detail)
	case wire.HealthBlocked:
		return text.M("event.health.blocked", why, detail)
	case wire.HealthReported:
		return text.M("event.health.reported", why)
	case wire.HealthRecovered:
		return text.M("event.health.recovered", text.Dur("lasted", e.At.Sub(d.Since)))
	}
	return text.Verbatim(string(e.Kind))
}

// healthWhy says which checks failed: the first with its sentence, the others by
// name.
func healthWhy(failed []wire.HealthCheck) text.Message {
	if len(failed) == 0 {
		return text.M("event.health.why.none")
	}
	first := failed[0]
	check, attempts, summary := text.Str("check", first.Name), text.Int("attempts", first.Attempts), text.Sub("summary", first.Summary)
	if len(failed) == 1 {
		return text.M("event.health.why", check, attempts, summary)
	}
	var others []string
	for _, c := range failed[1:] {
		others = append(others, c.Name)
	}
	return text.M("event.health.why.more", check, attempts, summary, text.Str("others", strings.Join(others, ", ")))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
