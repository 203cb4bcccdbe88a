package syslog

import (
	"net/netip"
	"strings"
	"time"

	"monitord/collectors"
)

// Source is the Source of every line that came by syslog.
const Source = "syslog"

// Line is one message, with whom it belongs to. Its Text is as rsyslog writes it
// to a file: time, host, tag and message, so that a rule for files serves here too.
// Its Time is the sender's clock, its At ours. Its Host is the Owner when that is
// known, else what the message says.
type Line struct {
	collectors.Line
	// Facility is that of RFC 5424, 6.2.1, 0 to 23.
	Facility int
	// Owner is the host of the inventory that the line belongs to, or else the
	// address that it came from; of the addresses beyond maxUnknown it is Others.
	Owner string
	// Known says that Owner is a host of the inventory.
	Known bool
	// Authenticated says that the sender, or its relay, proved its name by a client
	// certificate. Without one anybody may have written this.
	Authenticated bool
	// From is the address that the message came from; it may be made up.
	From netip.Addr
}

// stampLayout is how a line begins.
const stampLayout = "2006-01-02T15:04:05.999999Z07:00"

// render writes a message as rsyslog writes it to a file: what was not written is
// filled with where and when it came. decode makes UTF-8 of bytes. Structured data
// of the sender's own (its ID has an @) comes before the text; what RFC 5424
// registers (timeQuality, origin, meta) says nothing about the event and is left out.
func render(m *Message, host string, received time.Time, decode func(string) string) string {
	var b strings.Builder
	b.Grow(len(m.Text) + len(m.Program) + 64)
	at := m.Time
	if at.IsZero() {
		at = received
	}
	var stamp [40]byte
	b.Write(at.AppendFormat(stamp[:0], stampLayout))
	if m.Host != "" {
		host = m.Host
	}
	b.WriteString(" " + host)
	if m.Program != "" {
		b.WriteString(" " + m.Program)
		if m.PID != "" {
			b.WriteString("[" + m.PID + "]")
		}
		b.WriteString(":")
	}
	writeData(&b, m.Data)
	b.WriteString(" " + m.Text)
	return oneLine(decode(b.String()))
}

func writeData(b *strings.Builder, data []Element) {
	lead := " "
	for _, e := range data {
		if !strings.Contains(e.ID, "@") {
			continue
		}
		b.WriteString(lead + "[" + e.ID)
		for _, p := range e.Params {
			b.WriteString(" " + p.Name + `="` + p.Value + `"`)
		}
		b.WriteString("]")
		lead = ""
	}
}

// oneLine writes line ends as rsyslog does (#012, #015) and NUL as U+2400.
func oneLine(s string) string {
	if strings.IndexByte(s, 0) < 0 && strings.IndexByte(s, '\n') < 0 && strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.NewReplacer("\n", "#012", "\r", "#015", "\x00", "\u2400").Replace(s)
}
