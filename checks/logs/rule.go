package logs

import (
	"errors"
	"path/filepath"
	"time"

	"monitord/checks"
	"monitord/internal/config"
)

var errSeverity = errors.New("want emergency, alert, critical, error, warning, notice, info or debug")

// Rule is one rule, read from YAML or from a file of swatch. Make one by
// Config.Rules or ParseSwatch. It is not changed afterwards.
type Rule struct {
	Name  string       // unique in its set
	Place config.Place // where it is written

	match  expr
	ignore bool // hides the line from the rules below
	stop   bool // the rules below do not see a line that matches
	only   selector

	gates   []*gate // in their order; the first that says no ends it
	pair    *pair   // A without B
	then    []expr  // the rest of a sequence
	within  time.Duration
	by      template // by what lines are counted
	values  *distinct
	joined  *condition
	expect  *expectation
	clear   expr
	actions []actionSpec
	samples []sampleSpec

	service    string
	state      checks.State
	clearAfter time.Duration
	silent     bool // waitfor: nothing is told of a match
	message    template
	swatch     bool   // counts as swatchdog does
	definition string // changes when the rule does: what a snapshot compares
}

// selector restricts a rule to some lines. Empty lists restrict nothing.
type selector struct {
	files    []string // patterns of path.Match, for the whole path or its last part
	hosts    []string // patterns, for the host
	programs []string // patterns, for the program or what stands before its slash
	facility []string // patterns
	severity Severity // this or worse
}

// file reports whether lines of a file are meant.
func (s *selector) file(name string) bool {
	return matchesAny(s.files, name, filepath.Base(name))
}

func (s *selector) line(l *Line) bool {
	if s.severity != SeverityUnknown && (l.Severity == SeverityUnknown || l.Severity > s.severity) {
		return false
	}
	return only(s.programs, l.Program, programHead(l.Program)) && only(s.hosts, l.Host) && only(s.facility, l.Facility)
}

// only reports whether a part of a line is meant; what the line does not tell
// matches no pattern.
func only(patterns []string, names ...string) bool {
	return len(patterns) == 0 || names[0] != "" && matchesAny(patterns, names...)
}

// programHead is postfix of postfix/smtp.
func programHead(p string) string {
	for i := range len(p) {
		if p[i] == '/' {
			return p[:i]
		}
	}
	return p
}

func matchesAny(patterns []string, names ...string) bool {
	if len(patterns) == 0 {
		return true
	}
	for _, p := range patterns {
		for _, name := range names {
			if ok, err := filepath.Match(p, name); ok && err == nil {
				return true
			}
		}
	}
	return false
}

// needsHeader reports whether a rule asks for what a line's header says.
func (s *selector) needsHeader() bool {
	return len(s.programs)+len(s.hosts) > 0 || s.severity != SeverityUnknown
}

// role is what a condition of a rule is for.
type role int

const (
	roleMatch role = iota
	roleWithout
	roleStep // of a sequence, after the first
	roleClear
)

// part is one condition of a rule: what a line is tried with.
type part struct {
	rule int
	role role
	step int
	expr expr
}

// partsOf lists a rule's conditions in the order in which a line is tried.
func partsOf(index int, r *Rule) []part {
	out := []part{{rule: index, role: roleMatch, expr: r.match}}
	if r.pair != nil {
		out = append(out, part{rule: index, role: roleWithout, expr: r.pair.without})
	}
	for i, e := range r.then {
		out = append(out, part{rule: index, role: roleStep, step: i + 1, expr: e})
	}
	if r.clear != nil {
		out = append(out, part{rule: index, role: roleClear, expr: r.clear})
	}
	return out
}

// sampleSpec makes a number of a line into a sample.
type sampleSpec struct {
	name   string
	value  template
	factor float64 // from the unit of the line to the base unit
}

// condition joins a rule with what else is known.
type condition struct {
	query   string // PromQL; true when it answers with a point that is not 0
	service string
	states  []checks.State
}
