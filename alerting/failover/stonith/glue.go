package stonith

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"monitord/alerting/failover"
	"monitord/internal/runner"
)

// glue is a device of cluster-glue's stonith(8).
type glue struct {
	deps   failover.Deps
	path   string
	kind   string
	action Power
}

// Exit codes of stonith(8), from stonith/stonith.h. Those named come before
// anything was done.
const (
	glueBadConfig = 1
	glueAccess    = 2
	glueInvalid   = 3
	glueBadHost   = 4
	glueIsOff     = 7 // cannot reset: it is off already
)

func (g glue) command(v victim, args ...string) runner.Command {
	return runner.Command{
		Path: g.path, Args: append([]string{"-t", g.kind, "-E"}, args...),
		Env: append(failover.Environment(), v.lines()...),
	}
}

func (g glue) ask(ctx context.Context, v victim, args ...string) (runner.Result, error) {
	r, err := g.deps.Ask(ctx, g.command(v, args...))
	r.Stdout, r.Stderr = v.hide(r.Stdout), v.hide(r.Stderr)
	if err == nil && r.ExitCode != 0 {
		err = failover.ExitError{Program: "stonith", Code: r.ExitCode, Said: failover.FirstLine(r)}
	}
	return r, err
}

func (g glue) ready(ctx context.Context, v victim, _ error) error {
	_, err := g.ask(ctx, v, "-S")
	return err
}

// state cannot tell whether a machine is on; it makes sure that the device knows
// it. A device without that knowledge would say yes to any name.
func (g glue) state(ctx context.Context, v victim) (power, error) {
	r, err := g.ask(ctx, v, "-l")
	if err != nil {
		return powerUnknown, err
	}
	if known := strings.Fields(string(r.Stdout)); !slices.ContainsFunc(known, func(h string) bool { return strings.EqualFold(h, v.plug) }) {
		return powerUnknown, fmt.Errorf("the device does not list %s (it lists %d: %.200s)", v.plug, len(known), strings.Join(known, " "))
	}
	return powerUnknown, nil
}

// verbs are what the contract calls our actions.
var verbs = map[Power]string{Off: "off", Reboot: "reset"}

func (g glue) fence(ctx context.Context, v victim) (failover.Outcome, error) {
	good := []int{0}
	if g.action == Reboot {
		good = append(good, glueIsOff) // it holds nothing: that is what was wanted
	}
	out, err := g.deps.Carry(ctx, g.command(v, "-T", verbs[g.action], v.plug), good...)
	out.Output = v.hide(out.Output)
	return out, classify(v.hideError(err), glueBadConfig, glueAccess, glueInvalid, glueBadHost)
}
