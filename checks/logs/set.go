package logs

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"monitord/internal/config"
)

// MaxRules bounds one set.
const MaxRules = 20_000

// Clock says by which time rules count.
type Clock int

const (
	// ByArrival is when we got a line: right for what is followed live, whatever
	// the clocks of senders say.
	ByArrival Clock = iota
	// ByLine is the time in the line, when it has one: for files of the past.
	ByLine
)

// Options are those of a whole set.
type Options struct {
	Clock  Clock
	KeepCR bool // a carriage return at the end of a line is a part of it, as for swatch
}

// Set is rules compiled into one matcher. It is not changed once made, and may
// be shared by any number of Matchers.
type Set struct {
	rules   []*Rule
	parts   []part
	plan    func() *plan // made when it is first asked for
	header  bool         // a rule asks for what a line's header says
	options Options
}

// Compile makes a Set. The error is a config.Faults with everything wrong.
func Compile(rules []*Rule, o Options) (*Set, error) {
	s := &Set{rules: rules, options: o}
	var faults config.Faults
	if len(rules) > MaxRules {
		return nil, config.Faults{{Problem: fmt.Sprintf("too many rules (got %d; want at most %d)", len(rules), MaxRules)}}
	}
	names := map[string]config.Place{}
	for i, r := range rules {
		if before, twice := names[r.Name]; twice {
			faults = append(faults, config.PlacedFault{Place: r.Place, Problem: fmt.Sprintf("name %q is taken (first at %s); names tell rules apart in the journal", r.Name, before)})
		}
		names[r.Name] = r.Place
		s.parts = append(s.parts, partsOf(i, r)...)
		s.header = s.header || r.only.needsHeader()
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	s.planFor(nil)
	return s, nil
}

func (s *Set) needs() []*need {
	needs := make([]*need, len(s.parts))
	for i, p := range s.parts {
		needs[i] = p.expr.needs()
	}
	return needs
}

// Tuned is the same set with its literals chosen for logs like the sample: a
// hundred kilobytes or more of whole lines. What matches does not change.
func (s *Set) Tuned(sample []byte) *Set {
	out := *s
	out.planFor(bytes.Clone(sample[:min(len(sample), planSample)]))
	return &out
}

func (s *Set) planFor(sample []byte) {
	needs := s.needs()
	s.plan = sync.OnceValue(func() *plan { return newPlan(needs, sample) })
}

// Len is the number of rules.
func (s *Set) Len() int { return len(s.rules) }

// Names lists the rules in their order.
func (s *Set) Names() []string {
	out := make([]string, len(s.rules))
	for i, r := range s.rules {
		out[i] = r.Name
	}
	return out
}

// Clock is the one of its options: that by which Tracker.Tick is called.
func (s *Set) Clock() Clock { return s.options.Clock }

// now is the time by which a line is counted.
func (s *Set) now(l *Line) time.Time {
	if s.options.Clock == ByLine && !l.At.IsZero() {
		return l.At
	}
	return l.Received
}
