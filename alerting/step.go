package alerting

import (
	"time"

	"monitord/checks"
)

// Policy is what the state machine needs to know of a check.
type Policy struct {
	MaxAttempts int // results in a row that make a problem hard; below 1 counts as 1
}

// finding is one result with the time at which it was found.
type finding struct {
	At     time.Time
	Took   time.Duration
	Result checks.Result
}

// transition says what a step changed, for the journal and for incidents.
type transition struct {
	Changed     bool // State or Hard is not what it was: worth an event
	HardChanged bool // the confirmed state is not what it was
}

// step is the state machine of one service, pure. It follows Nagios 4: a
// problem is soft until MaxAttempts results in a row are not OK, whatever their
// states are; a hard problem that changes its kind stays hard; OK is hard at
// once. A service without a result so far counts as OK.
func step(prev ServiceState, policy Policy, f finding) (ServiceState, transition) {
	next := prev
	first := prev.LastCheck.IsZero()
	if first {
		next.State, next.HardState, next.Hard, next.Attempt = checks.OK, checks.OK, true, 1
		next.Since, next.HardSince = f.At, f.At
	}
	before := next
	next.MaxAttempts = max(policy.MaxAttempts, 1)
	next.State = f.Result.State
	next.Hard, next.Attempt = confirm(before, next)
	if next.State != before.State {
		next.Since = f.At
	}
	var t transition
	if next.Hard && next.State != before.HardState {
		next.HardState, next.HardSince = next.State, f.At
		t.HardChanged = true
	}
	t.Changed = first || next.State != before.State || next.Hard != before.Hard
	return describe(next, f), t
}

// confirm decides whether next.State is hard and which attempt it is.
func confirm(before, next ServiceState) (hard bool, attempt int) {
	switch {
	case next.State == checks.OK:
		return true, 1
	case before.Hard && before.State != checks.OK:
		// A hard problem goes on, perhaps as another kind of problem.
		return true, next.MaxAttempts
	case before.State == checks.OK:
		attempt = 1
	default:
		attempt = before.Attempt + 1
	}
	attempt = min(attempt, next.MaxAttempts)
	return attempt == next.MaxAttempts, attempt
}

// describe copies what a person wants to see. Evidence stays from the last
// failure, so that it can be read after the recovery.
func describe(s ServiceState, f finding) ServiceState {
	s.LastCheck, s.Took = f.At, f.Took
	s.Reason, s.Summary = f.Result.Reason, f.Result.Summary
	s.Perf, s.Phases = f.Result.Perf, f.Result.Phases
	if f.Result.State != checks.OK {
		s.Evidence = f.Result.Evidence
	}
	return s
}
