package logs

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// DefaultMatchTimeout is how long the backtracking engine may try one line, twice. Its
// clock ticks every 100 ms.
const DefaultMatchTimeout = 100 * time.Millisecond

// MaxPattern is the longest expression, in bytes.
const MaxPattern = 64 << 10

// pattern is one expression: RE2 where it can, else a backtracking engine with
// a time limit, behind a weaker RE2 expression that goes first. Safe for
// concurrent use.
type pattern struct {
	source string
	flags  string          // of Perl, as they were given beside it
	fast   *regexp.Regexp  // decides; or, with slow, only lets through
	slow   *regexp2.Regexp // decides when not nil
	names  []string        // of groups by number; "" has none
	need   *need
}

// outcome is what an expression says of a line.
type outcome int

const (
	misses outcome = iota
	matches
	timedOut // the backtracking engine did not come to an end
)

// compilePattern reads an expression. Flags are those of Perl; of them i, m, s
// and x change what matches.
func compilePattern(source, flags string) (*pattern, error) {
	if len(source) > MaxPattern {
		return nil, fmt.Errorf("the expression is too long (got %d bytes; want at most %d)", len(source), MaxPattern)
	}
	p := &pattern{source: source, flags: flags}
	// RE2 reads a{,3} as text and does not know the flag x: those are rewritten.
	if !strings.Contains(flags, "x") && !strings.Contains(source, "{,") && p.compileFast(inlineFlags(flags)+source) == nil {
		p.names = p.fast.SubexpNames()
		return p, nil
	}
	re, err := rewritePerl(source, flags)
	if err != nil {
		return nil, err
	}
	p.slow, err = regexp2.Compile(re.slow, regexp2.RE2)
	if err != nil {
		return nil, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	p.slow.MatchTimeout = DefaultMatchTimeout
	p.names = re.names
	if p.compileFast(re.weak) != nil {
		p.fast, p.need = nil, nil // no filter then
	}
	return p, nil
}

func (p *pattern) compileFast(source string) error {
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return err
	}
	if p.fast, err = regexp.Compile(source); err != nil {
		return err
	}
	p.need = needOf(parsed.Simplify())
	return nil
}

// match decides on a line. Groups are appended to caps as pairs of offsets, -1
// where a group took no part; caps is nil when the line does not match.
func (p *pattern) match(line []byte, caps []int) (outcome, []int) {
	if p.fast != nil && !p.fast.Match(line) {
		return misses, nil
	}
	if p.slow != nil {
		return p.matchSlow(line, caps)
	}
	if len(p.names) == 1 {
		return matches, caps
	}
	return matches, append(caps, p.fast.FindSubmatchIndex(line)...)
}

// matchSlow tries the backtracking engine, which counts in runes.
func (p *pattern) matchSlow(line []byte, caps []int) (outcome, []int) {
	text := string(line)
	m, err := p.slow.FindStringMatch(text)
	if err != nil {
		// The limit is one of the wall clock: on a busy machine it may strike while
		// this process waits for its turn, hardly twice in a row.
		m, err = p.slow.FindStringMatch(text)
	}
	if err != nil {
		return timedOut, nil // the only error that it knows
	}
	if m == nil {
		return misses, nil
	}
	offsets := runeOffsets(line)
	for _, g := range m.Groups() {
		if len(g.Captures) == 0 {
			caps = append(caps, -1, -1)
			continue
		}
		caps = append(caps, offsets[g.Index], offsets[g.Index+g.Length])
	}
	return matches, caps
}

// runeOffsets is where each rune of line begins, and the end.
func runeOffsets(line []byte) []int {
	out := make([]int, 0, len(line)+1)
	for i := 0; i < len(line); {
		out = append(out, i)
		_, n := utf8.DecodeRune(line[i:])
		i += n
	}
	return append(out, len(line))
}
