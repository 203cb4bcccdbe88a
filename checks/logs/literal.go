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
