package syslog

import (
	"strings"
	"time"
)

// bom is the byte order mark that a text of UTF-8 begins with (RFC 5424, 6.4).
const bom = "\xef\xbb\xbf"

// nilValue stands for a part that is not known.
const nilValue = "-"

// read5424 reads what follows the version: TIMESTAMP SP HOSTNAME SP APP-NAME SP
// PROCID SP MSGID SP STRUCTURED-DATA [SP MSG]. What breaks the grammar is text from
// there on: nothing is thrown away.
func (m *Message) read5424(rest string, zone *time.Location) {
	stamp, rest, _ := strings.Cut(rest, " ")
	if stamp != nilValue {
		if at, after, ok := readISO(stamp, zone); ok && after == "" {
			m.Time = at
		}
	}
	for _, part := range []*string{&m.Host, &m.Program, &m.PID, &m.ID} {
		word, after, _ := strings.Cut(rest, " ")
		if strings.HasPrefix(word, "[") {
			break // a header that is too short
		}
		if rest = after; word != nilValue {
			*part = word
		}
	}
	switch {
	case rest == nilValue:
		rest = ""
	case strings.HasPrefix(rest, nilValue+" "):
		rest = rest[2:]
	case strings.HasPrefix(rest, "["):
		m.Data, rest = readData(rest)
		rest = strings.TrimPrefix(rest, " ")
	}
	m.Text = strings.TrimPrefix(rest, bom)
}

// readData reads elements one after another. Of a faulty one and what follows
// nothing is taken: it stays in rest.
func readData(s string) (list []Element, rest string) {
	rest = s
	for strings.HasPrefix(rest, "[") {
		e, after, ok := readElement(rest)
		if !ok {
			return list, rest
		}
		list, rest = append(list, e), after
	}
	return list, rest
}

// readElement reads [ID NAME="VALUE" …].
func readElement(s string) (e Element, rest string, ok bool) {
	n := nameLen(s[1:])
	if n == 0 {
		return e, s, false
	}
	e.ID, rest = s[1:1+n], s[1+n:]
	for {
		rest = strings.TrimLeft(rest, " ")
		if strings.HasPrefix(rest, "]") {
			return e, rest[1:], true
		}
		n := nameLen(rest)
		if n == 0 || !strings.HasPrefix(rest[n:], `="`) {
			return e, s, false
		}
		value, after, ok := readValue(rest[n+2:])
		if !ok {
			return e, s, false
		}
		e.Params = append(e.Params, Param{Name: rest[:n], Value: value})
		rest = after
	}
}

// nameLen is the length of an SD-NAME. Its limit of 32 characters is not held to:
// real ones are longer.
func nameLen(s string) int {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == '=' || c == ']' || c == '"' || c == 0x7f {
			return i
		}
	}
	return len(s)
}

// readValue reads a PARAM-VALUE up to its quote. A backslash escapes ", \ and ]; before
// anything else it is itself (6.3.3).
func readValue(s string) (value, rest string, ok bool) {
	var b []byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' && b == nil:
			return s[:i], s[i+1:], true
		case c == '"':
			return string(b), s[i+1:], true
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`"\]`, s[i+1]) >= 0:
			if b == nil {
				b = append(make([]byte, 0, len(s)), s[:i]...)
			}
			i++
			b = append(b, s[i])
		case b != nil:
			b = append(b, c)
		}
	}
	return "", s, false
}
