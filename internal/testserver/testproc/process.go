package testproc

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Command is a program to run.
type Command struct {
	Path string   // absolute, or a name on PATH
	Args []string // without the name
	User string   // run as this user; empty means ourselves
	Dir  string   // working folder
	Env  []string // added to ours
	Apt  string   // the Debian package that brings it
}

// Process is a running program.
type Process struct {
	tb      testing.TB
	command Command
	cmd     *exec.Cmd
	out     locked
}

// locked is a buffer that the copying goroutine and a failing test share.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (c Command) build(tb testing.TB) *exec.Cmd {
	tb.Helper()
	if _, err := exec.LookPath(c.Path); err != nil {
		tb.Fatalf("%s is missing (%v): apt-get install -y --no-install-recommends %s", c.Path, err, c.Apt)
	}
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), c.Env...)
	// A group of its own, so that its children end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if uid, gid, ok := ids(tb, c.User); ok {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	return cmd
}

// ids is what a user name means; ok is false when we need not or cannot change.
func ids(tb testing.TB, name string) (uid, gid uint32, ok bool) {
	tb.Helper()
	if name == "" || os.Getuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup(name)
	Must(tb, err)
	a, err := strconv.ParseUint(u.Uid, 10, 32)
	Must(tb, err)
	b, err := strconv.ParseUint(u.Gid, 10, 32)
	Must(tb, err)
	return uint32(a), uint32(b), true
}

// Start starts a program; the test's end stops it.
func Start(tb testing.TB, c Command) *Process {
	tb.Helper()
	p := &Process{tb: tb, command: c}
	p.Again()
	tb.Cleanup(p.Stop)
	return p
}

// Again starts the program once more after Stop. It does not wait until the
// program is ready.
func (p *Process) Again() {
	p.tb.Helper()
	p.cmd = p.command.build(p.tb)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.cmd.WaitDelay = time.Second
	Must(p.tb, p.cmd.Start())
}

// Run runs a program to its end, which must be a good one.
func Run(tb testing.TB, c Command) string {
	tb.Helper()
	out, err := c.build(tb).CombinedOutput()
	if err != nil {
		tb.Fatalf("%s: %v\n%s", c.Path, err, out)
	}
	return string(out)
}

// Stop ends the program and waits for it; a second Stop does nothing.
func (p *Process) Stop() {
	if p.cmd.ProcessState != nil {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(5*time.Second, func() { syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) })
	p.cmd.Wait()
	kill.Stop()
}

// Output is what the program printed so far.
func (p *Process) Output() string { return p.out.String() }

// WaitFor polls until ready says nil; after 20 s the test fails with the last
// error and what the program printed.
func (p *Process) WaitFor(ready func() error) {
	p.tb.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		err := ready()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			p.tb.Fatalf("%s is not ready: %v\n%s", p.cmd.Path, err, p.Output())
		}
		time.Sleep(20 * time.Millisecond) // another process: nothing else tells
	}
}

// Accepts says whether a loopback TCP port accepts.
func Accepts(port int) func() error {
	return func() error {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			conn.Close()
		}
		return err
	}
}

// Dir is a new folder that a user may enter and write; the test's end removes it.
func Dir(tb testing.TB, userName string) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "monitord-test-")
	Must(tb, err)
	tb.Cleanup(func() { os.RemoveAll(dir) })
	Must(tb, os.Chmod(dir, 0o755))
	Own(tb, userName, dir)
	return dir
}

// Own gives a file to a user, when we may.
func Own(tb testing.TB, userName, path string) {
	tb.Helper()
	if uid, gid, ok := ids(tb, userName); ok {
		Must(tb, os.Chown(path, int(uid), int(gid)))
	}
}

// File writes a file below dir and returns its path.
func File(tb testing.TB, dir, name, content string) string {
	tb.Helper()
	path := filepath.Join(dir, name)
	Must(tb, os.MkdirAll(filepath.Dir(path), 0o755))
	Must(tb, os.WriteFile(path, []byte(content), 0o644))
	return path
}

// CopyFor copies a file into dir so that the user may read it and nobody else,
// as servers demand of keys; it returns the new path.
func CopyFor(tb testing.TB, userName, path, dir string) string {
	tb.Helper()
	b, err := os.ReadFile(path)
	Must(tb, err)
	to := filepath.Join(dir, filepath.Base(path))
	Must(tb, os.WriteFile(to, b, 0o600))
	Own(tb, userName, to)
	return to
}

// The ports that tests hand out lie below those that the kernel gives to outgoing
// connections (from 32768, ip_local_port_range of Linux's ip-sysctl.txt): no
// connection of a test beside this one takes a port before its server binds it.
const firstPort, portPairs = 10_000, 11_000

// FreePort is a port of 127.0.0.1 that at this moment nobody holds for TCP or UDP,
// nor the port after it, where telephones take TLS.
func FreePort(tb testing.TB) int {
	tb.Helper()
	for range 100 {
		port := firstPort + 2*rand.IntN(portPairs)
		if free(port) && free(port+1) {
			return port
		}
	}
	tb.Fatal("no port is free for both TCP and UDP")
	return 0
}

func free(port int) bool {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer l.Close()
	u, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	return u.Close() == nil
}

// Must fails the test on an error.
func Must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
