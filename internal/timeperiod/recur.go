package timeperiod

import (
	"fmt"
	"time"

	"github.com/teambition/rrule-go"
)

// Recurrence is a span that comes again by a rule of RFC 5545.
type Recurrence struct {
	start    time.Time // wall clock of zone, written as UTC
	rule     *rrule.RRule
	zone     *time.Location
	duration time.Duration
}

// MaxRecurring bounds the length of one occurrence.
const MaxRecurring = 31 * 24 * time.Hour

// maxYears is how long a recurrence without an end goes on.
const maxYears = 20

// NewRecurrence reads a rule such as FREQ=WEEKLY;BYDAY=SU whose first
// occurrence is at or after start, by the wall clock of zone. Each occurrence
// lasts duration of real time, for 20 years at most. Rules more frequent than
// hourly are refused.
func NewRecurrence(start time.Time, zone *time.Location, rule string, duration time.Duration) (*Recurrence, error) {
	if zone == nil {
		zone = time.UTC
	}
	if duration <= 0 || duration > MaxRecurring {
		return nil, fmt.Errorf("recurrence: duration out of range (got %s; want more than 0 and at most 31 days)", duration)
	}
	opt, err := rrule.StrToROption(rule)
	if err != nil {
		return nil, fmt.Errorf("recurrence %q: %w (want a rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=SU)", rule, err)
	}
	if opt.Freq > rrule.HOURLY || len(opt.Bysecond) > 1 || len(opt.Byminute) > 4 {
		return nil, fmt.Errorf("recurrence %q: more often than hourly", rule)
	}
	opt.Dtstart = floating(start, zone)
	// The end keeps a rule that never comes, as 30 February, from being looked
	// for until the year 9999.
	end := opt.Dtstart.AddDate(maxYears, 0, 0)
	if opt.Until = floating(opt.Until, zone); opt.Until.Year() <= 1 || opt.Until.After(end) {
		opt.Until = end
	}
	r, err := rrule.NewRRule(*opt)
	if err != nil {
		return nil, fmt.Errorf("recurrence %q: %w", rule, err)
	}
	return &Recurrence{start: opt.Dtstart, rule: r, zone: zone, duration: duration}, nil
}

// floating is what the wall clock of a zone shows, written as UTC, so that the
// rule counts days and hours of the wall clock.
func floating(t time.Time, zone *time.Location) time.Time {
	l := t.In(zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
}

// moment is the instant of a wall-clock time: the first of two; one that does
// not exist is read with the offset before the gap (RFC 5545 section 3.3.5).
func (r *Recurrence) moment(wall time.Time) time.Time {
	_, before := time.Unix(wall.Unix()-86400, 0).In(r.zone).Zone()
	_, after := time.Unix(wall.Unix()+86400, 0).In(r.zone).Zone()
	for _, offset := range []int{before, after} {
		t := time.Unix(wall.Unix()-int64(offset), 0).In(r.zone)
		if _, have := t.Zone(); have == offset {
			return t
		}
	}
	return time.Unix(wall.Unix()-int64(before), 0).In(r.zone)
}

// Occurrence returns the span that holds t, or else the next one; false when
// there is none any more. A span holds its beginning and not its end.
func (r *Recurrence) Occurrence(t time.Time) (from, to time.Time, ok bool) {
	// A day more covers the change of any clock.
	wall := floating(t, r.zone).Add(-r.duration - 24*time.Hour)
	for range 4096 {
		wall = r.rule.After(wall, false)
		if wall.IsZero() {
			return time.Time{}, time.Time{}, false
		}
		from = r.moment(wall)
		if to = from.Add(r.duration); to.After(t) {
			return from, to, true
		}
	}
	return time.Time{}, time.Time{}, false
}
