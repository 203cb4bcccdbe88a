package syslog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/notifytest"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/testproc"
)

// rsyslog is Debian's rsyslogd on loopback, with its files in a folder.
type rsyslog struct {
	udp, tcp, tls int
	socket, file  string
	cert          testnginx.Cert
}

// line is what rsyslog understood of a message.
type line struct{ Pri, Time, Host, App, ID, Data, Msg string }

func startRsyslog(t *testing.T) *rsyslog {
	t.Helper()
	if testing.Short() {
		t.Skip("short: starts rsyslogd")
	}
	program, err := exec.LookPath("rsyslogd")
	if err != nil {
		t.Fatalf("%v: apt-get install -y --no-install-recommends rsyslog rsyslog-gnutls", err)
	}
	dir := t.TempDir()
	r := &rsyslog{udp: testproc.FreePort(t), tcp: testproc.FreePort(t), tls: testproc.FreePort(t),
		socket: filepath.Join(dir, "log"), file: filepath.Join(dir, "out"), cert: testnginx.NewCert(t, 24*time.Hour)}
	conf := filepath.Join(dir, "rsyslog.conf")
	text := fmt.Sprintf(`global(workDirectory="%[1]s" maxMessageSize="16k" parser.escapeControlCharactersOnReceive="on"
  defaultNetstreamDriverCAFile="%[2]s" defaultNetstreamDriverCertFile="%[2]s" defaultNetstreamDriverKeyFile="%[3]s")
module(load="imudp")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
module(load="imuxsock" sysSock.use="off")
template(name="json" type="string" string="{\"pri\":\"%%pri%%\",\"time\":\"%%timereported:::date-rfc3339%%\",\"host\":\"%%hostname:::json%%\",\"app\":\"%%app-name:::json%%\",\"id\":\"%%msgid:::json%%\",\"data\":\"%%structured-data:::json%%\",\"msg\":\"%%msg:::json%%\"}\n")
ruleset(name="all") { action(type="omfile" file="%[4]s" template="json") }
input(type="imudp" address="127.0.0.1" port="%[5]d" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="%[6]d" ruleset="all" streamDriver.mode="0" streamDriver.name="ptcp")
input(type="imtcp" address="127.0.0.1" port="%[7]d" ruleset="all")
input(type="imuxsock" socket="%[8]s" ruleset="all" unlink="on")
`, dir, r.cert.CertFile, r.cert.KeyFile, r.file, r.udp, r.tcp, r.tls, r.socket)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(program, "-n", "-f", conf, "-i", filepath.Join(dir, "pid"))
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if t.Failed() {
			t.Logf("rsyslogd said:\n%s", &said)
		}
	})
	for _, port := range []int{r.tcp, r.tls} {
		waitFor(t, "rsyslogd listens", func() bool {
			conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
	}
	waitFor(t, "rsyslogd has its socket", func() bool { _, err := os.Stat(r.socket); return err == nil })
	return r
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(10 * time.Millisecond) { // another process: nothing else tells
		if time.Now().After(deadline) {
			t.Fatalf("timed out: %s", what)
		}
	}
}

// next waits until there are so many lines, and reads the last.
func (r *rsyslog) next(t *testing.T, count int) line {
	t.Helper()
	var lines [][]byte
	waitFor(t, fmt.Sprintf("line %d", count), func() bool {
		b, _ := os.ReadFile(r.file)
		lines = bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
		return len(b) > 0 && len(lines) >= count
	})
	if len(lines) != count {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), count, bytes.Join(lines, []byte("\n")))
	}
	var l line
	if err := json.Unmarshal(lines[count-1], &l); err != nil {
		t.Fatalf("%v: %s", err, lines[count-1])
	}
	return l
}

func send(t *testing.T, d Destination, n notify.Notification) (string, error) {
	t.Helper()
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{"x": d}, notifytest.Deps())
	if err != nil {
		t.Fatal(err)
	}
	return c.Send(t.Context(), n)
}

