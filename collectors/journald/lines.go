package journald

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"monitord/collectors"
)

// lines makes lines of an entry: one for each line of its message, all with the
// entry's time and sender. An entry without a message is none. Fields are those
// of systemd.journal-fields(7).
func (e entry) lines(maxLine int, now time.Time) []collectors.Line {
	message := strings.TrimRight(clean(e["MESSAGE"]), "\r\n")
	if message == "" {
		return nil
	}
	l := collectors.Line{
		Source: Source, At: now, Time: e.time(),
		Host: clean(e["_HOSTNAME"]), Program: e.program(), PID: e.number("_PID", "SYSLOG_PID"), Severity: collectors.NoSeverity,
	}
	if s, err := strconv.Atoi(string(e["PRIORITY"])); err == nil && s >= 0 && s <= 7 {
		l.Severity = s
	}
	var all []collectors.Line
	for text := range strings.SplitSeq(message, "\n") {
		l.Text, l.Cut = cut(strings.TrimSuffix(text, "\r"), maxLine)
		all = append(all, l)
	}
	return all
}

// program is who says it: what it calls itself, else what the kernel calls it.
func (e entry) program() string {
	for _, field := range []string{"SYSLOG_IDENTIFIER", "_COMM"} {
		if v := clean(e[field]); v != "" {
			return v
		}
	}
	return ""
}

func (e entry) number(fields ...string) int {
	for _, field := range fields {
		if n, err := strconv.Atoi(string(e[field])); err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// time is when the sender wrote it if it says so, else when journald took it:
// microseconds since 1970.
func (e entry) time() time.Time {
	for _, field := range []string{"_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"} {
		if n, err := strconv.ParseInt(string(e[field]), 10, 64); err == nil && n > 0 {
			return time.UnixMicro(n)
		}
	}
	return time.Time{}
}

// clean makes valid UTF-8 without NUL.
func clean(b []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(b), string(utf8.RuneError)), "\x00", "\u2400")
}

// cut shortens a text to a limit of bytes, at a character's boundary.
func cut(s string, limit int) (string, bool) {
	if len(s) <= limit {
		return s, false
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit], true
}
