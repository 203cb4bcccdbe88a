package logs

import (
	"bytes"
	"time"
)

// header is what stands before the message of a line as syslog daemons write it.
type header struct {
	at       time.Time
	host     string
	program  string
	severity Severity
}

// readHeader reads "Nov  3 04:05:06 host program[pid]: ", the same with an ISO
// 8601 time, and either after a priority <PRI>. What is not there stays empty. A
// time without a year is of the year that makes it nearest to received, a day
// ahead at most; without a zone it is in received's.
func readHeader(text []byte, received time.Time) header {
	var h header
	rest := text
	if n, after, ok := priority(rest); ok {
		h.severity, rest = SyslogSeverity(n&7), after
	}
	at, rest, ok := readTime(rest, received)
	if !ok {
		return h
	}
	h.at = at
	host, rest, ok := bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
	if !ok {
		return h
	}
	// A message without a host: "program[pid]:" comes at once.
	if program, is := programTag(host); is {
		h.program = program
		return h
	}
	h.host = string(host)
	tag, _, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
	h.program, _ = programTag(tag)
	return h
}

// priority is the <N> of RFC 3164.
func priority(b []byte) (n int, rest []byte, ok bool) {
	if len(b) < 3 || b[0] != '<' {
		return 0, b, false
	}
	for i := 1; i < len(b) && i < 5; i++ {
		switch c := b[i]; {
		case c == '>' && i > 1:
			return n, b[i+1:], n < 192
		case c < '0' || c > '9':
			return 0, b, false
		default:
			n = n*10 + int(c-'0')
		}
	}
	return 0, b, false
}

// programTag is sshd of "sshd[123]:" and "sshd:".
func programTag(word []byte) (string, bool) {
	end := bytes.IndexAny(word, "[:")
	if end <= 0 || word[len(word)-1] != ':' && word[end] != '[' {
		return "", false
	}
	return string(word[:end]), true
}

const (
	stampLen = len("Nov  3 04:05:06")
	isoLen   = len("2026-11-03T04:05:06")
)

// readTime reads a time at the beginning.
func readTime(b []byte, received time.Time) (time.Time, []byte, bool) {
	if len(b) >= stampLen && b[3] == ' ' && b[9] == ':' {
		t, err := time.Parse(time.Stamp, string(b[:stampLen]))
		if err != nil {
			return time.Time{}, b, false
		}
		return nearestYear(t, received), b[stampLen:], true
	}
	if len(b) < isoLen || b[4] != '-' || b[7] != '-' || b[10] != 'T' && b[10] != ' ' {
		return time.Time{}, b, false
	}
	// The date may be followed by a fraction and a zone.
	end := isoLen
	for end < len(b) && bytes.IndexByte([]byte("0123456789.,"), b[end]) >= 0 {
		end++
	}
	zone := end
	switch {
	case zone < len(b) && b[zone] == 'Z':
		zone++
	case zone < len(b) && (b[zone] == '+' || b[zone] == '-'):
		for zone++; zone < len(b) && (b[zone] >= '0' && b[zone] <= '9' || b[zone] == ':'); zone++ {
		}
	}
	text := string(b[:10]) + "T" + string(b[11:zone])
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, b[zone:], true
		}
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05.999999999", string(b[:10])+"T"+string(b[11:end]), received.Location())
	return t, b[end:], err == nil
}

// nearestYear gives a date its year: the latest that is at most a day ahead.
func nearestYear(t, received time.Time) time.Time {
	limit := received.AddDate(0, 0, 1)
	for year := limit.Year(); ; year-- {
		at := time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, received.Location())
		// The 29th of February is in leap years only.
		if !at.After(limit) && at.Day() == t.Day() || year < limit.Year()-8 {
			return at
		}
	}
}

// TimeOf is the time in the first line of a block; ok is false when it has none.
func TimeOf(block []byte, received time.Time) (at time.Time, ok bool) {
	h := readHeader(block[:min(len(block), 256)], received)
	return h.at, !h.at.IsZero()
}

// TimeOfLast is the same for the last line.
func TimeOfLast(block []byte, received time.Time) (at time.Time, ok bool) {
	block = bytes.TrimRight(block, "\r\n")
	return TimeOf(block[bytes.LastIndexByte(block, '\n')+1:], received)
}
