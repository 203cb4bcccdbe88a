package availability

import (
	"fmt"
	"time"

	"monitord/checks"
	"monitord/internal/timeperiod"
)

// Downtime is a planned one, as it was kept. Exactly one of Host, Group and
// Service says for what.
type Downtime struct {
	ID      int64
	Host    string
	Group   string
	Service checks.Service // without an item: every item of the check
	Created time.Time      // what lies before was not planned and does not count
	From    time.Time
	To      time.Time // of a recurring one: zero, or after which it does not come again
	// Duration above 0 makes one without a rule flexible, and is how long one
	// with a rule lasts each time.
	Duration time.Duration
	Rule     string    // RFC 5545; empty: it does not recur
	Zone     string    // of the rule; empty: that of the report
	Started  time.Time // of a flexible one; zero: it never began
	Ended    time.Time // over or cancelled; zero: not
}

// Covers reports whether it is for a service; in says whether a host is in a
// group or below it.
func (d *Downtime) Covers(s checks.Service, in func(host, group string) bool) bool {
	switch {
	case d.Host != "":
		return d.Host == s.Host
	case d.Group != "":
		return in(s.Host, d.Group)
	case d.Service.Item == "":
		return d.Service.Host == s.Host && d.Service.Check == s.Check
	}
	return d.Service == s
}

// Spans lists when it held within a span.
func (d *Downtime) Spans(w Span, zone *time.Location) ([]Span, error) {
	held := w
	if d.Created.After(held.From) {
		held.From = d.Created
	}
	if !d.Ended.IsZero() && d.Ended.Before(held.To) {
		held.To = d.Ended
	}
	one := Span{d.From, d.To}
	switch {
	case d.Rule != "":
		return d.occurrences(held, zone)
	case d.Duration > 0 && d.Started.IsZero():
		return nil, nil
	case d.Duration > 0:
		one = Span{d.Started, d.Started.Add(d.Duration)}
	}
	if one = one.clip(held); one.Empty() {
		return nil, nil
	}
	return []Span{one}, nil
}

func (d *Downtime) occurrences(held Span, zone *time.Location) ([]Span, error) {
	if d.Zone != "" {
		var err error
		if zone, err = time.LoadLocation(d.Zone); err != nil {
			return nil, fmt.Errorf("downtime %d: %w", d.ID, err)
		}
	}
	r, err := timeperiod.NewRecurrence(d.From, zone, d.Rule, d.Duration)
	if err != nil {
		return nil, fmt.Errorf("downtime %d: %w", d.ID, err)
	}
	var list []Span
	for at := held.From; at.Before(held.To); {
		from, to, ok := r.Occurrence(at)
		if !ok || !to.After(at) || !d.To.IsZero() && !from.Before(d.To) {
			break
		}
		if s := (Span{from, to}).clip(held); !s.Empty() {
			list = append(list, s)
		}
		at = to
	}
	return list, nil
}

// Outside lists the parts of a span in which a check does not run: the minutes
// that a period does not hold. contains and next are those of a
// timeperiod.Period; a period that comes no more is outside for the rest.
func Outside(w Span, contains func(time.Time) bool, next func(time.Time) (time.Time, bool)) []Span {
	const half = 30 * time.Second // a minute of a period is one whose middle it holds
	var list []Span
	for at := w.From.Truncate(time.Minute); at.Before(w.To); {
		if contains(at.Add(half)) {
			at = at.Add(time.Minute)
			continue
		}
		end, ok := next(at.Add(half))
		if !ok || end.After(w.To) {
			end = w.To
		}
		list = append(list, Span{at, end}.clip(w))
		// On to the next whole minute: within a minute nothing begins and ends.
		at = end.Add(time.Minute - 1).Truncate(time.Minute)
	}
	return list
}
