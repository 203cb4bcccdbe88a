package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"monitord/checks/logs"
	"monitord/internal/runner"
	"monitord/internal/trusted"
)

// logActions carries out what rules of a file on the command line ask for. The
// file is its own permission: whoever may write it may run what it names. Inside
// of the server another path decides.
type logActions struct {
	out io.Writer // what echo and the programs print
	err io.Writer // what went wrong with a program
	env []string
	// reset writes swatchdog's code behind text without colours too, so that its
	// users' terminals and scripts get the same bytes.
	reset bool
	run   func(context.Context, runner.Command) (runner.Result, error)
	trust func(program string) error // nil: every program may be started
}

// logActionTimeout ends a program that a line has started.
const logActionTimeout = time.Minute

// actionEnvironment is what a program gets of ours.
var actionEnvironment = []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TERM"}

// newLogActions checks that only the caller or root can have written the rules.
func newLogActions(rules string, swatch bool, out, errs io.Writer) (*logActions, error) {
	abs, err := filepath.Abs(rules)
	if err != nil {
		return nil, err
	}
	if err := trusted.File(abs); err != nil {
		return nil, fmt.Errorf("rules whose programs shall run must belong to you or to root, and nobody else may change them: %w", err)
	}
	return &logActions{out: out, err: errs, reset: swatch, env: runner.Allow(os.Environ(), actionEnvironment...), run: runner.Run, trust: trustedProgram}, nil
}

// do carries out the actions of one match, in order, and reports whether one of
// them was to quit. What fails is told on err, and the rest goes on.
func (a *logActions) do(ctx context.Context, actions []logs.Action) (quit bool, err error) {
	var faults []error
	for _, act := range actions {
		if act.Kind == logs.ActionQuit {
			return true, errors.Join(faults...)
		}
		faults = append(faults, a.one(ctx, act))
	}
	return false, errors.Join(faults...)
}

func (a *logActions) one(ctx context.Context, act logs.Action) error {
	switch act.Kind {
	case logs.ActionEcho:
		text := colored(act.Text+"\n", act.Modes)
		if len(act.Modes) == 0 && a.reset {
			text += ansiReset
		}
		_, err := io.WriteString(a.out, text)
		return err
	case logs.ActionBell:
		_, err := io.WriteString(a.out, strings.Repeat("\a", act.Rings))
		return err
	case logs.ActionExec:
		return a.program(ctx, act.Argv, nil)
	case logs.ActionPipe:
		return a.program(ctx, act.Argv, []byte(act.Text))
	case logs.ActionWrite:
		for _, user := range act.To {
			if err := a.program(ctx, []string{"write", user}, []byte(act.Text+"\n")); err != nil {
				return err
			}
		}
	case logs.ActionMail:
		return a.mail(ctx, act)
	}
	return nil
}

// mail gives the message to this machine's sendmail, as swatchdog does.
func (a *logActions) mail(ctx context.Context, act logs.Action) error {
	to := act.To
	if len(to) == 0 {
		to = []string{os.Getenv("LOGNAME")}
	}
	for _, address := range to {
		if strings.ContainsAny(address, "\r\n,") || strings.HasPrefix(address, "-") || address == "" {
			return fmt.Errorf("mail to %q: this is no address", address)
		}
	}
	text := fmt.Sprintf("To: %s\nSubject: %s\n\n%s\n", strings.Join(to, ","), act.Subject, act.Text)
	return a.program(ctx, []string{"/usr/sbin/sendmail", "-oi", "-t"}, []byte(text))
}

// program runs one to its end; what it prints is printed.
func (a *logActions) program(ctx context.Context, argv []string, stdin []byte) error {
	if a.trust != nil {
		if err := a.trust(argv[0]); err != nil {
			fmt.Fprintln(a.err, "monitord: not started:", err)
			return nil
		}
	}
	r, err := a.run(ctx, runner.Command{Path: argv[0], Args: argv[1:], Env: a.env, Stdin: stdin, Timeout: logActionTimeout})
	if err != nil {
		fmt.Fprintln(a.err, "monitord:", err)
		return nil
	}
	if r.ExitCode != 0 || r.TimedOut {
		end := fmt.Sprintf("exit code %d", r.ExitCode)
		if r.TimedOut {
			end = fmt.Sprintf("it was ended after %s", r.Took.Round(time.Millisecond))
		}
		fmt.Fprintf(a.err, "monitord: %s: %s\n", argv[0], end)
	}
	_, err = a.out.Write(r.Stdout)
	if _, errErr := a.err.Write(r.Stderr); err == nil {
		err = errErr
	}
	return err
}

// ansiModes are the codes of ECMA-48 that swatch's echo knows by the names of
// Term::ANSIColor.
var ansiModes = map[string]string{"clear": "0", "reset": "0", "bold": "1", "dark": "2", "faint": "2", "italic": "3", "underline": "4", "underscore": "4",
	"blink": "5", "inverse": "7", "reverse": "7", "concealed": "8"}

const ansiReset = "\x1b[0m"

var ansiColors = []string{"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"}

// colored puts codes around text. Inverse is an old name of reverse; normal and
// unknown modes change nothing.
func colored(text string, modes []string) string {
	var codes []string
	for _, mode := range modes {
		if code, ok := ansiModes[mode]; ok {
			codes = append(codes, code)
			continue
		}
		color, base := mode, 30
		if c, ok := strings.CutPrefix(color, "on_"); ok {
			color, base = c, 40
		}
		if c, ok := strings.CutPrefix(color, "bright_"); ok {
			color, base = c, base+60
		}
		if i := slices.Index(ansiColors, color); i >= 0 {
			codes = append(codes, fmt.Sprint(base+i))
		}
	}
	if len(codes) == 0 || slices.Contains(modes[:1], "normal") {
		return text
	}
	return "\x1b[" + strings.Join(codes, ";") + "m" + text + ansiReset
}
