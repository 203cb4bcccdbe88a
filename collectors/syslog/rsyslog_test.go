package syslog

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

// oracle is what rsyslogd itself wrote of a message.
type oracle struct {
	Facility, Severity            int
	Time, Host, Program, PID, Msg string
}

// rsyslog is Debian's rsyslogd: what it takes on its port it forwards, and writes
// to a file.
type rsyslog struct {
	address string
	file    string
}

// forward starts it; targets are parameters of omfwd.
func forward(t *testing.T, global string, targets ...string) *rsyslog {
	t.Helper()
	if testing.Short() {
		t.Skip("short: starts rsyslogd")
	}
	dir, port := testproc.Dir(t, ""), testproc.FreePort(t)
	r := &rsyslog{fmt.Sprintf("127.0.0.1:%d", port), filepath.Join(dir, "out")}
	var actions strings.Builder
	for _, target := range targets {
		fmt.Fprintf(&actions, "action(type=\"omfwd\" %s)\n", target)
	}
	conf := testproc.File(t, dir, "rsyslog.conf", fmt.Sprintf(`global(workDirectory="%[1]s" maxMessageSize="16k" %[2]s)
module(load="imtcp")
template(name="new" type="string" string="<%%pri%%>1 %%timestamp:::date-rfc3339%% %%hostname%% %%app-name%% %%procid%% - - %%msg:2:$%%")
template(name="json" type="string" string="{\"facility\":%%syslogfacility%%,\"severity\":%%syslogseverity%%,\"time\":\"%%timereported:::date-rfc3339%%\",\"host\":\"%%hostname:::json%%\",\"program\":\"%%app-name:::json%%\",\"pid\":\"%%procid:::json%%\",\"msg\":\"%%msg:::json%%\"}\n")
input(type="imtcp" address="127.0.0.1" port="%[3]d")
action(type="omfile" file="%[4]s" template="json")
%[5]s`, dir, global, port, r.file, actions.String()))
	p := testproc.Start(t, testproc.Command{Path: "rsyslogd", Args: []string{"-n", "-f", conf, "-i", filepath.Join(dir, "pid")}, Dir: dir, Apt: "rsyslog rsyslog-gnutls"})
	p.WaitFor(testproc.Accepts(port))
	return r
}

// target makes parameters of omfwd.
func target(address, more string) string {
	host, port, _ := strings.Cut(address, ":")
	return fmt.Sprintf("target=%q port=%q %s", host, port, more)
}

// wrote are the messages in rsyslogd's own file, by the number in them.
func (r *rsyslog) wrote(t *testing.T, count int) map[int]oracle {
	t.Helper()
	found := map[int]oracle{}
	until(t, "rsyslogd's file", func() bool {
		raw, err := os.ReadFile(r.file)
		return err == nil && strings.Count(string(raw), "\n") >= count
	})
	raw, err := os.ReadFile(r.file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		var o oracle
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		found[number(t, o.Msg)] = o
	}
	return found
}

// number is the 17 of "… n=17 …".
func number(t *testing.T, text string) int {
	t.Helper()
	_, after, ok := strings.Cut(text, "n=")
	word, _, _ := strings.Cut(after, " ")
	n, is := atoi(word)
	if !ok || !is {
		t.Fatalf("no number in %q", text)
	}
	return n
}

// feed sends messages of every facility, severity and of many dialects; their
// times are of now.
func (r *rsyslog) feed(t *testing.T, count int) {
	t.Helper()
	conn := dial(t, "tcp", r.address)
	var b strings.Builder
	now := time.Now()
	programs := []string{"sshd[%d]", "kernel", "CRON[%d]", "my-app.1[%d]", "systemd[%d]"}
	for i := range count {
		program := programs[i%len(programs)]
		if strings.Contains(program, "%d") {
			program = fmt.Sprintf(program, i+1)
		}
		host := []string{"web1", "web2", "db1.example.net", "r1"}[i%4]
		text := fmt.Sprintf("n=%d %s", i, strings.Repeat("日本語 é [x] ", i%20))
		at := now.Format(time.Stamp)
		if i%3 == 0 {
			at = now.Format("2006-01-02T15:04:05.000000Z07:00")
		}
		fmt.Fprintf(&b, "<%d>%s %s %s: %send\n", i%(maxPRI+1), at, host, program, text)
	}
	send(t, conn, b.String())
}

