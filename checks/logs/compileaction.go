package logs

import (
	"regexp"
	"strings"

	"monitord/checks"
	"monitord/internal/config"
)

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
	if s.Name == "" {
		s.Name = defaultSeries
	}
	if !metricName.MatchString(s.Name) {
		c.fault(config.JoinPath(path, "name"), "got %q; want a metric's name such as app_request_seconds", s.Name)
	}
	if !strings.Contains(s.Value, "$") {
		c.fault(config.JoinPath(path, "value"), "got %q; want the group that holds the number, such as $1", s.Value)
	}
	c.out.samples = append(c.out.samples, sampleSpec{name: s.Name, value: c.template(config.JoinPath(path, "value"), s.Value), factor: factor})
}

// defaultSeries is the name of a sample that its rule does not name.
const defaultSeries = "monitord_log_value"

var metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
