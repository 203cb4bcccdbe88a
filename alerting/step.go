package alerting

import (
	"slices"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
)

// Policy is what the state machine needs to know of a check and its
// surroundings.
type Policy struct {
	MaxAttempts  int                // results in a row that make a problem hard; below 1 counts as 1
	ConfirmAfter time.Duration      // a problem is hard once it is that old, instead; 0: attempts decide
	Volatile     bool               // each bad result of a hard problem is told
	FlapLow      float64            // percent below which flapping ends
	FlapHigh     float64            // percent at which it begins; 0: no detection
	FlapOn       []checks.State     // states that count for flapping; empty: all
	NotifyOn     inventory.NotifyOn // what is told
	EveryChange  bool               // each change of a hard problem is told, not only for the worse
	Unreachable  bool               // what it depends on is bad: changes do not count for flapping
}

// policyOf is what the inventory says of a check; nil is one of the server's own.
func policyOf(c *inventory.Check) Policy {
	if c == nil {
		return Policy{MaxAttempts: 1}
	}
	j := c.Judge
	return Policy{MaxAttempts: c.MaxAttempts, ConfirmAfter: j.ConfirmAfter, Volatile: j.Volatile,
		FlapLow: j.FlapLow, FlapHigh: j.FlapHigh, FlapOn: j.FlapOn, NotifyOn: j.NotifyOn, EveryChange: j.EveryChange}
}

// finding is one result with the time at which it was found.
type finding struct {
	At     time.Time
	Took   time.Duration
	Result checks.Result

	Unauthenticated bool // anybody in the network could have brought it about
}

// transition says what a step changed, for the journal and for incidents.
type transition struct {
	Changed     bool // State or Hard is not what it was: worth an event
	HardChanged bool // the confirmed state is not what it was
	FlapStarted bool
	FlapStopped bool
	Result      bool // a result came: the zero transition is time that passed
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
	// One line that proves who wrote it is enough for a state.
	next.Unauthenticated = f.Unauthenticated && (before.Unauthenticated || next.State != before.State || first)
	switch {
	case next.State == checks.OK:
		next.ProblemSince = time.Time{}
	case before.State == checks.OK || before.ProblemSince.IsZero():
		next.ProblemSince = f.At
	}
	next.Hard, next.Attempt = confirm(before, next, policy, f.At)
	if next.State != before.State {
		next.Since = f.At
	}
	t := transition{Result: true}
	if next.Hard && next.State != before.HardState {
		next.HardState, next.HardSince = next.State, f.At
		t.HardChanged = true
	}
	t.Changed = first || next.State != before.State || next.Hard != before.Hard
	next.Marks = next.Marks.set(MarkMissed|MarkHung, false)
	flap(&next, &t, policy, f.At)
	return describe(next, f), t
}

// confirm decides whether next.State is hard and which attempt it is.
func confirm(before, next ServiceState, policy Policy, at time.Time) (hard bool, attempt int) {
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
	if policy.ConfirmAfter > 0 {
		hard = at.Sub(next.ProblemSince) >= policy.ConfirmAfter
		if hard {
			attempt = next.MaxAttempts
		}
		return hard, attempt
	}
	return attempt == next.MaxAttempts, attempt
}

// flap follows the window. Hard states and soft recoveries count, soft problems
// do not; a recovery from a soft problem is hard OK here.
func flap(s *ServiceState, t *transition, policy Policy, at time.Time) {
	if !s.Hard || policy.Unreachable || len(policy.FlapOn) > 0 && !slices.Contains(policy.FlapOn, s.State) {
		return
	}
	s.Flaps = s.Flaps.push(s.State)
	s.FlapPercent = s.Flaps.Percent()
	switch flapping := s.Marks.Has(MarkFlapping); {
	case !flapping && policy.FlapHigh > 0 && s.FlapPercent >= policy.FlapHigh:
		t.FlapStarted = true
		s.FlapSince = at
	case flapping && (policy.FlapHigh <= 0 || s.FlapPercent < policy.FlapLow):
		t.FlapStopped = true
	default:
		return
	}
	s.Marks = s.Marks.set(MarkFlapping, t.FlapStarted)
}

// telling is what a step asks to be told, as a set.
type telling uint8

const (
	tellProblem telling = 1 << iota
	tellRecovery
	tellFlapStart
	tellFlapStop
)

// wanted says what is to be told of a service after a step, or (with the zero
// transition) after something that kept people from being told has ended. It is
// pure and knows nothing of dependencies, downtime and acknowledgement. was is
// the hard state before.
func wanted(s ServiceState, t transition, policy Policy, was checks.State) (what telling) {
	on := policy.NotifyOn
	if t.FlapStarted && on.Has(inventory.NotifyFlapping) {
		what |= tellFlapStart
	}
	if t.FlapStopped && on.Has(inventory.NotifyFlapping) {
		what |= tellFlapStop
	}
	if s.Marks.Has(MarkFlapping) {
		return what
	}
	switch {
	case !s.Hard:
	case s.HardState == checks.OK:
		if was != checks.OK && s.Pages > 0 && on.Has(inventory.NotifyRecovery) {
			what |= tellRecovery
		}
	case !on.Has(inventory.OfState(s.HardState)):
	case s.Pages == 0, policy.Volatile && t.Result, t.HardChanged && policy.EveryChange, s.HardState.Worse(s.Told):
		what |= tellProblem
	}
	return what
}

// told remembers what of it was told.
func told(s *ServiceState, what telling) {
	if what&tellProblem != 0 {
		s.Pages++
		if s.HardState.Worse(s.Told) {
			s.Told = s.HardState
		}
	}
	if s.HardState == checks.OK && !s.Marks.Has(MarkMissed) {
		s.Pages, s.Told = 0, checks.OK
	}
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
