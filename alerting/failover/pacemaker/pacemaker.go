package pacemaker

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/runner"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name: "pacemaker", Summary: "moves resources of a Pacemaker cluster, or puts a node into standby", Sample: Sample,
		Config: func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// pollEvery is how often crm_mon is asked while the cluster moves things.
const pollEvery = 500 * time.Millisecond

// Action moves one resource, or all of a node.
type Action struct {
	cfg  Config
	deps failover.Deps
}

// New makes the action; cfg is valid.
func New(cfg Config, deps failover.Deps) *Action { return &Action{cfg: cfg, deps: deps} }

// Resource is the cluster: its constraints and standby nodes hang together.
func (a *Action) Resource() string { return "pacemaker" }

// node is the node that a request is about.
func (a *Action) node(r failover.Request) string {
	if a.cfg.Node == HostMacro {
		return r.Service.Host
	}
	return a.cfg.Node
}

func (a *Action) tool(name string) string { return filepath.Join(a.cfg.Tools, name) }

// look asks crm_mon.
func (a *Action) look(ctx context.Context) (cluster, error) {
	r, err := a.deps.Ask(ctx, runner.Command{Path: a.tool("crm_mon"), Args: []string{"--output-as=xml", "-1"}})
	if err != nil {
		return cluster{}, err
	}
	if r.ExitCode != 0 {
		return cluster{}, failover.ExitError{Program: "crm_mon", Code: r.ExitCode, Said: exitMeaning(r.ExitCode)}
	}
	return parseMon(r.Stdout)
}

// exitMeaning is crm_error(8)'s for what an operator can mend.
func exitMeaning(code int) string {
	switch code {
	case 102:
		return "not connected (is the cluster running on this node?)"
	case 4:
		return "insufficient rights (want root or group haclient)"
	}
	return ""
}

// command is the program of a deed, or of taking it back.
func (a *Action) command(node string, undo bool) runner.Command {
	switch {
	case a.cfg.Do == Standby && undo:
		return runner.Command{Path: a.tool("crm_standby"), Args: []string{"--node", node, "--delete"}}
	case a.cfg.Do == Standby:
		return runner.Command{Path: a.tool("crm_standby"), Args: []string{"--node", node, "--update", "on"}}
	case undo:
		return runner.Command{Path: a.tool("crm_resource"), Args: []string{"--clear", "--resource", a.cfg.Resource, "--node", node}}
	}
	return runner.Command{Path: a.tool("crm_resource"), Args: []string{"--" + string(a.cfg.Do), "--resource", a.cfg.Resource, "--node", node}}
}

// Do changes the configuration and waits until the cluster has followed.
func (a *Action) Do(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	began, node := time.Now(), a.node(r)
	out, err := a.change(ctx, node, false)
	if err != nil {
		return out, err
	}
	last, err := failover.Await(ctx, pollEvery, failover.StatusDone, func(ctx context.Context) (failover.Status, error) {
		return a.Status(ctx, r)
	})
	out.Took = time.Since(began)
	switch last {
	case failover.StatusDone:
		out.Verified = true
		out.Detail = text.M("pacemaker.done."+string(a.cfg.Do), text.Str("resource", a.cfg.Resource), text.Str("node", node), text.Dur("took", out.Took))
		return out, nil
	case failover.StatusUndone:
		return out, fmt.Errorf("the cluster did not follow within %s; what we asked for stays in its configuration (crm_mon and the log of the DC say why)", out.Took.Round(time.Millisecond))
	}
	return out, failover.Unknown{Err: errors.Join(fmt.Errorf("the cluster was told, and still moves after %s", out.Took.Round(time.Millisecond)), err)}
}

// change runs the deed's program. A time-out of the tool leaves open whether the
// cluster has the change.
func (a *Action) change(ctx context.Context, node string, undo bool) (failover.Outcome, error) {
	if !name.MatchString(node) {
		return failover.Outcome{}, fmt.Errorf("not started: %q is no node's name", node)
	}
	out, err := a.deps.Carry(ctx, a.command(node, undo))
	if exit, ok := err.(failover.ExitError); ok {
		if exit.Code == 124 {
			return out, failover.Unknown{Err: err}
		}
		if m := exitMeaning(exit.Code); m != "" {
			err = fmt.Errorf("%w: %s", err, m)
		}
	}
	return out, err
}

// Undo removes the constraint or the standby. Where resources then run, the
// cluster decides.
func (a *Action) Undo(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	node := a.node(r)
	out, err := a.change(ctx, node, true)
	if err != nil {
		return out, err
	}
	left, err := a.inForce(ctx, node)
	switch {
	case err != nil:
		return out, failover.Unknown{Err: fmt.Errorf("the cluster was told, and could not be asked afterwards: %w", err)}
	case left:
		return out, errors.New("the cluster was told, and its configuration is as before")
	}
	out.Verified = true
	out.Detail = text.M("pacemaker.undone."+string(a.cfg.Do), text.Str("resource", a.cfg.Resource), text.Str("node", node))
	return out, nil
}

// inForce reports whether our constraint, or the node's standby, is configured.
func (a *Action) inForce(ctx context.Context, nodeName string) (bool, error) {
	if a.cfg.Do == Standby {
		c, err := a.look(ctx)
		if err != nil {
			return false, err
		}
		n, ok := c.find(nodeName)
		if !ok {
			return false, fmt.Errorf("the cluster has no node %s", nodeName)
		}
		return n.Standby, nil
	}
	r, err := a.deps.Ask(ctx, runner.Command{Path: a.tool("crm_resource"), Args: []string{"--constraints", "--resource", a.cfg.Resource, "--output-as=xml"}})
	if err != nil {
		return false, err
	}
	if r.ExitCode != 0 {
		return false, failover.ExitError{Program: "crm_resource", Code: r.ExitCode, Said: exitMeaning(r.ExitCode)}
	}
	ids, err := parseConstraints(r.Stdout)
	return slices.ContainsFunc(ids, func(id string) bool {
		if a.cfg.Do == Move {
			return id == "cli-prefer-"+a.cfg.Resource
		}
		return id == "cli-ban-"+a.cfg.Resource+"-on-"+nodeName
	}), err
}

// Status looks where things run.
func (a *Action) Status(ctx context.Context, r failover.Request) (failover.Status, error) {
	c, err := a.look(ctx)
	if err != nil {
		return failover.StatusUnknown, err
	}
	return a.is(c, a.node(r))
}

// is reports whether what the deed brings about is so.
func (a *Action) is(c cluster, nodeName string) (failover.Status, error) {
	if a.cfg.Do == Standby {
		n, ok := c.find(nodeName)
		switch {
		case !ok:
			return failover.StatusUnknown, fmt.Errorf("the cluster has no node %s", nodeName)
		case n.Standby && n.Running == 0:
			return failover.StatusDone, nil
		case n.Standby:
			return failover.StatusUnknown, nil // it empties
		}
		return failover.StatusUndone, nil
	}
	p := c.place(a.cfg.Resource)
	there := slices.Contains(p.Nodes, nodeName)
	switch {
	case !p.Known:
		return failover.StatusUnknown, fmt.Errorf("the cluster has no resource %s", a.cfg.Resource)
	case !p.Settled || there && len(p.Nodes) > 1:
		return failover.StatusUnknown, nil // part of it is under way
	case there == (a.cfg.Do == Move):
		return failover.StatusDone, nil
	}
	return failover.StatusUndone, nil
}

func list(nodes []string) string {
	if len(nodes) == 0 {
		return "–"
	}
	return strings.Join(nodes, ", ")
}
