package testhosts

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Host is one of the two.
type Host struct {
	t       testing.TB
	Name    string // of its namespace, as ip(8) knows it
	Link    string // its only interface beside lo
	Address string // IPv4 with the length of the prefix: 10.99.0.1/24
	IPv6    string // fd99::1/64
}

// serial keeps the names of several pairs of one process apart.
var serial atomic.Int32

// Pair makes host a (10.99.0.1, fd99::1) and host b (10.99.0.2, fd99::2), which
// see each other on link0, and removes them when the test ends. It skips the
// test where that cannot be.
func Pair(t testing.TB) (a, b *Host) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs Debian's package iproute2")
	}
	prefix := fmt.Sprintf("mon%d-%d", os.Getpid(), serial.Add(1))
	make := func(n int, letter string) *Host {
		h := &Host{t: t, Name: prefix + letter, Link: "link0", Address: fmt.Sprintf("10.99.0.%d/24", n), IPv6: fmt.Sprintf("fd99::%d/64", n)}
		ip(t, "netns", "add", h.Name)
		t.Cleanup(func() { ip(t, "netns", "del", h.Name) })
		return h
	}
	a, b = make(1, "a"), make(2, "b")
	ip(t, "link", "add", a.Link, "netns", a.Name, "type", "veth", "peer", "name", b.Link, "netns", b.Name)
	for _, h := range []*Host{a, b} {
		h.IP("link", "set", "lo", "up")
		h.IP("address", "add", h.Address, "dev", h.Link)
		h.IP("address", "add", h.IPv6, "dev", h.Link, "nodad")
		h.IP("link", "set", h.Link, "up")
	}
	a.awaitCarrier()
	b.awaitCarrier()
	return a, b
}

// awaitCarrier waits until the kernel says that the link works: it does so a
// moment after both ends are up.
func (h *Host) awaitCarrier() {
	h.t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(h.IP("-o", "link", "show", "dev", h.Link), "state UP"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("%s has no carrier on %s", h.Name, h.Link)
		}
	}
}

// ip runs ip(8).
func ip(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// IP runs ip(8) in the host and returns what it prints.
func (h *Host) IP(args ...string) string {
	h.t.Helper()
	return ip(h.t, append([]string{"-n", h.Name}, args...)...)
}

// Command is a program that will run in the host.
func (h *Host) Command(name string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", h.Name, name}, args...)...)
}

// Has reports whether an address is on the host's link.
func (h *Host) Has(address string) bool {
	h.t.Helper()
	return strings.Contains(h.IP("-o", "address", "show", "dev", h.Link), " "+address+"/")
}

// Do runs f in the host: on a thread of its own, which ends with it. Programs
// that f starts are in the host too; goroutines that it starts are not.
func (h *Host) Do(f func()) {
	h.t.Helper()
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is not used again
		var err error
		defer func() { failed <- err }() // also when f ends the test
		fd, opened := unix.Open("/run/netns/"+h.Name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err = opened; err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNET)
			unix.Close(fd)
		}
		if err == nil {
			f()
		}
	}()
	if err := <-failed; err != nil {
		h.t.Fatalf("enter %s: %v", h.Name, err)
	}
}
