package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monitord/alerting"
	"monitord/checks"
)

func freeAddress(t *testing.T, network string) string {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func say(t *testing.T, network, address, text string) {
	t.Helper()
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

const syslogRules = `  rules:
    - {match: Out of memory, state: critical, service: oom, clear: memory is fine, facilities: [kern]}
    - {match: down, state: warning, service: uplink, clear_after: 1h, hosts: [web1], severity: error}
`

func (w *takenServer) logOf(host, item string, state checks.State) {
	w.t.Helper()
	until(w.t, host+"/log["+item+"] "+state.String(), func() bool {
		got, known := w.engine.Service(checks.Service{Host: host, Check: alerting.LogCheck, Item: item})
		return known && got.State == state && !got.LastCheck.IsZero()
	})
}

func TestAMessageRaisesAServiceOfItsHost(t *testing.T) {
	t.Parallel()
	udp, tcp := freeAddress(t, "udp"), freeAddress(t, "tcp")
	w := startTaken(t, fmt.Sprintf("logs:\n  syslog: {udp: {listen: %q, from: [127.0.0.0/8]}, tcp: {listen: %q}}\n%s", udp, tcp, syslogRules))
	say(t, "udp", udp, "<3>Nov  3 04:05:06 web1 kernel: Out of memory: killed 42")
	w.logOf("web1", "oom", checks.Critical)
	got, _ := w.engine.Service(checks.Service{Host: "web1", Check: alerting.LogCheck, Item: "oom"})
	if !got.Hard || got.Incident == 0 || !strings.Contains(string(got.Evidence), "web1 kernel: Out of memory: killed 42") {
		t.Errorf("hard %v, incident %d, evidence %q", got.Hard, got.Incident, got.Evidence)
	}
	// Not of the kernel, not as bad, or not of this host: no rule means these.
	say(t, "tcp", tcp, "<11>app: Out of memory\n<13>app: down\n")
	stranger := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)}}
	c, err := stranger.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("<3>Nov  3 04:05:06 web1 app: down\n")); err != nil {
		t.Fatal(err)
	}
	// By the same way and later: what came before is judged then.
	if _, err := c.Write([]byte("<3>kernel: Out of memory")); err != nil {
		t.Fatal(err)
	}
	w.logOf("127.0.0.9", "oom", checks.Critical)
	say(t, "tcp", tcp, "<6>Nov  3 04:05:06 web1 kernel: memory is fine\n")
	w.logOf("web1", "oom", checks.OK)
	for _, host := range []string{"web1", "127.0.0.9"} {
		if got, _ := w.engine.Service(checks.Service{Host: host, Check: alerting.LogCheck, Item: "uplink"}); !got.LastCheck.IsZero() {
			t.Errorf("%s: uplink was raised: %s", host, sentences()(got.Summary))
		}
	}
	say(t, "tcp", tcp, "<11>app: down\n")
	w.logOf("web1", "uplink", checks.Warning)
}

func TestSyslogFollowsAReload(t *testing.T) {
	t.Parallel()
	w := startTaken(t, "logs:\n  files: [{path: /nonexistent/x}]\n"+syslogRules)
	path := filepath.Join(t.TempDir(), "c.yaml")
	read := func(more string) error {
		t.Helper()
		text := "listen: 127.0.0.1:0\nprobes: {listen: \"127.0.0.1:0\"}\nhosts: {web1: {address: 127.0.0.1, alive: none}}\n" + more
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		next, err := loadSettings(path)
		if err != nil {
			return err
		}
		return w.reload(next)
	}
	udp := freeAddress(t, "udp")
	if err := read(fmt.Sprintf("logs:\n  syslog: {udp: {listen: %q}}\n%s", udp, syslogRules)); err != nil {
		t.Fatal(err)
	}
	say(t, "udp", udp, "<3>kernel: Out of memory")
	w.logOf("web1", "oom", checks.Critical)

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = read(fmt.Sprintf("logs:\n  syslog: {tcp: {listen: %q}}\n%s", taken.Addr(), syslogRules))
	if err == nil || !strings.Contains(err.Error(), "taken by") || !strings.Contains(err.Error(), "logs.syslog.tcp.listen") {
		t.Errorf("a taken port: %v", err)
	}
	if err := read("logs:\n  syslog:\n    udp: {listen: \"0.0.0.0:5514\"}\n" + syslogRules); err == nil || !strings.Contains(err.Error(), "c.yaml:6:10: logs.syslog.udp.from: it is missing") {
		t.Errorf("no list of senders: %v", err)
	}
	// Both changed nothing.
	say(t, "udp", udp, "<6>kernel: memory is fine")
	w.logOf("web1", "oom", checks.OK)
	until(t, "two messages on /metrics", func() bool {
		families, err := w.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "monitord_syslog_taken_total" {
				return f.GetMetric()[0].GetCounter().GetValue() == 2
			}
		}
		return false
	})
}
