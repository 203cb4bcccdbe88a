package alerting

import (
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// ServiceState is everything that is known now of one service. It is a value:
// whoever gets one may keep it, and must not change what its slices point to.
type ServiceState struct {
	Service     checks.Service
	State       checks.State // of the last result
	HardState   checks.State // the last confirmed state
	Hard        bool         // whether State is confirmed
	Attempt     int          // 1 … MaxAttempts: results in a row of the present problem
	MaxAttempts int
	Since       time.Time // since when State has been what it is
	HardSince   time.Time // since when HardState has been what it is
	LastCheck   time.Time // when the last result was found; zero when there is none yet
	NextCheck   time.Time // when the next one is due; zero when unknown
	Took        time.Duration
	Reason      checks.Reason
	Summary     text.Message
	Perf        []checks.Perf
	Phases      []checks.Phase
	Evidence    []byte // what the peer said when it last failed
	Incident    int64  // the open incident's number; 0 when there is none
	Alive       bool   // whether this service decides its host's UP or DOWN

	Marks        Marks
	ProblemSince time.Time    // of the first result in a row that was not OK; zero while OK
	Flaps        FlapWindow   // the last states that count for flapping
	FlapPercent  float64      // how much they changed, 0 to 100
	FlapSince    time.Time    // when FLAPPING last began
	Pages        int          // how often the present problem was told
	Told         checks.State // the worst state of it that was told
	// Unauthenticated says that nobody who proved who he is has said this State:
	// it must not be the only premise of an action.
	Unauthenticated bool `json:",omitempty"`
	Ack             *Ack // nil unless acknowledged; not to be changed
}

// HostState is UP, DOWN or not yet known, by the host's alive check.
type HostState struct {
	Host  string
	Known bool // false until the first hard result, and when there is no alive check
	Up    bool
	Since time.Time

	Unreachable bool // not Up, because what it hangs behind is down
}

// Incident opens when a service turns hard non-OK and closes when it is hard OK
// again.
type Incident struct {
	ID       int64
	Service  checks.Service
	State    checks.State // the worst so far
	Opened   time.Time
	Closed   time.Time    // zero while it is open
	Summary  text.Message // of the result that opened it
	Reason   checks.Reason
	AckedBy  string // empty when nobody has it
	AckedAt  time.Time
	Notified []Delivery
	Telling  Telling // how far its escalation has come

	Missed   bool // it opened because results stayed away
	Flapping bool // it opened, or goes on, because the service was flapping
	Behind   int  // services that depend on this one alone, when it opened

	SymptomCount int              // services whose problems joined it
	Symptoms     []checks.Service // at most MaxSymptoms of them, sorted
}

// MaxSymptoms bounds Incident.Symptoms.
const MaxSymptoms = 200

// Ack says that somebody has a problem.
type Ack struct {
	By     string    // who; never empty
	Reason string    // free text, may be empty
	At     time.Time // when
	Until  time.Time // it lapses then; zero: it does not
	Sticky bool      // it holds until the recovery; otherwise also a state that is worse ends it

	State checks.State // when it was acknowledged; set by the engine
}

// Delivery says who was told, when and with what outcome.
type Delivery struct {
	Contact  string
	Channel  string // such as "mail"
	To       string
	Kind     string // "problem" or "recovery"
	Queued   time.Time
	Sent     time.Time // zero while it is not confirmed
	Attempts int
	Answer   string // the peer's last answer or error

	State   MessageState
	Step    int  // of the escalation, 1 is the first; 0 where there is none
	Round   int  // how often that step was taken by then
	Repeats int  // hand-overs whose outcome was unknown before the last one
	Passed  bool // it arrived, and the person wants the next one to have it
}

// Marker is a moment of a service's history for bars and pictures: from At on,
// the hard state was State.
type Marker struct {
	At    time.Time
	State checks.State
}
