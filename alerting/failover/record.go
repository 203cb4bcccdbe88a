package failover

import (
	"fmt"
	"slices"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// Progress is how far a request has come.
type Progress string

// The steps of a request. ProgressStarted is durable before anything is done
// about the world; from it there is no way back, so that nothing is done twice.
const (
	ProgressWanted   Progress = "wanted"           // made, nothing is decided
	ProgressRefused  Progress = "refused"          // a premise failed: nothing was done
	ProgressWaiting  Progress = "waiting-approval" // a second person must approve
	ProgressApproved Progress = "approved"         // and did
	ProgressTried    Progress = "dry-run"          // the premises hold; nothing was to be done
	ProgressStarted  Progress = "started"          // it may have been carried out
	ProgressDone     Progress = "done"
	ProgressFailed   Progress = "failed"  // not done, or not all of it
	ProgressUnknown  Progress = "unknown" // nobody knows: never repeated, a person is called
)

// follows lists what may come after each step. A request that was refused may be
// looked at again, since nothing was done; what a probe reports late replaces
// what was not known.
var follows = map[Progress][]Progress{
	"":               {ProgressWanted},
	ProgressWanted:   {ProgressWanted, ProgressRefused, ProgressWaiting, ProgressTried, ProgressStarted},
	ProgressWaiting:  {ProgressWaiting, ProgressApproved, ProgressRefused},
	ProgressApproved: {ProgressApproved, ProgressRefused, ProgressTried, ProgressStarted},
	ProgressRefused:  {ProgressRefused, ProgressWanted},
	ProgressTried:    {ProgressTried},
	ProgressStarted:  {ProgressDone, ProgressFailed, ProgressUnknown, ProgressRefused, ProgressTried},
	ProgressDone:     {ProgressDone},
	ProgressFailed:   {ProgressFailed},
	ProgressUnknown:  {ProgressUnknown, ProgressDone, ProgressFailed, ProgressRefused, ProgressTried},
}

// MayFollow reports whether a request may go from one step to another; a new one
// comes from "". Nothing but wanted and approved goes to started.
func MayFollow(from, to Progress) bool { return slices.Contains(follows[from], to) }

// Final reports whether nothing more is done by itself.
func (p Progress) Final() bool {
	return p == ProgressRefused || p == ProgressTried || p == ProgressDone || p == ProgressFailed || p == ProgressUnknown
}

// OrderError says that a record was to go where it must not: another copy of it
// is further on. Nothing was written.
type OrderError struct {
	ID       string
	From, To Progress
}

// Error names both steps.
func (e OrderError) Error() string {
	return fmt.Sprintf("action request %s is %q and cannot become %q: nothing is done twice", e.ID, e.From, e.To)
}

// Trigger is what asked for an action, as it was then.
type Trigger struct {
	Summary text.Message `json:"summary"`
	Failed  time.Time    `json:"failed,omitzero"` // the first bad result of the problem
	Hard    time.Time    `json:"hard,omitzero"`   // when it was confirmed
	Result  time.Time    `json:"result,omitzero"` // the last result
	From    string       `json:"from,omitempty"`  // who said so: server, probe web1
}

// Record is everything that is known of one request: what the journal keeps, and
// what a proof is printed from.
type Record struct {
	Request Request
	Kind    string `json:"kind"`            // of action; "probe" when a probe carries it out
	Probe   string `json:"probe,omitempty"` // the host whose probe does; empty: the server
	// RemoteName is the action's name in the probe's own file.
	RemoteName string   `json:"remote_name,omitempty"`
	Progress   Progress `json:"progress"`
	Trigger    Trigger  `json:"trigger"`
	// Premises are those of the last look, all of them.
	Premises []Premise    `json:"premises,omitempty"`
	Text     text.Message `json:"text"` // one sentence about where it stands

	Wanted     time.Time     `json:"wanted"`
	ApproveBy  time.Time     `json:"approve_by,omitzero"` // not approved by then, it is refused
	Approved   time.Time     `json:"approved,omitzero"`
	ApprovedBy string        `json:"approved_by,omitempty"`
	Started    time.Time     `json:"started,omitzero"`
	Ended      time.Time     `json:"ended,omitzero"`
	Deadline   time.Duration `json:"deadline"` // from Started

	Outcome Outcome `json:"outcome"`
	Error   string  `json:"error,omitempty"`
	Status  Status  `json:"status"` // asked after it ended, or after a crash

	UndoOf string `json:"undo_of,omitempty"` // the request that this one takes back
	Undone string `json:"undone,omitempty"`  // the request that took this one back
	// Closed is when it stopped to stand in the way of a new request for the same
	// host: the trigger was well, it was undone, or a person said so.
	Closed   time.Time `json:"closed,omitzero"`
	ClosedBy string    `json:"closed_by,omitempty"`
}

// Detect is the time from the first bad result to the confirmed state; 0 when a
// person asked.
func (r *Record) Detect() time.Duration { return span(r.Trigger.Failed, r.Trigger.Hard) }

// Decide is the time from the confirmed state (or a person's wish) to the start.
func (r *Record) Decide() time.Duration {
	if r.Trigger.Hard.IsZero() {
		return span(r.Wanted, r.Started)
	}
	return span(r.Trigger.Hard, r.Started)
}

// Act is the time from the start to the end, verification included.
func (r *Record) Act() time.Duration { return span(r.Started, r.Ended) }

// span is the time between two moments; 0 when one is missing, or when the clock
// was set back between them.
func span(from, to time.Time) time.Duration {
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return max(0, to.Sub(from))
}

// Open reports whether it still stands in the way of a new request.
func (r *Record) Open() bool { return r.Closed.IsZero() }

// ServiceCheck is the check of the built-in service that tells people about
// actions: HOST/action[NAME].
const ServiceCheck = "action"

// Service is the built-in service that tells people about this action.
func (r *Record) Service() checks.Service {
	return checks.Service{Host: r.Request.Service.Host, Check: ServiceCheck, Item: r.Request.Action}
}

// Filter selects records; a zero field selects everything.
type Filter struct {
	ID       string
	Action   string
	Host     string
	Incident int64
	Since    time.Time // wanted at or after
	Open     bool      // only those not closed
	Limit    int       // the newest so many; 0 means 200
}

// Freeze is the switch that stops all actions; its zero value is off.
type Freeze struct {
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// On reports whether actions are frozen.
func (f Freeze) On() bool { return !f.At.IsZero() }

// Start is when an action was started, for budget and cool-down.
type Start struct {
	Host string
	At   time.Time
}
