package health

import (
	"time"

	"monitord/checks"
	"monitord/checks/schedule"
	"monitord/internal/wire"
)

// tally counts the results of one check.
type tally struct {
	check Check
	bad   int           // failures in a row that counted; at most MaxAttempts
	good  int           // good results in a row; at most RecoverAttempts
	last  checks.Result // the worst failure of the last run that failed
}

// observe counts a run and reports whether to ask again soon: a failure that is
// not confirmed. UNKNOWN, unless it is a failure, is no knowledge: nothing
// changes. A failure that does not count (counts is false) only ends the row
// of good results.
func (t *tally) observe(run schedule.Run, counts bool) (retry bool) {
	worst, failed, unknown := checks.Result{}, false, false
	for _, r := range run.Results {
		switch {
		case t.check.fails(r.State):
			if !failed || r.State.Worse(worst.State) {
				worst = r
			}
			failed = true
		case r.State == checks.Unknown:
			unknown = true
		}
	}
	switch {
	case failed:
		t.good, t.last = 0, worst
		if counts {
			t.bad = min(t.bad+1, t.check.MaxAttempts)
		}
	case !unknown:
		t.bad = 0
		t.good = min(t.good+1, t.check.RecoverAttempts)
	}
	return t.bad > 0 && t.bad < t.check.MaxAttempts
}

// forget takes back the failures: they were of a time that does not count.
func (t *tally) forget() { t.bad = 0 }

func (t *tally) confirmed() bool { return t.bad >= t.check.MaxAttempts }

func (t *tally) recovered() bool { return t.good >= t.check.RecoverAttempts }

// report says what is wrong.
func (t *tally) report() wire.HealthCheck {
	return wire.HealthCheck{Name: t.check.Name, State: t.last.State, Reason: t.last.Reason, Summary: t.last.Summary, Attempts: t.bad}
}

// holding is whether, and since when, this machine has the address without which
// failures do not count.
type holding struct {
	held  bool
	since time.Time
}

// note takes what the machine's addresses say now; it reports a change.
func (h *holding) note(held bool, now time.Time) (changed bool) {
	if held == h.held {
		return false
	}
	h.held, h.since = held, now
	return true
}

// counts reports whether a run that began at a moment counts: the address was
// there, and services had their time to start.
func (h *holding) counts(at time.Time, settle time.Duration) bool {
	return h.held && !at.Before(h.since.Add(settle))
}
