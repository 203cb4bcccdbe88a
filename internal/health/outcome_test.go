package health

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monitord/checks"
	"monitord/internal/runner"
	"monitord/internal/wire"
)

func TestExitCodeNoneGoesOnWatching(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql", "disk")
		n.cfg.ExitCode = NoExit
		_, stop := n.start()
		for range 3 {
			n.is("sql", checks.Critical)
			time.Sleep(time.Minute)
			n.is("disk", checks.Critical) // the same fault
			time.Sleep(time.Minute)
			n.is("sql", checks.OK)
			time.Sleep(2 * time.Minute) // disk belongs to it, and is still bad
			n.is("disk", checks.OK)
			time.Sleep(time.Minute)
		}
		if e := stop(); e.code != 0 || e.err != nil {
			t.Errorf("stopped with %+v", e)
		}
		if n.ran() != 3 {
			t.Errorf("%d commands for three faults", n.ran())
		}
		n.wantSteps(strings.TrimSpace(strings.Repeat("started ended recovered ", 3)))
	})
}

func TestWhatCannotBeRememberedIsNotDone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		synctest.Wait()                                      // the lock is taken
		if err := os.Mkdir(n.cfg.State, 0o700); err != nil { // no file can be renamed to it
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		if n.ran() != 0 {
			t.Error("it was done")
		}
		n.wantSteps("blocked")
		if err := os.Remove(n.cfg.State); err != nil {
			t.Fatal(err)
		}
		if e := <-ended; e.code != 100 || n.ran() != 1 {
			t.Errorf("once it can: %+v, %d commands", e, n.ran())
		}
	})
}

func TestACommandThatFailsIsReportedAndNotRepeated(t *testing.T) {
	for name, tt := range map[string]struct {
		result runner.Result
		err    error
		step   string
	}{
		"fault":   {runner.Result{ExitCode: 7, Stderr: []byte("no such node")}, nil, "started ended"},
		"missing": {runner.Result{}, os.ErrNotExist, "started failed"},
	} {
		bubble(t, func(t *testing.T) {
			n := newNode(t, "sql")
			n.result, n.startErr = tt.result, tt.err
			n.is("sql", checks.Critical)
			ended, _ := n.start()
			if e := <-ended; e.code != 100 {
				t.Errorf("%s: %+v", name, e)
			}
			_, stop := n.start()
			time.Sleep(time.Hour)
			stop()
			if d := n.steps()[1]; d.ExitCode != tt.result.ExitCode || n.ran() != 1 {
				t.Errorf("%s: %d commands, %+v", name, n.ran(), d)
			}
			n.wantSteps(tt.step)
		})
	}
}

// `heartbeat -k` ends its clients and waits for them: we must not wait for it.
func TestAStopDuringTheCommandEndsSoon(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.takes = time.Minute
		n.is("sql", checks.Critical)
		_, stop := n.start()
		time.Sleep(15 * time.Second)
		began := time.Now()
		e := stop()
		if took := time.Since(began); took != stopGrace || e.code != 100 || e.err != nil {
			t.Errorf("ended %s after the stop with %+v", took, e)
		}
		n.wantSteps("started ended")
		if d := n.steps()[1]; !d.TimedOut || !d.Interrupted {
			t.Errorf("reported %+v", d)
		}
	})
}

func TestADryRunAndNoCommandOnlyReport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.DryRun = true
		n.is("sql", checks.Critical)
		_, stop := n.start()
		time.Sleep(time.Hour)
		if e := stop(); e.code != 0 || n.ran() != 0 {
			t.Errorf("dry run: %+v, %d commands", e, n.ran())
		}
		n.wantSteps("reported")
	})
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.GiveUp.Command = nil
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		if e := <-ended; e.code != 100 || n.ran() != 0 {
			t.Errorf("no command: %+v, %d commands", e, n.ran())
		}
		n.wantSteps("reported")
	})
}

func TestTheWatchdogIsStoppedAfterTheNodeWasGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.Watchdog.Device, n.cfg.Watchdog.File = "/dev/watchdog", filepath.Join(n.dir, "proof")
		n.takes = 35 * time.Second // it is petted while the command runs
		n.atStart = func() {
			if _, closed := n.dog.state(); closed {
				t.Error("stopped before the command")
			}
		}
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		if e := <-ended; e.code != 100 || e.err != nil {
			t.Errorf("ended with %+v", e)
		}
		if got, closed := n.dog.state(); !closed || !strings.HasSuffix(got, "\x00V") || len(got) < 5 {
			t.Errorf("the device got %q, closed %v", got, closed)
		}
	})
}

func TestASecondProcessIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		_, stop := n.start()
		synctest.Wait()
		second, _ := n.start()
		if e := <-second; e.err == nil || !strings.Contains(e.err.Error(), "another probe health has it") {
			t.Errorf("got %+v", e)
		}
		stop()
	})
}

func TestWithoutAProbeNobodyIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		if err := os.Remove(filepath.Join(n.dir, ReportDir)); err != nil {
			t.Fatal(err)
		}
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		if e := <-ended; e.code != 100 || n.ran() != 1 {
			t.Errorf("%+v, %d commands", e, n.ran())
		}
	})
}

// A report on a hung disk holds one goroutine, and holds nothing up.
func TestReportsOnAHungDiskHoldNothingUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newReporter(t.TempDir(), slog.New(slog.DiscardHandler))
		r.turn <- struct{}{} // one that never comes back
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.run(ctx) }()
		for range 2 {
			r.put(time.Now(), wire.HealthData{})
		}
		cancel()
		began := time.Now()
		if err := <-ended; err != nil || time.Since(began) > 2*reportTimeout {
			t.Errorf("ended after %s: %v", time.Since(began), err)
		}
		for range 2 * reportQueue {
			r.put(time.Now(), wire.HealthData{}) // bounded, and does not block
		}
	})
}
