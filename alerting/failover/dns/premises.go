package dns

import (
	"context"
	"errors"

	"monitord/alerting/failover"
	"monitord/internal/text"
)

// Premises asks the primary for the zone and the record set, and whether it
// would take our update: an update without a change (RFC 2136 section 2.5 allows
// an empty one) that only holds the prerequisite.
func (a *Action) Premises(ctx context.Context, r failover.Request) ([]failover.Premise, error) {
	c, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	defer c.close()
	v, err := a.look(ctx, c)
	if err != nil {
		return nil, err
	}
	all := []failover.Premise{a.premise("dns-primary", v.authoritative, text.M("failover.dns.primary",
		text.Str("server", c.server), text.Str("zone", plain(a.zone)), text.Str("serial", decimal(v.serial))))}
	if !v.authoritative {
		all[0].Text = text.M("failover.dns.not_primary", text.Str("server", c.server), text.Str("zone", plain(a.zone)))
		return all, nil
	}
	all = append(all, a.allowed(ctx, c, v))
	var more []failover.Premise
	if r.Undo {
		more, err = a.premisesOfUndo(ctx, r, v)
	} else {
		more, err = a.premisesOfDo(ctx, r, v)
	}
	return append(all, more...), err
}

func (a *Action) premise(name string, holds bool, found text.Message) failover.Premise {
	return failover.Premise{Name: name, Holds: holds, Text: found, From: "dns " + a.config.Server, At: a.deps.Now()}
}

// allowed sends the update that changes nothing.
func (a *Action) allowed(ctx context.Context, c *conn, v zoneView) failover.Premise {
	err := a.update(ctx, c, change{set: v.set})
	if err == nil || errors.Is(err, errChanged) { // judged by the server: the key may
		return a.premise("dns-update", true, text.M("failover.dns.allowed", text.Str("server", c.server), text.Str("key", plain(c.key.name))))
	}
	return a.premise("dns-update", false, text.M("failover.dns.not_allowed", text.Str("detail", known(err).Error())))
}

func (a *Action) premisesOfDo(ctx context.Context, r failover.Request, v zoneView) ([]failover.Premise, error) {
	victim, err := a.victim(ctx, r, v.set)
	if err != nil {
		return nil, err
	}
	t, _, err := a.recall(r.Service.Host)
	if err != nil {
		return nil, err
	}
	host, name := text.Str("host", r.Service.Host), text.Str("name", plain(a.name))
	record := a.premise("dns-record", true, text.M("failover.dns.record", host, name, text.Str("value", list(victim))))
	switch {
	case len(victim) == 0 && t != nil:
		record.Text = text.M("failover.dns.record_out", host, name)
	case len(victim) == 0:
		record.Holds, record.Text = false, text.M("failover.dns.record_none", host, name, text.Str("found", list(a.pool(v.set))))
	}
	left := len(a.pool(v.set)) - len(victim)
	minimum := a.premise("pool-minimum", left >= a.config.Min, text.M("failover.dns.minimum", name,
		text.Int("left", left), text.Int("all", left+len(victim)), text.Int("min", a.config.Min)))
	return []failover.Premise{record, minimum}, nil
}

func (a *Action) premisesOfUndo(ctx context.Context, r failover.Request, v zoneView) ([]failover.Premise, error) {
	t, records, err := a.recall(r.Service.Host)
	if err != nil {
		return nil, err
	}
	host, name := text.Str("host", r.Service.Host), text.Str("name", plain(a.name))
	if t != nil {
		return []failover.Premise{a.premise("dns-taken-out", true, text.M("failover.dns.taken", host, name, text.Str("value", list(records))))}, nil
	}
	there, err := a.victim(ctx, r, v.set)
	if err != nil {
		return nil, err
	}
	if len(there) > 0 {
		return []failover.Premise{a.premise("dns-taken-out", true, text.M("failover.dns.record", host, name, text.Str("value", list(there))))}, nil
	}
	return []failover.Premise{a.premise("dns-taken-out", false, text.M("failover.dns.not_taken", host, name))}, nil
}
