package dashboards

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"monitord/alerting"
	"monitord/alerting/availability"
	"monitord/alerting/claim"
	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// Deps is what the pages need of the other rooms. Fields without "may be nil"
// must be set.
type Deps struct {
	// Services and Hosts are what is known now; the slices are the caller's.
	Services func() []alerting.ServiceState
	Hosts    func() []alerting.HostState
	// Incidents lists the open ones, or with open false the latest ones, open
	// or not, newest first.
	Incidents func(ctx context.Context, open bool) ([]alerting.Incident, error)
	// History lists a service's hard states since then, oldest first, starting
	// with the state that held at since if one is known.
	History func(ctx context.Context, service checks.Service, since time.Time) ([]alerting.Marker, error)
	// Events lists the journal, newest first.
	Events func(ctx context.Context, filter EventFilter) ([]Event, error)
	// FailedRuns lists a service's kept failing runs, oldest first: those from
	// since to until, and before them those of the same problem. May be nil.
	FailedRuns func(ctx context.Context, service checks.Service, since, until time.Time) ([]FailedRun, error)
	Inventory  func() *inventory.Inventory
	// QueryRange and Query ask the store in PromQL.
	QueryRange func(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]Series, error)
	Query      checks.Query
	// Changed sends whenever something that a page shows has changed, and is
	// closed when ctx ends. It coalesces: a slow reader gets one notice. May be
	// nil: pages then refresh with the beat alone.
	Changed func(ctx context.Context) <-chan struct{}
	Now     func() time.Time
	Text    *text.Catalogue
	// Identity says who asks and whether they may change anything. CSRF is the
	// token that every form of this request's session must send back as "csrf".
	Identity func(r *http.Request) (name string, canWrite bool)
	CSRF     func(r *http.Request) string
	// Acknowledge takes a problem, Unacknowledge gives it back for who. Each of
	// these may be nil: its controls are hidden. An error that wraps ErrRefused is
	// shown to who asked; any other one means that nothing could be kept.
	Acknowledge   func(ctx context.Context, service checks.Service, form AckForm) error
	Unacknowledge func(ctx context.Context, service checks.Service, who string) error
	// ClearLog ends the problem of a service that a line of a log has raised.
	ClearLog func(ctx context.Context, service checks.Service, who, reason string) error
	// AckIncident and UnackIncident do the same for the service that an open
	// incident is about; the first returns it.
	AckIncident   func(ctx context.Context, id int64, form AckForm) (checks.Service, error)
	UnackIncident func(ctx context.Context, id int64, who string) error
	// AddDowntime plans a downtime and returns its number; CancelDowntime ends it
	// or calls it off.
	AddDowntime    func(ctx context.Context, form DowntimeForm) (int64, error)
	CancelDowntime func(ctx context.Context, id int64, who string) error
	// Downtimes lists what runs and what is to come, and may list what has ended.
	Downtimes func(ctx context.Context) ([]Downtime, error)
	// Availability works out how available services and trees were. May be nil:
	// its page is hidden. An error that wraps availability.ErrUnknown says that
	// what was asked for does not exist.
	Availability func(ctx context.Context, ask availability.Ask) (*availability.Report, error)
	// Trends are the series that are judged. May be nil: there are none.
	Trends Trends
	// Acts shows and steers actions on states; nil: there are none.
	Acts *Acts
	// CheckNow asks for a run of a service's check at once. May be nil.
	CheckNow func(ctx context.Context, service checks.Service) error
	// ProbeStatus is what is known of a host's probe. May be nil.
	ProbeStatus func(host string) (Probe, bool)
	// Logs is what was found in logs, and what is kept of them. Nil: its page is
	// hidden.
	Logs Logs
	// Claims opens the signed links of messages. Nil: no link works.
	Claims *claim.Desk
	// Draw writes a picture; format is "svg" or "png". Nil means package graphs.
	Draw    func(w io.Writer, p *graphs.Picture, format string, width, height int) error
	Logger  *slog.Logger
	Version string
	// Beat is how often a page that nothing changes on is refreshed; after two
	// of them without news a wall is stale. Zero means 10 s.
	Beat time.Duration
}

// Logs is what the pages need of the room that watches logs. Its methods may be
// called from any goroutine; slices are the caller's.
type Logs interface {
	// Rules lists the rules in force, in the order of the configuration.
	Rules(ctx context.Context) ([]LogRule, error)
	// Files lists what is followed on all hosts.
	Files(ctx context.Context) ([]LogFile, error)
	// Lines lists lines that matched, newest first.
	Lines(ctx context.Context, filter LogFilter) ([]LogLine, error)
	// Search looks into the kept logs. It ends when ctx does, and says where to
	// go on. An error that wraps ErrRefused is the asker's, such as an
	// expression that cannot be read.
	Search(ctx context.Context, search LogSearch) (LogFound, error)
}

// ErrRefused says that what a person asked for cannot be done as it stands.
var ErrRefused = errors.New("refused")

// AckForm is what somebody says who takes a problem.
type AckForm struct {
	Who        string
	Reason     string    // may be empty
	Until      time.Time // it lapses then; zero: it does not
	UntilWorse bool      // it also ends when the state gets worse
}

// DowntimeForm asks for a time in which nobody is told. Exactly one of Host,
// Service and Group is set; a service without an item is every item of its check.
type DowntimeForm struct {
	Who        string
	Host       string
	Service    checks.Service
	Group      string
	Start, End time.Time // of a recurring one: of its first occurrence
	// Flexible: it begins with the first problem between Start and End and lasts
	// Duration.
	Flexible bool
	Duration time.Duration // of a flexible or recurring one; otherwise zero
	Rule     string        // RFC 5545, such as FREQ=WEEKLY;BYDAY=SU; empty: once
	Reason   string
}

// Downtime is one that runs, is to come, or has ended lately.
type Downtime struct {
	ID         int64
	Host       string // one of Host, Service and Group is set
	Service    checks.Service
	Group      string
	Who        string
	Reason     string
	Start, End time.Time // of the running or the next occurrence; of a flexible one that waits: between which it may begin
	Flexible   bool
	Duration   time.Duration
	Rule       string
	Running    bool
	Ended      time.Time // over or called off; zero: not
}

// Event is one entry of the journal as a page shows it.
type Event struct {
	ID       int64
	At       time.Time
	Kind     string         // state, notify, ack, log, config, probe, …
	Host     string         // empty when it is about the server itself
	Service  checks.Service // zero when it is not about one
	State    *checks.State  // of a change of state; nil otherwise
	Incident int64          // 0 when it belongs to none
	Text     text.Message
}

// EventFilter narrows a list of events. Zero fields do not narrow.
type EventFilter struct {
	Host     string
	Kind     string
	Incident int64
	Since    time.Time
	Limit    int // at most that many, newest first
}

// Series is one element of a range query's answer.
type Series struct {
	Labels map[string]string
	Points []graphs.Point // oldest first
}

// Probe is what the server knows of a host's probe.
type Probe struct {
	LastSeen time.Time
	Version  string
	Dropped  uint64 // samples and events that it gave up, since it started
}
