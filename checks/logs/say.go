package logs

import (
	"monitord/internal/text"
)

// Say is a match as a sentence.
func (m *Match) Say() text.Message {
	line := text.Str("line", m.Message)
	switch m.Kind {
	case KindMissed:
		if m.Last.At.IsZero() {
			return text.M("logs.missed_never", text.Str("rule", m.Rule), text.Time("due", m.Due))
		}
		return text.M("logs.missed", text.Str("rule", m.Rule), text.Time("due", m.Due), text.Time("at", m.Last.At), text.Str("last", m.Last.Text))
	case KindArrived:
		return text.M("logs.arrived", text.Str("rule", m.Rule), line)
	case KindMissing:
		return text.M("logs.missing", text.Str("rule", m.Rule), line)
	case KindSequence:
		return text.M("logs.sequence", text.Str("rule", m.Rule), line)
	case KindDistinct:
		return text.M("logs.distinct", text.Str("rule", m.Rule), line)
	case KindClear:
		return text.M("logs.cleared", text.Str("rule", m.Rule), line)
	}
	return text.Verbatim(m.Message)
}
