package logs

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/timeperiod"
)

// ruleCompiler turns one RuleConfig into a Rule and gathers its faults.
type ruleCompiler struct {
	*RuleConfig
	out    *Rule
	names  []string // of groups that all ways of the match have
	faults []error
}

func (c *RuleConfig) rule() (*Rule, error) {
	rc := &ruleCompiler{RuleConfig: c, out: &Rule{Name: c.Name, stop: c.Stop}}
	if c.node != nil {
		rc.out.Place = c.node.Place
	}
	rc.conditions()
	rc.selectors()
	rc.correlation()
	rc.expectation()
	rc.raise()
	rc.actions()
	written, err := config.Marshal(c)
	if err != nil {
		rc.fault("", "%v", err)
	}
	rc.out.definition = fmt.Sprintf("%x", sha256.Sum256(written))
	return rc.out, errors.Join(rc.faults...)
}

func (c *ruleCompiler) fault(path, format string, args ...any) {
	c.faults = append(c.faults, config.Faultf(path, format, args...))
}

// conditions reads what a line is tried with.
func (c *ruleCompiler) conditions() {
	given := 0
	for path, n := range map[string]*config.Node{"match": c.Match, "ignore": c.Ignore, "expect": c.Expect} {
		if n == nil || n.Kind == config.Null {
			continue
		}
		given++
		c.out.match = c.patterns(path, n)
		if c.out.Name == "" {
			c.out.Name = firstText(n)
		}
	}
	if given != 1 {
		c.fault("", "a rule has exactly one of match, ignore and expect (got %d)", given)
		c.out.match = always(false)
	}
	c.out.ignore = c.Ignore != nil
	if c.out.ignore {
		c.out.stop = true
	}
	c.names = groupNames(c.out.match)
	if c.Except != nil {
		c.out.match = allExpr{notExpr{c.patterns("except", c.Except)}, c.out.match}
	}
}

// firstText is the expression as it is written, for a name.
func firstText(n *config.Node) string {
	if n.Kind == config.List && len(n.Items) > 0 {
		n = n.Items[0]
	}
	return n.Text
}

// patterns reads an expression or a list of them.
func (c *ruleCompiler) patterns(path string, n *config.Node) expr {
	if n.Kind == config.Scalar {
		return c.pattern(path, n.Text)
	}
	if n.Kind != config.List || len(n.Items) == 0 {
		c.fault(path, "wrong type (got %s; want an expression, or a list of them)", n.Kind)
		return always(false)
	}
	var any anyExpr
	for i, item := range n.Items {
		at := config.IndexPath(path, i)
		if item.Kind != config.Scalar {
			c.fault(at, "wrong type (got %s; want an expression)", item.Kind)
			continue
		}
		any = append(any, c.pattern(at, item.Text))
	}
	return any
}

func (c *ruleCompiler) pattern(path, source string) expr {
	flags := ""
	if c.Case != nil && !*c.Case {
		flags = "i"
	}
	if source == "" {
		c.fault(path, "the expression is empty: it would match every line (write .* if that is meant)")
		return always(false)
	}
	p, err := compilePattern(source, flags)
	if err != nil {
		c.fault(path, "%v", err)
		return always(false)
	}
	return p
}

// groupNames are those that a placeholder may name.
func groupNames(e expr) []string {
	switch e := e.(type) {
	case *pattern:
		return e.names
	case anyExpr:
		var all []string
		for _, x := range e {
			all = append(all, groupNames(x)...)
		}
		return all
	}
	return nil
}

// selectors reads to which lines the rule is restricted.
func (c *ruleCompiler) selectors() {
	c.out.only = selector{files: c.Files, programs: c.Programs, severity: c.Severity}
	for path, list := range map[string][]string{"files": c.Files, "programs": c.Programs} {
		for i, p := range list {
			if _, err := filepath.Match(p, ""); err != nil || p == "" {
				c.fault(config.IndexPath(path, i), "%q is no pattern of names (want such as /var/log/*.log)", p)
			}
		}
	}
}

