package failover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"monitord/internal/runner"
	"monitord/internal/text"
	"monitord/internal/trusted"
)

// Environment is what a program of an action inherits. Its words are English, so
// that they can be read by machines.
func Environment() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/"}
}

// Facts are what a program may know of a request, as environment: MONITORD_ID,
// MONITORD_ACTION, MONITORD_SERVICE, MONITORD_HOST, MONITORD_CHECK,
// MONITORD_ITEM, MONITORD_ADDRESS, MONITORD_STATE, MONITORD_REASON,
// MONITORD_INCIDENT, MONITORD_AT (RFC 3339), MONITORD_UNDO (0 or 1) and
// MONITORD_BY. What is not known is empty.
func (r Request) Facts() []string {
	undo := "0"
	if r.Undo {
		undo = "1"
	}
	facts := [][2]string{
		{"ID", r.ID}, {"ACTION", r.Action}, {"SERVICE", r.Service.String()},
		{"HOST", r.Service.Host}, {"CHECK", r.Service.Check}, {"ITEM", r.Service.Item},
		{"ADDRESS", r.Address}, {"STATE", r.State.String()}, {"REASON", string(r.Reason)},
		{"INCIDENT", strconv.FormatInt(r.Incident, 10)}, {"AT", r.At.Format(time.RFC3339)},
		{"UNDO", undo}, {"BY", r.By},
	}
	env := make([]string, len(facts))
	for i, f := range facts {
		env[i] = "MONITORD_" + f[0] + "=" + strings.ReplaceAll(f[1], "\x00", "")
	}
	return env
}

// Carry runs a program that changes something, once, until ctx ends. Exit codes
// in good (none: 0) are success. Another one, and a program that could not be
// started, is an error; one that a signal or the deadline ended is Unknown:
// nobody knows how far it came. Command.Env nil is Environment; its Timeout and
// MaxOutput are set here.
func (d Deps) Carry(ctx context.Context, c runner.Command, good ...int) (Outcome, error) {
	if len(good) == 0 {
		good = []int{0}
	}
	if err := trusted.Program(c.Path); err != nil {
		return Outcome{}, fmt.Errorf("not started: %w", err)
	}
	r, err := d.Run(ctx, bounded(ctx, c))
	switch path := (*fs.PathError)(nil); {
	case errors.As(err, &path) || err != nil && ctx.Err() != nil: // the system's refusal, or no time was left
		return Outcome{}, fmt.Errorf("not started: %w", err)
	case err != nil: // it may have run
		return Outcome{}, Unknown{err}
	}
	out := OutcomeOf(r)
	switch name := filepath.Base(c.Path); {
	case r.TimedOut:
		return out, Unknown{fmt.Errorf("%s was ended after %s: its time was over", name, r.Took.Round(time.Millisecond))}
	case r.Signal != "":
		return out, Unknown{fmt.Errorf("%s was ended by a signal: %s", name, r.Signal)}
	case !slices.Contains(good, r.ExitCode):
		return out, ExitError{Program: name, Code: r.ExitCode, Said: FirstLine(r)}
	}
	return out, nil
}

// Ask runs a program that only looks, until ctx ends. Any exit code is an answer;
// an error says that there is none.
func (d Deps) Ask(ctx context.Context, c runner.Command) (runner.Result, error) {
	if err := trusted.Program(c.Path); err != nil {
		return runner.Result{}, err
	}
	c = bounded(ctx, c)
	c.MaxOutput = maxAnswer
	r, err := d.Run(ctx, c)
	switch name := filepath.Base(c.Path); {
	case err != nil:
		return runner.Result{}, err
	case r.TimedOut:
		return r, fmt.Errorf("%s gave no answer within %s", name, r.Took.Round(time.Millisecond))
	case r.Signal != "":
		return r, fmt.Errorf("%s was ended by a signal: %s", name, r.Signal)
	case r.StdoutDropped > 0:
		return r, fmt.Errorf("%s printed more than %d bytes, which is no answer", name, maxAnswer)
	}
	return r, nil
}