func TestRsyslogUnderstandsWhatWeSend(t *testing.T) {
	r := startRsyslog(t)
	tricky := notifytest.Problem("syslog", "x")
	tricky.Notice.Service.Item = `C:\ "x"] [y="z"`
	count := 0
	for name, to := range map[string]Destination{
		"udp": {Address: fmt.Sprintf("udp://127.0.0.1:%d", r.udp)},
		"tcp": {Address: fmt.Sprintf("tcp://127.0.0.1:%d", r.tcp)},
		"tls": {Address: fmt.Sprintf("tls://127.0.0.1:%d", r.tls), CAFile: r.cert.CertFile, ServerName: "localhost"},
	} {
		to.Hostname, to.Facility = "monitor.example.net", "local3"
		answer, err := send(t, to, tricky)
		if err != nil || name != "udp" && answer != "sent; the receiver read it and closed" {
			t.Fatalf("%s: %q %v", name, answer, err)
		}
		count++
		l := r.next(t, count)
		if l.Pri != "154" || l.Time != "2026-11-22T03:12:34.000000Z" || l.Host != "monitor.example.net" || l.App != "monitord" || l.ID != "problem" {
			t.Errorf("%s: %+v", name, l)
		}
		want := `[monitord@32473 id="i1.problem1.abc.xyz" incident="1" service="db1/sql[C:\\ \"x\"\] [y=\"z\"\]" host="db1" check="sql" item="C:\\ \"x\"\] [y=\"z\"" state="CRITICAL" worst="CRITICAL" reason="connect" lasted="754" contact="noc"]`
		if l.Data != want {
			t.Errorf("%s: data\n%s, want\n%s", name, l.Data, want)
		}
		if l.Msg != `CRITICAL db1/sql[C:\ "x"] [y="z"]: connection refused` {
			t.Errorf("%s: message %q", name, l.Msg)
		}
		// Beyond ASCII: with the mark, over each transport.
		if _, err := send(t, to, notifytest.Japanese(notifytest.Recovery("syslog", "x"))); err != nil {
			t.Fatal(err)
		}
		count++
		if l := r.next(t, count); l.Pri != "157" || strings.TrimPrefix(l.Msg, byteOrderMark) != "【復旧】db1/sql（障害時間 12分34秒）" {
			t.Errorf("%s: %+v", name, l)
		}
	}
	if _, err := send(t, Destination{Address: "unix://" + r.socket}, notifytest.Problem("syslog", "x")); err != nil {
		t.Fatal(err)
	}
	if l := r.next(t, count+1); l.Pri != "26" || l.App != "monitord" || strings.TrimSpace(l.Msg) != "[id=i1.problem1.abc.xyz incident=1 service=db1/sql] CRITICAL db1/sql: connection refused" {
		t.Errorf("/dev/log: %+v", l)
	}
	// A message as long as it can be arrives whole, and alone.
	long := notifytest.Hostile(notifytest.Problem("syslog", "x"), strings.Repeat(`長い"]`, 3000))
	if _, err := send(t, Destination{Address: fmt.Sprintf("tcp://127.0.0.1:%d", r.tcp)}, long); err != nil {
		t.Fatal(err)
	}
	if l := r.next(t, count+2); !strings.HasPrefix(l.Data, "[monitord@32473 id=") || !strings.HasSuffix(l.Data, `contact="noc"]`) {
		t.Errorf("%+v", l)
	}
}

func TestAReceiverThatCannotBeTrustedGetsNothing(t *testing.T) {
	r := startRsyslog(t)
	other := testnginx.NewCert(t, time.Hour)
	at := fmt.Sprintf("tls://127.0.0.1:%d", r.tls)
	for name, d := range map[string]Destination{
		"the system's authorities": {Address: at}, "another authority": {Address: at, CAFile: other.CertFile},
		"another name": {Address: at, CAFile: r.cert.CertFile, ServerName: "siem.example.net"},
		"no file":      {Address: at, CAFile: "/nonexistent"}, "our own is missing": {Address: at, CAFile: r.cert.CertFile, CertFile: "/nonexistent", KeyFile: "/nonexistent"},
		"no TLS there": {Address: fmt.Sprintf("tls://127.0.0.1:%d", r.tcp), CAFile: r.cert.CertFile, Timeout: 2 * time.Second},
	} {
		if _, err := send(t, d, notifytest.Problem("syslog", "x")); notifytest.Outcome(err) != "temporary" {
			t.Errorf("%s: %v", name, err)
		}
	}
	b, err := os.ReadFile(r.file)
	if err == nil && bytes.Contains(b, []byte("i1.problem1")) {
		t.Errorf("it got %s", b)
	}
}
