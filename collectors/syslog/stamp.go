package syslog

import (
	"strings"
	"time"
)

const months = "janfebmaraprmayjunjulaugsepoctnovdec"

// month reads the three letters of one, 0 when there is none.
func month(s string) time.Month {
	if len(s) < 3 {
		return 0
	}
	var low [3]byte
	for i := range low {
		low[i] = s[i] | 0x20
	}
	for i := 0; i < len(months); i += 3 {
		if months[i:i+3] == string(low[:]) {
			return time.Month(i/3 + 1)
		}
	}
	return 0
}

// scanner reads the parts of a time.
type scanner struct {
	s  string
	ok bool
}

// blanks skips at least one.
func (r *scanner) blanks() {
	n := len(r.s)
	r.s = strings.TrimLeft(r.s, " ")
	r.ok = r.ok && len(r.s) < n
}

func (r *scanner) literal(c byte) {
	r.ok = r.ok && len(r.s) > 0 && r.s[0] == c
	if r.ok {
		r.s = r.s[1:]
	}
}

// number reads one of min to most digits that is at most limit.
func (r *scanner) number(min, most, limit int) int {
	n, v := 0, 0
	for n < len(r.s) && n < most && isDigit(r.s[n]) {
		v = v*10 + int(r.s[n]-'0')
		n++
	}
	r.ok = r.ok && n >= min && v <= limit
	r.s = r.s[n:]
	return v
}

func (r *scanner) month() time.Month {
	m := month(r.s)
	if r.ok = r.ok && m != 0; r.ok {
		r.s = r.s[3:]
	}
	return m
}

// clock is hh:mm:ss with an optional fraction; of a leap second the second before
// is taken.
func (r *scanner) clock() (h, m, s, nanos int) {
	h = r.number(1, 2, 23)
	r.literal(':')
	m = r.number(2, 2, 59)
	r.literal(':')
	s = min(r.number(2, 2, 60), 59)
	if r.ok && len(r.s) > 1 && (r.s[0] == '.' || r.s[0] == ',') && isDigit(r.s[1]) {
		r.s = r.s[1:]
		for scale := 100_000_000; len(r.s) > 0 && isDigit(r.s[0]); scale /= 10 {
			nanos += int(r.s[0]-'0') * scale
			r.s = r.s[1:]
		}
	}
	return h, m, s, nanos
}

// year is one at the beginning of s, with a blank behind it.
func year(s string) (int, bool) {
	if len(s) < 5 || s[4] != ' ' || s[0] != '1' && s[0] != '2' {
		return 0, false
	}
	r := scanner{s, true}
	y := r.number(4, 4, 2199)
	return y, r.ok && y >= 1970
}

// looksLikeStamp is a quick look for what readStamp may read.
func looksLikeStamp(s string) bool {
	if len(s) < 15 {
		return false
	}
	if _, ok := year(s); ok {
		s = s[5:]
	}
	return month(s) != 0 && s[3] == ' ' || s[4] == '-' && s[7] == '-' && isDigit(s[0])
}

// readStamp reads a time of RFC 3164 and what is written in its place:
//
//	Nov  3 04:05:06        the RFC; also "Nov 3", "Nov 03", fractions
//	Nov  3 2026 04:05:06   ASA, IOS with year
//	Nov  3 04:05:06 2026   H3C, ctime
//	2026 Nov  3 04:05:06   NX-OS
//	2026-11-03T04:05:06Z   rsyslog, ESXi; also with a blank and without a zone
//
// A zone may follow: UTC and GMT, or any abbreviation with a colon behind it (IOS).
func readStamp(s string, received time.Time, zone *time.Location) (at time.Time, rest string, ok bool) {
	if !looksLikeStamp(s) {
		return time.Time{}, s, false
	}
	if s[4] == '-' {
		return readISO(s, zone)
	}
	r := scanner{s, true}
	y, known := year(r.s)
	if known {
		r.s = r.s[5:]
	}
	mon := r.month()
	r.blanks()
	day := r.number(1, 2, 31)
	r.blanks()
	if !known {
		if y, known = year(r.s); known {
			r.s = r.s[5:]
		}
	}
	h, m, sec, nanos := r.clock()
	if !r.ok || day == 0 {
		return time.Time{}, s, false
	}
	rest = r.s
	if !known && strings.HasPrefix(rest, " ") {
		if y, known = year(rest[1:]); known {
			rest = rest[5:]
		}
	}
	where, rest := readZone(rest, zone)
	if !known && zoneAndYear(rest) {
		y, known = year(rest[5:])
		rest = rest[9:]
	}
	if rest != "" && rest[0] != ' ' && rest[0] != ':' {
		return time.Time{}, s, false
	}
	date := func(y int) time.Time { return time.Date(y, mon, day, h, m, sec, nanos, where) }
	if !known {
		y = nearestYear(date, mon, received.In(where))
	}
	at = date(y)
	return at, rest, at.Month() == mon // else a 30th of February
}

