package runner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sh(script string) Command {
	return Command{Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"PATH=/usr/bin:/bin"}, Grace: 200 * time.Millisecond}
}

func mustRun(t *testing.T, c Command) Result {
	t.Helper()
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOutputExitCodeAndInputArePassed(t *testing.T) {
	c := sh("cat; echo bad >&2; exit 2")
	c.Stdin = []byte("hello\x00world")
	r := mustRun(t, c)
	if string(r.Stdout) != "hello\x00world" || string(r.Stderr) != "bad\n" || r.ExitCode != 2 || r.TimedOut || r.Signal != "" {
		t.Errorf("got %+v", r)
	}
}

func TestAProgramThatEndsByASignalSaysSo(t *testing.T) {
	r := mustRun(t, sh("kill -9 $$"))
	if r.ExitCode != -1 || r.Signal != "killed" || r.TimedOut {
		t.Errorf("got %+v", r)
	}
}

// A daemon that keeps the output of the program that started it may write to it
// for ever.
func TestWithoutOutputADaemonIsNotHurt(t *testing.T) {
	dir := t.TempDir()
	c := sh(`setsid sh -c 'echo $$ >` + dir + `/pid; while [ ! -e ` + dir + `/go ]; do sleep 0.01; done; echo x && echo y && touch ` + dir + `/alive' & while [ ! -s ` + dir + `/pid ]; do sleep 0.01; done; echo lost`)
	c.NoOutput = true
	if r := mustRun(t, c); r.ExitCode != 0 || len(r.Stdout) != 0 || r.Took > 400*time.Millisecond+pipeDelay {
		t.Errorf("got %+v", r)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "alive")); err == nil {
			return
		}
	}
	t.Error("the daemon died of its output")
}

func TestAMissingProgramIsAnError(t *testing.T) {
	if _, err := Run(t.Context(), Command{Path: "/nonexistent/program"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v; want not exist", err)
	}
}

func TestTheEnvironmentIsOnlyWhatIsGiven(t *testing.T) {
	t.Setenv("MONITORD_TEST_SECRET", "x")
	c := Command{Path: "/usr/bin/env", Env: Allow([]string{"A=1", "B=2", "AB=3"}, "A")}
	if r := mustRun(t, c); string(r.Stdout) != "A=1\n" {
		t.Errorf("got %q; want A=1 only", r.Stdout)
	}
	c.Env = nil
	if r := mustRun(t, c); len(r.Stdout) != 0 {
		t.Errorf("got %q; want an empty environment", r.Stdout)
	}
}

func TestTimeoutKillsAProgramThatIgnoresSIGTERMAndItsChildren(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	c := sh(`trap "" TERM; (trap "" TERM; while :; do sleep 1; done) & echo $! >>` + pids + `; echo started; while :; do sleep 1; done`)
	c.Timeout = 500 * time.Millisecond
	start := time.Now()
	r := mustRun(t, c)
	if !r.TimedOut || r.Signal != "killed" || string(r.Stdout) != "started\n" {
		t.Errorf("got %+v", r)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %s; want timeout + grace", took)
	}
	expectDead(t, pids)
}

func TestSIGTERMComesFirst(t *testing.T) {
	c := sh(`trap "echo bye; exit 7" TERM; echo on; while :; do sleep 0.05; done`)
	c.Timeout, c.Grace = 300*time.Millisecond, 5*time.Second
	if r := mustRun(t, c); string(r.Stdout) != "on\nbye\n" || r.ExitCode != 7 || !r.TimedOut {
		t.Errorf("got %+v, %q; want it to say bye", r, r.Stdout)
	}
}

func TestABackgroundChildDoesNotOutliveTheRun(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	start := time.Now()
	r := mustRun(t, sh(`sleep 60 & echo $! >`+pids+`; echo done`))
	if r.ExitCode != 0 || r.TimedOut || string(r.Stdout) != "done\n" || time.Since(start) > 3*time.Second {
		t.Errorf("got %+v after %s", r, time.Since(start))
	}
	expectDead(t, pids)
}

func TestAChildThatLeftTheGroupCannotHoldUs(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	start := time.Now()
	r := mustRun(t, sh(`setsid sh -c 'echo $$ >`+pids+`; exec sleep 20' & while [ ! -s `+pids+` ]; do sleep 0.01; done; echo done`))
	if string(r.Stdout) != "done\n" || time.Since(start) > 4*time.Second {
		t.Errorf("got %q after %s", r.Stdout, time.Since(start))
	}
	if pid := readPid(t, pids); pid > 1 {
		unix.Kill(pid, unix.SIGKILL)
	}
}

func TestAFloodIsCutAndCounted(t *testing.T) {
	c := sh("head -c 3000000 /dev/zero; head -c 2000 /dev/zero >&2")
	c.MaxOutput = 1000
	r := mustRun(t, c)
	if len(r.Stdout) != 1000 || r.StdoutDropped != 2999000 || len(r.Stderr) != 1000 || r.StderrDropped != 1000 || r.ExitCode != 0 {
		t.Errorf("kept %d, dropped %d; stderr kept %d, dropped %d; exit %d", len(r.Stdout), r.StdoutDropped, len(r.Stderr), r.StderrDropped, r.ExitCode)
	}
}

func TestCancellingTheContextEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	r, err := Run(ctx, Command{Path: "/bin/sleep", Args: []string{"60"}})
	if err != nil || !r.TimedOut || r.Signal != "terminated" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func readPid(t *testing.T, file string) int {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// expectDead waits until the kernel has forgotten the process: init reaps it.
func expectDead(t *testing.T, file string) {
	t.Helper()
	pid := readPid(t, file)
	for deadline := time.Now().Add(3 * time.Second); time.Now().Before(deadline); {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("child %d is still there", pid)
}
