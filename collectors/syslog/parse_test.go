package syslog

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func day(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func zoneNamed(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// said is a Message in a line: facility.severity time host program[pid] id: text.
func said(m Message) string {
	when := "-"
	if !m.Time.IsZero() {
		when = m.Time.UTC().Format("2006-01-02T15:04:05.999999999Z")
	}
	if m.ClockUnset {
		when += "?"
	}
	or := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	level := "-"
	if m.HasPRI {
		level = FacilityName(m.Facility) + "." + string(rune('0'+m.Severity))
	}
	return strings.Join([]string{level, when, or(m.Host), or(m.Program), or(m.PID), or(m.ID)}, " ") + ": " + m.Text
}

func TestEveryDialectIsUnderstood(t *testing.T) {
	received := day(t, "2026-11-29T12:00:00Z")
	for _, c := range []struct{ in, want string }{
		// The RFC's own examples.
		{"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8", "auth.2 2026-10-11T22:14:15Z mymachine su - -: 'su root' failed for lonvick on /dev/pts/8"},
		{"Use the BFG!", "- - - - - -: Use the BFG!"},
		{"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", "user.5 2026-02-05T17:32:18Z 10.0.0.99 - - -: Use the BFG!"},
		{"<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's time to make the do-nuts.", "local4.5 1987-08-24T05:34:00Z mymachine myproc 10 -: %% It's time to make the do-nuts."},
		// Linux and BSD.
		{"<13>Nov  3 04:05:06 web1 sshd[123]: hello", "user.5 2026-11-03T04:05:06Z web1 sshd 123 -: hello"},
		{"<13>Nov 03 04:05:06 web1 sshd[123]: hello\n", "user.5 2026-11-03T04:05:06Z web1 sshd 123 -: hello"},
		{"<13>Nov 3 04:05:06 web1 sshd[123]: hello\r\n\x00", "user.5 2026-11-03T04:05:06Z web1 sshd 123 -: hello"},
		{"<13>Nov  3 04:05:06.789 web1 app: x", "user.5 2026-11-03T04:05:06.789Z web1 app - -: x"},
		{"<13> Nov  3 04:05:06 web1 app: x", "user.5 2026-11-03T04:05:06Z web1 app - -: x"},
		{"<13>Nov  3 04:05:06 web1  app: x", "user.5 2026-11-03T04:05:06Z web1 app - -: x"},
		{"<13>Nov  3 04:05:06 2001:db8::1 app[1]: x", "user.5 2026-11-03T04:05:06Z 2001:db8::1 app 1 -: x"},
		{"<22>Nov  3 04:05:06 mx1 postfix/smtp[12]: x", "mail.6 2026-11-03T04:05:06Z mx1 postfix/smtp 12 -: x"},
		{"<13>Nov  3 04:05:06 web1 app[12] no colon", "user.5 2026-11-03T04:05:06Z web1 app 12 -: no colon"},
		{"<13>Nov  3 04:05:06 web1 two words: x", "user.5 2026-11-03T04:05:06Z web1 - - -: two words: x"},
		{"<13>Nov  3 04:05:06 web1 http://a.example/ failed", "user.5 2026-11-03T04:05:06Z web1 - - -: http://a.example/ failed"},
		{"<13>Nov  3 04:05:06 web1 192.0.2.1:514 refused", "user.5 2026-11-03T04:05:06Z web1 - - -: 192.0.2.1:514 refused"},
		{"<13>Nov  3 04:05:06 web1 last message repeated 3 times", "user.5 2026-11-03T04:05:06Z web1 - - -: last message repeated 3 times"},
		{"<13>Nov  3 04:05:06 last message repeated 3 times", "user.5 2026-11-03T04:05:06Z - - - -: last message repeated 3 times"},
		{"<13>Tue Nov  3 04:05:06 2026 x", "user.5 - - - - -: Tue Nov  3 04:05:06 2026 x"},
		{"<13>Nov  3 04:05:06 2026 web1 app[1]: x", "user.5 2026-11-03T04:05:06Z web1 app 1 -: x"},
		{"Nov  3 04:05:06 web1 sshd[123]: no PRI", "- 2026-11-03T04:05:06Z web1 sshd 123 -: no PRI"},
		{"<13>Nov  3 04:05:06 sshd[123]: no host", "user.5 2026-11-03T04:05:06Z - sshd 123 -: no host"},
		{"<13>sshd[123]: no time", "user.5 - - sshd 123 -: no time"},
		{"<13>hello world", "user.5 - - - - -: hello world"},
		{"<2>Nov  3 04:05:06 kernel: arp: 192.0.2.1 moved", "kern.2 2026-11-03T04:05:06Z - kernel - -: arp: 192.0.2.1 moved"},
		{"<2>Nov  3 04:05:06 bsd1 /kernel: arp: moved", "kern.2 2026-11-03T04:05:06Z bsd1 kernel - -: arp: moved"},
		{"<6>kernel: [  1.5] usb 1-1", "kern.6 - - kernel - -: [  1.5] usb 1-1"},
		{"<13>Nov  3 04:05:06 web1 app:", "user.5 2026-11-03T04:05:06Z web1 app - -: "},
		{"<13>Nov  3 04:05:06 web1", "user.5 2026-11-03T04:05:06Z - - - -: web1"},
		// ISO times.
		{"<13>2026-11-03T04:05:06.123456+09:00 web1 sshd[123]: x", "user.5 2026-11-02T19:05:06.123456Z web1 sshd 123 -: x"},
		{"<13>2026-11-03 04:05:06,5 web1 sshd[123]: x", "user.5 2026-11-03T04:05:06.5Z web1 sshd 123 -: x"},
		{"<166>2026-11-03T04:05:06.123Z esx1.example.net Hostd: info hostd[20] [Originator@6876 sub=Vimsvc] x", "local4.6 2026-11-03T04:05:06.123Z esx1.example.net Hostd - -: info hostd[20] [Originator@6876 sub=Vimsvc] x"},
		// Cisco.
		{"<189>237: 000485: *Jan 8 19:46:03.295: %SYS-5-CONFIG_I: Configured", "local7.5 2026-01-08T19:46:03.295Z? - %SYS-5-CONFIG_I - -: Configured"},
		{"<189>45: r1: .Jan  8 19:46:03.295 UTC: %LINK-3-UPDOWN: Interface", "local7.5 2026-01-08T19:46:03.295Z? r1 %LINK-3-UPDOWN - -: Interface"},
		{"<189>45: Jan  8 19:46:03 JST: %LINK-3-UPDOWN: x", "local7.5 2026-01-08T19:46:03Z - %LINK-3-UPDOWN - -: x"},
		{"<189>: 2026 Jan  8 19:46:03 UTC: %ETHPORT-5-IF_DOWN: x", "local7.5 2026-01-08T19:46:03Z - %ETHPORT-5-IF_DOWN - -: x"},
		{"<166>Nov 03 2026 04:05:06: %ASA-6-302013: Built", "local4.6 2026-11-03T04:05:06Z - %ASA-6-302013 - -: Built"},
		{"<166>Nov  3 2026 04:05:06 asa1 : %ASA-6-302013: Built", "local4.6 2026-11-03T04:05:06Z asa1 %ASA-6-302013 - -: Built"},
		{"<189>45: %SYS-5-CONFIG_I: no time", "local7.5 - - %SYS-5-CONFIG_I - -: no time"},
		{"<190>Nov  3 04:05:06 2026 ap1 %%10SHELL/6/SHELL_CMD: x", "local7.6 2026-11-03T04:05:06Z ap1 %%10SHELL/6/SHELL_CMD - -: x"},
		// RFC 5424.
		{"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed", "auth.2 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47: 'su root' failed"},
		{"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time", "local4.5 2003-08-24T12:14:15.000003Z 192.0.2.1 myproc 8710 -: %% It's time"},
		{"<13>1 - - - - - -", "user.5 - - - - -: "},
		{"<13>1 - - - - - - text", "user.5 - - - - -: text"},
		{"<13>1 2026-11-03T04:05:06.123456789Z web1 app 12 - - ns", "user.5 2026-11-03T04:05:06.123456789Z web1 app 12 -: ns"},
		{"<13>1 2026-11-03T04:05:06+0900 web1 app 12 - - zone", "user.5 2026-11-02T19:05:06Z web1 app 12 -: zone"},
		{"<13>1 2026-11-03T04:05:06Z web1 app 12 - no data", "user.5 2026-11-03T04:05:06Z web1 app 12 -: no data"},
		{"<13>1 2026-11-03T04:05:06Z web1 app 12 - [e@1 a=\"b\"", "user.5 2026-11-03T04:05:06Z web1 app 12 -: [e@1 a=\"b\""},
		{"<13>1 2026-13-03T04:05:06Z web1 app 12 - - bad month", "user.5 - web1 app 12 -: bad month"},
		{"<13>1 2026-11-03T04:05:06Z web1", "user.5 2026-11-03T04:05:06Z web1 - - -: "},
		// What is none.
		{"", "- - - - - -: "},
		{"<", "- - - - - -: <"},
		{"<>x", "- - - - - -: <>x"},
		{"<192>x", "- - - - - -: <192>x"},
		{"<1234>x", "- - - - - -: <1234>x"},
		{"<013>x", "user.5 - - - - -: x"},
		{"<13>Feb 30 04:05:06 web1 x: y", "user.5 - - - - -: Feb 30 04:05:06 web1 x: y"},
		{"<13>Nov  3 24:05:06 web1 x: y", "user.5 - - - - -: Nov  3 24:05:06 web1 x: y"},
		{"<13>caf\xe9 \xff\x01", "user.5 - - - - -: caf\xe9 \xff\x01"},
	} {
		if got := said(Parse(c.in, received, time.UTC)); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

func TestStructuredData(t *testing.T) {
	m := Parse(`<165>1 2026-11-03T04:05:06Z h a - - [x@1 k="a\"b\\c\]d\n" k="2"][y@2][timeQuality tzKnown="1"] text [z]`, time.Now(), time.UTC)
	want := []Element{
		{ID: "x@1", Params: []Param{{"k", `a"b\c]d\n`}, {"k", "2"}}},
		{ID: "y@2"},
		{ID: "timeQuality", Params: []Param{{"tzKnown", "1"}}},
	}
	if d := cmp.Diff(want, m.Data); d != "" || m.Text != "text [z]" {
		t.Errorf("text %q, data: %s", m.Text, d)
	}
	for _, in := range []string{`[x@1 k=]`, `[x@1 k="v]`, `[]`, `[ x]`, `[x@1 k="v" "w"]`} {
		if m := Parse("<13>1 - h a - - "+in, time.Now(), time.UTC); m.Data != nil || m.Text != in {
			t.Errorf("%s is data: %+v, text %q", in, m.Data, m.Text)
		}
	}
}

func TestATimeWithoutAYearIsOfTheYearThatFits(t *testing.T) {
	tokyo := zoneNamed(t, "Asia/Tokyo")
	for _, c := range []struct{ stamp, received, want string }{
		{"Dec 31 23:59:59", "2026-01-01T00:00:03+09:00", "2025-12-31T23:59:59+09:00"},
		{"Jan  1 00:00:01", "2025-12-31T23:59:58+09:00", "2026-01-01T00:00:01+09:00"},
		{"Jan  1 00:00:01", "2026-01-01T00:00:03+09:00", "2026-01-01T00:00:01+09:00"},
		{"Feb 29 10:00:00", "2026-03-01T00:00:00+09:00", "2024-02-29T10:00:00+09:00"},
		{"Jun 30 23:59:60", "2026-07-01T00:00:00+09:00", "2026-06-30T23:59:59+09:00"},
		{"Mar  1 00:00:12", "2026-01-05T00:00:00+09:00", "2025-03-01T00:00:12+09:00"},
	} {
		m := Parse("<13>"+c.stamp+" web1 app: x", day(t, c.received), tokyo)
		if !m.Time.Equal(day(t, c.want)) {
			t.Errorf("%s received %s is %v, want %s", c.stamp, c.received, m.Time, c.want)
		}
	}
}

// FuzzParse: any bytes are a message, nothing of them is invented, and what rsyslog
// would write of it is one line.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"<34>Oct 11 22:14:15 mymachine su: 'su root' failed", "<189>237: 000485: *Jan 8 19:46:03.295 UTC: %SYS-5-CONFIG_I: x",
		`<165>1 2026-11-03T04:05:06Z h a 1 i [x@1 k="a\"b"][y@2] ` + bom + "text", "<13>2026-11-03 04:05:06,5 a b[c]: d", "<13>Nov  3 2026 04:05:06 asa1 : %ASA: x",
		"<13>1 - - - - - -", "<0>", "<13>Feb 29 10:00:00 x",
	} {
		f.Add([]byte(s))
	}
	received := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Parse(string(raw), received, time.UTC)
		for _, part := range []string{m.Host, m.Program, m.PID, m.ID, m.Text} {
			if part != "kernel" && !strings.Contains(string(raw), part) {
				t.Errorf("%q: %q is not in it", raw, part)
			}
		}
		if m.Facility < 0 || m.Facility > 23 || m.Severity < 0 || m.Severity > 7 {
			t.Errorf("%q: facility %d, severity %d", raw, m.Facility, m.Severity)
		}
		line := render(&m, "h", received, func(s string) string { return strings.ToValidUTF8(s, "?") })
		if !utf8.ValidString(line) || strings.ContainsAny(line, "\x00\n\r") {
			t.Errorf("%q: line %q", raw, line)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	received := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ name, in string }{
		{"rfc3164", "<13>Nov  3 04:05:06 web1 sshd[123]: hello"},
		{"rfc5424", `<13>1 2026-11-03T04:05:06.123456Z web1 app 12 ID47 [e@1 a="b\"c\]d"] ` + bom + "hello"},
		{"iso", "<13>2026-11-03T04:05:06.123456+09:00 web1 sshd[123]: hello"},
		{"cisco", "<189>237: 000485: *Jan  8 19:46:03.295: %SYS-5-CONFIG_I: Configured from console"},
	} {
		raw := c.in
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Parse(raw, received, time.UTC)
			}
		})
	}
}
