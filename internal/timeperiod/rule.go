package timeperiod

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// kind orders rules as Nagios does: of the rules that match a day those of the
// lowest kind decide alone.
type kind int

const (
	calendarDate kind = iota // 2026-12-25
	monthDate                // july 4
	monthDay                 // day 21
	monthWeekday             // thursday 3 november
	weekdayOf                // thursday -1
	weekday                  // thursday
)

// Rule is one line of a period: the days on which it applies and the hours.
type Rule struct {
	kind     kind
	from, to day
	every    int  // of the days since from; 1 is each
	endless  bool // a calendar date with every and without an end
	hours    []hours
}

// day is one end of a range of days; which fields mean something depends on the
// kind. number counts days of the month, or weekdays of it; negative from its end.
type day struct {
	year, number int
	month        time.Month
	weekday      time.Weekday
}

// hours is a span of a day in seconds of its wall clock; to is included, as in
// Nagios, except for midnight at the end of the day.
type hours struct{ from, to int }

const dayEnd = 24 * 60 * 60

var (
	timesRE    = regexp.MustCompile(`^(.*?)[ \t]*((?:\d{1,2}:\d{2}(?::\d{2})?[ \t]*-[ \t]*\d{1,2}:\d{2}(?::\d{2})?[ \t]*,?[ \t]*)*)$`)
	calendarRE = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?: - (\d{4})-(\d{1,2})-(\d{1,2}))?(?: / (\d{1,4}))?$`)
	namedRE    = regexp.MustCompile(`^([a-z]+)(?: (-?\d{1,2})(?: ([a-z]+))?)?(?: - (?:([a-z]+) )?(-?\d{1,2})(?: ([a-z]+))?)?(?: / (\d{1,4}))?$`)
	clockRE    = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?::(\d{2}))?$`)
)

// ParseRule reads one line such as "monday 09:00-17:00",
// "day 1 - 15 / 5 00:00-24:00", "tuesday -1 - monday 1 16:30-24:00" or
// "2026-12-29 - 2027-01-03". Without hours the whole day is meant, which Nagios
// does not know.
func ParseRule(line string) (Rule, error) {
	text := spaced(line)
	m := timesRE.FindStringSubmatch(text)
	if m == nil || m[1] == "" {
		return Rule{}, fmt.Errorf("not a rule (got %q; want one such as monday 09:00-17:00)", line)
	}
	r, err := parseDays(strings.TrimSpace(m[1]))
	if err != nil {
		return Rule{}, fmt.Errorf("%w in %q", err, line)
	}
	if r.hours, err = parseHours(m[2]); err != nil {
		return Rule{}, fmt.Errorf("%w in %q", err, line)
	}
	return r, nil
}

var (
	dashRE  = regexp.MustCompile(`(\d{4}-\d{1,2}-\d{1,2}|[a-z0-9]) ?- (\S)`)
	slashRE = regexp.MustCompile(` ?/ ?`)
)

// spaced writes a line in one way: lower case, single spaces, a space at each
// side of a slash and of the dash between days.
func spaced(line string) string {
	s := strings.Join(strings.Fields(strings.ToLower(line)), " ")
	s = slashRE.ReplaceAllString(s, " / ")
	return dashRE.ReplaceAllString(s, "$1 - $2")
}

func parseDays(s string) (Rule, error) {
	if m := calendarRE.FindStringSubmatch(s); m != nil {
		return parseCalendar(m)
	}
	m := namedRE.FindStringSubmatch(s)
	if m == nil {
		return Rule{}, fmt.Errorf("days that are not understood (%q)", s)
	}
	every, err := parseEvery(m[7])
	if err != nil {
		return Rule{}, err
	}
	r := Rule{every: every}
	if r.kind, r.from, err = parseDay(m[1], m[2], m[3]); err != nil {
		return r, err
	}
	r.to = r.from
	if m[5] == "" {
		return r, nil
	}
	name, month := m[4], m[6]
	if name == "" {
		name, month = m[1], m[3] // "day 1 - 15", "thursday 2 - 4"
	}
	k, to, err := parseDay(name, m[5], month)
	if err != nil {
		return r, err
	}
	if k != r.kind || r.kind == weekday {
		return r, fmt.Errorf("a range between two kinds of day (%q)", s)
	}
	r.to = to
	return r, nil
}

