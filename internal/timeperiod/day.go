package timeperiod

import "time"

// A civil day is counted in days since 1970-01-01, whatever the zone.
func civil(y int, m time.Month, d int) int {
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (d day) civil() int { return civil(d.year, d.month, d.number) }

func daysIn(y int, m time.Month) int { return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// at is the civil day that one end of a range is in a month of a year; false
// where that month has no such day, as "tuesday 5" or "day 31".
func (d day) at(k kind, y int, m time.Month) (int, bool) {
	first := civil(y, m, 1)
	n := daysIn(y, m)
	i := d.number - 1
	switch k {
	case monthDate, monthDay:
		if d.number < 0 {
			i = n + d.number
		}
	default:
		offset := int(d.weekday-time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).Weekday()+7) % 7
		i = offset + 7*(d.number-1)
		if d.number < 0 {
			last := offset + 7*((n-1-offset)/7)
			i = last + 7*(d.number+1)
		}
	}
	return first + i, i >= 0 && i < n
}

// on reports whether the rule applies to the civil day that is y-m-d.
func (r Rule) on(y int, m time.Month, d int) bool {
	today := civil(y, m, d)
	switch r.kind {
	case weekday:
		return r.from.weekday == time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Weekday()
	case calendarDate:
		return r.covers(today, r.from.civil(), r.to.civil())
	case monthDate, monthWeekday:
		return r.inYear(today, y) || r.inYear(today, y-1)
	}
	before := time.Date(y, m-1, 1, 0, 0, 0, 0, time.UTC)
	return r.inMonth(today, y, m) || r.inMonth(today, before.Year(), before.Month())
}

// inYear looks at the range that begins in year y; one whose end lies before
// its beginning ends in the next year.
func (r Rule) inYear(today, y int) bool {
	from, ok := r.from.at(r.kind, y, r.from.month)
	if !ok {
		return false
	}
	to, ok := r.to.at(r.kind, y, r.to.month)
	if ok && to < from {
		to, ok = r.to.at(r.kind, y+1, r.to.month)
	}
	return ok && r.covers(today, from, to)
}

// inMonth looks at the range that begins in month m; one whose end lies before
// its beginning ends in the next month. An end that the month does not have, as
// "day 31" in June, is the month's last day.
func (r Rule) inMonth(today, y int, m time.Month) bool {
	from, ok := r.from.at(r.kind, y, m)
	if !ok {
		return false
	}
	to, ok := r.to.at(r.kind, y, m)
	if !ok {
		to = civil(y, m, daysIn(y, m))
	}
	if to < from {
		if to, ok = r.to.at(r.kind, y, m+1); !ok {
			return false
		}
	}
	return r.covers(today, from, to)
}

func (r Rule) covers(today, from, to int) bool {
	return today >= from && (r.endless || today <= to) && (today-from)%r.every == 0
}

// instant is the moment at which the wall clock of a zone shows the second s of
// a day. Of two it is the first; where there is none, the change of the clock.
func instant(zone *time.Location, y int, m time.Month, d, s int) time.Time {
	wall := time.Date(y, m, d, 0, 0, s, 0, time.UTC).Unix()
	// A zone's offset changes at most once within a day to either side.
	_, before := time.Unix(wall-86400, 0).In(zone).Zone()
	_, after := time.Unix(wall+86400, 0).In(zone).Zone()
	for _, offset := range []int{before, after} {
		t := time.Unix(wall-int64(offset), 0).In(zone)
		if _, have := t.Zone(); have == offset {
			return t
		}
	}
	start, _ := time.Unix(wall-int64(before), 0).In(zone).ZoneBounds()
	if start.IsZero() {
		return time.Unix(wall-int64(before), 0).In(zone)
	}
	return start
}
