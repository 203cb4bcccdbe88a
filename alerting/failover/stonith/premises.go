package stonith

import (
	"context"
	"errors"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/text"
)

// Premises asks the device about itself and about the machine.
func (a *Action) Premises(ctx context.Context, r failover.Request) ([]failover.Premise, error) {
	if r.Undo {
		return []failover.Premise{a.deps.Premise("stonith-undo", false, text.M("failover.stonith.no_undo"))}, nil
	}
	host := text.Str("host", r.Service.Host)
	v, err := a.victim(r.Service.Host)
	if errors.Is(err, errNotAllowed) {
		return []failover.Premise{a.deps.Premise("stonith-allowed", false, text.M("failover.stonith.not_allowed", host))}, nil
	}
	if err != nil {
		return nil, err
	}
	found := []failover.Premise{
		a.deps.Premise("stonith-allowed", true, text.M("failover.stonith.allowed", host)),
		a.notSelf(ctx, r, v),
		a.quiet(r),
		a.deps.ProgramPremise(a.program()),
	}
	if !found[len(found)-1].Holds {
		return found, nil
	}
	start := time.Now()
	is, err := a.device.state(ctx, v)
	return append(found, a.ready(ctx, v, start, err), a.known(v, is, err)), nil
}

// program is what will be started.
func (a *Action) program() string {
	if a.config.Type != "" {
		return a.config.Stonith
	}
	return a.config.Agent
}

func (a *Action) notSelf(ctx context.Context, r failover.Request, v victim) failover.Premise {
	if err := a.self.check(ctx, r, v); err != nil {
		return a.deps.Premise("stonith-not-self", false, text.M("failover.stonith.self", text.Str("detail", err.Error())))
	}
	return a.deps.Premise("stonith-not-self", true, text.M("failover.stonith.other", text.Str("host", v.host), text.Str("self", a.self.hostname)))
}

func (a *Action) quiet(r failover.Request) failover.Premise {
	host, quiet := text.Str("host", r.Service.Host), text.Dur("quiet", a.config.Quiet)
	f, err := a.refuse(r)
	switch {
	case f != nil && err != nil:
		return a.deps.Premise("stonith-once", false, text.M("failover.stonith.again", host, text.Time("at", f.At), quiet))
	case err != nil:
		return a.deps.Premise("stonith-once", false, text.M("failover.stonith.memory", text.Str("detail", err.Error())))
	}
	return a.deps.Premise("stonith-once", true, text.M("failover.stonith.once", host, quiet))
}

// ready is about the device; asked is how the question about the machine ended.
func (a *Action) ready(ctx context.Context, v victim, start time.Time, asked error) failover.Premise {
	if err := a.device.ready(ctx, v, asked); err != nil {
		return a.deps.Premise("stonith-device", false, text.M("failover.stonith.device_fails", text.Str("detail", err.Error())))
	}
	return a.deps.Premise("stonith-device", true, text.M("failover.stonith.device", text.Dur("took", time.Since(start))))
}

func (a *Action) known(v victim, is power, err error) failover.Premise {
	host := text.Str("host", v.host)
	if err != nil {
		return a.deps.Premise("stonith-host", false, text.M("failover.stonith.unknown_host", host, text.Str("detail", err.Error())))
	}
	return a.deps.Premise("stonith-host", true, text.M("failover.stonith.host", host, text.Sub("state", text.Message{ID: "failover.stonith.power." + string(is)})))
}
