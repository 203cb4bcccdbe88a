package dashboards

import (
	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/text"
)

// sign is how a state looks: a class of colours, a glyph and a word.
type sign struct {
	Key  string // ok, warning, critical, unknown, missed, unreachable, pending
	rank int    // 0 is the worst
}

// Class is the style sheet's name of the sign's colours.
func (s sign) Class() string { return "is-" + s.Key }

// WordID is the catalogue's ID of the sign's word.
func (s sign) WordID() string { return "state." + s.Key }

// Bad reports whether somebody has to look. What is unreachable is not its own
// fault: somebody has to look at its cause.
func (s sign) Bad() bool { return s.rank < signUnreachable.rank }

// The signs, worst first: the order of every list of problems.
var (
	signCritical    = sign{"critical", 0}
	signWarning     = sign{"warning", 1}
	signMissed      = sign{"missed", 2}
	signUnknown     = sign{"unknown", 3}
	signUnreachable = sign{"unreachable", 4}
	signPending     = sign{"pending", 5}
	signOK          = sign{"ok", 6}
)

func signOf(s checks.State) sign {
	switch s {
	case checks.OK:
		return signOK
	case checks.Warning:
		return signWarning
	case checks.Critical:
		return signCritical
	}
	return signUnknown
}

// judge gives the sign of a service: what is confirmed, unless it cannot be seen.
func judge(s *alerting.ServiceState) sign {
	confirmed := signOf(s.HardState)
	switch {
	case s.Marks.Has(alerting.MarkUnreachable):
		return signUnreachable
	case s.Marks.Has(alerting.MarkMissed) && confirmed.rank > signMissed.rank:
		return signMissed // silence does not make a known fault smaller
	case s.LastCheck.IsZero():
		return signPending
	}
	return confirmed
}

// mark is a chip beside a service's state.
type mark struct {
	Key   string // flapping, hung, downtime, unreachable or missed
	Glyph string
	Word  string
	Says  string // the whole sentence; empty when the word says it all
}

// marksOf lists the marks that the sign does not show already. Who has a
// problem is shown by name, so that an acknowledgement is no chip of its own.
func (v *view) marksOf(s *alerting.ServiceState, shown sign) []mark {
	var list []mark
	add := func(which alerting.Marks, key, glyph string, says text.Message) {
		if s.Marks.Has(which) && key != shown.Key {
			list = append(list, mark{key, glyph, v.say(text.Message{ID: "mark." + key}), v.say(says)})
		}
	}
	add(alerting.MarkMissed, "missed", "missed", text.M("page.missed.why", text.Time("at", s.LastCheck)))
	add(alerting.MarkFlapping, "flapping", "flapping", flappingSays(s))
	add(alerting.MarkHung, "hung", "hung", text.M("page.hung.why"))
	add(alerting.MarkDowntime, "downtime", "down", text.M("page.downtime.why"))
	return list
}

// flappingSays puts flapping into words: how much, and since when.
func flappingSays(s *alerting.ServiceState) text.Message {
	if s.FlapSince.IsZero() {
		return text.M("page.flapping.why", text.Ratio("share", s.FlapPercent/100))
	}
	return text.M("page.flapping.since", text.Ratio("share", s.FlapPercent/100), text.Time("at", s.FlapSince))
}
