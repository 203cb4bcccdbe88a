//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/internal/testnginx"
	"monitord/internal/testserver/testproc"
)

const (
	busyChecks = 200 // TCP checks, one a second each
	reloads    = 10
)

// reloadUnderLoad: two hundred checks a second; the configuration is read again
// ten times while hosts come and go. No check misses a turn, states stay, and a
// faulty file changes nothing.
func reloadUnderLoad(t *testing.T) {
	w := newWorld(t)
	web := testnginx.New(t, testnginx.Options{})
	dead := testproc.FreePort(t)
	w.configure(busyConfig(web.Port, dead, 0))
	w.serve()
	stay := map[string]bool{"bad/c0": true}
	for i := range busyChecks {
		stay[fmt.Sprintf("h%d/c%d", i/10, i%10)] = true
	}
	w.awaitState(20*time.Second, "bad/c0", "CRITICAL")
	w.awaitState(20*time.Second, "h19/c9", "OK")
	time.Sleep(2 * time.Second) // a turn of each after its first

	before, runs, began := w.services(), w.metric("monitord_check_runs_total"), time.Now()
	skipped := w.metric("monitord_check_skipped_total")
	say(t, "%d runs so far, %d turns left out", int(runs), int(skipped))
	for round := range reloads {
		w.configure(busyConfig(web.Port, dead, round+1))
		w.reload()
		w.noneSilent(stay)
		say(t, "%d turns left out", int(w.metric("monitord_check_skipped_total")-skipped))
	}
	w.faultyChangesNothing()
	w.noneSilent(stay)
	grown, took := w.metric("monitord_check_runs_total")-runs, time.Since(began).Seconds()
	// The guests' runs come on top; a turn of each may be on either side of the edges.
	want := busyChecks * (took - 1.5)
	say(t, "%d runs in %.1f s, at least %d due", int(grown), took, int(want))
	if grown < want {
		t.Errorf("%d runs in %.1f s; the checks that stayed have at least %d turns", int(grown), took, int(want))
	}
	// Counted once the checks run: a reload loses no turn, not one.
	if n := w.metric("monitord_check_skipped_total") - skipped; n > 0 {
		t.Errorf("%d turns were left out", int(n))
	}
	after := w.services()
	for name := range maps.Keys(stay) {
		if a, b := before[name], after[name]; a.State != b.State || a.Hard != b.Hard || !a.Since.Equal(b.Since) {
			t.Errorf("%s was %s since %v, is %s since %v", name, a.State, a.Since, b.State, b.Since)
		}
	}
}

// busyConfig has twenty hosts that stay, a bad one, and guests: other ones each
// round.
func busyConfig(port, dead, round int) string {
	var b strings.Builder
	const check = "{type: tcp, port: %d, interval: 1s, retry_interval: 1s, timeout: 1s}"
	b.WriteString("templates:\n  busy:\n    checks:\n")
	for i := range 10 {
		fmt.Fprintf(&b, "      c%d: "+check+"\n", i, port)
	}
	fmt.Fprintf(&b, "hosts:\n  bad: {address: 127.0.0.1, alive: none, checks: {c0: "+check+"}}\n", dead)
	for i := range busyChecks / 10 {
		fmt.Fprintf(&b, "  h%d: {address: 127.0.0.1, alive: none, templates: [busy]}\n", i)
	}
	for i := range round % 3 {
		fmt.Fprintf(&b, "  guest%d: {address: 127.0.0.1, alive: none, templates: [busy]}\n", round+i)
	}
	return b.String()
}

// reload makes the server read its configuration again; the answer counts its
// hosts.
func (w *world) reload() {
	w.t.Helper()
	said := command(w.t, "", bin(w.t, "monitord"), "reload", "--data", w.data)
	say(w.t, "reload: %s", strings.TrimSpace(said))
}

// faultyChangesNothing reads a faulty file: it is refused with its place, and
// what was in force stays.
func (w *world) faultyChangesNothing() {
	w.t.Helper()
	hosts := w.hosts()
	w.configure("hosts:\n  h0: {address: 127.0.0.1, checks: {c0: {type: tcp, port: many}}}\n")
	out, err := tryCommand("", bin(w.t, "monitord"), "reload", "--data", w.data)
	if err == nil || !strings.Contains(out, "monitord.yaml:") || !strings.Contains(out, "port") {
		w.t.Errorf("a faulty file was not refused with its place: %v: %s", err, out)
	}
	if now := w.hosts(); now != hosts {
		w.t.Errorf("%d hosts before the faulty file, %d after it", hosts, now)
	}
	if n := w.metric(`monitord_config_reloads_total{outcome="refused"}`); n != 1 {
		w.t.Errorf("%v refused readings are counted, want 1", n)
	}
	say(w.t, "the faulty file is refused")
}

func (w *world) hosts() int {
	w.t.Helper()
	var answer struct{ Hosts []struct{ Host string } }
	w.get("/api/monitord/hosts", &answer)
	return len(answer.Hosts)
}

// noneSilent watches for three seconds that each of those services has a result
// younger than two turns and a little. A turn left out makes it older.
func (w *world) noneSilent(names map[string]bool) {
	w.t.Helper()
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		asked := time.Now()
		now := w.services()
		for name := range names {
			s, ok := now[name]
			if age := asked.Sub(s.LastCheck); !ok || age > 1900*time.Millisecond {
				w.t.Fatalf("%s: there %v, its last result is %v old", name, ok, age.Round(time.Millisecond))
			}
		}
	}
}

// metric is a number of the server's own metrics.
func (w *world) metric(name string) float64 {
	w.t.Helper()
	body, err := w.try("/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	for line := range strings.Lines(body) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err != nil {
				w.t.Fatal(err)
			}
			return v
		}
	}
	w.t.Fatalf("there is no metric %s", name)
	return 0
}
