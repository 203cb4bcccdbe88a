package actions

import (
	"fmt"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/inventory"
)

// Rule is a rule on logs that names an action: the service that it raises asks
// for it. A line is no more than that: it brings no argument, and everything that
// the action demands must hold.
type Rule struct {
	Action  string
	Service string // item of alerting.LogCheck
	Place   config.Place
	Path    string // of the key
}

// narrows reports whether a host is one of those that `when` means.
func (w *WhenConfig) narrows(h inventory.Host) bool {
	if len(w.Hosts)+len(w.Groups) == 0 {
		return true
	}
	for _, name := range w.Hosts {
		if name == h.Name {
			return true
		}
	}
	for _, group := range w.Groups {
		if h.In(group) {
			return true
		}
	}
	return false
}

// raisedByRules adds the services of rules that name an action.
func (b *builder) raisedByRules(found map[string][]checks.Service, action string, w WhenConfig) {
	any := false
	for _, r := range b.rules {
		if r.Action != action {
			continue
		}
		any = true
		for _, h := range b.plan.inv.Hosts {
			if w.narrows(h) {
				found[h.Name] = append(found[h.Name], checks.Service{Host: h.Name, Check: alerting.LogCheck, Item: r.Service})
			}
		}
	}
	if !any {
		b.fault("when.rules", "no rule of the section logs names this action (want action: %s in a rule that has a state)", action)
	}
}

// ruleFaults are those of rules that name what does not exist, or may not be
// named.
func ruleFaults(c Config, rules []Rule) (faults config.Faults) {
	for _, r := range rules {
		problem := ""
		switch a, known := c[r.Action]; {
		case !known:
			problem = fmt.Sprintf("unknown action (got %q; want a name of the section actions)", r.Action)
		case !a.When.Rules:
			problem = fmt.Sprintf("rules may not ask for %s (want when: {rules: true} there)", r.Action)
		default:
			continue
		}
		faults = append(faults, config.PlacedFault{Place: r.Place, Path: r.Path, Problem: problem})
	}
	return faults
}
