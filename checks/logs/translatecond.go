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

var errCondition = errors.New("this condition has no form in YAML (want patterns joined by ||, and && with a single one or with !)")

// conditionOf writes a condition of swatch.
func conditionOf(e expr) (nativeCond, error) {
	switch e := e.(type) {
	case always:
		if !e {
			return nativeCond{never: true}, nil
		}
		return nativeCond{match: []string{".*"}}, nil
	case *pattern:
		return nativeCond{match: []string{written(e)}}, nil
	case lastExpr:
		return conditionOf(e[len(e)-1])
	case anyExpr:
		return anyOfPatterns(e)
	case notExpr:
		return allOfPatterns(allExpr{e})
	case allExpr:
		return allOfPatterns(e)
	}
	return nativeCond{}, errCondition
}

func anyOfPatterns(e anyExpr) (nativeCond, error) {
	var c nativeCond
	for _, x := range e {
		one, err := conditionOf(x)
		if err != nil || len(one.except) > 0 || one.never {
			return nativeCond{}, errCondition
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
			no, err := conditionOf(x.of)
			if err != nil || len(no.except) > 0 || no.never {
				return nativeCond{}, errCondition
			}
			c.except = append(c.except, no.match...)
		case anyExpr:
			some, err := anyOfPatterns(x)
			if err != nil || c.match != nil {
				return nativeCond{}, errCondition
			}
			c.match = some.match
		default:
			return nativeCond{}, errCondition
		}
	}
	switch {
	case len(ahead) > 0 && c.match != nil:
		return nativeCond{}, errCondition
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
			return "", errors.New("of patterns joined by && only the last may have groups (write (?:…) for the others)")
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
