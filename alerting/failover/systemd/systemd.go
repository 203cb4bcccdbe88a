package systemd

import (
	"context"
	"fmt"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/pause"
	"monitord/internal/runner"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name: "systemd", Summary: "starts, stops, restarts or reloads a systemd unit", Sample: Sample,
		Config: func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// action does one thing to one unit; restart and reload cannot be taken back.
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

// Resource is the unit.
func (a *action) Resource() string { return "systemd " + a.cfg.Unit }

func (a *action) verb(r failover.Request) Verb {
	if r.Undo {
		return a.cfg.Do.inverse()
	}
	return a.cfg.Do
}

// Premises looks whether systemd has loaded the unit, and whether that is in a
// state in which the verb means something.
func (a *action) Premises(ctx context.Context, r failover.Request) ([]failover.Premise, error) {
	list := []failover.Premise{a.deps.ProgramPremise(a.cfg.Systemctl)}
	u, err := a.show(ctx)
	if err != nil {
		return list, err
	}
	name, verb := text.Str("unit", a.cfg.Unit), a.verb(r)
	list = append(list, a.deps.Premise("unit-loaded", u.Load == "loaded", text.M("systemd.load", name, text.Str("state", u.Load))))
	fits := verb != Reload || u.Active == "active"
	return append(list, a.deps.Premise("unit-state", fits, text.M("systemd.state", name, text.Str("state", u.String())))), nil
}

// Do does it and makes sure.
func (a *action) Do(ctx context.Context, _ failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Do)
}

// Undo does the opposite.
func (a *reversible) Undo(ctx context.Context, _ failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Do.inverse())
}

func (a *action) carry(ctx context.Context, v Verb) (failover.Outcome, error) {
	began := time.Now()
	before, err := a.show(ctx)
	if err != nil {
		return failover.Outcome{}, fmt.Errorf("not started: %w", err)
	}
	out, err := a.deps.Carry(ctx, runner.Command{Path: a.cfg.Systemctl, Args: []string{string(v), "--no-ask-password", "--no-pager", "--", a.cfg.Unit}})
	if err != nil {
		return out, err
	}
	if v == Start || v == Restart {
		pause.For(ctx, a.cfg.Settle)
	}
	after, err := a.show(ctx)
	out.Took = time.Since(began)
	if err != nil {
		return out, failover.Unknown{Err: fmt.Errorf("systemctl did it, and the unit's state could not be asked for: %w", err)}
	}
	return out, a.judge(v, before, after, &out)
}

// judge compares the unit before and after.
func (a *action) judge(v Verb, before, after unit, out *failover.Outcome) error {
	out.Detail = text.M("systemd.now", text.Str("unit", a.cfg.Unit), text.Str("before", before.String()), text.Str("after", after.String()))
	switch s := after.status(v); {
	case s == failover.StatusUndone:
		return fmt.Errorf("%s is %s, result %s (journalctl -u %[1]s says why)", a.cfg.Unit, after, after.Result)
	case v == Restart && s == failover.StatusUnknown && after.Active == "active":
		if before.Invocation == after.Invocation {
			return fmt.Errorf("%s was not started anew: its invocation is still %s", a.cfg.Unit, after.Invocation)
		}
		out.Verified = true
	default:
		out.Verified = s == failover.StatusDone
	}
	return nil
}

// Status asks for the unit's state. After restart and reload an active unit says
// nothing: unknown.
func (a *action) Status(ctx context.Context, _ failover.Request) (failover.Status, error) {
	u, err := a.show(ctx)
	if err != nil {
		return failover.StatusUnknown, err
	}
	return u.status(a.cfg.Do), nil
}
