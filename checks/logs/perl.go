package logs

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// perlSyntax rewrites an expression in the syntax of Perl (perlre(1)) or Python
// for two engines. For the backtracking one it writes what that spells otherwise
// (possessive quantifiers, named groups, \h, comments) and keeps the meaning. For
// RE2 it writes a weaker expression: without look-around and with .* for what
// refers back, so that each line that matches the original matches it too. That
// one filters, and gives the literals.
type perlSyntax struct {
	src     string
	pos     int
	slow    strings.Builder // for regexp2
	weak    strings.Builder // for RE2; "" once it cannot be told
	names   []string        // of groups by number; names[0] is the whole
	stack   []perlGroup
	spaced  bool // the flag x: spaces and comments mean nothing
	atom    int  // where the last atom begins in slow; -1: there is none
	atomEnd bool // an atom has just ended: a quantifier may follow
}

// perlGroup is an open group.
type perlGroup struct {
	slowAt int
	weakAt int
	drop   bool // a look-around: nothing of it stays in weak
	spaced bool
}

// rewrittenPattern is what perlSyntax makes.
type rewrittenPattern struct {
	slow, weak string
	names      []string
}

// maxPerlDepth bounds nested groups: the engines recurse.
const maxPerlDepth = 500

// rewritePerl reads an expression with flags of imsx.
func rewritePerl(src, flags string) (rewrittenPattern, error) {
	p := &perlSyntax{src: src, names: []string{""}, spaced: strings.Contains(flags, "x"), atom: -1}
	lead := inlineFlags(flags)
	p.both(lead)
	for p.pos < len(src) {
		if err := p.next(); err != nil {
			return rewrittenPattern{}, fmt.Errorf("at character %d: %w", utf8.RuneCountInString(src[:min(p.pos, len(src))])+1, err)
		}
	}
	if len(p.stack) > 0 {
		return rewrittenPattern{}, errors.New("a group is not closed (want a ) at its end)")
	}
	return rewrittenPattern{slow: p.slow.String(), weak: p.weak.String(), names: p.names}, nil
}

// inlineFlags writes flags that both engines know at the front.
func inlineFlags(flags string) string {
	kept := strings.Map(func(r rune) rune {
		if strings.ContainsRune("ims", r) {
			return r
		}
		return -1
	}, flags)
	if kept == "" {
		return ""
	}
	return "(?" + kept + ")"
}

func (p *perlSyntax) both(s string) { p.emit(s, s) }

func (p *perlSyntax) emit(slow, weak string) {
	p.slow.WriteString(slow)
	p.weak.WriteString(weak)
}

// piece emits one atom.
func (p *perlSyntax) piece(slow, weak string) {
	p.atom, p.atomEnd = p.slow.Len(), true
	p.emit(slow, weak)
}

func (p *perlSyntax) rest() string { return p.src[p.pos:] }

// take advances over one of the prefixes.
func (p *perlSyntax) take(prefix string) bool {
	if strings.HasPrefix(p.rest(), prefix) {
		p.pos += len(prefix)
		return true
	}
	return false
}

// until returns what stands before end and goes behind it.
func (p *perlSyntax) until(end string) (string, error) {
	text, _, ok := strings.Cut(p.rest(), end)
	if !ok {
		return "", fmt.Errorf("want a %s", end)
	}
	p.pos += len(text) + len(end)
	return text, nil
}

