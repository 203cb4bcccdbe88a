package syslog

import (
	"strings"
	"time"
)

// Parse reads one message in any of its dialects. received is when it came: it
// gives a time without a year its year. zone is the sender's, for times that do
// not tell theirs. Any bytes are a message.
func Parse(raw string, received time.Time, zone *time.Location) Message {
	text := strings.TrimRight(raw, "\r\n\x00")
	m := Message{Facility: defaultPRI >> 3, Severity: defaultPRI & 7}
	rest := text
	if pri, after, ok := readPRI(rest); ok {
		m.Facility, m.Severity, m.HasPRI = pri>>3, pri&7, true
		rest = after
	}
	if after, ok := version(rest); ok && m.HasPRI {
		m.read5424(after, zone)
	} else {
		m.read3164(rest, received, zone)
	}
	m.Understood = m.HasPRI || !m.Time.IsZero()
	return m
}

// readPRI reads <N> (RFC 5424, 6.2.1). N has one to three digits; zeros before it
// are let pass.
func readPRI(s string) (pri int, rest string, ok bool) {
	if len(s) < 3 || s[0] != '<' {
		return 0, s, false
	}
	for i := 1; i < len(s) && i < 5; i++ {
		switch c := s[i]; {
		case c == '>':
			return pri, s[i+1:], i > 1 && pri <= maxPRI
		case !isDigit(c):
			return 0, s, false
		default:
			pri = pri*10 + int(c-'0')
		}
	}
	return 0, s, false
}

// version reads VERSION SP, when TIMESTAMP or "-" follows: so RFC 5424 is told from
// an old message that begins with a number.
func version(s string) (rest string, ok bool) {
	i := 0
	for i < len(s) && i < 3 && isDigit(s[i]) {
		i++
	}
	if i == 0 || s[0] == '0' || i+2 >= len(s) || s[i] != ' ' {
		return s, false
	}
	rest = s[i+1:]
	if strings.HasPrefix(rest, "- ") {
		return rest, true
	}
	return rest, len(rest) > 10 && rest[4] == '-' && rest[7] == '-' && rest[10] == 'T' && isDigit(rest[0])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlnum(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
