package failover

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/runner"
	"monitord/internal/text"
)

// Kind is one kind of action, as the builtin list names it.
type Kind struct {
	Name    string // the key under `do`, such as dns or heartbeat
	Summary string // one line for help
	Sample  string // every option, commented, with its default
	// Config returns a pointer to the options with their defaults.
	Config func() Config
	// New makes the action; config is what Config returned, decoded and valid.
	New func(config Config, deps Deps) (Action, error)
}

// Config is the options of an action.
type Config interface{ Validate() error }

// Deps is what an action may use of the world.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	Dialer checks.Dialer
	// Run starts a program: runner.Run, or a recording one in tests.
	Run func(ctx context.Context, c runner.Command) (runner.Result, error)
	// Dir is a folder that outlives restarts, for what an action must remember;
	// it is the action's own.
	Dir string
}

// Action is one thing that can be done about a state. It may be called from
// several goroutines; the guard serialises calls with the same Resource.
type Action interface {
	// Resource names what it changes, such as "dns example.net. www A": two
	// actions with the same resource never run at the same time.
	Resource() string
	// Premises looks, just before Do, at what must be true for it to be safe and
	// sensible, without changing anything: a pool's minimum, a peer's state. It
	// returns all of them, also those that hold. An error says that we could not
	// look; it counts as a premise that fails.
	Premises(ctx context.Context, r Request) ([]Premise, error)
	// Do carries it out, at most once for a request. An error says that it was
	// not done or not all of it; an Unknown error that nobody knows.
	Do(ctx context.Context, r Request) (Outcome, error)
	// Status asks, without changing anything, whether what Do brings about is so.
	Status(ctx context.Context, r Request) (Status, error)
}

// Undoer is an action that can be taken back when the service is well again: a
// record is put back, a weight restored. Premises are asked with r.Undo set.
type Undoer interface {
	Undo(ctx context.Context, r Request) (Outcome, error)
}

// Request is one wish to act. It is made once, is durable before Do, and has the
// same ID wherever it is looked at.
type Request struct {
	ID       string         // letters, digits, '.' and '-' only
	Action   string         // the action's name in the configuration
	Service  checks.Service // whose state asks for it
	Address  string         // of the service's host; may be empty
	State    checks.State
	Reason   checks.Reason
	Incident int64 // 0 when there is none
	At       time.Time
	Undo     bool   // take it back
	DryRun   bool   // premises are looked at and recorded, nothing is changed
	By       string // who asked, when it was a person; empty for a state
}

// Premise is one thing that must hold before an action, and whether it does.
type Premise struct {
	Name  string       `json:"name"` // short and stable, such as pool-minimum
	Holds bool         `json:"holds"`
	Text  text.Message `json:"text"`           // what was found, for people
	From  string       `json:"from,omitempty"` // who says so: server, probe db2, dns 192.0.2.53
	At    time.Time    `json:"at"`             // how old the knowledge is
}

// Outcome is what an action did.
type Outcome struct {
	ExitCode int    // of the program; 0 when there was none
	Signal   string // that ended the program; empty: none
	TimedOut bool   // the deadline ended it
	Took     time.Duration
	Output   []byte       // the beginning of what it printed, at most MaxOutput bytes
	Dropped  int64        // bytes beyond
	Detail   text.Message // one sentence for people; zero: none
	Verified bool         // Do made sure that it worked, rather than believing an exit code
}

// MaxOutput bounds Outcome.Output.
const MaxOutput = 8 << 10

// Status says whether what an action brings about is so.
type Status int

// The answers of Action.Status.
const (
	StatusUnknown Status = iota // nobody can say
	StatusDone                  // it is so
	StatusUndone                // it is not so
)

var statusNames = [...]string{"unknown", "done", "undone"}

// String is unknown, done or undone.
func (s Status) String() string { return statusNames[min(max(s, StatusUnknown), StatusUndone)] }

// MarshalText writes the name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name; a word of a newer version is unknown.
func (s *Status) UnmarshalText(b []byte) error {
	*s = Status(max(0, slices.Index(statusNames[:], string(b))))
	return nil
}

// Unknown is an error after which nobody knows whether the action was carried
// out: the answer was cut off, or the deadline came in the middle.
type Unknown struct{ Err error }

// Error is the cause's text.
func (u Unknown) Error() string { return u.Err.Error() }

// Unwrap is the cause.
func (u Unknown) Unwrap() error { return u.Err }

// Shorthand is a Config that may be written as one value or a list, in place of
// a mapping with one key: `heartbeat: standby` for `heartbeat: {do: standby}`.
type Shorthand interface{ ShortKey() string }

// Options decodes the options of a kind from a node of the configuration.
func Options(k Kind, n *config.Node, path string) (Config, error) {
	c := k.Config()
	if short, ok := c.(Shorthand); ok && n != nil && (n.Kind == config.Scalar || n.Kind == config.List) {
		n = &config.Node{Kind: config.Map, Place: n.Place, Entries: []config.Entry{{Key: short.ShortKey(), Place: n.Place, Value: n}}}
	}
	if err := config.Decode(n, path, c); err != nil {
		return nil, err
	}
	return c, nil
}
