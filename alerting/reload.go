package alerting

import (
	"context"
	"time"

	"monitord/internal/inventory"
)

// Reload swaps the inventory. States are kept; services of checks that are gone
// are closed, journaled, and told to whoever was told of their incidents.
func (e *Engine) Reload(inv *inventory.Inventory) {
	_ = e.reload(inv)(context.Background()) // logged, counted, and kept for later
}

// reload returns what waits for the journal and tells.
func (e *Engine) reload(inv *inventory.Inventory) (finish func(context.Context) error) {
	e.mu.Lock()
	e.inv = inv
	e.checks = map[checkKey]*inventory.Check{}
	for h := range inv.Hosts {
		for c := range inv.Hosts[h].Checks {
			check := &inv.Hosts[h].Checks[c]
			e.checks[checkKey{inv.Hosts[h].Name, check.Name}] = check
		}
	}
	e.graph, e.nextFresh = newGraph(inv, e.deps.Behind), time.Time{}
	var out outcome
	now := e.deps.Now()
	e.replan(now)
	for _, in := range e.incidents {
		in.look = time.Time{}
	}
	for id, s := range e.services {
		_, known := inv.Host(id.Host)
		named := e.checks[checkKey{id.Host, id.Check}] != nil
		if !known && !s.Foreign || !named && !s.Builtin {
			e.drop(&out, s, EventRemoved, now)
			continue
		}
		s.Service.Alive = false
	}
	e.reloadHosts(&out, now)
	for _, s := range e.services {
		e.markDowntime(&out, s)
	}
	e.tickDowntimes(&out, now)
	// What a check depends on may have changed: troubles are judged again.
	for s := range e.pending {
		e.review(&out, s, transition{}, s.Service.HardState, now)
	}
	e.wake(&out, now)
	if out.change.Empty() {
		e.notifyWatchers()
		e.mu.Unlock()
		return func(context.Context) error { return nil }
	}
	return e.submit(out, nil)
}

// reloadHosts keeps what is known of the hosts that remain. Hosts known from
// the journal only get their state from the services, without an event.
func (e *Engine) reloadHosts(out *outcome, now time.Time) {
	hosts := map[string]HostState{}
	for _, h := range e.inv.Hosts {
		if s, ok := e.hosts[h.Name]; ok && h.Alive != "" {
			hosts[h.Name] = s
		}
	}
	e.hosts = hosts
	for _, h := range e.inv.Hosts {
		_, had := hosts[h.Name]
		before := len(out.change.Events)
		e.judgeHost(out, h.Name, now)
		if !had {
			out.change.Events = out.change.Events[:before]
			e.datedHost(h)
		}
	}
}

// datedHost gives a host known from the journal the time of its alive service.
func (e *Engine) datedHost(h inventory.Host) {
	s, ok := e.hosts[h.Name]
	if !ok {
		return
	}
	s.Since = time.Time{}
	for _, svc := range e.byCheck[checkKey{h.Name, h.Alive}] {
		if svc.Service.HardSince.After(s.Since) {
			s.Since = svc.Service.HardSince
		}
	}
	e.hosts[h.Name] = s
}
