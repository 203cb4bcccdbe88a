package stonith

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"monitord/alerting/failover"
	"monitord/internal/runner"
)

// power is whether a machine is on, as the device says.
type power string

const (
	powerUnknown power = "unknown"
	powerOn      power = "on"
	powerOff     power = "off"
)

// device is a fence device by one of the two contracts.
type device interface {
	// ready asks whether the device itself answers; asked is the error of state,
	// which may say so already.
	ready(ctx context.Context, h victim, asked error) error
	// state says whether the machine is on. An error says that the device does
	// not know the machine; a device that cannot tell says unknown.
	state(ctx context.Context, h victim) (power, error)
	// fence does it. A notDone error says that it surely was not done.
	fence(ctx context.Context, h victim) (failover.Outcome, error)
}

// victim is a machine and what the device must be given for it.
type victim struct {
	host    string // in the inventory
	plug    string // as the device calls it; may be empty
	params  map[string]string
	secrets []string // values that nobody may see
}

// notDone is the device's refusal before it did anything.
type notDone struct{ err error }

func (n notDone) Error() string { return n.err.Error() }
func (n notDone) Unwrap() error { return n.err }

var errNotAllowed = errors.New("is not among the machines that this action may fence (add it under hosts)")

// victim is who a request is about, with secrets read.
func (a *Action) victim(host string) (victim, error) {
	h, ok := a.config.Hosts[host]
	if !ok {
		return victim{}, fmt.Errorf("host %s %w", host, errNotAllowed)
	}
	v := victim{host: host, plug: h.Plug, params: map[string]string{}}
	if a.config.Type != "" && v.plug == "" {
		v.plug = host
	}
	maps.Copy(v.params, a.config.Params)
	maps.Copy(v.params, h.Params)
	for name, s := range a.config.Secrets {
		secret, err := s.Read()
		if err != nil {
			return victim{}, err
		}
		if !oneLine(secret) || secret == "" {
			return victim{}, fmt.Errorf("secret %s: %s must hold one line", name, s.File)
		}
		v.params[name] = secret
		v.secrets = append(v.secrets, secret)
	}
	return v, nil
}

// lines are the parameters as name=value, in a stable order.
func (v victim) lines() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(v.params)) {
		out = append(out, name+"="+v.params[name])
	}
	return out
}

// hide takes the secrets out of what a program printed: agents that are asked to
// be verbose repeat them.
func (v victim) hide(b []byte) []byte {
	for _, s := range v.secrets {
		b = bytes.ReplaceAll(b, []byte(s), []byte("<hidden>"))
	}
	return b
}

// hideError is err without secrets; what it wraps stays.
func (v victim) hideError(err error) error {
	if exit, ok := errors.AsType[failover.ExitError](err); ok {
		exit.Said = string(v.hide([]byte(exit.Said)))
		return exit
	}
	return err
}

// agent is a fence agent.
type agent struct {
	deps   failover.Deps
	path   string
	action Power
}

// Exit codes of fence agents (fencing.py of fence-agents). The first group comes
// before anything was done.
const (
	agentOK         = 0
	agentBadArgs    = 2 // of status: the machine is off
	agentNoLogin    = 3
	agentNoPassword = 10
	agentNoRights   = 11
)

func (g agent) command(action string, v victim) runner.Command {
	lines := append([]string{"action=" + action}, v.lines()...)
	if v.plug != "" {
		lines = append(lines, "plug="+v.plug)
	}
	return runner.Command{Path: g.path, Stdin: []byte(strings.Join(lines, "\n") + "\n")}
}

func (g agent) ask(ctx context.Context, action string, v victim) (runner.Result, error) {
	r, err := g.deps.Ask(ctx, g.command(action, v))
	r.Stdout, r.Stderr = v.hide(r.Stdout), v.hide(r.Stderr)
	return r, err
}

func (g agent) failed(r runner.Result) error {
	return failover.ExitError{Program: filepath.Base(g.path), Code: r.ExitCode, Said: failover.FirstLine(r)}
}

func (g agent) ready(ctx context.Context, v victim, asked error) error {
	if asked == nil {
		return nil // it told about a machine: many devices take seconds for each question
	}
	r, err := g.ask(ctx, "monitor", v)
	if err == nil && r.ExitCode != agentOK {
		err = g.failed(r)
	}
	return err
}

// state reads the answer of the action status. Exit code 2 also means wrong
// parameters: only together with the word is it an answer.
func (g agent) state(ctx context.Context, v victim) (power, error) {
	r, err := g.ask(ctx, "status", v)
	switch {
	case err != nil:
		return powerUnknown, err
	case r.ExitCode == agentOK:
		return powerOn, nil
	case r.ExitCode == agentBadArgs && saysOff(r.Stdout):
		return powerOff, nil
	}
	return powerUnknown, g.failed(r)
}

// saysOff looks for "Status: OFF", which every agent of the library prints.
func saysOff(out []byte) bool {
	for line := range bytes.Lines(out) {
		if strings.EqualFold(strings.Join(strings.Fields(string(line)), " "), "Status: OFF") {
			return true
		}
	}
	return false
}

func (g agent) fence(ctx context.Context, v victim) (failover.Outcome, error) {
	out, err := g.deps.Carry(ctx, g.command(string(g.action), v))
	out.Output = v.hide(out.Output)
	return out, classify(v.hideError(err), agentBadArgs, agentNoLogin, agentNoPassword, agentNoRights)
}

// classify finds the errors after which surely nothing was done: those before the
// start, and these exit codes.
func classify(err error, before ...int) error {
	if err == nil {
		return nil
	}
	if _, unknown := errors.AsType[failover.Unknown](err); unknown {
		return err
	}
	exit, ran := errors.AsType[failover.ExitError](err)
	if !ran || slices.Contains(before, exit.Code) {
		return notDone{err}
	}
	return err
}
