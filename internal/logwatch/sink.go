package logwatch

import (
	"context"
	"time"

	"monitord/checks"
	"monitord/checks/logs"
)

// Sink takes what lines bring.
type Sink interface {
	// Commit keeps a step where it cannot be lost: all of it, or an error and
	// nothing. After an error the same step comes again. A repeat of a step that
	// was kept and whose answer was lost must do no harm.
	Commit(ctx context.Context, s Step) error
}

// Step is what some lines brought, in their order.
type Step struct {
	// Number rises from one step to the next, from 1 in each run of the program. A
	// step that comes again has the one that it had.
	Number  uint64
	Results []Result
	Matches []Match
	Samples []Sample
	// Kept is to be given back in Deps.Kept after a restart: what is named here
	// replaces what had that name; an empty value forgets it.
	Kept map[string]string
}

// Empty reports whether there is nothing to keep.
func (s *Step) Empty() bool {
	return len(s.Results)+len(s.Matches)+len(s.Samples)+len(s.Kept) == 0
}

// Result is a state of the service that a rule raises or ends. Its Item is the
// service's name. At rises strictly from one result of a service to its next.
type Result struct {
	Host    string
	Service string
	Rule    string
	At      time.Time
	checks.Result
	Unauthenticated bool // the line that decided could have been sent by anybody
}

// Match is a line that a rule matched, for the journal; or, when More is not 0,
// the count of those that were not written one by one.
type Match struct {
	Host     string            `json:"-"`
	At       time.Time         `json:"-"`
	Rule     string            `json:"rule"`
	Service  string            `json:"service,omitempty"` // that the rule raises
	Kind     logs.Kind         `json:"kind"`
	Source   string            `json:"source,omitempty"`
	File     string            `json:"file,omitempty"`
	Program  string            `json:"program,omitempty"`
	Severity string            `json:"severity,omitempty"`
	Line     string            `json:"line,omitempty"`
	Cut      bool              `json:"cut,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`  // the named groups
	Context  []string          `json:"context,omitempty"` // up to ten lines before
	Count    int               `json:"count,omitempty"`   // lines that led to it
	// More lines of this rule came in a minute, beyond its journal_lines; Host is
	// that of the first.
	More int `json:"more,omitempty"`
	// By is the person who ended the problem of Service; empty for lines.
	By              string `json:"by,omitempty"`
	Reason          string `json:"reason,omitempty"` // what that person said
	Unauthenticated bool   `json:"unauthenticated,omitempty"`
}

// Sample is a number that a rule took from a line, in base units.
type Sample struct {
	Host            string
	Rule            string
	Name            string // of the series
	Value           float64
	Labels          map[string]string // the named groups
	At              time.Time
	Unauthenticated bool
}
