package trendwatch

import (
	"strings"

	"monitord/internal/text"
)

// Short is a finding's sentence for a list, where the series' name stands beside
// it: its date comes first, so that it is there however little room there is.
// Other sentences stay as they are.
func Short(m text.Message) text.Message {
	word, found := strings.CutPrefix(m.ID, "trend.")
	if !found {
		return m
	}
	switch word {
	case "sudden-surge", "sudden-drop", "slide-surge", "slide-drop",
		"pattern-lost", "pattern-new", "pattern-other", "pattern-shift", "pattern-livelier", "pattern-calmer", "pattern-frozen",
		"rhythm-lost", "rhythm-new", "rhythm-other",
		"limit", "limit-open", "limit-reached", "limit-near", "limit-brink":
		m.ID = "trendwatch.short." + word
	}
	return m
}

// Sentences says what is open, one finding each, in the series' unit.
func (v *View) Sentences() []text.Message {
	var list []text.Message
	for _, f := range v.Findings {
		if f.Open() {
			list = append(list, v.Unit.units(f.Sentence(v.Service.Item)))
		}
	}
	return list
}
