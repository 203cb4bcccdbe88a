package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Defaults of Command.
const (
	DefaultTimeout   = 10 * time.Second
	DefaultGrace     = time.Second
	DefaultMaxOutput = 64 << 10
)

// pipeDelay is how long we wait for output after the whole group is dead: only
// a child that left the group can still hold the pipe.
const pipeDelay = 500 * time.Millisecond

// Command is one program to run.
type Command struct {
	Path      string        // absolute, or looked up in the PATH of this process
	Args      []string      // without the program's own name
	Dir       string        // "" is the current folder
	Env       []string      // KEY=VALUE, the whole environment; see Allow. nil is an empty one
	Stdin     []byte        // nil is /dev/null
	Timeout   time.Duration // 0 means DefaultTimeout
	Grace     time.Duration // between SIGTERM and SIGKILL; 0 means DefaultGrace
	MaxOutput int           // bytes kept of stdout and of stderr each; 0 means DefaultMaxOutput
	// NoOutput makes stdout and stderr /dev/null: for a program that leaves a
	// daemon behind, which would be hurt by a pipe that nobody reads any more.
	NoOutput bool
}

// Result is how a program ended.
type Result struct {
	ExitCode      int    // -1 when a signal ended it
	Signal        string // such as "killed"; empty when it exited by itself
	TimedOut      bool   // the deadline (or the context) ended it
	Took          time.Duration
	Stdout        []byte // its beginning, at most MaxOutput bytes
	Stderr        []byte
	StdoutDropped int64 // bytes beyond
	StderrDropped int64
}

// Run runs a program and returns when it and its whole process group are gone.
// The error says that it could not be started; how it ended is in the Result.
func Run(ctx context.Context, c Command) (Result, error) {
	c = c.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	stdout, stderr := &head{limit: c.MaxOutput}, &head{limit: c.MaxOutput}
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	if cmd.Env == nil {
		cmd.Env = []string{} // nil would inherit ours
	}
	if c.Stdin != nil {
		cmd.Stdin = bytes.NewReader(c.Stdin)
	}
	if !c.NoOutput {
		cmd.Stdout, cmd.Stderr = stdout, stderr
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = pipeDelay
	if err := ctx.Err(); err != nil {
		return Result{}, fmt.Errorf("run %s: %w", c.Path, err)
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return Result{}, fmt.Errorf("run %s: %w", c.Path, err)
	}
	timedOut := endGroup(ctx, cmd.Process.Pid, c.Grace)
	// A stranger that keeps the pipe is reported as ErrWaitDelay: what was
	// written until then is kept, and how the program ended is known.
	err := cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) && !errors.Is(err, syscall.EPIPE) {
		return Result{}, fmt.Errorf("run %s: %w", c.Path, err)
	}
	r := Result{
		ExitCode: cmd.ProcessState.ExitCode(), TimedOut: timedOut, Took: time.Since(start),
		Stdout: stdout.kept, Stderr: stderr.kept, StdoutDropped: stdout.dropped, StderrDropped: stderr.dropped,
	}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		r.Signal = ws.Signal().String()
	}
	return r, nil
}

func (c Command) withDefaults() Command {
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Grace <= 0 {
		c.Grace = DefaultGrace
	}
	if c.MaxOutput <= 0 {
		c.MaxOutput = DefaultMaxOutput
	}
	return c
}

// endGroup waits for the leader to end, ends it when ctx does, and kills what
// it left behind. The leader is not reaped before: until then its number, which
// is the group's, cannot be given to another process.
func endGroup(ctx context.Context, pid int, grace time.Duration) (timedOut bool) {
	exited := make(chan struct{})
	go func() { // ends with the leader, which is killed below at the latest
		defer close(exited)
		for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
		}
	}()
	select {
	case <-exited:
	case <-ctx.Done():
		timedOut = true
		unix.Kill(-pid, unix.SIGTERM)
		timer := time.NewTimer(grace)
		select {
		case <-exited:
		case <-timer.C:
		}
		timer.Stop()
	}
	unix.Kill(-pid, unix.SIGKILL)
	<-exited
	return timedOut
}

// Allow picks variables by name from an environment.
func Allow(environ []string, names ...string) []string {
	var out []string
	for _, kv := range environ {
		if name, _, ok := strings.Cut(kv, "="); ok && slices.Contains(names, name) {
			out = append(out, kv)
		}
	}
	return out
}

// head keeps the beginning of what is written to it and counts the rest. It
// never refuses: a program that floods must not hang on a full pipe.
type head struct {
	limit   int
	kept    []byte
	dropped int64
}

// headChunk is how much is read at once: most plugins print a line or two, and
// io.Copy's own buffer would be 32 KiB for each pipe of each run.
const headChunk = 2 << 10

// ReadFrom takes all there is.
func (h *head) ReadFrom(r io.Reader) (n int64, err error) {
	chunk := make([]byte, headChunk)
	for {
		got, err := r.Read(chunk)
		h.Write(chunk[:got])
		n += int64(got)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if got == len(chunk) && len(chunk) < 16*headChunk {
			chunk = make([]byte, 2*len(chunk)) // it prints more than most
		}
	}
}

// Write takes all of b.
func (h *head) Write(b []byte) (int, error) {
	keep := min(len(b), h.limit-len(h.kept))
	h.kept = append(h.kept, b[:keep]...)
	h.dropped += int64(len(b) - keep)
	return len(b), nil
}
