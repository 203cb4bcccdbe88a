package logs

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"

	"monitord/internal/config"
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
	c.out.only = selector{files: c.Files, hosts: c.Hosts, programs: c.Programs, facility: c.Facilities, severity: c.Severity}
	for path, list := range map[string][]string{"files": c.Files, "hosts": c.Hosts, "programs": c.Programs, "facilities": c.Facilities} {
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
