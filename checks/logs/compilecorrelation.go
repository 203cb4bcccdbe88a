package logs

import (
	"time"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/timeperiod"
)

// maxCount bounds what one counter has to remember.
const maxCount = 1000

// correlation reads what makes a match of several lines.
func (c *ruleCompiler) correlation() {
	kinds := 0
	if c.Without != nil {
		kinds++
		c.out.pair = &pair{without: c.patterns("without", c.Without)}
	}
	for i, p := range c.Then {
		c.out.then = append(c.out.then, c.pattern(config.IndexPath("then", i), p))
	}
	if len(c.Then) > 0 {
		kinds++
	}
	if c.Distinct != "" {
		kinds++
		c.out.values = &distinct{of: c.template("distinct", c.Distinct), count: c.Count}
		if c.Count < 2 || c.Count > maxCount {
			c.fault("count", "how many different values? (got %d; want 2 to %d)", c.Count, maxCount)
		}
	} else if c.Count != 0 {
		c.fault("count", "it belongs to distinct; for a number of lines write threshold: {count: %d, within: 60s}", c.Count)
	}
	switch {
	case kinds > 1:
		c.fault("", "a rule has at most one of without, then and distinct")
	case kinds == 1 && (c.Within < time.Second || c.Match == nil):
		c.fault("within", "it needs match, and a time of at least 1s (got %s)", c.Within)
	case kinds == 0 && c.Within != 0:
		c.fault("within", "it belongs to without, then or distinct")
	}
	c.out.within = c.Within
	c.out.by = c.template("by", c.By)
	c.gates()
	c.onlyIf()
}

// gates reads threshold and throttle.
func (c *ruleCompiler) gates() {
	if l := c.Limit; l != nil {
		kinds := map[string]gateKind{"limit": gateLimit, "threshold": gateThreshold, "": gateThreshold, "both": gateBoth}
		kind, ok := kinds[l.Type]
		if !ok {
			c.fault("threshold.type", "got %s; want limit, threshold or both", l.Type)
		}
		if l.Count < 1 || l.Count > maxCount {
			c.fault("threshold.count", "got %d; want 1 to %d", l.Count, maxCount)
		}
		if l.Within < time.Second {
			c.fault("threshold.within", "got %s; want at least 1s", l.Within)
		}
		by := l.By
		if by == "" {
			by = c.By
		}
		c.out.gates = append(c.out.gates, &gate{kind: kind, count: l.Count, within: l.Within, by: c.template("threshold.by", by), swatch: l.Swatch})
	}
	if c.Throttle < 0 || c.Throttle > 0 && c.Throttle < time.Second {
		c.fault("throttle", "got %s; want at least 1s", c.Throttle)
	}
	if c.Throttle > 0 {
		g := &gate{kind: gateThrottle, within: c.Throttle}
		if c.By != "" {
			g.by = c.template("by", c.By)
		}
		c.out.gates = append(c.out.gates, g)
	}
}

// onlyIf reads what else must be so.
func (c *ruleCompiler) onlyIf() {
	o := c.OnlyIf
	if o == nil {
		return
	}
	if (o.Query == "") == (o.Service == "") {
		c.fault("only_if", "it has exactly one of query and service")
	}
	if o.Service == "" && len(o.State) > 0 {
		c.fault("only_if.state", "it belongs to service")
	}
	cond := &condition{query: o.Query, service: o.Service}
	for i, name := range o.State {
		s, ok := stateNames[name]
		if !ok {
			c.fault(config.IndexPath("only_if.state", i), "got %s; want one of %s", name, namesOf(stateNames))
		}
		cond.states = append(cond.states, s)
	}
	if o.Service != "" && len(o.State) == 0 {
		cond.states = []checks.State{checks.Warning, checks.Critical, checks.Unknown}
	}
	c.out.joined = cond
}

// expectation reads expect, every, grace, during.
func (c *ruleCompiler) expectation() {
	if c.Expect == nil {
		if c.Every != 0 || c.Grace != 0 || len(c.During) > 0 {
			c.fault("", "every, grace and during belong to expect")
		}
		return
	}
	if c.Every < time.Second {
		c.fault("every", "how often must the line come? (got %s; want at least 1s, such as 24h)", c.Every)
	}
	if c.Grace < 0 {
		c.fault("grace", "got %s; want 0 or more", c.Grace)
	}
	if c.Without != nil || len(c.Then) > 0 || c.Distinct != "" || c.Limit != nil || c.Throttle != 0 || c.OnlyIf != nil || c.Clear != nil {
		c.fault("", "an expected line is told when it does not come: without, then, distinct, threshold, throttle, only_if and clear do not go with expect")
	}
	e := &expectation{every: c.Every, grace: c.Grace}
	var lines []timeperiod.Rule
	for i, line := range c.During {
		r, err := timeperiod.ParseRule(line)
		if err != nil {
			c.fault(config.IndexPath("during", i), "%v", err)
			continue
		}
		lines = append(lines, r)
	}
	if len(lines) > 0 {
		e.during = timeperiod.New(c.Name, c.zone(), lines)
	}
	c.out.expect = e
}

func (c *ruleCompiler) zone() *time.Location {
	if c.Timezone == "" {
		return time.Local
	}
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		c.fault("timezone", "got %s; want a name such as Asia/Tokyo", c.Timezone)
		return time.UTC
	}
	return zone
}
