package availability

import (
	"fmt"
	"time"
)

// Month is a calendar month, or the part of it that was asked for.
type Month struct {
	Name string // such as 2026-11
	Span
}

// Calendar is its year and month.
func (m Month) Calendar() (int, time.Month) {
	at, err := time.Parse("2006-01", m.Name)
	if err != nil {
		at = m.From // never: Months made the name
	}
	return at.Year(), at.Month()
}

// MaxMonths bounds one report: five years and what is begun at both ends.
const MaxMonths = 62

// monthOf is a whole month by the wall clock of a zone. Where midnight does not
// exist on its first day, it begins where the clock was changed (or an hour
// earlier), and the month before ends at the same moment.
func monthOf(year int, month time.Month, zone *time.Location) Month {
	from := time.Date(year, month, 1, 0, 0, 0, 0, zone)
	to := time.Date(year, month+1, 1, 0, 0, 0, 0, zone)
	return Month{Name: fmt.Sprintf("%04d-%02d", year, month), Span: Span{from, to}}
}

// Months cuts a span at the ends of months, by the wall clock of a zone.
func Months(w Span, zone *time.Location) []Month {
	if w.Empty() {
		return nil
	}
	var list []Month
	year, month, _ := w.From.In(zone).Date()
	for m := monthOf(year, month, zone); m.From.Before(w.To); m = monthOf(year, month, zone) {
		if m.Span = m.clip(w); !m.Empty() {
			list = append(list, m)
		}
		if month++; month > time.December {
			year, month = year+1, time.January
		}
	}
	return list
}

// ParseSpan reads what a person asks for: a month such as 2026-11, or a
// beginning and an end as 2026-11-22 (midnight of the zone), as RFC 3339, or as
// a month (its beginning). Without since it is the month of until; without
// until, and for what lies ahead, it ends now. All empty: the present month.
func ParseSpan(month, since, until string, now time.Time, zone *time.Location) (Span, error) {
	y, m, _ := now.In(zone).Date()
	w := Span{monthOf(y, m, zone).From, now}
	switch {
	case month != "" && (since != "" || until != ""):
		return w, fmt.Errorf("got a month and since or until; want one of them")
	case month != "":
		at, err := time.ParseInLocation("2006-01", month, zone)
		if err != nil {
			return w, fmt.Errorf("month: got %q; want a month such as 2026-11", month)
		}
		w = monthOf(at.Year(), at.Month(), zone).Span
	default:
		if until != "" {
			to, err := parseMoment(until, zone)
			if err != nil {
				return w, fmt.Errorf("until: %w", err)
			}
			last := to.Add(-time.Nanosecond).In(zone)
			w = Span{monthOf(last.Year(), last.Month(), zone).From, to}
		}
		if since != "" {
			from, err := parseMoment(since, zone)
			if err != nil {
				return w, fmt.Errorf("since: %w", err)
			}
			w.From = from
		}
	}
	if w.To.After(now) {
		w.To = now
	}
	switch {
	case w.From.After(now):
		return w, fmt.Errorf("it lies ahead; want a time that has begun")
	case w.To.Before(w.From), w.Empty() && w.To.Before(now):
		return w, fmt.Errorf("it ends before it begins")
	case w.Len() > (MaxMonths-2)*31*24*time.Hour:
		return w, fmt.Errorf("it is too long; want at most five years")
	}
	return w, nil
}

func parseMoment(s string, zone *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at, nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02", "2006-01"} {
		if at, err := time.ParseInLocation(layout, s, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("got %q; want a day such as 2026-11-22, a month such as 2026-11, or RFC 3339", s)
}