// zoneAndYear is " CST 1987 ", as in RFC 3164's third example.
func zoneAndYear(s string) bool {
	if len(s) < 10 || s[0] != ' ' || s[4] != ' ' {
		return false
	}
	_, ok := year(s[5:])
	return ok && strings.Trim(s[1:4], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// readZone reads " UTC", " GMT", or " JST:". An abbreviation that the sender's zone
// does not use is let pass and says nothing: there are many of one name.
func readZone(s string, zone *time.Location) (*time.Location, string) {
	if !strings.HasPrefix(s, " ") {
		return zone, s
	}
	n := 1
	for n < len(s) && n <= 5 && s[n] >= 'A' && s[n] <= 'Z' {
		n++
	}
	word := s[1:n]
	if utc := word == "UTC" || word == "GMT"; utc && (n == len(s) || s[n] == ' ' || s[n] == ':') {
		return time.UTC, s[n:]
	}
	if len(word) >= 2 && n < len(s) && s[n] == ':' {
		return zone, s[n:]
	}
	return zone, s
}

// nearestYear gives a date its year: the latest that is at most a day ahead of when
// the message came. So December's last line that comes in January is of the old
// year, and a clock that is some hours fast on New Year's Eve is in the new one.
func nearestYear(date func(year int) time.Time, mon time.Month, received time.Time) int {
	limit := received.Add(24 * time.Hour)
	for y := limit.Year(); y > limit.Year()-9; y-- {
		// The 29th of February is in leap years only.
		if at := date(y); !at.After(limit) && at.Month() == mon {
			return y
		}
	}
	return limit.Year()
}

// readISO reads a time of RFC 3339 and its relatives. Without a zone it is the
// sender's.
func readISO(s string, zone *time.Location) (at time.Time, rest string, ok bool) {
	r := scanner{s, true}
	y := r.number(4, 4, 9999)
	r.literal('-')
	mon := r.number(2, 2, 12)
	r.literal('-')
	day := r.number(2, 2, 31)
	if r.ok = r.ok && len(r.s) > 0 && (r.s[0] == 'T' || r.s[0] == 't' || r.s[0] == ' '); r.ok {
		r.s = r.s[1:]
	}
	h, m, sec, nanos := r.clock()
	where := r.offset(zone)
	if !r.ok || mon == 0 || day == 0 || r.s != "" && r.s[0] != ' ' && r.s[0] != ':' {
		return time.Time{}, s, false
	}
	at = time.Date(y, time.Month(mon), day, h, m, sec, nanos, where)
	return at, r.s, at.Month() == time.Month(mon)
}

// offset reads Z, +09:00 or +0900.
func (r *scanner) offset(zone *time.Location) *time.Location {
	if !r.ok || r.s == "" {
		return zone
	}
	sign := 1
	switch r.s[0] {
	case 'Z', 'z':
		r.s = r.s[1:]
		return time.UTC
	case '-':
		sign = -1
	case '+':
	default:
		return zone
	}
	r.s = r.s[1:]
	h := r.number(2, 2, 23)
	r.s = strings.TrimPrefix(r.s, ":")
	m := r.number(2, 2, 59)
	if h == 0 && m == 0 {
		return time.UTC
	}
	return time.FixedZone("", sign*(h*3600+m*60))
}
