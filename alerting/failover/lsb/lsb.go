package lsb

import (
	"context"
	"fmt"

	"monitord/alerting/failover"
	"monitord/internal/runner"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name: "lsb", Summary: "starts, stops or restarts a service by its init script", Sample: Sample,
		Config: func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// action does one thing to one service; restart cannot be taken back.
type action struct {
	cfg  Config
	deps failover.Deps
}

// reversible is start or stop.
type reversible struct{ action }

// New makes the action; cfg is valid.
func New(cfg Config, deps failover.Deps) failover.Action {
	a := action{cfg: cfg, deps: deps}
	if cfg.Do.inverse() != "" {
		return &reversible{a}
	}
	return &a
}

// Resource is the script.
func (a *action) Resource() string { return "lsb " + a.cfg.Script }

// Premises looks whether the script may be started and knows what its service does.
func (a *action) Premises(ctx context.Context, _ failover.Request) ([]failover.Premise, error) {
	list := []failover.Premise{a.deps.ProgramPremise(a.cfg.Script)}
	if !list[0].Holds {
		return list, nil
	}
	r, err := a.ask(ctx)
	if err != nil {
		return list, err
	}
	script := text.Str("script", a.cfg.Script)
	switch r.ExitCode {
	case 0:
		return append(list, a.deps.Premise("service-status", true, text.M("lsb.running", script))), nil
	case 1, 2, 3:
		return append(list, a.deps.Premise("service-status", true, text.M("lsb.stopped", script))), nil
	}
	return append(list, a.deps.Premise("service-status", false, text.M("lsb.unknown", script, text.Int("code", r.ExitCode), text.Str("said", failover.FirstLine(r))))), nil
}

func (a *action) ask(ctx context.Context) (runner.Result, error) {
	return a.deps.Ask(ctx, runner.Command{Path: a.cfg.Script, Args: []string{"status"}})
}

// Do runs the script with the verb.
func (a *action) Do(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Do, r)
}

// Undo runs it with the opposite.
func (a *reversible) Undo(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Do.inverse(), r)
}

func (a *action) carry(ctx context.Context, v Verb, r failover.Request) (failover.Outcome, error) {
	good := []int{0}
	if v == Stop {
		good = append(good, 7) // not running: what we want
	}
	out, err := a.deps.Carry(ctx, runner.Command{Path: a.cfg.Script, Args: []string{string(v)}, Env: append(failover.Environment(), r.Facts()...)}, good...)
	if exit, ok := err.(failover.ExitError); ok {
		if means := meanings[exit.Code]; means != "" {
			err = fmt.Errorf("%w (LSB: %s)", err, means)
		}
	}
	return out, err
}

// meanings are LSB's words for the exit codes of start, stop and restart.
var meanings = map[int]string{
	1: "generic error", 2: "invalid arguments", 3: "not implemented", 4: "insufficient rights",
	5: "the program is not installed", 6: "the program is not configured", 7: "the program is not running",
}

// Status asks the script. That a service runs does not tell whether it was
// restarted: unknown.
func (a *action) Status(ctx context.Context, _ failover.Request) (failover.Status, error) {
	r, err := a.ask(ctx)
	if err != nil {
		return failover.StatusUnknown, err
	}
	switch {
	case r.ExitCode > 3:
		return failover.StatusUnknown, failover.ExitError{Program: a.cfg.Script + " status", Code: r.ExitCode, Said: failover.FirstLine(r)}
	case r.ExitCode == 0 && a.cfg.Do == Restart:
		return failover.StatusUnknown, nil
	case (r.ExitCode == 0) == (a.cfg.Do != Stop):
		return failover.StatusDone, nil
	}
	return failover.StatusUndone, nil
}
