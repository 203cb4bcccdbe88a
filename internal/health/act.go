package health

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"monitord/internal/logkeys"
	"monitord/internal/runner"
	"monitord/internal/wire"
)

// Bounds of the give-up command.
const (
	// stopGrace is how long the command may go on after we were told to end.
	// `heartbeat -k` ends us, and waits for us: we must not wait for it for long.
	stopGrace = 3 * time.Second
	maxOutput = 2000 // bytes of each stream in the report
)

// act does what is configured about a confirmed fault, once. It reports
// whether the process is to end.
func (w *Watcher) act(ctx context.Context, failing []wire.HealthCheck) (done bool) {
	fault := &wire.HealthData{Fault: rand.Text(), Since: w.deps.Now(), Checks: failing, Command: w.cfg.GiveUp.Command}
	only := w.cfg.DryRun || len(fault.Command) == 0
	fault.Step = wire.HealthStarted
	if only {
		fault.Step = wire.HealthReported
	}
	r := remembered{Fault: fault}
	if only {
		r.Ended = fault.Since
	}
	if err := w.memory.write(r); err != nil {
		if !w.blocked {
			w.log.Error("fault cannot be remembered, so nothing is done; trying again", logkeys.Err, err, logkeys.Check, names(failing))
			fault.Step, fault.Detail = wire.HealthBlocked, err.Error()
			w.report(*fault)
		}
		w.blocked = true
		return false
	}
	w.fault = fault
	w.report(*fault)
	if only {
		w.log.Error("fault confirmed; only reported", logkeys.Fault, fault.Fault, logkeys.Check, names(failing))
		return len(fault.Command) == 0 && w.end()
	}
	w.log.Error("fault confirmed; giving up", logkeys.Fault, fault.Fault, logkeys.Check, names(failing), logkeys.Command, strings.Join(fault.Command, " "))
	w.giveUp(ctx)
	return w.end()
}

// end reports whether the process is to end, and notes the exit code.
func (w *Watcher) end() bool {
	if w.cfg.ExitCode == NoExit {
		return false
	}
	w.code = int(w.cfg.ExitCode)
	return true
}

// giveUp runs the command and keeps how it ended.
func (w *Watcher) giveUp(ctx context.Context) {
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })
	defer stop()
	argv := w.cfg.GiveUp.Command
	result, err := w.deps.Run(running, runner.Command{
		Path: argv[0], Args: argv[1:], Dir: "/", Env: w.deps.Environ, Timeout: w.cfg.GiveUp.Timeout, MaxOutput: maxOutput,
	})
	w.fault.Step, w.fault.ExitCode, w.fault.TimedOut, w.fault.Took = wire.HealthEnded, result.ExitCode, result.TimedOut, result.Took
	w.fault.Interrupted = result.TimedOut && ctx.Err() != nil
	w.fault.Output = strings.ToValidUTF8(string(result.Stdout)+string(result.Stderr), "\uFFFD")
	if err != nil {
		w.fault.Step, w.fault.Detail = wire.HealthFailed, err.Error()
		w.log.Error("give-up command could not be started", logkeys.Err, err)
	} else {
		w.log.Warn("give-up command ended", logkeys.Fault, w.fault.Fault, logkeys.ExitCode, result.ExitCode, logkeys.Signal, result.Signal, logkeys.Dur, result.Took)
	}
	w.remember("keep the outcome")
	w.report(*w.fault)
}

// follow looks after a fault that was acted upon: what fails in addition belongs
// to it, and when its checks are good again it is forgotten.
func (w *Watcher) follow(failing []wire.HealthCheck, recovered bool) {
	more := false
	for _, c := range failing {
		recovered = false
		if len(w.fault.Checks) > 0 && !named(w.fault.Checks, c.Name) {
			w.fault.Checks, more = append(w.fault.Checks, c), true
		}
	}
	if more {
		w.remember("add checks to the fault")
	}
	if !recovered {
		return
	}
	if err := w.memory.forget(); err != nil {
		if !w.blocked {
			w.log.Error("fault is over, but cannot be forgotten", logkeys.Err, err)
		}
		w.blocked = true
		return
	}
	w.log.Info("fault is over", logkeys.Fault, w.fault.Fault, logkeys.Dur, w.deps.Now().Sub(w.fault.Since))
	w.blocked = false
	w.fault.Step = wire.HealthRecovered
	w.report(*w.fault)
	w.fault = nil
}

// remember writes the fault with its outcome. Without it a later start takes the
// outcome to be unknown, which is safe.
func (w *Watcher) remember(what string) {
	if err := w.memory.write(remembered{Fault: w.fault, Ended: w.deps.Now()}); err != nil {
		w.log.Error("cannot "+what, logkeys.Err, err)
	}
}

func (w *Watcher) report(d wire.HealthData) { w.reports.put(w.deps.Now(), d) }

func names(list []wire.HealthCheck) string {
	var out []string
	for _, c := range list {
		out = append(out, c.Name)
	}
	return strings.Join(out, " ")
}

// inMemory reports whether a file lies, or would lie, on a tmpfs.
func inMemory(path string) (bool, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &st); err != nil {
		return false, err
	}
	return st.Type == unix.TMPFS_MAGIC, nil
}
