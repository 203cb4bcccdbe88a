package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/runner"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name: "heartbeat", Summary: "moves the resources of a Linux-HA heartbeat cluster", Sample: Sample,
		Config: func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			self, err := os.Hostname()
			if err != nil {
				return nil, err
			}
			return New(*c.(*Config), deps, self), nil
		},
	}
}

// pollEvery is how often cl_status is asked while resources move.
const pollEvery = 500 * time.Millisecond

// action moves resources; stop cannot be taken back.
type action struct {
	cfg  Config
	deps failover.Deps
	self string // this node's name
}

// reversible is standby or takeover: each takes the other back.
type reversible struct{ action }

// New makes the action; cfg is valid, self is this node's name.
func New(cfg Config, deps failover.Deps, self string) failover.Action {
	a := action{cfg: cfg, deps: deps, self: self}
	if cfg.Do.inverse() != "" {
		return &reversible{a}
	}
	return &a
}

// Resource is the node's heartbeat: it can do one thing at a time.
func (a *action) Resource() string { return "heartbeat" }

// Premises looks whether heartbeat runs, the peer is active (it takes over, or
// must let go), nothing moves, and the resources are where they must be.
func (a *action) Premises(ctx context.Context, r failover.Request) ([]failover.Premise, error) {
	deed := a.deed(r)
	list := []failover.Premise{a.deps.ProgramPremise(a.command(deed).Path)}
	running, err := a.running(ctx)
	if err != nil {
		return list, err
	}
	if !running {
		return append(list, a.deps.Premise("heartbeat-runs", false, text.M("heartbeat.stopped"))), nil
	}
	list = append(list, a.deps.Premise("heartbeat-runs", true, text.M("heartbeat.running")))
	peer, state, err := a.peer(ctx)
	if err != nil {
		return list, err
	}
	list = append(list, a.deps.Premise("peer-active", state == "active", text.M("heartbeat.peer", text.Str("peer", peer), text.Str("state", state))))
	h, err := a.holding(ctx)
	if err != nil {
		return list, err
	}
	return append(list, a.place(deed, h)), nil
}

// place is the premise that there is something to move, and that nothing moves.
func (a *action) place(deed Deed, h holding) failover.Premise {
	scope := text.Str("resources", string(a.cfg.Resources))
	switch {
	case h.moving:
		return a.deps.Premise("resources-settled", false, text.M("heartbeat.moving"))
	case deed == Takeover && h.has(a.cfg.Resources, true):
		return a.deps.Premise("resources-elsewhere", false, text.M("heartbeat.here", scope))
	case deed == Takeover:
		return a.deps.Premise("resources-elsewhere", true, text.M("heartbeat.elsewhere", scope))
	case h.has(a.cfg.Resources, false):
		return a.deps.Premise("resources-here", false, text.M("heartbeat.elsewhere", scope))
	}
	return a.deps.Premise("resources-here", true, text.M("heartbeat.here", scope))
}

func (a *action) deed(r failover.Request) Deed {
	if r.Undo {
		return a.cfg.Do.inverse()
	}
	return a.cfg.Do
}

func (a *action) command(deed Deed) runner.Command {
	switch deed {
	case Standby:
		return runner.Command{Path: a.cfg.HBStandby, Args: []string{string(a.cfg.Resources)}}
	case Takeover:
		return runner.Command{Path: a.cfg.HBTakeover, Args: []string{string(a.cfg.Resources)}}
	}
	return runner.Command{Path: a.cfg.Heartbeat, Args: []string{"-k"}}
}

// Do leaves the request with heartbeat and waits until it was carried out.
func (a *action) Do(ctx context.Context, _ failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Do)
}

// Undo does the opposite.
func (a *reversible) Undo(ctx context.Context, _ failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Do.inverse())
}

func (a *action) carry(ctx context.Context, deed Deed) (failover.Outcome, error) {
	began := time.Now()
	out, err := a.deps.Carry(ctx, a.command(deed))
	if err != nil {
		return out, err
	}
	last, err := failover.Await(ctx, pollEvery, failover.StatusDone, func(ctx context.Context) (failover.Status, error) {
		return a.is(ctx, deed)
	})
	out.Took = time.Since(began)
	switch last {
	case failover.StatusDone:
		out.Verified = true
		out.Detail = text.M("heartbeat.done."+string(deed), text.Str("resources", string(a.cfg.Resources)), text.Dur("took", out.Took))
		return out, nil
	case failover.StatusUndone:
		return out, fmt.Errorf("heartbeat took the request and did not carry it out within %s (its log says why)", out.Took.Round(time.Millisecond))
	}
	return out, failover.Unknown{Err: errors.Join(fmt.Errorf("heartbeat took the request, and resources still move after %s", out.Took.Round(time.Millisecond)), err)}
}

// Status asks where the resources are.
func (a *action) Status(ctx context.Context, _ failover.Request) (failover.Status, error) {
	return a.is(ctx, a.cfg.Do)
}

// is reports whether what a deed brings about is so.
func (a *action) is(ctx context.Context, deed Deed) (failover.Status, error) {
	if deed == Stop {
		running, err := a.running(ctx)
		return statusOf(!running, err)
	}
	h, err := a.holding(ctx)
	if err != nil || h.moving {
		return failover.StatusUnknown, err
	}
	return statusOf(h.has(a.cfg.Resources, deed == Takeover), nil)
}

func statusOf(done bool, err error) (failover.Status, error) {
	switch {
	case err != nil:
		return failover.StatusUnknown, err
	case done:
		return failover.StatusDone, nil
	}
	return failover.StatusUndone, nil
}