// sameAs compares lines with what rsyslogd wrote itself: every message once.
func sameAs(t *testing.T, lines []Line, want map[int]oracle) {
	t.Helper()
	seen := map[int]bool{}
	for _, l := range lines {
		n := number(t, l.Text)
		o := want[n]
		if seen[n] {
			t.Fatalf("message %d came twice", n)
		}
		seen[n] = true
		pid := ""
		if l.PID > 0 {
			pid = fmt.Sprint(l.PID)
		}
		if o.PID == "-" {
			o.PID = ""
		}
		at, err := time.Parse(time.RFC3339Nano, o.Time)
		if err != nil {
			t.Fatal(err)
		}
		if l.Facility != o.Facility || l.Severity != o.Severity || l.Program != o.Program || pid != o.PID || !strings.HasSuffix(l.Text, ":"+o.Msg) || l.Cut {
			t.Fatalf("message %d: %+v\nrsyslogd wrote %+v", n, l, o)
		}
		if wrong := l.Time.Sub(at); wrong > time.Second || wrong < -time.Second {
			t.Fatalf("message %d is of %v, rsyslogd says %v", n, l.Time, at)
		}
		if first, _, _ := strings.Cut(o.Host, "."); l.Owner != first || !l.Known {
			t.Fatalf("message %d belongs to %q, rsyslogd says %q", n, l.Owner, o.Host)
		}
	}
}

func TestEveryLineOfRsyslogArrivesOnceAndIntact(t *testing.T) {
	const count = 10_000
	a := newAuthority(t)
	over := map[kind]*session{}
	for k, c := range map[kind]Config{tcp: overTCP(t), udp: overUDP(t), overTLS: a.config()} {
		c.Relays = []string{"127.0.0.1", "relay.example.net"}
		c.Rate = maxRate
		over[k] = receive(t, c)
	}
	address := func(k kind) string { return over[k].s.policy.Load().plain(k).Listen }
	cert, key := a.issue("relay.example.net")
	r := forward(t, fmt.Sprintf("defaultNetstreamDriverCAFile=%q defaultNetstreamDriverCertFile=%q defaultNetstreamDriverKeyFile=%q", a.file, cert, key),
		target(address(tcp), `protocol="tcp" TCP_Framing="octet-counted"`),
		target(address(udp), `protocol="udp"`),
		target(address(overTLS), `protocol="tcp" template="new" StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"`),
	)
	r.feed(t, count)
	want := r.wrote(t, count)
	for k, s := range over {
		if k == udp {
			until(t, "all datagrams to be counted", func() bool { return s.count()+int(s.s.kernelDrops()) == count })
		} else {
			until(t, "all lines by "+string(k), func() bool { return s.count() == count })
		}
		sameAs(t, s.got(), want)
		for _, l := range s.got() {
			if l.Authenticated != (k == overTLS) {
				t.Fatalf("by %s: authenticated is %v", k, l.Authenticated)
			}
		}
		t.Logf("%s: %d lines", k, s.count())
	}
}

func TestRsyslogWithTrailersInsteadOfCounts(t *testing.T) {
	for name, framing := range map[string]string{"LF": `TCP_Framing="traditional"`, "NUL": `TCP_Framing="traditional" TCP_FrameDelimiter="0"`} {
		c := overTCP(t)
		c.Relays = []string{"127.0.0.1"}
		s := receive(t, c)
		r := forward(t, "", target(c.TCP.Listen, `protocol="tcp" `+framing))
		r.feed(t, 500)
		until(t, "all lines with "+name, func() bool { return s.count() == 500 })
		sameAs(t, s.got(), r.wrote(t, 500))
	}
}

func TestLoggerInAllItsWays(t *testing.T) {
	logger, err := exec.LookPath("logger")
	if err != nil {
		t.Fatalf("%v: apt-get install -y --no-install-recommends bsdutils", err)
	}
	c := overTCP(t)
	c.UDP.Listen = freePort(t, "udp")
	s := receive(t, c)
	port := func(address string) string { _, p, _ := strings.Cut(address, ":"); return p }
	n := 0
	for _, transport := range [][]string{{"-T", "-P", port(c.TCP.Listen)}, {"-T", "--octet-count", "-P", port(c.TCP.Listen)}, {"-d", "-P", port(c.UDP.Listen)}} {
		for _, form := range [][]string{{"--rfc3164"}, {"--rfc5424"}, {"--rfc5424=notime,nohost"}, {"--rfc5424", "--sd-id", "zoo@123", "--sd-param", `tiger="hungry"`, "--msgid", "ID1"}} {
			args := append(append([]string{"-n", "127.0.0.1", "-t", "backup", "--id=4711", "-p", "local3.warning"}, transport...), form...)
			testproc.Run(t, testproc.Command{Path: logger, Args: append(args, "--", "-- disk is full")})
			n++
			until(t, strings.Join(args, " "), func() bool { return s.count() == n })
			l := s.got()[n-1]
			want := "backup[4711]: -- disk is full"
			if form[len(form)-1] == "ID1" {
				want = `backup[4711]: [zoo@123 tiger="hungry"] -- disk is full`
			}
			if l.Program != "backup" || l.PID != 4711 || l.Facility != 19 || l.Severity != 4 || !strings.HasSuffix(l.Text, want) || time.Since(l.Time).Abs() > time.Hour && form[0] != "--rfc5424=notime,nohost" {
				t.Errorf("%q: %+v", args, l)
			}
		}
	}
}
