//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/postfixtest"
)

// behind is how many hosts hang behind the switch of the story.
const behind = 40

// dependency: forty hosts behind one switch, which is a link between
// namespaces. It is cut: one incident that names the switch and the number
// behind it, one mail. It is mended: one recovery.
func dependency(t *testing.T) {
	needRoot(t, "a network namespace")
	w := newWorld(t)
	relay := postfixtest.Start(t)
	ns := newLink(t)
	var hosts strings.Builder
	for i := 1; i <= behind; i++ {
		addr := fmt.Sprintf("198.18.78.%d", i)
		command(t, "", "ip", "-n", ns.name, "addr", "add", addr+"/32", "dev", "lo")
		fmt.Fprintf(&hosts, "  web%02d: {address: %s, parents: [sw1], alive: up, checks: {up: *up}}\n", i, addr)
	}
	command(t, "", "ip", "route", "add", "198.18.78.0/24", "via", "198.18.77.2", "dev", ns.link)
	w.configure(fmt.Sprintf(`
hosts:
  sw1: {address: 198.18.77.2, alive: up, checks: {up: &up {type: ping, interval: 3s, retry_interval: 1s, timeout: 900ms, max_attempts: 3}}}
%s
contacts:
  noc: {channels: [{mail: noc@example.net}]}
mail: {relay: %q, tls: starttls, server_name: localhost, ca_file: %q, from: monitord@example.net}
`, hosts.String(), relay.Addr, relay.CAFile))
	w.serve()
	w.awaitState(30*time.Second, "sw1/up", "OK")
	w.awaitState(30*time.Second, fmt.Sprintf("web%02d/up", behind), "OK")

	say(t, "the link is cut")
	command(t, "", "ip", "link", "set", ns.link, "down")
	w.awaitState(30*time.Second, "sw1/up", "CRITICAL")
	for i := 1; i <= behind; i++ {
		w.awaitBad(30*time.Second, fmt.Sprintf("web%02d/up", i))
	}
	relay.Wait(t, "noc", 1, 30*time.Second)
	eventually(t, 20*time.Second, "one incident, of the switch", func() string {
		open := w.openIncidents()
		if len(open) != 1 || open[0].Service != "sw1/up" || open[0].Behind != behind {
			return fmt.Sprintf("open: %+v", open)
		}
		return ""
	})
	text := string(plainPart(t, relay.Mails("noc")[0]))
	say(t, "mail: %s", text)
	if !strings.Contains(text, "sw1") || !strings.Contains(text, fmt.Sprint(behind)) {
		t.Errorf("the mail does not name the switch and the number behind it:\n%s", text)
	}

	say(t, "the link is mended")
	command(t, "", "ip", "link", "set", ns.link, "up")
	command(t, "", "ip", "route", "replace", "198.18.78.0/24", "via", "198.18.77.2", "dev", ns.link)
	w.awaitState(30*time.Second, "sw1/up", "OK")
	for i := 1; i <= behind; i++ {
		w.awaitState(30*time.Second, fmt.Sprintf("web%02d/up", i), "OK")
	}
	relay.Wait(t, "noc", 2, 30*time.Second)
	for range 50 {
		if got := len(relay.Mails("noc")); got > 2 {
			t.Fatalf("%d mails, want one problem and one recovery", got)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if open := w.openIncidents(); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	say(t, "one problem, one recovery")
}

// incident is what the API tells of one.
type incident struct {
	ID       int64
	Service  string
	State    string
	Summary  string
	Closed   *time.Time
	Behind   int
	Symptoms int `json:"symptom_count"`
}

func (w *world) openIncidents() []incident {
	w.t.Helper()
	var answer struct{ Incidents []incident }
	w.get("/api/monitord/incidents?lang=en", &answer)
	var open []incident
	for _, in := range answer.Incidents {
		if in.Closed == nil {
			open = append(open, in)
		}
	}
	return open
}

// awaitBad waits until a service's last result was not OK.
func (w *world) awaitBad(within time.Duration, name string) {
	w.t.Helper()
	eventually(w.t, within, name+" is not OK", func() string {
		var answer struct{ Services []service }
		w.get("/api/monitord/services", &answer)
		for _, s := range answer.Services {
			if s.Name == name && s.State != "OK" {
				return ""
			}
		}
		return "it is OK"
	})
}
