package logfile_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"monitord/internal/testlogs"
)

// buildFollower builds the program that is killed.
func buildFollower(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "follow")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "monitord/internal/testlogs/follow").CombinedOutput(); err != nil {
		t.Fatalf("build the follower: %v\n%s", err, out)
	}
	return bin
}

// The long run of this is the story logs-rotation of internal/e2e.
func TestNoLineIsLostOrDoubledHoweverALogIsRotatedAndTheFollowerKilled(t *testing.T) {
	t.Parallel()
	bin := buildFollower(t)
	ways := testlogs.Ways()
	outcomes, errs := make([]testlogs.Outcome, len(ways)), make([]error, len(ways))
	var running sync.WaitGroup
	for i, way := range ways { // all at once: they mostly wait
		torture := testlogs.Torture{
			Follow: bin, Dir: t.TempDir(), Way: way, For: 2500 * time.Millisecond, Rate: 4000,
			Every: 400 * time.Millisecond, Kill: 600 * time.Millisecond, Seed: uint64(i), Log: t.Output(),
		}
		running.Go(func() { outcomes[i], errs[i] = torture.Run(t.Context()) })
	}
	running.Wait()
	for i, got := range outcomes {
		t.Logf("%s: %s", ways[i], got)
		if errs[i] != nil || got.Lost > 0 || got.Doubled > 0 || got.Torn > 0 {
			t.Errorf("%s: %s, %v", ways[i], got, errs[i])
		}
		if got.Rotations < 2 || got.Kills < 1 {
			t.Errorf("%s: %s; too little happened to show anything", ways[i], got)
		}
	}
}

// Root may read everything, so the follower runs as nobody.
func TestPermissionLostAndRegainedLosesNothing(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("skipped: needs root, to run the follower as nobody")
	}
	t.Parallel()
	bin := buildFollower(t)
	dir := t.TempDir()
	for _, d := range []string{bin, filepath.Dir(bin), filepath.Dir(filepath.Dir(bin)), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	log, out := filepath.Join(dir, "app.log"), filepath.Join(dir, "own", "out")
	check(os.Mkdir(filepath.Join(dir, "own"), 0o700))
	check(os.Chown(filepath.Join(dir, "own"), 65534, 65534))
	write := func(mode os.FileMode, text string) {
		t.Helper()
		f, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, mode)
		check(err)
		_, err = f.WriteString(text)
		check(errors.Join(err, f.Close()))
	}
	cmd := exec.Command(bin, filepath.Join(dir, "own", "state"), out, log)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Stderr = t.Output()
	check(cmd.Start())
	defer func() {
		check(cmd.Process.Signal(syscall.SIGTERM))
		check(cmd.Wait())
	}()
	want := func(lines string) {
		t.Helper()
		var got string
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) { // another process
			b, _ := os.ReadFile(out)
			got = ""
			for line := range strings.Lines(string(b)) {
				if text, ok := strings.CutPrefix(line, "L "); ok {
					got += strings.TrimSpace(text) + " "
				}
			}
			if got == lines {
				return
			}
		}
		t.Fatalf("lines %q, want %q", got, lines)
	}
	write(0o644, "one\n")
	want("one ")
	check(os.Chmod(log, 0)) // the follower has it open
	write(0, "two\n")
	check(os.Rename(log, log+".1"))
	write(0, "three\n")                // it cannot open this one
	time.Sleep(300 * time.Millisecond) // it tries in vain, which cannot be seen from here
	check(os.Chmod(log, 0o644))
	check(os.Chmod(log+".1", 0o644))
	want("one two three ")
}
