//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/snmpdtest"
)

// devicesBySNMP: a real snmpd is found, polled, judged, and polled by a probe.
func devicesBySNMP(t *testing.T) {
	t.Run("what snmpd watches", snmpWatched)
	t.Run("from discover to the first picture", snmpDiscovered)
	t.Run("devices behind bad lines", snmpLoss)
	t.Run("counters begin anew", snmpResets)
	t.Run("a probe polls while its link is cut", snmpPolledByProbe)
}

// community is a file with snmpd's community.
func (w *world) community(dir string) string {
	w.t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	return put(w.t, filepath.Join(dir, "community"), snmpdtest.Community+"\n")
}

// snmpDiscovered: snmp discover writes a configuration; within two intervals of the
// reload there is a picture of an interface. What is stored of it is what the
// kernel counted.
func snmpDiscovered(t *testing.T) {
	needRoot(t, "a network namespace")
	w, ns := newWorld(t), newLink(t)
	ns.snmpd(t, w.dir, snmpAddr)
	iface := strings.TrimSuffix(ns.link, "a") + "b"
	conf := filepath.Join(w.dir, "conf")
	if err := os.Mkdir(conf, 0o700); err != nil {
		t.Fatal(err)
	}
	w.config = filepath.Join(conf, "monitord.yaml")
	w.configure(fmt.Sprintf(`hosts:
  often:
    address: 198.18.77.2
    alive: none
    checks:
      interface: {type: interfaces, port: 1161, community: {file: %q}, interval: 2s, timeout: 1s}
`, w.community(w.dir)))
	w.config = conf
	w.serve()
	eventually(t, 20*time.Second, "the agent is discovered", func() string {
		out, err := tryCommand("", bin(t, "monitord"), "snmp", "discover", "--out", conf, snmpdtest.Community+"@"+snmpAddr)
		if err != nil {
			return fmt.Sprintf("%v: %s", err, out)
		}
		return ""
	})
	command(t, "", bin(t, "monitord"), "config", "check", conf)
	began := time.Now()
	command(t, "", bin(t, "monitord"), "reload", "--data", w.data)
	const interval = time.Minute // of the template
	eventually(t, 2*interval, "a picture of the interface has data", func() string {
		body, err := w.try("/graph/sw9/" + url.PathEscape("net-"+iface) + ".svg?range=15m&lang=en")
		switch {
		case err != nil:
			return err.Error()
		case !strings.Contains(body, "<svg") || strings.Contains(body, "no data"):
			return "it has none"
		}
		return ""
	})
	took := time.Since(began)
	var polls []string
	for _, at := range keys(w.samples(fmt.Sprintf(`ifHCInOctets{host="sw9",ifName=%q}`, iface), 5*time.Minute)) {
		polls = append(polls, fmt.Sprintf("%.1f", time.UnixMilli(at).Sub(began).Seconds()))
	}
	say(t, "from the reload to the picture: %.1f s of %.0f s; polled at %s s", took.Seconds(), (2 * interval).Seconds(), strings.Join(polls, ", "))
	if took > 2*interval {
		t.Errorf("the picture came after %s; want two intervals of %s", took, interval)
	}
	ns.countersAgree(w, iface)
}

// snmpAddr is where the agent in the namespace listens.
const snmpAddr = "198.18.77.2:1161"

// countersAgree sends through the link, and holds the series of the interface
// against /proc/net/dev of the namespace.
func (l link) countersAgree(w *world, iface string) {
	t := w.t
	t.Helper()
	conn, err := net.Dial("udp", "198.18.77.2:9")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	before := l.received(t, iface)
	block := bytes.Repeat([]byte("x"), 1000)
	for range 2000 {
		conn.Write(block) // nobody listens: the refusal comes back as an error
	}
	after := l.received(t, iface)
	if after-before < 2000*1000 {
		t.Fatalf("the kernel counted %d octets of 2,000,000", after-before)
	}
	stored := func() (newest float64) {
		var at int64
		for when, v := range w.samples(fmt.Sprintf(`ifHCInOctets{host="often",ifName=%q}`, iface), time.Minute) {
			if when > at {
				at, newest = when, v
			}
		}
		return newest
	}
	// snmpd reads its counters every few seconds only.
	eventually(t, 60*time.Second, "the store has what was sent", func() string {
		if v := stored(); v < float64(after) {
			return fmt.Sprintf("it has %.0f, the kernel counted %d", v, after)
		}
		return ""
	})
	if v, now := stored(), l.received(t, iface); v > float64(now) {
		t.Errorf("the store has %.0f, the kernel counted %d only", v, now)
	}
	say(t, "%d octets counted by the kernel, %.0f stored", after, stored())
}

