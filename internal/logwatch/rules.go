package logwatch

import (
	"time"

	"monitord/checks/logs"
)

// Rules is the rules of a configuration, compiled.
type Rules struct {
	set      *logs.Set
	services map[string]serviceRule // by service
	byName   map[string]ruleExtra
}

// ruleExtra is what a Watch wants to know of a rule.
type ruleExtra struct {
	journal int // lines a minute
	service string
	action  string
}

// defaultJournalLines is a rule's journal_lines when it says nothing.
const defaultJournalLines = 30

// journalLines is how many lines a minute a rule writes to the journal. One that
// only measures writes none, unless it says so.
func journalLines(r *logs.RuleConfig) int {
	switch {
	case r.JournalLines != nil:
		return *r.JournalLines
	case len(r.Samples) > 0 && r.State == "":
		return 0
	}
	return defaultJournalLines
}

// serviceRule is what ends a service.
type serviceRule struct {
	after time.Duration // without a line; 0: nothing but a line or a person
}

// Compile makes the rules of a configuration. The error is every fault.
func Compile(c Config) (*Rules, error) {
	rules, err := c.Match.Compiled()
	if err != nil {
		return nil, err
	}
	set, err := logs.Compile(rules, logs.Options{Clock: logs.ByArrival})
	if err != nil {
		return nil, err
	}
	out := &Rules{set: set, services: map[string]serviceRule{}, byName: map[string]ruleExtra{}}
	for i, r := range c.Match.Rules {
		out.byName[rules[i].Name] = ruleExtra{journal: journalLines(&r), action: r.Action}
		if r.State == "" {
			continue
		}
		extra := out.byName[rules[i].Name]
		extra.service = ServiceOf(r)
		out.byName[rules[i].Name] = extra
		s := out.services[ServiceOf(r)]
		s.after = max(s.after, r.ClearAfter)
		out.services[ServiceOf(r)] = s
	}
	return out, nil
}
