package logwatch

import (
	"time"

	"monitord/checks/logs"
)

// Rules is the rules of a configuration, compiled.
type Rules struct {
	set      *logs.Set
	services map[string]serviceRule // by service
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
	out := &Rules{set: set, services: map[string]serviceRule{}}
	for _, r := range c.Match.Rules {
		if r.State == "" {
			continue
		}
		s := out.services[ServiceOf(r)]
		s.after = max(s.after, r.ClearAfter)
		out.services[ServiceOf(r)] = s
	}
	return out, nil
}