// maxAnswer bounds what is read of a program that only looks: the whole state of
// a cluster of 32 nodes is below 200 kB.
const maxAnswer = 1 << 20

// defaultTimeout is for a context without a deadline.
const defaultTimeout = time.Minute

// bounded gives a program the time that is left: a tenth of it, at most a
// second, is for the program to end by itself after SIGTERM.
func bounded(ctx context.Context, c runner.Command) runner.Command {
	left := defaultTimeout
	if end, ok := ctx.Deadline(); ok {
		left = time.Until(end)
	}
	c.Grace = max(min(left/10, time.Second), time.Millisecond)
	c.Timeout = max(left-c.Grace, time.Millisecond)
	c.MaxOutput = MaxOutput
	if c.Env == nil {
		c.Env = Environment()
	}
	if c.Dir == "" {
		c.Dir = "/"
	}
	return c
}

// OutcomeOf is what a program's end is for the journal: how it ended and the
// beginning of what it printed, standard output first.
func OutcomeOf(r runner.Result) Outcome {
	all := slices.Concat(r.Stdout, r.Stderr)
	dropped := r.StdoutDropped + r.StderrDropped
	if over := len(all) - MaxOutput; over > 0 {
		all, dropped = all[:MaxOutput], dropped+int64(over)
	}
	return Outcome{ExitCode: r.ExitCode, Signal: r.Signal, TimedOut: r.TimedOut, Took: r.Took, Output: all, Dropped: dropped}
}

// ExitError is a program that ended with an exit code that is no success.
type ExitError struct {
	Program string // its name without folders
	Code    int
	Said    string // one line of what it printed; may be empty
}

// Error says which code and what the program said.
func (e ExitError) Error() string {
	s := e.Program + " ended with exit code " + strconv.Itoa(e.Code)
	if e.Said != "" {
		s += ": " + e.Said
	}
	return s
}

// maxLine bounds a line of a program's output in a sentence, in characters.
const maxLine = 200

// FirstLine is the first line of what a program printed that is not empty, on
// standard error before standard output, without control characters.
func FirstLine(r runner.Result) string {
	for _, b := range [][]byte{r.Stderr, r.Stdout} {
		for line := range strings.Lines(strings.ToValidUTF8(string(b), "�")) {
			line = strings.TrimSpace(strings.Map(func(c rune) rune {
				if unicode.IsControl(c) {
					return ' '
				}
				return c
			}, line))
			if runes := []rune(line); len(runes) > maxLine {
				line = string(runes[:maxLine]) + "…"
			}
			if line != "" {
				return line
			}
		}
	}
	return ""
}

// Premise is a finding of this moment.
func (d Deps) Premise(name string, holds bool, found text.Message) Premise {
	return Premise{Name: name, Holds: holds, Text: found, At: d.Now()}
}

// ProgramPremise is the premise that a program may be started: nobody but root
// and our own user can change it.
func (d Deps) ProgramPremise(path string) Premise {
	if err := trusted.Program(path); err != nil {
		return d.Premise("program", false, text.M("program.refused", text.Str("detail", err.Error())))
	}
	return d.Premise("program", true, text.M("program.trusted", text.Str("path", path)))
}

// Await asks for a status until it is want, and returns the last answer that
// came in time. It gives up a little before ctx ends, so that the caller can
// still say what it found; the error is that of the last question. An answer that
// could not be had is asked for again: while a cluster moves things, its tools
// often fail.
func Await(ctx context.Context, every time.Duration, want Status, ask func(context.Context) (Status, error)) (Status, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-min(time.Until(end)/10, time.Second)))
		defer cancel()
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := StatusUnknown
	for {
		s, err := ask(ctx)
		if err == nil && s == want {
			return s, nil
		}
		if ctx.Err() == nil {
			last = s
		}
		select {
		case <-ctx.Done():
			return last, err
		case <-tick.C:
		}
	}
}
