package logs

import (
	"bytes"
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// literal is text that a matching line holds. Text of a literal that folds is
// in lower case, and its ASCII letters stand for both cases.
type literal struct {
	text string
	fold bool
}

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

// exact lists every text that re can match, when these are few: a match is one
// of them, upper and lower case apart where the literal folds. What has no width
// (anchors, borders of words) is the empty text.
func exact(re *syntax.Regexp, depth int) ([]literal, bool) {
	if depth > maxParseDepth {
		return nil, false
	}
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []literal{{}}, true
	case syntax.OpLiteral:
		return exactLiteral(re)
	case syntax.OpCapture:
		return exact(re.Sub[0], depth+1)
	case syntax.OpQuest:
		set, ok := exact(re.Sub[0], depth+1)
		return append([]literal{{}}, set...), ok && len(set) < maxLiterals
	case syntax.OpCharClass:
		return exactClass(re)
	case syntax.OpAlternate:
		var all []literal
		for _, sub := range re.Sub {
			set, ok := exact(sub, depth+1)
			if all = append(all, set...); !ok || len(all) > maxLiterals {
				return nil, false
			}
		}
		return all, true
	case syntax.OpConcat:
		run := []literal{{}}
		for _, sub := range re.Sub {
			set, ok := exact(sub, depth+1)
			if !ok || len(run)*len(set) > maxLiterals {
				return nil, false
			}
			run = cross(run, set)
		}
		return run, true
	}
	return nil, false
}

// exactLiteral is the text of a literal; a rune that folds to others outside of
// ASCII (k to the Kelvin sign, s to the long s) multiplies it.
func exactLiteral(re *syntax.Regexp) ([]literal, bool) {
	if re.Flags&syntax.FoldCase == 0 {
		for _, r := range re.Rune {
			if r == utf8.RuneError { // stands for any broken byte too
				return nil, false
			}
		}
		return []literal{{text: string(re.Rune)}}, true
	}
	run := []literal{{}}
	for _, r := range re.Rune {
		set := foldRune(r)
		if set == nil || len(run)*len(set) > maxLiterals {
			return nil, false
		}
		run = cross(run, set)
	}
	return run, true
}

// foldRune lists what a rune stands for when case does not count.
func foldRune(r rune) []literal {
	if r == utf8.RuneError {
		return nil
	}
	var out []literal
	ascii := false
	for f := r; ; {
		if f < utf8.RuneSelf {
			if !ascii {
				out = append(out, literal{text: string(unicode.ToLower(f)), fold: true})
			}
			ascii = true
		} else {
			out = append(out, literal{text: string(f)})
		}
		if f = unicode.SimpleFold(f); f == r {
			return out
		}
	}
}

// exactClass is a class of few runes, such as [Ff].
func exactClass(re *syntax.Regexp) ([]literal, bool) {
	var out []literal
	for i := 0; i+1 < len(re.Rune); i += 2 {
		if re.Rune[i+1]-re.Rune[i] >= 4 {
			return nil, false
		}
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			if r == utf8.RuneError || len(out) == 4 {
				return nil, false
			}
			out = append(out, literal{text: string(r)})
		}
	}
	return out, len(out) > 0
}

// cross joins every text of a with every text of b. Once a part folds the whole
// does: that only weakens it.
func cross(a, b []literal) []literal {
	out := make([]literal, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			l := literal{text: x.text + y.text, fold: x.fold || y.fold}
			if l.fold {
				l.text = string(lowerASCII([]byte(l.text)))
			}
			out = append(out, l)
		}
	}
	return out
}

// lowerASCII changes b in place; other bytes stay.
func lowerASCII(b []byte) []byte {
	for i, c := range b {
		b[i] = lowerByte(c)
	}
	return b
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// at reports whether the literal stands in b at i.
func (l *literal) at(b []byte, i int) bool {
	if i < 0 || i+len(l.text) > len(b) {
		return false
	}
	if !l.fold {
		return string(b[i:i+len(l.text)]) == l.text
	}
	for k := range len(l.text) {
		if lowerByte(b[i+k]) != l.text[k] {
			return false
		}
	}
	return true
}

// in reports whether the literal stands anywhere in b.
func (l *literal) in(b []byte) bool {
	if !l.fold {
		return bytes.Contains(b, []byte(l.text))
	}
	for i := range len(b) - len(l.text) + 1 {
		if l.at(b, i) {
			return true
		}
	}
	return false
}
