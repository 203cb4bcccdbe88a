package systemd

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/runner"
)

// boot starts a systemd of its own as process 1 of new namespaces, in a control
// group of its own, with nothing but three units of ours; the machine's files
// are read-only to it. It returns a program that is systemctl there.
func boot(t *testing.T) (systemctl string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: systemd must be process 1 of a namespace")
	}
	if _, err := os.Stat("/lib/systemd/systemd"); err != nil {
		t.Skip("Debian's package systemd is not installed")
	}
	group := controlGroup(t)
	cmd := exec.Command("/bin/sh", "-c", `echo 0 >"$1"/cgroup.procs; exec unshare --kill-child -m -p -f -C -n -u -i --mount-proc sh -c "$2"`, "boot", group, `
set -e
mount --make-rprivate /
mount -o remount,bind,ro /
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /run/systemd/system /run/lock
mount -t cgroup2 cgroup2 /sys/fs/cgroup
cd /run/systemd/system
printf '[Unit]\nDescription=nothing else\n' >alone.target
printf '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep 1000\nExecReload=/bin/true\n' >good.service
printf '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/false\n' >dies.service
ln -s /dev/null masked.service
container=other exec /lib/systemd/systemd --system --unit=alone.target`)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // --kill-child: process 1 of the namespace goes, and all in it
		cmd.Wait()
	})
	systemctl = filepath.Join(t.TempDir(), "systemctl")
	deadline := time.Now().Add(20 * time.Second)
	for {
		if pid := childOf(cmd.Process.Pid); pid != "" {
			script := "#!/bin/sh\nexec nsenter -t " + pid + " -m -p systemctl \"$@\"\n"
			if err := os.WriteFile(systemctl, []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			if exec.Command(systemctl, "is-active", "-q", "alone.target").Run() == nil {
				return systemctl
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("systemd did not come up in its namespace")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// controlGroup makes one and removes it when the test ends.
func controlGroup(t *testing.T) string {
	t.Helper()
	for _, root := range []string{"/sys/fs/cgroup/unified", "/sys/fs/cgroup"} {
		if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err != nil {
			continue
		}
		group := filepath.Join(root, "monitord-test-"+strconv.Itoa(os.Getpid()))
		if err := os.Mkdir(group, 0o755); err != nil {
			t.Skipf("needs a writable control group: %v", err)
		}
		t.Cleanup(func() { removeGroup(t, group) })
		return group
	}
	t.Skip("this kernel gives no control groups of version 2")
	return ""
}

// removeGroup waits for the last process to leave.
func removeGroup(t *testing.T, group string) {
	var err error
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var all []string
		filepath.WalkDir(group, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				all = append(all, path)
			}
			return nil
		})
		err = nil
		for i := len(all) - 1; i >= 0 && err == nil; i-- {
			err = os.Remove(all[i])
		}
		if err == nil {
			return
		}
	}
	t.Errorf("control group stays: %v", err)
}

// childOf is the process that unshare waits for, once it is systemd; empty before.
func childOf(pid int) string {
	p := strconv.Itoa(pid)
	raw, err := os.ReadFile("/proc/" + p + "/task/" + p + "/children")
	child := strings.TrimSpace(string(raw))
	name, err2 := os.ReadFile("/proc/" + child + "/comm")
	if err != nil || err2 != nil || strings.TrimSpace(string(name)) != "systemd" {
		return ""
	}
	return child
}

func TestWithARealSystemd(t *testing.T) {
	systemctl := boot(t)
	act := func(do Verb, unit string) failover.Action {
		return newAction(t, Config{Do: do, Unit: unit, Settle: 300 * time.Millisecond, Systemctl: systemctl}, runner.Run)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	status := func(a failover.Action, want failover.Status) {
		t.Helper()
		if s, err := a.Status(ctx, failover.Request{}); s != want || err != nil {
			t.Errorf("status %s, %v; want %s", s, err, want)
		}
	}
	good := act(Start, "good.service")
	status(good, failover.StatusUndone)
	for _, step := range []struct {
		do       Verb
		unit     string
		verified bool
		says     string
	}{
		{Start, "good.service", true, ""},
		{Restart, "good.service", true, ""},
		{Reload, "good.service", false, ""},
		{Start, "dies.service", false, "dies.service is failed (failed), result exit-code"},
		{Reload, "dies.service", false, "exit code 3: Failed to reload dies.service"},
		{Start, "none.service", false, "exit code 5: Failed to start none.service: Unit none.service not found."},
		{Start, "masked.service", false, "Unit masked.service is masked"},
	} {
		out, err := act(step.do, step.unit).Do(ctx, failover.Request{})
		if out.Verified != step.verified || (err == nil) != (step.says == "") || err != nil && !strings.Contains(err.Error(), step.says) {
			t.Errorf("%s %s: got %+v, %v", step.do, step.unit, out, err)
		}
	}
	status(good, failover.StatusDone)
	if out, err := good.(failover.Undoer).Undo(ctx, failover.Request{Undo: true}); err != nil || !out.Verified {
		t.Errorf("undo: got %+v, %v", out, err)
	}
	status(good, failover.StatusUndone)
	for unit, want := range map[string]bool{"good.service": true, "none.service": false, "masked.service": false} {
		premises, err := act(Start, unit).Premises(ctx, failover.Request{})
		if err != nil || len(premises) != 3 || premises[1].Holds != want {
			t.Errorf("%s: got %+v, %v", unit, premises, err)
		}
	}
}