func parseEvery(s string) (int, error) {
	if s == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("an interval of no days (/ %s)", s)
	}
	return n, nil
}

func parseCalendar(m []string) (Rule, error) {
	every, err := parseEvery(m[7])
	if err != nil {
		return Rule{}, err
	}
	r := Rule{kind: calendarDate, every: every, endless: m[4] == "" && m[7] != ""}
	if r.from, err = calendarDay(m[1:4]); err != nil {
		return r, err
	}
	if r.to = r.from; m[4] == "" {
		return r, nil
	}
	if r.to, err = calendarDay(m[4:7]); err == nil && r.to.civil() < r.from.civil() {
		err = fmt.Errorf("a range that ends before it begins")
	}
	return r, err
}

func calendarDay(m []string) (day, error) {
	y, _ := strconv.Atoi(m[0])
	mo, _ := strconv.Atoi(m[1])
	d, _ := strconv.Atoi(m[2])
	if mo < 1 || mo > 12 || d < 1 || d > daysIn(y, time.Month(mo)) {
		return day{}, fmt.Errorf("a date that does not exist (%s-%s-%s)", m[0], m[1], m[2])
	}
	return day{year: y, month: time.Month(mo), number: d}, nil
}

// parseDay reads "monday", "monday 2", "monday 2 may", "may 2" or "day 2".
func parseDay(name, number, month string) (kind, day, error) {
	var d day
	if number != "" {
		d.number, _ = strconv.Atoi(number)
		if d.number == 0 {
			return 0, d, fmt.Errorf("day 0 (want 1 and up from the beginning, -1 and down from the end)")
		}
	}
	if mo, ok := monthNamed(name); ok && number != "" && month == "" {
		d.month = mo
		return monthDate, d, inMonth(d.number, 31)
	}
	if name == "day" && number != "" && month == "" {
		return monthDay, d, inMonth(d.number, 31)
	}
	w, ok := weekdayNamed(name)
	if !ok {
		return 0, d, fmt.Errorf("unknown day (%q)", strings.TrimSpace(name+" "+number+" "+month))
	}
	d.weekday = w
	if number == "" {
		return weekday, d, nil
	}
	if month == "" {
		return weekdayOf, d, inMonth(d.number, 5)
	}
	if d.month, ok = monthNamed(month); !ok {
		return 0, d, fmt.Errorf("unknown month (%q)", month)
	}
	return monthWeekday, d, inMonth(d.number, 5)
}

func inMonth(n, most int) error {
	if n > most || n < -most {
		return fmt.Errorf("no month has a %d. of it", n)
	}
	return nil
}

func monthNamed(s string) (time.Month, bool) {
	for m := time.January; m <= time.December; m++ {
		if strings.ToLower(m.String()) == s {
			return m, true
		}
	}
	return 0, false
}

func weekdayNamed(s string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.ToLower(d.String()) == s {
			return d, true
		}
	}
	return 0, false
}

func parseHours(s string) ([]hours, error) {
	if strings.TrimSpace(s) == "" {
		return []hours{{0, dayEnd}}, nil
	}
	var list []hours
	for part := range strings.SplitSeq(s, ",") {
		from, to, ok := strings.Cut(part, "-")
		if !ok {
			return nil, fmt.Errorf("hours that are not understood (%q)", part)
		}
		a, err := parseClock(strings.TrimSpace(from))
		if err != nil {
			return nil, err
		}
		b, err := parseClock(strings.TrimSpace(to))
		if err != nil {
			return nil, err
		}
		if b < a {
			return nil, fmt.Errorf("hours that end before they begin (%q; over midnight write two ranges)", strings.TrimSpace(part))
		}
		list = append(list, hours{a, b})
	}
	return list, nil
}

func parseClock(s string) (int, error) {
	m := clockRE.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("not a time of day (%q)", s)
	}
	h, _ := strconv.Atoi(m[1])
	mi, _ := strconv.Atoi(m[2])
	sec, _ := strconv.Atoi(m[3])
	n := h*3600 + mi*60 + sec
	if mi > 59 || sec > 59 || n > dayEnd {
		return 0, fmt.Errorf("not a time of day (%q; want 00:00 to 24:00)", s)
	}
	return n, nil
}
