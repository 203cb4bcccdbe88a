//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"monitord/internal/testserver/snmpdtest"
)

// snmpdCommand is what starts an snmpd with lines of its own at an address, and
// its configuration.
func snmpdCommand(t *testing.T, dir, addr string, lines ...string) (argv []string, conf string) {
	t.Helper()
	dir, err := os.MkdirTemp(dir, "snmpd")
	if err != nil {
		t.Fatal(err)
	}
	conf = put(t, filepath.Join(dir, "snmpd.conf"), snmpdConf(lines...))
	t.Setenv("SNMP_PERSISTENT_DIR", dir)
	t.Setenv("SNMPCONFPATH", dir)
	t.Setenv("MIBS", "")
	return []string{need(t, "snmpd", "snmpd"), "-f", "-Lo", "-C", "-c", conf, "-p", filepath.Join(dir, "pid"), "udp:" + addr}, conf
}

func snmpdConf(lines ...string) string {
	return "rocommunity " + snmpdtest.Community + "\n" + strings.Join(lines, "\n") + "\n"
}

// snmpd starts one in the namespace.
func (l link) snmpd(t *testing.T, dir, addr string) *process {
	t.Helper()
	argv, _ := snmpdCommand(t, dir, addr, "sysName sw9")
	return start(t, dir, "snmpd", append([]string{"ip", "netns", "exec", l.name}, argv...)...)
}

// snmpWatched: what snmpd.conf watches by proc, disk and load has a state each, with
// the agent's own message while it is bad. A process is killed and started, a disk
// is filled and emptied, the load's limit is lowered and raised.
func snmpWatched(t *testing.T) {
	needRoot(t, "a small disk")
	w := newWorld(t)
	worker := filepath.Join(w.dir, "mtd-worker") // snmpd counts processes by name
	copyProgram(t, "sleep", worker)
	run := func() *process { return start(t, w.dir, "worker", worker, "3600") }
	p, disk, addr := run(), smallDisk(t), freeUDP(t)
	watch := func(load string) []string {
		return []string{"proc mtd-worker 1 1", "disk " + disk + " 50%", "load " + load + " 9999 9999"}
	}
	argv, conf := snmpdCommand(t, w.dir, addr, watch("9999")...)
	agent := start(t, w.dir, "snmpd", argv...)
	limit := func(load string) {
		put(t, conf, snmpdConf(watch(load)...))
		if err := agent.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	w.configure(fmt.Sprintf(`hosts:
  srv1:
    address: 127.0.0.1
    alive: none
    checks:
      ucd: {type: ucd, port: %s, community: {file: %q}, interval: 2s, retry_interval: 1s, timeout: 900ms, max_attempts: 2, load: warning}
`, port(t, addr), w.community(w.dir)))
	w.serve()
	process, space, load := "srv1/ucd[process mtd-worker]", "srv1/ucd[disk "+disk+"]", "srv1/ucd[load 1 min]"
	for _, name := range []string{process, space, load} {
		w.awaitState(40*time.Second, name, "OK")
	}

	say(t, "the process is killed")
	p.kill()
	w.awaitSaid(process, "CRITICAL", "mtd-worker") // snmpd looks every half minute
	say(t, "the process is started")
	run()
	w.awaitSaid(process, "OK", "1 processes")

	say(t, "the disk is filled")
	full := filepath.Join(disk, "full")
	if err := os.WriteFile(full, bytes.Repeat([]byte("x"), 6<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	w.awaitSaid(space, "CRITICAL", disk+": less than 50% free")
	say(t, "the disk is emptied")
	if err := os.Remove(full); err != nil {
		t.Fatal(err)
	}
	w.awaitSaid(space, "OK", "")

	busyUntil(t, 0.02)
	say(t, "the load's limit is lowered")
	limit("0.001")
	w.awaitSaid(load, "WARNING", "Load Average too high")
	say(t, "the load's limit is raised")
	limit("9999")
	w.awaitSaid(load, "OK", "")
}

// awaitSaid waits for a state, and holds what is shown and what the journal has
// against what they should say.
func (w *world) awaitSaid(name, state, words string) {
	t := w.t
	t.Helper()
	w.awaitState(70*time.Second, name, state)
	s := w.services()[name]
	if say(t, "%s: %s", name, s.Summary); !strings.Contains(s.Summary, words) {
		t.Errorf("%s is shown as %q; want %q in it", name, s.Summary, words)
	}
	for _, e := range w.events() { // newest first
		if e.Service == name && e.Kind == "state" && e.State == state {
			if !strings.Contains(e.Text, words) {
				t.Errorf("the journal has %q; want %q in it", e.Text, words)
			}
			return
		}
	}
	t.Errorf("the journal has nothing of %s", name)
}

// smallDisk is a file system of eight megabytes.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		cannot(t, fmt.Sprintf("no tmpfs can be mounted: %v", err))
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// busyUntil works until the machine has a load: an idle one has none to judge.
func busyUntil(t *testing.T, load float64) {
	t.Helper()
	eventually(t, time.Minute, "the machine has a load", func() string {
		var now float64
		raw, err := os.ReadFile("/proc/loadavg")
		if err == nil {
			_, err = fmt.Sscan(string(raw), &now)
		}
		if err != nil {
			t.Fatal(err)
		}
		if now >= load {
			return ""
		}
		for began := time.Now(); time.Since(began) < time.Second; {
		}
		return fmt.Sprintf("it is %.2f", now)
	})
}

// copyProgram makes a program of another name.
func copyProgram(t *testing.T, name, to string) {
	t.Helper()
	from, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, raw, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}
