package logs

import (
	"regexp/syntax"
)

// need says what a line must hold to be worth a look by the expression. It is
// weaker than the expression, never stronger: a line without it cannot match.
type need struct {
	kind needKind
	lits []literal // of needOneOf: the line holds at least one
	subs []*need   // of needAll and needAny
}

type needKind int

const (
	needOneOf needKind = iota // at least one of lits
	needAll                   // every one of subs: any of them may serve as the filter
	needAny                   // at least one of subs: the filter needs one of each
)

// Bounds of what is worked out of one expression.
const (
	maxLiterals   = 16  // alternatives at one place
	maxLiteralLen = 48  // bytes; what is longer is cut, which only weakens it
	maxNeeds      = 64  // places in one sequence
	maxParseDepth = 200 // of nested groups that are followed
)

// needOf works out what text a match of re must hold; nil: nothing can be said.
// re is a parsed and simplified expression.
func needOf(re *syntax.Regexp) *need { return needAt(re, 0) }

func needAt(re *syntax.Regexp, depth int) *need {
	if depth > maxParseDepth {
		return nil
	}
	if set, ok := exact(re, depth); ok {
		return oneOf(set)
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return needAt(re.Sub[0], depth+1)
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needAt(re.Sub[0], depth+1)
		}
	case syntax.OpAlternate:
		subs := make([]*need, len(re.Sub))
		for i, sub := range re.Sub {
			subs[i] = needAt(sub, depth+1)
		}
		return anyOf(subs)
	case syntax.OpConcat:
		return needOfSequence(re.Sub, depth)
	}
	return nil
}

// needOfSequence joins neighbours whose text is known and keeps each run.
func needOfSequence(subs []*syntax.Regexp, depth int) *need {
	var all []*need
	run := []literal{{}}
	flush := func() {
		if n := oneOf(run); n != nil {
			all = append(all, n)
		}
		run = []literal{{}}
	}
	for _, sub := range subs {
		if len(all) >= maxNeeds {
			break
		}
		if set, ok := exact(sub, depth+1); ok {
			if len(run)*len(set) > maxLiterals {
				flush()
			}
			run = cross(run, set)
			continue
		}
		flush()
		if n := needAt(sub, depth+1); n != nil {
			all = append(all, n)
		}
	}
	flush()
	return allOf(all)
}

// oneOf is nil when one of the texts is empty: every line holds that.
func oneOf(set []literal) *need {
	if len(set) == 0 || len(set) > maxLiterals {
		return nil
	}
	for i, l := range set {
		if l.text == "" {
			return nil
		}
		if len(l.text) > maxLiteralLen {
			set[i].text = l.text[:maxLiteralLen]
		}
	}
	return &need{kind: needOneOf, lits: set}
}

// allOf leaves out what says nothing.
func allOf(subs []*need) *need {
	var known []*need
	for _, s := range subs {
		if s != nil {
			known = append(known, s)
		}
	}
	switch len(known) {
	case 0:
		return nil
	case 1:
		return known[0]
	}
	return &need{kind: needAll, subs: known}
}

// anyOf is nil when one of the ways says nothing.
func anyOf(subs []*need) *need {
	for _, s := range subs {
		if s == nil {
			return nil
		}
	}
	if len(subs) == 1 {
		return subs[0]
	}
	return &need{kind: needAny, subs: subs}
}
