package dashboards

import (
	"time"

	"monitord/checks"
)

// LogDays is how many days a rule's hits are shown for, today among them.
const LogDays = 14

// LogRule is one rule for logs and how it does, over all machines that run it.
type LogRule struct {
	Name     string
	Place    string    // file:line of where it is written
	Item     string    // of the service log[ITEM] that it raises on the line's host; "" when it raises none
	Last     time.Time // of the last line that matched; zero: none was seen
	LastText string    // that line; anything that a program may write
	// Hits are the lines that matched, a day each, the oldest first, today last:
	// LogDays of them, in the zone of the configuration.
	Hits      []int64
	Tries     int64   // lines that the expression was tried on, since the start
	CostNanos float64 // the rule's share of the time for each line read; below 0: not known
	Timeouts  int64   // lines on which the expression ran out of time
	Suspended bool    // it did so too often: it is not tried for a while
}

// LogFile is one file, or another source of lines, that is followed.
type LogFile struct {
	Host      string
	Path      string
	Lines     uint64 // read since the start
	LostBytes uint64
	Lag       int64         // bytes that wait to be read
	Behind    time.Duration // for how long they have been waiting
	Missing   bool          // nothing is there
	Fault     string        // why it cannot be read now; empty when it can
}

// LogFilter narrows a list of matched lines. Zero fields do not narrow.
type LogFilter struct {
	Host     string
	Rule     string
	Severity string // this one or worse, by syslog's names: emergency to debug
	Text     string // every word occurs in the line, upper and lower case alike
	Since    time.Time
	Until    time.Time
	Before   int64 // only those with a smaller number
	Limit    int   // at most so many, the newest
}

// LogLine is one line that matched a rule.
type LogLine struct {
	ID       int64 // ascending; of the journal's entry
	At       time.Time
	Host     string
	File     string // or another source
	Program  string
	Severity string // by syslog's names; "" when the line tells none
	Rule     string
	Text     string         // anything that a program may write
	Cut      bool           // it went on beyond the limit
	Service  checks.Service // that it raised; zero: none
	State    *checks.State  // that it raised it to; nil: none
	Incident int64
	// Folded is for how many lines this entry stands that the rule's limit kept
	// out of the journal; 0 for an ordinary line.
	Folded int64
}

// LogSearch asks for kept lines.
type LogSearch struct {
	Host  string // "" is every host
	File  string // a pattern with * and ? for its path or its name; "" is every file
	Expr  string // RE2; "" is every line
	Fold  bool   // upper and lower case are the same
	Since time.Time
	Until time.Time
	From  string // where to go on: LogFound.Next of the answer before
	Limit int
}

// LogFound is the answer to a LogSearch.
type LogFound struct {
	Lines   []KeptLine // in the order in which they were kept
	Next    string     // where to go on; "" when all was read
	Late    bool       // the time was up before Limit lines were found
	Read    int64      // bytes of text that were looked at
	Damaged int        // blocks on the disk that cannot be read
	Keeps   bool       // logs are kept, or were
}

// KeptLine is one line of a kept log.
type KeptLine struct {
	At   time.Time
	Host string
	File string
	Text string // anything that a program may write
	Cut  bool
}
