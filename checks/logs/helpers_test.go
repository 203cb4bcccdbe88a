package logs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"monitord/internal/config"
)

// base is a moment of a Wednesday.
var base = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

// yamlRules reads rules that must be without fault.
func yamlRules(t testing.TB, text string) []*Rule {
	t.Helper()
	rules, err := ParseYAML("rules.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func swatchRules(t testing.TB, text string) []*Rule {
	t.Helper()
	rules, _, err := ParseSwatch("rc", []byte(text), SwatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func mustCompile(t testing.TB, rules []*Rule, o Options) *Set {
	t.Helper()
	s, err := Compile(rules, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plainRule is a rule with nothing but a condition.
func plainRule(name string, e expr) *Rule {
	return &Rule{Name: name, match: e, Place: config.Place{File: "test", Line: 1, Col: 1}}
}

func mustPattern(t testing.TB, source, flags string) *pattern {
	t.Helper()
	p, err := compilePattern(source, flags)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return p
}

// player feeds lines to a set at given moments and notes what is told.
type player struct {
	t       testing.TB
	tracker *Tracker
	m       *Matcher
	now     time.Time
	told    []*Match
}

func play(t testing.TB, rules []*Rule, o Options, deps Deps) *player {
	t.Helper()
	p := &player{t: t, now: base}
	p.tracker = NewTracker(mustCompile(t, rules, o), deps, base)
	p.m = NewMatcher(p.tracker, Line{Source: "test", File: "/var/log/test.log"}, func() time.Time { return p.now })
	return p
}

func (p *player) keep(m *Match) bool {
	p.told = append(p.told, m.Clone())
	return true
}

// say feeds lines now.
func (p *player) say(lines ...string) {
	p.m.Scan(p.t.Context(), []byte(strings.Join(lines, "\n")+"\n"), p.keep)
}

// wait lets time go by.
func (p *player) wait(d time.Duration) {
	p.now = p.now.Add(d)
	p.tracker.Tick(p.now, func(m *Match) { p.keep(m) })
}

// lines writes what was told since the last call, as KIND TEXT.
func (p *player) lines() string {
	var out []string
	for _, m := range p.told {
		out = append(out, fmt.Sprintf("%s %s", m.Kind, m.Message))
	}
	p.told = nil
	return strings.Join(out, "; ")
}

func (p *player) want(want string) {
	p.t.Helper()
	if got := p.lines(); got != want {
		p.t.Errorf("told %q; want %q", got, want)
	}
}
