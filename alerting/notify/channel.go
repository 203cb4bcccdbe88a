package notify

import (
	"context"
	"time"

	"monitord/alerting"
)

// Notification is what a channel hands over.
type Notification struct {
	alerting.Message
	// Broken says why the journal cannot be written; nil when it can. It is
	// the first line of what is told.
	Broken error
	// Repeat says that an earlier hand-over of the same message may have
	// arrived.
	Repeat bool
}

// Channel is one way to tell people. Send may be called from several goroutines
// at the same time.
type Channel interface {
	// Send hands one notification over and returns the peer's answer once the
	// peer has taken responsibility. It returns when ctx ends at the latest. An
	// error is temporary unless it is a Permanent.
	Send(ctx context.Context, n Notification) (answer string, err error)
}

// Permanent is an error that trying again will not mend, such as an address
// that does not exist.
type Permanent struct{ Err error }

// Error is the cause's text.
func (p Permanent) Error() string { return p.Err.Error() }

// Unwrap is the cause.
func (p Permanent) Unwrap() error { return p.Err }

// InDoubt is an error after the message was handed over and before the peer
// confirmed it: it may have arrived. The next hand-over is a counted repeat.
type InDoubt struct{ Err error }

// Error is the cause's text.
func (d InDoubt) Error() string { return d.Err.Error() }

// Unwrap is the cause.
func (d InDoubt) Unwrap() error { return d.Err }

// Later is a temporary error of a peer that says when to try again. The outbox
// waits so long, but never longer than LongestLater: a page is not to be put
// off for hours by whoever it goes through.
type Later struct {
	Err   error
	After time.Duration
}

// LongestLater bounds Later.After.
const LongestLater = 10 * time.Minute

// Error is the cause's text.
func (l Later) Error() string { return l.Err.Error() }

// Unwrap is the cause.
func (l Later) Unwrap() error { return l.Err }

// pauses are the times between hand-overs that fail; the last is repeated.
var pauses = [...]time.Duration{5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}

// GiveUpAfter is how long a message is tried, from the time it was due.
const GiveUpAfter = 24 * time.Hour

// pause is the time after the given number of failed attempts. random is in
// [0, 1) and spreads it by a fifth to either side, so that what failed together
// does not come back together.
func pause(attempts int, random float64) time.Duration {
	p := pauses[min(max(attempts, 1), len(pauses))-1]
	return time.Duration(float64(p) * (0.8 + 0.4*random))
}
