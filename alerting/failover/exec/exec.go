package exec

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"monitord/alerting/failover"
	"monitord/internal/runner"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name: "exec", Summary: "runs a program of your own", Sample: Sample,
		Config: func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// action runs programs; it cannot be taken back.
type action struct {
	cfg  Config
	deps failover.Deps
}

// reversible is one that can.
type reversible struct{ action }

// New makes the action; cfg is valid. It is a failover.Undoer when cfg has undo.
func New(cfg Config, deps failover.Deps) failover.Action {
	a := action{cfg: cfg, deps: deps}
	if len(cfg.Undo) > 0 {
		return &reversible{a}
	}
	return &a
}

// Resource is the program with its fixed arguments: two runs for different hosts
// do not overlap either, since only its writer knows whether they could.
func (a *action) Resource() string { return "exec " + strings.Join(a.cfg.Command, " ") }

// Premises looks whether each program may be started, and each argument has a value.
func (a *action) Premises(_ context.Context, r failover.Request) ([]failover.Premise, error) {
	argv := a.cfg.Command
	if r.Undo {
		argv = a.cfg.Undo
	}
	if len(argv) == 0 {
		return nil, fmt.Errorf("there is no command to take it back (add undo)")
	}
	list := []failover.Premise{a.deps.ProgramPremise(argv[0])}
	if len(a.cfg.Status) > 0 {
		status := a.deps.ProgramPremise(a.cfg.Status[0])
		status.Name = "status-program"
		list = append(list, status)
	}
	if _, err := expand(argv, r); err != nil {
		return append(list, a.deps.Premise("arguments", false, text.M("exec.no_value", text.Str("detail", err.Error())))), nil
	}
	return append(list, a.deps.Premise("arguments", true, text.M("exec.arguments"))), nil
}

// Do runs command.
func (a *action) Do(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Command, r)
}

// Undo runs undo.
func (a *reversible) Undo(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Undo, r)
}

func (a *action) carry(ctx context.Context, argv []string, r failover.Request) (failover.Outcome, error) {
	c, err := a.program(argv, r)
	if err != nil {
		return failover.Outcome{}, fmt.Errorf("not started: %w", err)
	}
	return a.deps.Carry(ctx, c)
}

// Status runs status.
func (a *action) Status(ctx context.Context, r failover.Request) (failover.Status, error) {
	if len(a.cfg.Status) == 0 {
		return failover.StatusUnknown, nil
	}
	c, err := a.program(a.cfg.Status, r)
	if err != nil {
		return failover.StatusUnknown, err
	}
	res, err := a.deps.Ask(ctx, c)
	if err != nil {
		return failover.StatusUnknown, err
	}
	switch res.ExitCode {
	case 0:
		return failover.StatusDone, nil
	case 1, 3:
		return failover.StatusUndone, nil
	}
	return failover.StatusUnknown, failover.ExitError{Program: a.cfg.Status[0], Code: res.ExitCode, Said: failover.FirstLine(res)}
}

func (a *action) program(argv []string, r failover.Request) (runner.Command, error) {
	words, err := expand(argv, r)
	if err != nil {
		return runner.Command{}, err
	}
	env := failover.Environment()
	for name, value := range a.cfg.Env {
		env = append(env, name+"="+value) // the last of equal names counts
	}
	return runner.Command{Path: words[0], Args: words[1:], Dir: a.cfg.Dir, Env: append(env, r.Facts()...)}, nil
}

// expand replaces each placeholder, an argument as a whole.
func expand(argv []string, r failover.Request) ([]string, error) {
	out := make([]string, len(argv))
	for i, word := range argv {
		name, ok := placeholder(word)
		if !ok {
			out[i] = word
			continue
		}
		value := fact(r, name)
		switch {
		case value == "":
			return nil, fmt.Errorf("%s has no value here", word)
		case strings.HasPrefix(value, "-") || strings.ContainsRune(value, 0):
			return nil, fmt.Errorf("%s is %q, which a program could take for an option", word, value)
		}
		out[i] = value
	}
	return out, nil
}

func fact(r failover.Request, name string) string {
	switch name {
	case "host":
		return r.Service.Host
	case "address":
		return r.Address
	case "service":
		return r.Service.String()
	case "check":
		return r.Service.Check
	case "item":
		return r.Service.Item
	case "state":
		return r.State.String()
	case "incident":
		return strconv.FormatInt(r.Incident, 10)
	case "id":
		return r.ID
	}
	return ""
}
