package syslog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"monitord/alerting"
	"monitord/alerting/notify"
)

// What receivers must be able to take, in bytes: RFC 5426 3.2, RFC 5425 4.3.1.
const (
	maxDatagram = 2048
	maxStream   = 8192
)

// The severities of RFC 5424 6.2.1 that we use.
const (
	severityCritical = 2
	severityError    = 3
	severityWarning  = 4
	severityNotice   = 5
)

// byteOrderMark begins a text in UTF-8 (RFC 5424, 6.4).
const byteOrderMark = "\ufeff"

// priority is facility and severity in one number (6.2.1).
func (d *Destination) priority(f notify.Fields) int {
	severity := severityError
	switch {
	case f.Kind == alerting.KindRecovery:
		severity = severityNotice
	case f.State == "CRITICAL":
		severity = severityCritical
	case f.State == "WARNING":
		severity = severityWarning
	}
	return slices.Index(facilities, cmp.Or(d.Facility, "daemon"))*8 + severity
}

// compose writes a message of RFC 5424, at most limit bytes long.
func (d *Destination) compose(f notify.Fields, now time.Time, hostname string, limit int) []byte {
	head := fmt.Sprintf("<%d>1 %s %s %s - %s ", d.priority(f), now.UTC().Format("2006-01-02T15:04:05.000000Z07:00"),
		cmp.Or(headerField(hostname, 255), "-"), cmp.Or(d.AppName, "monitord"), headerField(f.Kind, 32))
	// Structured data is never cut in the middle: its values are made shorter.
	var data string
	for most := 256; ; most /= 2 {
		if data = structured(cmp.Or(d.DataID, DefaultDataID), f, most); len(head)+len(data) <= limit/2 || most <= 8 {
			break
		}
	}
	text := message(f)
	if !ascii(text) {
		text = byteOrderMark + text
	}
	return cut(head+data+" "+text, limit)
}

// composeLocal writes the older form for /dev/log, with the identity in front.
func (d *Destination) composeLocal(f notify.Fields, now time.Time, limit int) []byte {
	return cut(fmt.Sprintf("<%d>%s %s: [id=%s incident=%d service=%s] %s", d.priority(f), now.Local().Format(time.Stamp),
		cmp.Or(d.AppName, "monitord"), f.ID, f.Incident, f.Service, message(f)), limit)
}

// message is the text: the line that says it all.
func message(f notify.Fields) string {
	if f.Warning != "" {
		return f.Warning + " " + f.Subject
	}
	return f.Subject
}

// structured writes the structured data (6.3), each value at most so many bytes
// long. What does not apply is left out.
func structured(id string, f notify.Fields, most int) string {
	var b strings.Builder
	b.WriteString("[" + id)
	for _, p := range [][2]string{
		{"id", f.ID}, {"incident", strconv.FormatInt(f.Incident, 10)}, {"service", f.Service}, {"host", f.Host}, {"check", f.Check}, {"item", f.Item},
		{"state", f.State}, {"worst", f.Worst}, {"reason", f.Reason}, {"lasted", strconv.FormatInt(int64(f.Lasted), 10)}, {"contact", f.Contact},
	} {
		if p[1] != "" {
			fmt.Fprintf(&b, ` %s="%s"`, p[0], escaper.Replace(string(cut(p[1], most))))
		}
	}
	if f.Repeat {
		b.WriteString(` repeat="1"`)
	}
	return b.String() + "]"
}

// escaper writes what a value must not hold as it is (6.3.3).
var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`)

// headerField makes a text fit for the header: printable ASCII without blanks.
func headerField(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), most)]
}

// cut shortens a text to so many bytes, between two runes.
func cut(s string, most int) []byte {
	if len(s) <= most {
		return []byte(s)
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return []byte(s[:most])
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
