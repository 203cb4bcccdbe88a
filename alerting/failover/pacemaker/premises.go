package pacemaker

import (
	"context"
	"slices"

	"monitord/alerting/failover"
	"monitord/internal/text"
)

// Premises looks whether the cluster has quorum and moves things, a node can
// take over, and there is something to move.
func (a *Action) Premises(ctx context.Context, r failover.Request) ([]failover.Premise, error) {
	nodeName := a.node(r)
	list := []failover.Premise{a.deps.ProgramPremise(a.command(nodeName, r.Undo).Path)}
	c, err := a.look(ctx)
	if err != nil {
		return list, err
	}
	list = append(list, a.deps.Premise("quorum", c.Quorum, pick(c.Quorum, "pacemaker.quorum", "pacemaker.no_quorum")),
		a.deps.Premise("cluster-managed", !c.Maintenance, pick(!c.Maintenance, "pacemaker.managed", "pacemaker.maintenance")))
	n, ok := c.find(nodeName)
	if !ok {
		return append(list, a.deps.Premise("node-known", false, text.M("pacemaker.no_node", text.Str("node", nodeName)))), nil
	}
	if r.Undo {
		return list, nil
	}
	list = append(list, a.taker(c, n))
	if a.cfg.Do == Standby {
		found := text.M("pacemaker.node", text.Str("node", nodeName), text.Int("n", n.Running))
		if n.Standby {
			found = text.M("pacemaker.standby", text.Str("node", nodeName))
		}
		return append(list, a.deps.Premise("node-active", !n.Standby, found)), nil
	}
	return append(list, a.movable(c, nodeName)), nil
}

func pick(ok bool, yes, no string) text.Message {
	if ok {
		return text.Message{ID: yes}
	}
	return text.Message{ID: no}
}

// taker is the premise that somebody takes over: the node itself for move, any
// other one for the rest.
func (a *Action) taker(c cluster, n node) failover.Premise {
	var ready []string
	for _, other := range c.Nodes {
		if other.ready() && (other.Name == n.Name) == (a.cfg.Do == Move) {
			ready = append(ready, other.Name)
		}
	}
	return a.deps.Premise("peer-online", len(ready) > 0, text.M("pacemaker.ready", text.Str("nodes", list(ready))))
}

// movable is the premise that the resource can be moved, and has to be.
func (a *Action) movable(c cluster, nodeName string) failover.Premise {
	p, resource := c.place(a.cfg.Resource), text.Str("resource", a.cfg.Resource)
	there := slices.Contains(p.Nodes, nodeName)
	switch {
	case !p.Known:
		return a.deps.Premise("resource", false, text.M("pacemaker.no_resource", resource))
	case !p.Free:
		return a.deps.Premise("resource", false, text.M("pacemaker.unmanaged", resource))
	}
	return a.deps.Premise("resource", there != (a.cfg.Do == Move), text.M("pacemaker.place", resource, text.Str("nodes", list(p.Nodes))))
}
