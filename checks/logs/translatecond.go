package logs

import (
	"errors"
	"strings"
)

// nativeCond is a condition in the words of YAML.
type nativeCond struct {
	match  []string // one is enough
	except []string // none may match
	never  bool
}

var errCondition = errors.New("of patterns that are joined only the first may have groups, and then nothing may use $1 (write (?:…) for the others)")

// conditionOf writes a condition of swatch. Simple ones become a list, or a
// pattern and exceptions; all others one expression that looks ahead.
func conditionOf(e expr, captures bool) (nativeCond, error) {
	if c, err := plainCondition(e); err == nil {
		return c, nil
	}
	var all []*pattern
	if !patternsOf(e, &all) {
		return nativeCond{}, errCondition
	}
	for i, p := range all {
		if len(p.names) > 1 && (i > 0 || captures) {
			return nativeCond{}, errCondition
		}
	}
	return nativeCond{match: []string{"^" + ahead(e)}}, nil
}

// patternsOf lists the patterns of a condition; false: it has other parts.
func patternsOf(e expr, into *[]*pattern) bool {
	var parts []expr
	switch e := e.(type) {
	case *pattern:
		*into = append(*into, e)
	case always:
	case notExpr:
		parts = []expr{e.of}
	case allExpr:
		parts = e
	case anyExpr:
		parts = e
	case lastExpr:
		parts = e[len(e)-1:]
	default:
		return false
	}
	for _, x := range parts {
		if !patternsOf(x, into) {
			return false
		}
	}
	return true
}

// ahead is a condition as an expression of no width at the line's beginning.
func ahead(e expr) string {
	switch e := e.(type) {
	case *pattern:
		return "(?=(?s:.*)" + grouped(e) + ")"
	case always:
		if e {
			return "(?:)"
		}
		return "(?!)"
	case notExpr:
		return "(?!" + ahead(e.of) + ")"
	case lastExpr:
		return ahead(e[len(e)-1])
	case allExpr:
		var b strings.Builder
		for _, x := range e {
			b.WriteString(ahead(x))
		}
		return b.String()
	case anyExpr:
		var ways []string
		for _, x := range e {
			ways = append(ways, ahead(x))
		}
		return "(?:" + strings.Join(ways, "|") + ")"
	}
	return "(?!)"
}

var errPlain = errors.New("no simple condition")

// plainCondition writes what match and except can say.
func plainCondition(e expr) (nativeCond, error) {
	switch e := e.(type) {
	case always:
		if !e {
			return nativeCond{never: true}, nil
		}
		return nativeCond{match: []string{".*"}}, nil
	case *pattern:
		return nativeCond{match: []string{written(e)}}, nil
	case lastExpr:
		return plainCondition(e[len(e)-1])
	case anyExpr:
		return anyOfPatterns(e)
	case notExpr:
		return allOfPatterns(allExpr{e})
	case allExpr:
		return allOfPatterns(e)
	}
	return nativeCond{}, errPlain
}

func anyOfPatterns(e anyExpr) (nativeCond, error) {
	var c nativeCond
	for _, x := range e {
		one, err := plainCondition(x)
		if err != nil || len(one.except) > 0 || one.never {
			return nativeCond{}, errPlain
		}
		c.match = append(c.match, one.match...)
	}
	return c, nil
}

// allOfPatterns writes A && !B, and A && B as looking ahead. What the last one
// captures is $1, so that those before it may capture nothing.
func allOfPatterns(e allExpr) (nativeCond, error) {
	var c nativeCond
	var ahead []*pattern
	for _, x := range flat(e) {
		switch x := x.(type) {
		case *pattern:
			ahead = append(ahead, x)
		case notExpr:
			no, err := plainCondition(x.of)
			if err != nil || len(no.except) > 0 || no.never {
				return nativeCond{}, errPlain
			}
			c.except = append(c.except, no.match...)
		case anyExpr:
			some, err := anyOfPatterns(x)
			if err != nil || c.match != nil {
				return nativeCond{}, errPlain
			}
			c.match = some.match
		default:
			return nativeCond{}, errPlain
		}
	}
	switch {
	case len(ahead) > 0 && c.match != nil:
		return nativeCond{}, errPlain
	case len(ahead) == 1:
		c.match = []string{written(ahead[0])}
	case len(ahead) > 1:
		both, err := lookingAhead(ahead)
		if err != nil {
			return nativeCond{}, err
		}
		c.match = []string{both}
	case c.match == nil:
		c.match = []string{".*"}
	}
	return c, nil
}

// flat undoes (A && B) && C.
func flat(e allExpr) []expr {
	var out []expr
	for _, x := range e {
		if inner, ok := x.(allExpr); ok {
			out = append(out, flat(inner)...)
		} else {
			out = append(out, x)
		}
	}
	return out
}

// lookingAhead is one expression that matches where all do.
func lookingAhead(all []*pattern) (string, error) {
	var b strings.Builder
	b.WriteString("^")
	for i, p := range all {
		last := i == len(all)-1
		if !last && len(p.names) > 1 {
			return "", errPlain
		}
		inner := grouped(p)
		if last {
			b.WriteString("(?s:.*?)" + inner)
		} else {
			b.WriteString("(?=(?s:.*)" + inner + ")")
		}
	}
	return b.String(), nil
}

// flagsOf are those that change what matches.
func flagsOf(p *pattern) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("imsx", r) {
			return r
		}
		return -1
	}, p.flags)
}

// written is a pattern with its flags within.
func written(p *pattern) string {
	if f := flagsOf(p); f != "" {
		return "(?" + f + ")" + p.source
	}
	return p.source
}

// grouped is a pattern as a part of another. A comment at its end is closed.
func grouped(p *pattern) string {
	f := flagsOf(p)
	if strings.Contains(f, "x") {
		return "(?" + f + ":" + p.source + "\n)"
	}
	return "(?" + f + ":" + p.source + ")"
}
