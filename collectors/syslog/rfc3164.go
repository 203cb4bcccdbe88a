package syslog

import (
	"net/netip"
	"strings"
	"time"
)

// maxTag bounds the name of a program. RFC 3164 says 32; names of containers are
// longer.
const maxTag = 128

// read3164 reads TIMESTAMP HOSTNAME TAG: text, of which each part may be missing.
func (m *Message) read3164(rest string, received time.Time, zone *time.Location) {
	rest = strings.TrimLeft(rest, " ")
	origin, rest := ciscoPrefix(rest, m.HasPRI)
	at, after, ok := readStamp(strings.TrimLeft(rest, "*."), received, zone)
	if !ok {
		m.Host = origin
		m.tag(rest)
		return
	}
	m.ClockUnset = strings.HasPrefix(rest, "*") || strings.HasPrefix(rest, ".")
	m.Time, m.Host = at, origin
	// A colon after the time: no host follows (Cisco, ASA without a device's ID).
	if after, colon := strings.CutPrefix(after, ":"); colon {
		m.tag(strings.TrimLeft(after, " "))
		return
	}
	after = strings.TrimLeft(after, " ")
	if m.Host == "" && !repeated(after) {
		m.Host, after = readHost(after)
	}
	m.tag(after)
}

// ciscoPrefix reads what IOS writes before the time: the message's number, the
// sequence number and the name of the device, each with a colon: "237: 000485: r1: ".
// Of NX-OS there is the colon alone. Without a time behind it nothing was read.
func ciscoPrefix(s string, hasPRI bool) (origin, rest string) {
	if !hasPRI {
		return "", s
	}
	rest = strings.TrimLeft(strings.TrimPrefix(s, ":"), " ")
	for range 2 {
		n := 0
		for n < len(rest) && isDigit(rest[n]) {
			n++
		}
		if n == 0 || n > 20 || !strings.HasPrefix(rest[n:], ":") || n+1 < len(rest) && isDigit(rest[n+1]) {
			break
		}
		rest = strings.TrimLeft(rest[n+1:], " ")
	}
	if name, after, ok := strings.Cut(rest, ": "); ok && isHost(name) && looksLikeStamp(strings.TrimLeft(after, " *.")) {
		return name, strings.TrimLeft(after, " ")
	}
	return "", rest
}

// readHost reads a host and the blank behind it. A tag is no host.
func readHost(s string) (host, rest string) {
	word, after, more := strings.Cut(s, " ")
	if !more || !isHost(word) {
		return "", s
	}
	after = strings.TrimLeft(after, " ")
	// "asa1 : %ASA-6-302013: …"
	if behind, ok := strings.CutPrefix(after, ": "); ok {
		after = strings.TrimLeft(behind, " ")
	}
	return word, after
}

// isHost says whether a word can be a name or an address.
func isHost(word string) bool {
	if word == "" || len(word) > 255 {
		return false
	}
	for i := range len(word) {
		if c := word[i]; !isAlnum(c) && c != '.' && c != '-' && c != '_' {
			_, err := netip.ParseAddr(strings.Trim(word, "[]"))
			return err == nil
		}
	}
	return true
}

// repeated is what daemons write without a host instead of the same line.
func repeated(s string) bool {
	return strings.HasPrefix(s, "last message repeated ") || strings.HasPrefix(s, "message repeated ")
}

// tag reads "program[pid]: text" and "program: text"; a colon within a word, as of a
// URL or an address with its port, makes no tag.
func (m *Message) tag(s string) {
	m.Text = s
	end := strings.IndexAny(s[:min(len(s), maxTag+1)], " [:\t")
	if end <= 0 || !isTag(s[:end]) {
		return
	}
	rest := s[end:]
	pid := ""
	if rest[0] == '[' {
		closing := strings.IndexByte(rest[:min(len(rest), maxTag)], ']')
		if closing < 0 || strings.ContainsAny(rest[:closing], " \t") {
			return
		}
		pid, rest = rest[1:closing], rest[closing+1:]
	}
	behind, colon := strings.CutPrefix(rest, ":")
	switch {
	case colon && (pid != "" || behind == "" || behind[0] == ' ' || behind[0] == '\t'):
		rest = behind
	case colon || pid == "" || rest != "" && rest[0] != ' ':
		return
	}
	m.Program, m.PID, m.Text = s[:end], pid, strings.TrimPrefix(rest, " ")
	if m.Program == "/kernel" || m.Program == "/bsd" { // FreeBSD before 5, OpenBSD
		m.Program = "kernel"
	}
}

// isTag says whether a word can be the name of a program.
func isTag(word string) bool {
	for i := range len(word) {
		if c := word[i]; c <= ' ' || c == 0x7f || c == '"' || c == '\'' || c == '=' || c == ',' || c == ';' || c == '<' || c == '{' {
			return false
		}
	}
	return true
}
