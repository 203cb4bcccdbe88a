package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"monitord/alerting/failover"
	"monitord/internal/runner"
)

// holding is which resources a node has, as `cl_status rscstatus` says.
type holding struct {
	local, foreign bool
	moving         bool // "transition": nobody can say yet
}

// has reports whether all (want true) or none (false) of a scope are here.
func (h holding) has(s Scope, want bool) bool {
	switch s {
	case Local:
		return h.local == want
	case Foreign:
		return h.foreign == want
	}
	return h.local == want && h.foreign == want
}

var errNoAnswer = errors.New("no answer that we know")

// parseHolding reads what rscstatus prints.
func parseHolding(out []byte) (holding, error) {
	switch word := strings.TrimSpace(string(out)); word {
	case "local":
		return holding{local: true}, nil
	case "foreign":
		return holding{foreign: true}, nil
	case "all":
		return holding{local: true, foreign: true}, nil
	case "none":
		return holding{}, nil
	case "transition":
		return holding{moving: true}, nil
	default:
		return holding{}, fmt.Errorf("cl_status rscstatus: %w: %.40q", errNoAnswer, word)
	}
}

// parseNodes reads what listnodes prints: a name a line.
func parseNodes(out []byte) []string { return strings.Fields(string(out)) }

// otherNode is the only node that is not this one; names are compared as
// heartbeat does, without regard to case.
func otherNode(nodes []string, self string) (string, error) {
	var others []string
	for _, n := range nodes {
		if !strings.EqualFold(n, self) {
			others = append(others, n)
		}
	}
	if len(others) != 1 || len(nodes) != 2 {
		return "", fmt.Errorf("this node is %s and the cluster has the nodes %s: name the other one with peer", self, strings.Join(nodes, ", "))
	}
	return others[0], nil
}

// status asks cl_status.
func (a *action) status(ctx context.Context, args ...string) (runner.Result, error) {
	return a.deps.Ask(ctx, runner.Command{Path: a.cfg.CLStatus, Args: args})
}

// running reports whether heartbeat runs here.
func (a *action) running(ctx context.Context) (bool, error) {
	r, err := a.status(ctx, "hbstatus")
	switch {
	case err != nil:
		return false, err
	case r.ExitCode == 0:
		return true, nil
	case r.ExitCode == 1:
		return false, nil
	}
	return false, exitError(r)
}

// holding asks which resources are here.
func (a *action) holding(ctx context.Context) (holding, error) {
	r, err := a.status(ctx, "rscstatus")
	if err != nil {
		return holding{}, err
	}
	if r.ExitCode != 0 {
		return holding{}, exitError(r)
	}
	return parseHolding(r.Stdout)
}

// peer is the other node's name and its state: active, dead, up (it begins) …
func (a *action) peer(ctx context.Context) (name, state string, err error) {
	if name = a.cfg.Peer; name == "" {
		r, err := a.status(ctx, "listnodes", "-n")
		if err != nil {
			return "", "", err
		}
		if r.ExitCode != 0 {
			return "", "", exitError(r)
		}
		if name, err = otherNode(parseNodes(r.Stdout), a.self); err != nil {
			return "", "", err
		}
	}
	r, err := a.status(ctx, "nodestatus", name)
	if err != nil {
		return name, "", err
	}
	// A dead node is exit code 1 and the word on standard output.
	if state = strings.TrimSpace(string(r.Stdout)); state == "" || r.ExitCode > 1 {
		return name, "", exitError(r)
	}
	return name, failover.FirstLine(runner.Result{Stdout: []byte(state)}), nil
}

func exitError(r runner.Result) error {
	return failover.ExitError{Program: "cl_status", Code: r.ExitCode, Said: failover.FirstLine(r)}
}
