package alerting

import (
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// The kinds of message.
const (
	KindProblem  = "problem"
	KindRecovery = "recovery"
	KindStorm    = "storm" // stands for the problems of many incidents; its recovery has the kind KindRecovery
)

// MessageState is how far a message has come.
type MessageState string

// The states of a message. Sending is recorded before the hand-over: a message
// found in it after a crash is in doubt, and is told again with the same ID.
const (
	MessagePending   MessageState = "pending"
	MessageSending   MessageState = "sending"
	MessageSent      MessageState = "sent"
	MessageFailed    MessageState = "failed"
	MessageWithdrawn MessageState = "withdrawn" // no longer due before it was handed over
	MessageHeld      MessageState = "held"      // never handed over: the storm page that it follows stands for it
)

// Message is one thing to be told to one contact by one channel. It carries
// everything that its words need, so that it reads the same after a restart.
type Message struct {
	ID       string // identity: a repeat has the same; letters, digits, '.' and '-' only
	Thread   string // ID of the first message of the incident to the same recipient; may be ID itself
	Follows  string // ID of a message that must be handed over before; "" when there is none
	Incident int64
	Kind     string // KindProblem or KindRecovery
	Contact  string
	Channel  string // inventory.Channel.Kind
	To       string
	Form     string // inventory.Channel.Form
	Language text.Lang
	Zone     string        // IANA name; "" means UTC
	Rings    bool          // its channel wakes people
	Step     int           // of the escalation, 1 is the first; 0 where there is none
	Round    int           // how often that step was taken by then
	Within   time.Duration // not confirmed so long after Due, the next channel is tried; 0: never
	Due      time.Time
	Queued   time.Time
	Notice   Notice

	State    MessageState
	Attempts int
	Repeats  int       // hand-overs whose outcome was unknown before this one
	NextAt   time.Time // not before; zero means Due
	Sent     time.Time
	Answer   string // the peer's last answer or error
	Passed   bool   // it arrived, and the person wants the next one to have it
}

// Delivery is the ledger's view of the message.
func (m Message) Delivery() Delivery {
	return Delivery{Contact: m.Contact, Channel: m.Channel, To: m.To, Kind: m.Kind,
		Queued: m.Queued, Sent: m.Sent, Attempts: m.Attempts, Answer: m.Answer, State: m.State,
		Step: m.Step, Round: m.Round, Repeats: m.Repeats, Passed: m.Passed}
}

// Done reports whether nothing more will happen to the message.
func (m Message) Done() bool {
	return m.State == MessageSent || m.State == MessageFailed || m.State == MessageWithdrawn || m.State == MessageHeld
}

// Notice is what there is to tell, without words yet.
type Notice struct {
	Service  checks.Service
	Address  string       // of the host
	State    checks.State // now
	Worst    checks.State // of the incident so far
	Summary  text.Message
	Reason   checks.Reason
	Phases   []checks.Phase
	Evidence []byte
	Since    time.Time // since when the state has been what it is
	Opened   time.Time // the incident
	Closed   time.Time // zero for a problem
	Attempts int       // results in a row that confirmed it
	Gone     bool      // closed because the service is not watched any more
	Others   []string  // names of the other contacts told about this incident, sorted
	Behind   int       // services that depend on this one alone
	Missed   bool      // told because results stay away
	Flapping bool      // told because the service is flapping
	Calm     bool      // told because flapping ended
	Storm    int       // problems that this message stands for; 0: it is about Service alone
}
