package logs

import (
	"slices"
	"time"

	"monitord/internal/timeperiod"
)

// expectation is a line that has to come again and again.
type expectation struct {
	every  time.Duration
	grace  time.Duration
	during *timeperiod.Period // the clock runs only then; nil: always
}

// expectState is what is remembered of one.
type expectState struct {
	Last   LastSeen  `json:"last,omitzero"`
	Due    time.Time `json:"due,omitzero"` // zero: it is not waited for yet
	Missed bool      `json:"missed"`
}

// maxPeriodDays bounds the search for a due time in periods.
const maxPeriodDays = 400

// due is when the line must have come again, after it came at t. Time outside of
// the periods does not count; the grace does everywhere.
func (e *expectation) due(t time.Time) time.Time {
	if e.during == nil {
		return t.Add(e.every + e.grace)
	}
	left := e.every
	for range maxPeriodDays {
		until := t.Add(24 * time.Hour)
		edges := e.during.Edges(t, until)
		slices.SortFunc(edges, time.Time.Compare)
		for _, edge := range append(edges, until) {
			if !edge.After(t) || edge.After(until) {
				continue
			}
			if e.during.Contains(t) {
				if edge.Sub(t) >= left {
					return t.Add(left + e.grace)
				}
				left -= edge.Sub(t)
			}
			t = edge
		}
	}
	return t.Add(e.grace)
}

// arrive notes that the line came; again says that it had been missed.
func (s *expectState) arrive(e *expectation, now time.Time, text []byte) (again bool) {
	again = s.Missed
	s.Missed = false
	s.Last = LastSeen{At: now, Text: string(text[:min(len(text), maxRemembered)])}
	s.Due = e.due(now)
	return again
}

// maxRemembered bounds a line that is kept.
const maxRemembered = 4 << 10

// overdue reports once that the line did not come.
func (s *expectState) overdue(now time.Time) bool {
	if s.Missed || s.Due.IsZero() || now.Before(s.Due) {
		return false
	}
	s.Missed = true
	return true
}
