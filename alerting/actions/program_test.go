package actions

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"monitord/alerting/failover"
	"monitord/alerting/journal"
	"monitord/checks"
	"monitord/internal/runner"
)

// program is a kind that runs a real shell script of a test.
type program struct{ script string }

func (*program) Resource() string { return "program" }

func (*program) Premises(context.Context, failover.Request) ([]failover.Premise, error) {
	return nil, nil
}

func (p *program) Do(ctx context.Context, _ failover.Request) (failover.Outcome, error) {
	r, err := runner.Run(ctx, runner.Command{Path: "/bin/sh", Args: []string{"-c", p.script}, Env: []string{"PATH=/usr/bin:/bin"}, Timeout: time.Minute, MaxOutput: 1 << 20})
	out := failover.Outcome{ExitCode: r.ExitCode, Signal: r.Signal, TimedOut: r.TimedOut, Took: r.Took, Output: r.Stdout, Dropped: r.StdoutDropped, Verified: true}
	if err == nil && r.ExitCode != 0 {
		err = fmt.Errorf("exit code %d", r.ExitCode)
	}
	return out, err
}

func (*program) Status(context.Context, failover.Request) (failover.Status, error) {
	return failover.StatusUnknown, nil
}

// realRig is an actor over a real journal, on the wall clock.
func realRig(t *testing.T, yaml string, action failover.Action) (*Actor, *states, *journal.Journal) {
	t.Helper()
	j, err := journal.Open(journal.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	s := newStates()
	a := New(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Engine: s, Ledger: j, Unjudged: j.Unjudged,
		ProbeSeen: func(string) (time.Time, bool) { return time.Now(), true }})
	a.Reload(planOf(t, yaml, action))
	ctx, cancel := context.WithCancel(context.Background())
	kept, ended := make(chan error), make(chan error)
	journalCtx, endJournal := context.WithCancel(context.Background())
	go func() { kept <- j.Run(journalCtx) }()
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		endJournal()
		if err := <-kept; err != nil {
			t.Error(err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, s, j
}

// until waits for the newest record to be as wanted.
func until(t *testing.T, a *Actor, ok func(failover.Record) bool) failover.Record {
	t.Helper()
	end := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		list, err := a.Records(t.Context(), failover.Filter{Limit: 1})
		if err == nil && len(list) == 1 && ok(list[0]) {
			return list[0]
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within 20 s: %+v %v", list, err)
		}
	}
}

func final(r failover.Record) bool { return r.Progress.Final() }

func TestAProgramThatFailsFloodsOrHangsIsRecordedAndEnded(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	for _, c := range []struct {
		name, script string
		progress     failover.Progress
		check        func(r failover.Record) string
	}{
		{"fails", "echo no quorum; exit 4", failover.ProgressFailed, func(r failover.Record) string {
			if r.Outcome.ExitCode != 4 || string(r.Outcome.Output) != "no quorum\n" {
				return "exit code or output is lost"
			}
			return ""
		}},
		{"floods", "yes | head -c 3000000", failover.ProgressDone, func(r failover.Record) string {
			if len(r.Outcome.Output) != failover.MaxOutput || r.Outcome.Dropped < 2_900_000 {
				return fmt.Sprintf("%d kept, %d dropped", len(r.Outcome.Output), r.Outcome.Dropped)
			}
			return ""
		}},
		{"hangs and forks", "trap '' TERM; for i in 1 2 3; do sleep 600 & echo $! >> " + pids + "; done; echo $$ >> " + pids + "; wait; sleep 600", failover.ProgressUnknown, func(r failover.Record) string {
			if !r.Outcome.TimedOut || r.Act() > 10*time.Second {
				return fmt.Sprintf("timed out %v, after %s", r.Outcome.TimedOut, r.Act())
			}
			return alive(t, pids)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s, _ := realRig(t, with("deadline: 1s"), &program{c.script})
			s.set("web1/http", checks.Critical, nil)
			r := until(t, a, final)
			if wrong := c.check(r); r.Progress != c.progress || wrong != "" {
				t.Errorf("%s, want %s: %s (%s)", r.Progress, c.progress, wrong, r.Error)
			}
		})
	}
}

// alive names a process of a list that is still there.
func alive(t *testing.T, pids string) string {
	t.Helper()
	raw, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(raw))
	if len(lines) != 4 {
		return fmt.Sprintf("%d processes were started, want 4", len(lines))
	}
	for _, line := range lines {
		pid, err := strconv.Atoi(line)
		if err != nil {
			t.Fatal(err)
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && syscall.Kill(pid, 0) == nil && !strings.Contains(string(stat), ") Z ") {
			return fmt.Sprintf("process %d is still there", pid)
		}
	}
	return ""
}

// The best of a few: the machine that runs the tests has other work too.
func TestFromTheHardStateToTheActionTakesLessThanASecond(t *testing.T) {
	var took []time.Duration
	for range 5 {
		a, s, _ := realRig(t, plain, &program{"true"})
		s.set("web1/http", checks.Critical, nil)
		r := until(t, a, final)
		if r.Progress != failover.ProgressDone {
			t.Fatalf("%s: %s", r.Progress, r.Error)
		}
		if r.Decide() < time.Second {
			t.Logf("started after %s", r.Decide())
			return
		}
		took = append(took, r.Decide())
	}
	t.Errorf("started after %v", took)
}
