package logs

import (
	"strconv"
	"strings"
	"time"

	"monitord/checks"
)

// Line is one line of a log.
type Line struct {
	Source   string // who read it, such as file, syslog, journald
	File     string // path, when it came from a file
	Number   int64  // in its file or stream, from 1
	Host     string // as the line names it; "" when it does not
	Program  string // such as sshd or postfix/smtp
	Severity Severity
	Facility string    // such as auth or local7; "" when nobody tells it
	At       time.Time // the line's own time; zero when it has none that we can read
	Received time.Time // when we got it; never zero
	Text     []byte    // without its line break
	Cut      bool      // the line went on beyond the limit
	// Unauthenticated says that anybody in the network could have sent it.
	Unauthenticated bool
}

// Severity is that of syslog (RFC 5424 section 6.2.1) plus one, so that the zero
// value says that the line tells none.
type Severity int

// The severities, the worst first.
const (
	SeverityUnknown Severity = iota
	Emergency
	Alert
	Critical
	Error
	Warning
	Notice
	Info
	Debug
)

var severityNames = [...]string{"unknown", "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}

// SyslogSeverity turns a number of RFC 5424, 0 to 7, into a Severity.
func SyslogSeverity(n int) Severity {
	if n < 0 || n > 7 {
		return SeverityUnknown
	}
	return Severity(n + 1)
}

// String is the name in configuration.
func (s Severity) String() string {
	if s < 0 || int(s) >= len(severityNames) {
		return severityNames[0]
	}
	return severityNames[s]
}

// MarshalText writes the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name, or one of syslog's short ones.
func (s *Severity) UnmarshalText(text []byte) error {
	word := strings.ToLower(string(text))
	short := map[string]Severity{"emerg": Emergency, "panic": Emergency, "crit": Critical, "err": Error, "warn": Warning}
	if v, ok := short[word]; ok {
		*s = v
		return nil
	}
	for i, name := range severityNames {
		if word == name {
			*s = Severity(i)
			return nil
		}
	}
	return errSeverity
}

// Kind says why a Match is told.
type Kind string

// The kinds.
const (
	KindMatch    Kind = "match"    // a line matched
	KindClear    Kind = "clear"    // the line that ends a problem
	KindMissing  Kind = "missing"  // A came, and B did not come in time
	KindSequence Kind = "sequence" // all lines of a sequence came, in order
	KindDistinct Kind = "distinct" // so many different values came
	KindMissed   Kind = "missed"   // the expected line did not come
	KindArrived  Kind = "arrived"  // the expected line came, after it was missed
)

// Match is what a rule has to tell. Line.Text and Context share memory with the
// block that was scanned: they hold until the callback returns. Clone keeps one.
type Match struct {
	Rule    string
	Kind    Kind
	Line    Line              // that decided; with KindMissed the last one seen, if any
	At      time.Time         // when it became so, on the clock of the rules
	Message string            // the text to tell; usually the line
	Groups  map[string]string // what the expression captured, by name or number
	Labels  map[string]string // the named groups only
	Samples []Sample
	Key     string // by which the rule counts
	Count   int    // lines that led to it
	Actions []Action
	Context []string // up to ten lines before, in order
	// Service to raise or clear; "" when the rule raises none.
	Service    string
	State      checks.State
	ClearAfter time.Duration // 0: until a clearing line or a person
	// Unjudged: the rule's condition on a metric or a state could not be judged;
	// it was taken as fulfilled.
	Unjudged bool
	// Last is the last line that an expectation saw; zero when none came yet.
	Last LastSeen
	// Due is when an expected line was due.
	Due time.Time
}

// LastSeen is a line that an expectation remembers.
type LastSeen struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Clone copies what shares memory with a block.
func (m *Match) Clone() *Match {
	out := *m
	out.Line.Text = []byte(string(m.Line.Text))
	return &out
}

// Sample is a number from a line, in base units.
type Sample struct {
	Name   string            `json:"name"`
	Value  float64           `json:"value"`
	Labels map[string]string `json:"labels,omitempty"` // shared with the match
}

// ActionKind names an action.
type ActionKind string

// The actions: swatch's words.
const (
	ActionExec  ActionKind = "exec"
	ActionPipe  ActionKind = "pipe"
	ActionMail  ActionKind = "mail"
	ActionWrite ActionKind = "write"
	ActionEcho  ActionKind = "echo"
	ActionBell  ActionKind = "bell"
	ActionQuit  ActionKind = "quit"
)

// Action is what a match asks for. The engine carries out none.
type Action struct {
	Kind     ActionKind `json:"kind"`
	Argv     []string   `json:"argv,omitempty"`    // exec, pipe: program and arguments; never for a shell
	To       []string   `json:"to,omitempty"`      // mail: addresses or contacts; write: users
	Subject  string     `json:"subject,omitempty"` // mail
	Text     string     `json:"text,omitempty"`    // echo, mail, write, and what a pipe reads
	Modes    []string   `json:"modes,omitempty"`   // echo: colours of the terminal
	Rings    int        `json:"rings,omitempty"`   // bell
	KeepOpen bool       `json:"keep_open,omitempty"`
}

// groupsOf names what was captured: by name, else by number.
func groupsOf(line []byte, caps []int, names []string) (groups, labels map[string]string) {
	for i := 1; i < len(names) && 2*i+1 < len(caps); i++ {
		if caps[2*i] < 0 {
			continue
		}
		value := strings.ToValidUTF8(string(line[caps[2*i]:caps[2*i+1]]), "�")
		if groups == nil {
			groups = map[string]string{}
		}
		if names[i] == "" {
			groups[strconv.Itoa(i)] = value
			continue
		}
		if labels == nil {
			labels = map[string]string{}
		}
		groups[names[i]], labels[names[i]] = value, value
	}
	return groups, labels
}
