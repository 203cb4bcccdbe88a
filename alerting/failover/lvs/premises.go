package lvs

import (
	"context"

	"monitord/alerting/failover"
	"monitord/internal/text"
)

// Premises reads the table.
func (a *Action) Premises(ctx context.Context, r failover.Request) ([]failover.Premise, error) {
	t, err := a.read(ctx)
	if err != nil {
		return nil, err
	}
	service := a.serviceArg()
	if !t.found {
		return []failover.Premise{a.premise("lvs-service", false, text.M("failover.lvs.no_service", service))}, nil
	}
	left := t.serving(a.config.Fallback)
	found := a.premise("lvs-service", true, text.M("failover.lvs.service", service, text.Int("left", left), text.Int("all", len(t.entries))))
	o, err := a.recall(r.Service.Host)
	if err != nil {
		return nil, err
	}
	all, victims, err := a.victims(r, t)
	if err != nil {
		return nil, err
	}
	if r.Undo {
		return []failover.Premise{found, a.takenOut(r, o, len(servingOf(t, all)) > 0)}, nil
	}
	left = t.serving(a.config.Fallback, victims...)
	minimum := a.premise("pool-minimum", left >= a.config.Min, text.M("failover.lvs.minimum", service,
		text.Int("left", left), text.Int("all", t.serving(a.config.Fallback)), text.Int("min", a.config.Min)))
	return []failover.Premise{found, a.real(r, o, all, victims), minimum}, nil
}

func (a *Action) premise(name string, holds bool, found text.Message) failover.Premise {
	return failover.Premise{Name: name, Holds: holds, Text: found, At: a.deps.Now()}
}

// real says whether the host is in the table, or was taken out by us.
func (a *Action) real(r failover.Request, o *out, all, victims []entry) failover.Premise {
	host := text.Str("host", r.Service.Host)
	switch {
	case len(victims) > 0:
		return a.premise("lvs-real", true, text.M("failover.lvs.real", a.serviceArg(), host, text.Str("real", list(victims)), text.Int("weight", victims[0].Weight)))
	case o != nil || len(all) > 0:
		return a.premise("lvs-real", true, text.M("failover.lvs.real_out", a.serviceArg(), host))
	}
	return a.premise("lvs-real", false, text.M("failover.lvs.no_real", a.serviceArg(), host))
}

func (a *Action) takenOut(r failover.Request, o *out, serves bool) failover.Premise {
	host := text.Str("host", r.Service.Host)
	switch {
	case o != nil:
		return a.premise("lvs-taken-out", true, text.M("failover.lvs.taken", a.serviceArg(), host, text.Str("real", list(o.Entries))))
	case serves:
		return a.premise("lvs-taken-out", true, text.M("failover.lvs.serves", a.serviceArg(), host))
	}
	return a.premise("lvs-taken-out", false, text.M("failover.lvs.not_taken", a.serviceArg(), host))
}
