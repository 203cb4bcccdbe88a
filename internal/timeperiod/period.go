package timeperiod

import (
	"slices"
	"time"
)

// Period is a set of moments. A nil Period holds every moment; one without
// rules holds none. It is never changed after New and may be shared.
type Period struct {
	name    string
	zone    *time.Location // nil: that of the period which excludes it
	rules   []Rule
	exclude []*Period
}

// New makes a period of rules read in a zone, without the moments of others. A
// nil zone is UTC, and for an excluded period the zone of the excluding one.
func New(name string, zone *time.Location, rules []Rule, exclude ...*Period) *Period {
	return &Period{name, zone, rules, exclude}
}

// Name is the name it has in the configuration; empty for nil.
func (p *Period) Name() string {
	if p == nil {
		return ""
	}
	return p.name
}

// Contains reports whether t is in the period. The last minute of a range ends
// with its first second, as in Nagios: 09:00-17:00 holds 17:00:00 and not
// 17:00:01.
func (p *Period) Contains(t time.Time) bool {
	return p == nil || p.contains(t, time.UTC)
}

func (p *Period) contains(t time.Time, outer *time.Location) bool {
	zone := p.in(outer)
	for _, x := range p.exclude {
		if x.contains(t, zone) {
			return false
		}
	}
	y, m, d := t.In(zone).Date()
	t = t.Truncate(time.Second)
	for _, h := range p.hoursOn(y, m, d) {
		if !t.Before(instant(zone, y, m, d, h.from)) && !t.After(instant(zone, y, m, d, h.to)) {
			return true
		}
	}
	return false
}

func (p *Period) in(outer *time.Location) *time.Location {
	if p.zone != nil {
		return p.zone
	}
	return outer
}

// hoursOn is what applies on a day: the first rule of the most special kind
// that matches; of plain weekdays every line.
func (p *Period) hoursOn(y int, m time.Month, d int) []hours {
	var best *Rule
	var week []hours
	for i := range p.rules {
		r := &p.rules[i]
		if best != nil && r.kind >= best.kind || !r.on(y, m, d) {
			continue
		}
		if r.kind == weekday {
			week = append(week, r.hours...)
			continue
		}
		best = r
	}
	if best != nil {
		return best.hours
	}
	return week
}

// horizon is how far Next looks: 29 February comes after at most eight years.
const horizon = 8*366 + 1

// Next is the first moment at or after t that is in the period; false where
// there is none within eight years. After an excluded range it is the next
// whole minute, as in Nagios.
func (p *Period) Next(t time.Time) (time.Time, bool) {
	if p.Contains(t) {
		return t, true
	}
	zone := p.in(time.UTC)
	y, m, d := t.In(zone).Date()
	for i := range horizon {
		for _, c := range p.borders(nil, zone, y, m, d+i) {
			if c.After(t) && p.Contains(c) {
				return c, true
			}
		}
	}
	return time.Time{}, false
}

// borders lists the moments of a day at which the answer may turn to true: the
// beginnings of its own ranges, and the minutes behind what is excluded.
func (p *Period) borders(list []time.Time, zone *time.Location, y int, m time.Month, d int) []time.Time {
	y, m, d = time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Date()
	for _, h := range p.hoursOn(y, m, d) {
		list = append(list, instant(zone, y, m, d, h.from))
	}
	if len(list) == 0 {
		return nil
	}
	for _, x := range p.exclude {
		list = x.ends(list, zone, y, m, d)
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

// ends adds the minutes behind the ranges of an excluded period, on the days of
// its own zone that touch the given day of another; and what lies within what it
// excludes itself.
func (p *Period) ends(list []time.Time, outer *time.Location, y int, m time.Month, d int) []time.Time {
	zone := p.in(outer)
	for i := -1; i <= 1; i++ {
		yy, mm, dd := time.Date(y, m, d+i, 0, 0, 0, 0, time.UTC).Date()
		for _, h := range p.hoursOn(yy, mm, dd) {
			end := instant(zone, yy, mm, dd, h.to)
			if h.to < dayEnd {
				end = end.Add(time.Minute)
			}
			list = append(list, end)
		}
	}
	for _, x := range p.exclude {
		list = x.starts(list, zone, y, m, d)
	}
	return list
}

func (p *Period) starts(list []time.Time, outer *time.Location, y int, m time.Month, d int) []time.Time {
	zone := p.in(outer)
	for i := -1; i <= 1; i++ {
		yy, mm, dd := time.Date(y, m, d+i, 0, 0, 0, 0, time.UTC).Date()
		for _, h := range p.hoursOn(yy, mm, dd) {
			list = append(list, instant(zone, yy, mm, dd, h.from))
		}
	}
	for _, x := range p.exclude {
		list = x.ends(list, zone, y, m, d)
	}
	return list
}

// Edges lists moments from a day before from to a day after to such that an
// answer of Contains that holds at all of them holds between from and to: the
// beginnings and the seconds behind the ends of all ranges, also of what is
// excluded.
func (p *Period) Edges(from, to time.Time) []time.Time {
	if p == nil {
		return nil
	}
	zone := p.in(time.UTC)
	var list []time.Time
	y, m, d := from.In(zone).Date()
	for i := -1; ; i++ {
		day := time.Date(y, m, d+i, 0, 0, 0, 0, time.UTC)
		if i >= 0 && instant(zone, day.Year(), day.Month(), day.Day(), 0).After(to) {
			return list
		}
		list = p.starts(list, zone, day.Year(), day.Month(), day.Day())
		for _, end := range p.ends(nil, zone, day.Year(), day.Month(), day.Day()) {
			list = append(list, end, end.Add(time.Second-time.Minute))
		}
	}
}