// received is what the kernel counted for an interface of the namespace.
func (l link) received(t *testing.T, iface string) int64 {
	t.Helper()
	dev := command(t, "", "ip", "netns", "exec", l.name, "cat", "/proc/net/dev")
	found := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(iface) + `:\s*(\d+)`).FindStringSubmatch(dev)
	if found == nil {
		t.Fatalf("no %s in\n%s", iface, dev)
	}
	n, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// polledByProbe is a probe in a namespace that polls the device sw1 behind it, of
// which the server is told through the link only.
func polledByProbe(t *testing.T, every time.Duration) (w *world, ns link, agent *process) {
	t.Helper()
	needRoot(t, "a network namespace")
	w, ns = newWorld(t), newLink(t)
	w.probes = ns.serverAddr + ":8461"
	agent = ns.snmpd(t, w.dir, "127.0.0.1:1161")
	w.configure(fmt.Sprintf(`hosts:
  gw1: {address: 198.18.77.2}
  sw1:
    address: 127.0.0.1
    alive: none
    checks:
      interface: {type: interfaces, run_on: gw1, port: 1161, community: {file: %q}, interval: %s, retry_interval: %s, timeout: 1500ms, try_for: 300ms}
`, filepath.Join(w.dir, "probe-gw1", "secrets", "community"), every, every))
	w.serve()
	dir := w.enrol("gw1")
	w.community(filepath.Join(dir, "secrets"))
	start(t, w.dir, "probe", "ip", "netns", "exec", ns.name, bin(t, "probe"), "run", "--config", filepath.Join(dir, "probe.yaml"))
	w.awaitState(30*time.Second, "sw1/interface", "OK")
	return w, ns, agent
}

// snmpPolledByProbe: a probe polls a device that only it can reach. Its link to the
// server is cut for as long as thirty polls; the device is away for some of them.
// Afterwards no sample of the series and no result is missing.
func snmpPolledByProbe(t *testing.T) {
	const every = 2 * time.Second
	w, ns, agent := polledByProbe(t, every)

	say(t, "the link is cut")
	cut := time.Now()
	command(t, "", "ip", "link", "set", ns.link, "down")
	time.Sleep(20 * time.Second) // the time that the story is about
	agent.stop()
	say(t, "the device is gone")
	time.Sleep(10 * time.Second)
	ns.snmpd(t, w.dir, "127.0.0.1:1161")
	back := time.Now()
	time.Sleep(time.Until(cut.Add(time.Minute)))
	say(t, "the link is mended")
	command(t, "", "ip", "link", "set", ns.link, "up")
	mended := time.Now()
	const state = `monitord_check_state{host="sw1",check="interface",item=""}`
	eventually(t, 90*time.Second, "what was polled meanwhile is here", func() string {
		if times := keys(w.samples(state, 5*time.Minute)); len(times) == 0 || times[len(times)-1] < mended.UnixMilli() {
			return "the newest result is of the time before"
		}
		if times := keys(w.samples(`ifOperStatus{host="sw1",ifName="lo"}`, 5*time.Minute)); len(times) == 0 || times[len(times)-1] < mended.UnixMilli() {
			return "the newest sample is of the time before"
		}
		return ""
	})
	w.awaitState(30*time.Second, "sw1/interface", "OK")

	results := w.samples(state, 5*time.Minute)
	noGap(t, "results", keys(results), 2*every)
	failed := 0
	for at, v := range results {
		if v == 2 {
			failed++
			if when := time.UnixMilli(at); when.Before(cut) || when.After(back.Add(2*every)) {
				t.Errorf("CRITICAL at %s, when the device was there", when)
			}
		}
	}
	if failed < 3 {
		t.Errorf("%d results tell that the device was gone; want 3 or more", failed)
	}
	times := keys(w.samples(`ifOperStatus{host="sw1",ifName="lo"}`, 5*time.Minute))
	for i := 1; i < len(times); i++ {
		gap, from, to := time.Duration(times[i]-times[i-1])*time.Millisecond, time.UnixMilli(times[i-1]), time.UnixMilli(times[i])
		if away := from.Before(back) && to.After(cut.Add(20*time.Second)); gap > 2*every && !away {
			t.Errorf("no sample for %s after %s", gap, from)
		}
	}
	say(t, "%d results, %d samples; %d results tell that the device was gone", len(results), len(times), failed)
}

// noGap fails when two neighbours are further apart than that.
func noGap(t *testing.T, what string, times []int64, most time.Duration) {
	t.Helper()
	for i := 1; i < len(times); i++ {
		if gap := time.Duration(times[i]-times[i-1]) * time.Millisecond; gap > most {
			t.Errorf("no %s for %s after %s", what, gap, time.UnixMilli(times[i-1]))
		}
	}
}

// keys are the moments of samples, in order.
func keys(samples map[int64]float64) []int64 {
	var times []int64
	for at := range samples {
		times = append(times, at)
	}
	slices.Sort(times)
	return times
}