func (p *perlSyntax) next() error {
	switch c := p.src[p.pos]; {
	case c == '\\':
		return p.escape()
	case c == '[':
		return p.class()
	case c == '(':
		return p.open()
	case c == ')':
		return p.close()
	case c == '|':
		p.pos++
		p.both("|")
		p.atomEnd = false
	case c == '*' || c == '+' || c == '?' || c == '{' && braces.MatchString(p.rest()):
		return p.quantifier()
	case p.spaced && strings.IndexByte(" \t\n\r\f\v", c) >= 0:
		p.pos++
	case p.spaced && c == '#':
		text, _, _ := strings.Cut(p.rest(), "\n")
		p.pos += len(text)
	case c == '{' || c == '}':
		p.pos++
		p.piece(`\`+string(c), `\`+string(c))
	case c == '^' || c == '$':
		p.pos++
		p.both(string(c))
		p.atomEnd = false
	default:
		_, n := utf8.DecodeRuneInString(p.rest())
		p.piece(p.rest()[:n], p.rest()[:n])
		p.pos += n
	}
	return nil
}

// braces is a counted quantifier; {,n} is one since Perl 5.34.
var braces = regexp.MustCompile(`^\{(?:(\d+)(,?)(\d*)|()(,)(\d+))\}`)

// quantifier copies one; a possessive one becomes an atomic group.
func (p *perlSyntax) quantifier() error {
	if !p.atomEnd {
		return errors.New("a quantifier follows nothing (write \\ before it to mean the character)")
	}
	q := p.rest()[:1]
	if m := braces.FindStringSubmatch(p.rest()); m != nil {
		q = "{" + m[1] + m[2] + m[3] + "}"
		if m[1] == "" {
			q = "{0," + m[6] + "}"
		}
		p.pos += len(m[0])
	} else {
		p.pos++
	}
	weak := weakQuantifier(q)
	switch {
	case p.take("+"):
		whole := p.slow.String()
		p.slow.Reset()
		p.slow.WriteString(whole[:p.atom] + "(?>" + whole[p.atom:] + q + ")")
		p.weak.WriteString(weak)
	case p.take("?"):
		p.emit(q+"?", weak+"?")
	default:
		p.emit(q, weak)
	}
	p.atomEnd = false
	return nil
}

// weakQuantifier replaces counts that RE2 refuses (beyond 1000).
func weakQuantifier(q string) string {
	m := braces.FindStringSubmatch(q)
	if m == nil {
		return q
	}
	for _, n := range []string{m[1], m[3]} {
		if v, err := strconv.Atoi(n); n != "" && (err != nil || v > 100) {
			if m[1] == "0" {
				return "*"
			}
			return "+"
		}
	}
	return q
}

// close ends a group.
func (p *perlSyntax) close() error {
	if len(p.stack) == 0 {
		return errors.New("a ) without its ( (write \\) to mean the character)")
	}
	g := p.stack[len(p.stack)-1]
	p.stack = p.stack[:len(p.stack)-1]
	p.pos++
	p.both(")")
	if g.drop {
		weak := p.weak.String()[:g.weakAt]
		p.weak.Reset()
		p.weak.WriteString(weak + "(?:)")
	}
	p.spaced = g.spaced
	p.atom, p.atomEnd = g.slowAt, true
	return nil
}

func (p *perlSyntax) push(slow, weak string, drop bool) error {
	if len(p.stack) >= maxPerlDepth {
		return fmt.Errorf("groups are nested too deeply (want at most %d)", maxPerlDepth)
	}
	p.stack = append(p.stack, perlGroup{slowAt: p.slow.Len(), weakAt: p.weak.Len(), drop: drop, spaced: p.spaced})
	p.emit(slow, weak)
	p.atomEnd = false
	return nil
}

// capture opens a numbered group. Names are kept by us: the engine would number
// named groups after all others.
func (p *perlSyntax) capture(name string) error {
	p.names = append(p.names, name)
	return p.push("(", "(?:", false)
}

// number finds a group by name or number, forwards too.
func (p *perlSyntax) number(ref string) (string, error) {
	if n, err := strconv.Atoi(ref); err == nil {
		if n < 0 {
			n += len(p.names)
		}
		if n <= 0 {
			return "", fmt.Errorf("group %s does not exist", ref)
		}
		return strconv.Itoa(n), nil
	}
	if i := slices.Index(p.names, ref); ref != "" && i > 0 {
		return strconv.Itoa(i), nil
	}
	return "", fmt.Errorf("group %q does not exist before here", ref)
}

// back refers to a group; what it matches is not known before.
func (p *perlSyntax) back(ref string) error {
	n, err := p.number(ref)
	if err == nil {
		p.piece(`(?:\`+n+`)`, "(?s:.*)")
	}
	return err
}
