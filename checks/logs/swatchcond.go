package logs

import (
	"errors"
	"fmt"
	"strings"
)

// condition reads what stands behind watchfor: swatchdog puts it into a Perl `if`,
// so that /a/ && !/b/ is possible. Known are patterns with any delimiter and
// flags, && || ! and or not, parentheses, $_ =~ and !~, and variables of perlcode.
func (p *swatchParser) condition(s statement) (expr, error) {
	if s.value == "" {
		return nil, fmt.Errorf("%s has no pattern (want /EXPRESSION/)", s.key)
	}
	c := &perlCondition{src: s.value, vars: p.vars}
	e, err := c.list()
	if err == nil && c.skip() {
		err = fmt.Errorf("%q is not known here (want /EXPRESSION/, with && || ! between them)", c.rest())
	}
	if err != nil {
		return nil, err
	}
	if c.comma {
		p.note(s.val, "of a list of patterns swatchdog looks only at the last: write /A|B/")
	}
	return e, nil
}

// perlCondition is a parser by recursive descent, with Perl's order of precedence.
type perlCondition struct {
	src   string
	pos   int
	depth int
	vars  map[string]string
	comma bool
}

const maxConditionDepth = 100

func (c *perlCondition) rest() string { return c.src[c.pos:] }

// skip goes over space and a comment, and reports whether anything is left.
func (c *perlCondition) skip() bool {
	for c.pos < len(c.src) && strings.IndexByte(" \t", c.src[c.pos]) >= 0 {
		c.pos++
	}
	if strings.HasPrefix(c.rest(), "#") {
		c.pos = len(c.src)
	}
	return c.pos < len(c.src)
}

// take reads one of the operators; words end at a border.
func (c *perlCondition) take(ops ...string) bool {
	c.skip()
	for _, op := range ops {
		after, ok := strings.CutPrefix(c.rest(), op)
		if !ok || isWordByte(op[0]) && after != "" && isWordByte(after[0]) {
			continue
		}
		c.pos += len(op)
		return true
	}
	return false
}

// list is words with the lowest precedence: or.
func (c *perlCondition) list() (expr, error) {
	if c.depth++; c.depth > maxConditionDepth {
		return nil, errors.New("the condition is nested too deeply")
	}
	defer func() { c.depth-- }()
	return c.chain(func() (expr, error) { return c.chain(c.lowNot, true, "and") }, false, "or")
}

// lowNot is the word not, which binds weaker than a comma.
func (c *perlCondition) lowNot() (expr, error) {
	if c.take("not") {
		if c.depth++; c.depth > maxConditionDepth {
			return nil, errors.New("the condition is nested too deeply")
		}
		defer func() { c.depth-- }()
		e, err := c.lowNot()
		return notExpr{e}, err
	}
	e, err := c.high()
	all := lastExpr{e}
	for err == nil && c.take(",") {
		c.comma = true
		if e, err = c.high(); err == nil {
			all = append(all, e)
		}
	}
	if len(all) == 1 || err != nil {
		return e, err
	}
	return all, nil
}

// high is || and &&.
func (c *perlCondition) high() (expr, error) {
	return c.chain(func() (expr, error) { return c.chain(c.unary, true, "&&") }, false, "||")
}

func (c *perlCondition) chain(next func() (expr, error), and bool, ops ...string) (expr, error) {
	e, err := next()
	all := []expr{e}
	for err == nil && c.take(ops...) {
		if e, err = next(); err == nil {
			all = append(all, e)
		}
	}
	switch {
	case err != nil || len(all) == 1:
		return e, err
	case and:
		return allExpr(all), nil
	}
	return anyExpr(all), nil
}

func (c *perlCondition) unary() (expr, error) {
	if c.depth++; c.depth > maxConditionDepth {
		return nil, errors.New("the condition is nested too deeply")
	}
	defer func() { c.depth-- }()
	switch {
	case c.take("!"):
		e, err := c.unary()
		return notExpr{e}, err
	case c.take("("):
		e, err := c.list()
		if err == nil && !c.take(")") {
			err = errors.New("a parenthesis is not closed")
		}
		return e, err
	case c.take("$_"):
		if not := c.take("!~"); not || c.take("=~") {
			e, err := c.pattern()
			if not {
				e = notExpr{e}
			}
			return e, err
		}
		return nil, errors.New("$_ alone is no pattern (want $_ =~ /EXPRESSION/)")
	}
	return c.pattern()
}
