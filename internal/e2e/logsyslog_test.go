//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// syslogSenders: rsyslogd and logger send by UDP and TCP. What they write is an
// incident of the host that it came from within a second, and in the journal.
func syslogSenders(t *testing.T) {
	w := newWorld(t)
	udp, tcp := freeUDP(t), freePort(t)
	w.configure(fmt.Sprintf(`hosts:
  web1: {address: 127.0.0.1, alive: none}
  sw1: {address: 192.0.2.2, alive: none}
logs:
  syslog:
    udp: {listen: %q}
    tcp: {listen: %q}
    relays: [127.0.0.1]
  rules:
    - {match: Out of memory, state: critical, service: oom, clear: memory is fine}
    - {match: changed state to down, state: critical, service: uplink, clear: changed state to up, hosts: ["sw*"]}
    - {match: login failed, state: warning, service: login, clear_after: 1h, facilities: [auth], programs: [backup]}
`, udp, tcp))
	w.serve()

	// logger, by UDP and by TCP, old form and new; its messages name this machine,
	// which no host is: they are found by the name that we give them.
	_, udpPort, _ := net.SplitHostPort(udp)
	_, tcpPort, _ := net.SplitHostPort(tcp)
	logger := func(args ...string) {
		t.Helper()
		command(t, "", append([]string{"logger", "-n", "127.0.0.1", "-t", "backup", "-p", "auth.warning"}, args...)...)
	}
	logger("-d", "-P", udpPort, "--rfc5424=nohost", "login failed for root")
	w.awaitBad(time.Second, "web1/log[login]")

	// rsyslogd forwards what switches and servers wrote.
	in := freePort(t)
	send := startForwarder(t, w.dir, in, tcpPort)
	send("<187>Nov  3 04:05:06 sw1 %LINK-3-UPDOWN: Interface Gi0/1, changed state to down")
	w.awaitBad(time.Second, "sw1/log[uplink]")
	send("<2>Nov  3 04:05:06 web1 kernel: Out of memory: killed 42")
	w.awaitBad(time.Second, "web1/log[oom]")
	if !slices.ContainsFunc(w.openIncidents(), func(in incident) bool {
		return in.Service == "sw1/log[uplink]" && strings.Contains(in.Summary, "Gi0/1")
	}) {
		t.Errorf("no incident of sw1: %+v", w.openIncidents())
	}
	var said []string
	for _, e := range w.events() {
		if e.Service == "sw1/log[uplink]" || e.Host == "sw1" {
			said = append(said, e.Text)
		}
	}
	if all := strings.Join(said, "\n"); !strings.Contains(all, "Interface Gi0/1, changed state to down") {
		t.Errorf("the journal says of sw1:\n%s", all)
	}
	logger("-T", "--octet-count", "-P", tcpPort, "--rfc5424=nohost", "memory is fine")
	w.awaitState(time.Second, "web1/log[oom]", "OK")
	send("<189>Nov  3 04:05:07 sw1 %LINK-3-UPDOWN: Interface Gi0/1, changed state to up")
	w.awaitState(time.Second, "sw1/log[uplink]", "OK")
	eventually(t, 5*time.Second, "four messages are taken by TCP", func() string {
		if n := w.metric(`monitord_syslog_taken_total{listener="tcp"}`); n != 4 {
			return fmt.Sprint(n)
		}
		return ""
	})
}

// freeUDP is a loopback address whose UDP port nobody has.
func freeUDP(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().String()
}

// startForwarder starts rsyslogd, which forwards what it gets to a port of
// loopback; the returned function writes one message to it.
func startForwarder(t *testing.T, dir, in, port string) func(message string) {
	t.Helper()
	_, inPort, _ := net.SplitHostPort(in)
	conf := filepath.Join(dir, "rsyslog.conf")
	text := fmt.Sprintf(`global(workDirectory=%q)
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="%s")
action(type="omfwd" target="127.0.0.1" port="%s" protocol="tcp" TCP_Framing="octet-counted")
`, dir, inPort, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir, "rsyslogd", "rsyslogd", "-n", "-f", conf, "-i", filepath.Join(dir, "rsyslog.pid"))
	var conn net.Conn
	eventually(t, 10*time.Second, "rsyslogd accepts", func() (missing string) {
		var err error
		conn, err = net.Dial("tcp", in)
		return errText(err)
	})
	t.Cleanup(func() { conn.Close() })
	return func(message string) {
		t.Helper()
		if _, err := fmt.Fprintln(conn, message); err != nil {
			t.Fatal(err)
		}
	}
}
