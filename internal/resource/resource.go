package resource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"monitord/internal/runner"
)

// State is what a resource is found to be.
type State int

// The states.
const (
	Unknown State = iota
	Running
	Stopped
)

// Word is what cluster managers read: running or stopped; "unknown" holds
// neither "running" nor "OK", for which heartbeat looks.
func (s State) Word() string { return [...]string{"unknown", "running", "stopped"}[s] }

// Exit codes. LSB has its own table for status.
const (
	CodeOK            = 0
	CodeFailed        = 1
	CodeUsage         = 2
	CodeNotInstalled  = 5
	CodeOCFNotRunning = 7
	CodeStatusStopped = 3
	CodeStatusUnknown = 4
)

// Actions that Do knows.
const (
	Start   = "start"
	Stop    = "stop"
	Status  = "status"
	Monitor = "monitor"
)

// ErrAction says that an action is none of the four.
var ErrAction = errors.New("want start, stop, status or monitor")

// Handler does what is asked of one resource.
type Handler struct {
	Resource  Resource
	Systemctl string
	Environ   []string // of the script, as KEY=VALUE
	// Run starts a program; nil is runner.Run.
	Run func(ctx context.Context, c runner.Command) (runner.Result, error)
}

// poll is how often the state is asked while a script that returned at once is
// still at work.
const poll = 200 * time.Millisecond

// Do runs an action and returns the state that the resource is in now, and the
// exit code that the action's contract wants. The error says why the code is no
// good one.
func (h *Handler) Do(ctx context.Context, action string) (State, int, error) {
	if h.Run == nil {
		h.Run = runner.Run
	}
	switch action {
	case Start:
		return h.change(ctx, Start, Running, h.Resource.StartTimeout)
	case Stop:
		return h.change(ctx, Stop, Stopped, h.Resource.StopTimeout)
	case Status, Monitor:
		s, err := h.state(ctx)
		return s, code(action, s), err
	}
	return Unknown, CodeUsage, fmt.Errorf("action %q: %w", action, ErrAction)
}

// code is the exit code of a question.
func code(action string, s State) int {
	switch {
	case s == Running:
		return CodeOK
	case s == Stopped && action == Monitor:
		return CodeOCFNotRunning
	case s == Stopped:
		return CodeStatusStopped
	case action == Monitor:
		return CodeFailed
	}
	return CodeStatusUnknown
}

// change brings the resource into a state, unless it is in it already, and
// waits until it is.
func (h *Handler) change(ctx context.Context, action string, want State, limit time.Duration) (State, int, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// A state that cannot be asked is no reason not to try.
	if s, _ := h.state(ctx); s == want {
		return s, CodeOK, nil
	}
	do := h.command(action, limit)
	do.NoOutput = action == Start // what it starts may keep the output
	result, err := h.Run(ctx, do)
	if errors.Is(err, os.ErrNotExist) {
		return Unknown, CodeNotInstalled, err
	}
	if err != nil {
		return Unknown, CodeFailed, err
	}
	s, stateErr := h.await(ctx, want, result)
	if s == want {
		return s, CodeOK, nil
	}
	return s, CodeFailed, errors.Join(fmt.Errorf("%s: it is %s, not %s (%s)", action, s.Word(), want.Word(), ended(result)), stateErr)
}

// await asks until the state is the wanted one. After a program that failed it
// asks once: there is nothing to wait for.
func (h *Handler) await(ctx context.Context, want State, result runner.Result) (State, error) {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		// The last question has its own time: the change's may be over.
		s, err := h.state(context.WithoutCancel(ctx))
		if s == want || result.ExitCode != 0 || ctx.Err() != nil {
			return s, err
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// ended says how a program ended, on one line.
func ended(r runner.Result) string {
	how := fmt.Sprintf("exit code %d after %s", r.ExitCode, r.Took.Round(time.Millisecond))
	if r.TimedOut {
		how = fmt.Sprintf("ended by us after %s", r.Took.Round(time.Millisecond))
	}
	if said := strings.Join(strings.Fields(string(r.Stderr)), " "); said != "" {
		how += ": " + said[:min(len(said), 300)]
	}
	return how
}

// command is the program of an action.
func (h *Handler) command(action string, limit time.Duration) runner.Command {
	c := runner.Command{Dir: "/", Env: h.Environ, Timeout: limit, MaxOutput: 4096}
	if h.Resource.Unit != "" {
		c.Path, c.Args = h.Systemctl, []string{"--no-ask-password", action, "--", h.Resource.Unit}
		return c
	}
	c.Path, c.Args = h.Resource.Script, append(append([]string{}, h.Resource.Args...), action)
	return c
}

// state asks what the resource is.
func (h *Handler) state(ctx context.Context) (State, error) {
	switch {
	case h.Resource.PIDFile != "":
		return pidState(h.Resource.PIDFile)
	case h.Resource.Unit != "":
		return h.unitState(ctx)
	}
	r, err := h.Run(ctx, h.command(Status, h.Resource.StatusTimeout))
	if err != nil {
		return Unknown, err
	}
	if r.TimedOut {
		return Unknown, fmt.Errorf("status: no end within %s", h.Resource.StatusTimeout)
	}
	return scriptState(r)
}

// scriptState reads what LSB says about the codes of status.
func scriptState(r runner.Result) (State, error) {
	switch r.ExitCode {
	case 0:
		return Running, nil
	case 1, 2, 3: // dead with a pid file, dead with a lock file, not running
		return Stopped, nil
	}
	return Unknown, fmt.Errorf("status: %s", ended(r))
}

// unitState asks systemd.
func (h *Handler) unitState(ctx context.Context) (State, error) {
	r, err := h.Run(ctx, runner.Command{
		Path: h.Systemctl, Args: []string{"show", "--property=LoadState,ActiveState", "--", h.Resource.Unit},
		Dir: "/", Env: h.Environ, Timeout: h.Resource.StatusTimeout, MaxOutput: 4096,
	})
	if err != nil {
		return Unknown, err
	}
	if r.ExitCode != 0 {
		return Unknown, fmt.Errorf("ask systemd: %s", ended(r))
	}
	return parseUnit(r.Stdout)
}

// parseUnit reads `systemctl show`: lines KEY=VALUE, org.freedesktop.systemd1(5).
func parseUnit(b []byte) (State, error) {
	load, active := "", ""
	for line := range strings.Lines(string(b)) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		switch key {
		case "LoadState":
			load = value
		case "ActiveState":
			active = value
		}
	}
	switch active {
	case "active", "reloading", "refreshing":
		return Running, nil
	case "inactive", "failed":
		if load == "loaded" {
			return Stopped, nil
		}
		return Unknown, fmt.Errorf("unit is %s: is its name right?", cmp.Or(load, "not loaded"))
	}
	return Unknown, fmt.Errorf("unit is %s", cmp.Or(active, "in no known state"))
}

// pidState looks whether the process of a pid file lives.
func pidState(path string) (State, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Stopped, nil
	}
	if err != nil {
		return Unknown, fmt.Errorf("read pid file: %w", err)
	}
	// PostgreSQL's has more lines: the first counts.
	first, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	pid, err := strconv.ParseUint(strings.TrimSpace(first), 10, 31)
	if err != nil || pid == 0 {
		return Unknown, fmt.Errorf("pid file %s holds no process number", path)
	}
	if err := unix.Kill(int(pid), 0); errors.Is(err, unix.ESRCH) {
		return Stopped, nil
	}
	return Running, nil
}
