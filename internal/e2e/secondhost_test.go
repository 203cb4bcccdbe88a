//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// secondHost: a second probe lives in its own network namespace and reaches the
// server over a link; the link is cut and mended; nothing is lost, and the
// namespace has no port open.
func secondHost(t *testing.T) {
	needRoot(t, "a network namespace")
	w := newWorld(t)
	ns := newLink(t)
	w.probes = ns.serverAddr + ":8461"
	w.configure("")
	w.serve()
	dir := w.enrol("node1")
	start(t, w.dir, "probe", "ip", "netns", "exec", ns.name, bin(t, "probe"), "run", "--config", filepath.Join(dir, "probe.yaml"))
	w.awaitSequence(5)
	w.awaitState(30*time.Second, "node1/probe", "OK")

	say(t, "the link is cut")
	command(t, "", "ip", "link", "set", ns.link, "down")
	w.awaitState(90*time.Second, "node1/probe", "CRITICAL")
	say(t, "the link is mended")
	command(t, "", "ip", "link", "set", ns.link, "up")
	w.awaitState(60*time.Second, "node1/probe", "OK")
	w.settle()
	say(t, "%d collections, none lost", noHole(t, w.sequences("node1")))

	if listening := command(t, "", "ip", "netns", "exec", ns.name, "ss", "-Hltun"); listening != "" {
		t.Errorf("the probe's host has open ports:\n%s", listening)
	}
}

// link is a namespace with one cable to us.
type link struct {
	name, link, serverAddr string
}

// newLink makes a namespace and a veth pair, gone with the test.
func newLink(t *testing.T) link {
	t.Helper()
	id := fmt.Sprintf("mtd%d", os.Getpid()%100000)
	l := link{name: id, link: id + "a", serverAddr: "198.18.77.1"}
	for _, argv := range [][]string{
		{"ip", "netns", "add", l.name},
		{"ip", "link", "add", l.link, "type", "veth", "peer", "name", id + "b"},
		{"ip", "link", "set", id + "b", "netns", l.name},
		{"ip", "addr", "add", l.serverAddr + "/30", "dev", l.link},
		{"ip", "link", "set", l.link, "up"},
		{"ip", "-n", l.name, "addr", "add", "198.18.77.2/30", "dev", id + "b"},
		{"ip", "-n", l.name, "link", "set", id + "b", "up"},
		{"ip", "-n", l.name, "link", "set", "lo", "up"},
	} {
		if out, err := tryCommand("", argv...); err != nil {
			_ = exec.Command("ip", "netns", "del", l.name).Run()
			cannot(t, fmt.Sprintf("%v: %s", argv, out))
		}
	}
	t.Cleanup(func() {
		_ = exec.Command("ip", "link", "del", l.link).Run()
		_ = exec.Command("ip", "netns", "del", l.name).Run()
	})
	return l
}
