package sipcall

import (
	"errors"
	"strings"
)

var errNoKey = errors.New("no key")

// parseInfo reads the key of an INFO request. There is no RFC: relay has a line
// "Signal=5" beside its duration, the other form the key alone; both come from
// gateways of the time before RFC 4733 and are still in use.
func parseInfo(contentType string, body []byte) (key byte, err error) {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/dtmf-relay":
		for line := range strings.Lines(string(body)) {
			name, value, ok := strings.Cut(line, "=")
			if ok && strings.EqualFold(strings.TrimSpace(name), "signal") {
				return parseKey(value)
			}
		}
	case "application/dtmf":
		return parseKey(string(body))
	}
	return 0, errNoKey
}

// parseKey reads a key by its sign or, for * and #, its number (10 and 11).
func parseKey(s string) (byte, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	switch {
	case s == "10":
		return '*', nil
	case s == "11":
		return '#', nil
	case len(s) == 1 && strings.Contains("0123456789*#ABCD", s):
		return s[0], nil
	}
	return 0, errNoKey
}