// template reads text with placeholders.
func (c *ruleCompiler) template(path, s string) template {
	t, err := parseTemplate(s, c.names)
	if err != nil {
		c.fault(path, "%v", err)
	}
	return t
}

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
		c.out.gates = append(c.out.gates, &gate{kind: kind, count: l.Count, within: l.Within, by: c.template("threshold.by", by)})
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

// raise reads which service the rule raises and what ends it.
func (c *ruleCompiler) raise() {
	if c.State == "" {
		if c.Service != "" || c.Clear != nil || c.ClearAfter != 0 {
			c.fault("", "service, clear and clear_after belong to state: state: critical raises a service")
		}
		return
	}
	s, ok := stateNames[c.State]
	if !ok || s == checks.OK {
		c.fault("state", "got %s; want warning, critical or unknown", c.State)
	}
	c.out.state, c.out.service = s, c.Service
	if c.out.service == "" {
		c.out.service = c.out.Name
	}
	if c.Clear != nil {
		c.out.clear = c.patterns("clear", c.Clear)
	}
	if c.ClearAfter < 0 {
		c.fault("clear_after", "got %s; want 0 or more", c.ClearAfter)
	}
	c.out.clearAfter = c.ClearAfter
}

// actions reads what is to be done.
func (c *ruleCompiler) actions() {
	var when *hours
	if c.When != "" {
		h, err := parseHours(c.When)
		if err != nil {
			c.fault("when", "%v", err)
		} else {
			h.zone, when = c.zone(), h
		}
	}
	add := func(a actionSpec) {
		a.when = when
		c.out.actions = append(c.out.actions, a)
	}
	if c.Echo {
		add(actionSpec{kind: ActionEcho})
	}
	if c.Bell < 0 || c.Bell > 100 {
		c.fault("bell", "got %d; want 0 to 100", c.Bell)
	} else if c.Bell > 0 {
		add(actionSpec{kind: ActionBell, rings: c.Bell})
	}
	for _, kind := range []ActionKind{ActionExec, ActionPipe} {
		words := c.Exec
		if kind == ActionPipe {
			words = c.Pipe
		}
		if len(words) == 0 {
			continue
		}
		argv, err := argvOf(words, func(s string) (template, error) { return parseTemplate(s, c.names) })
		if err != nil {
			c.fault(string(kind), "%v", err)
		}
		add(actionSpec{kind: kind, argv: argv})
	}
	if len(c.Mail) > 0 {
		add(actionSpec{kind: ActionMail, to: c.Mail, subject: template{{text: c.out.Name}}})
	}
	if len(c.Write) > 0 {
		add(actionSpec{kind: ActionWrite, to: c.Write})
	}
	if c.Message != "" {
		c.out.message = c.template("message", c.Message)
	}
	for i, s := range c.Samples {
		c.sample(config.IndexPath("samples", i), s)
	}
	if c.out.ignore && (len(c.out.actions) > 0 || c.State != "" || len(c.Samples) > 0) {
		c.fault("", "an ignore rule does nothing with the lines that it hides")
	}
}

func (c *ruleCompiler) sample(path string, s SampleConfig) {
	factor, ok := units[s.Unit]
	if !ok {
		c.fault(config.JoinPath(path, "unit"), "got %s; want one of %s", s.Unit, namesOf(units))
	}
	if !metricName.MatchString(s.Name) {
		c.fault(config.JoinPath(path, "name"), "got %q; want a metric's name such as app_request_seconds", s.Name)
	}
	if !strings.Contains(s.Value, "$") {
		c.fault(config.JoinPath(path, "value"), "got %q; want the group that holds the number, such as $1", s.Value)
	}
	c.out.samples = append(c.out.samples, sampleSpec{name: s.Name, value: c.template(config.JoinPath(path, "value"), s.Value), factor: factor})
}

var metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
