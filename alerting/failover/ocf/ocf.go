package ocf

import (
	"context"
	"fmt"

	"monitord/alerting/failover"
	"monitord/internal/runner"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name: "ocf", Summary: "starts or stops a resource by its OCF agent", Sample: Sample,
		Config: func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// Action starts or stops one resource.
type Action struct {
	cfg  Config
	deps failover.Deps
}

// New makes the action; cfg is valid.
func New(cfg Config, deps failover.Deps) *Action { return &Action{cfg: cfg, deps: deps} }

// Resource is the resource, by agent and instance.
func (a *Action) Resource() string { return "ocf " + a.cfg.Agent + " " + a.cfg.instance() }

// The exit codes of an agent.
const (
	codeSuccess        = 0
	codeGeneric        = 1
	codeUnimplemented  = 3
	codeNotRunning     = 7
	codePromoted       = 8
	codeFailedPromoted = 9
	codeDegraded       = 190 // OCF 1.1 and Pacemaker: runs, with a fault
	codeDegradedMaster = 191
)

// meanings are the specification's words for the exit codes.
var meanings = map[int]string{
	codeSuccess: "running", codeGeneric: "generic error", 2: "bad arguments", codeUnimplemented: "not implemented",
	4: "insufficient rights", 5: "not installed", 6: "bad configuration", codeNotRunning: "not running",
	codePromoted: "running, promoted", codeFailedPromoted: "failed, promoted",
	codeDegraded: "running, degraded", codeDegradedMaster: "running, promoted, degraded",
}

func runs(code int) bool {
	return code == codeSuccess || code == codePromoted || code == codeDegraded || code == codeDegradedMaster
}

// Premises looks whether the agent may be started, finds its parameters right,
// and says that the resource is in a state from which the verb may be done.
func (a *Action) Premises(ctx context.Context, r failover.Request) ([]failover.Premise, error) {
	list := []failover.Premise{a.deps.ProgramPremise(a.cfg.path())}
	if !list[0].Holds {
		return list, nil
	}
	valid, err := a.deps.Ask(ctx, a.command("validate-all", nil))
	if err != nil {
		return list, err
	}
	agent := text.Str("agent", a.cfg.Agent)
	if valid.ExitCode != codeSuccess && valid.ExitCode != codeUnimplemented {
		return append(list, a.deps.Premise("parameters", false, text.M("ocf.invalid", agent, text.Str("detail", word(valid))))), nil
	}
	list = append(list, a.deps.Premise("parameters", true, text.M("ocf.valid", agent)))
	state, err := a.deps.Ask(ctx, a.command("monitor", nil))
	if err != nil {
		return list, err
	}
	return append(list, a.deps.Premise("resource-state", a.fits(a.verb(r), state.ExitCode), text.M("ocf.state", agent, text.Str("detail", word(state))))), nil
}

// fits reports whether a verb may be done in a state. A failed resource must be
// stopped before it is started.
func (a *Action) fits(v Verb, code int) bool {
	failed := code == codeGeneric || code == codeFailedPromoted
	return runs(code) || code == codeNotRunning || v == Stop && failed
}

// word is an exit code as people know it, and what the agent said.
func word(r runner.Result) string {
	s := meanings[r.ExitCode]
	if s == "" {
		s = fmt.Sprintf("exit code %d", r.ExitCode)
	}
	if said := failover.FirstLine(r); said != "" && !runs(r.ExitCode) {
		s += ": " + said
	}
	return s
}

func (a *Action) verb(r failover.Request) Verb {
	if r.Undo {
		return a.cfg.Do.inverse()
	}
	return a.cfg.Do
}

// command is the agent with an action; extra is further environment.
func (a *Action) command(action string, extra []string) runner.Command {
	provider, kind := a.cfg.split()
	env := append(failover.Environment(),
		"OCF_ROOT="+a.cfg.Root, "OCF_RA_VERSION_MAJOR=1", "OCF_RA_VERSION_MINOR=1", "OCF_CHECK_LEVEL=0",
		"OCF_RESOURCE_PROVIDER="+provider, "OCF_RESOURCE_TYPE="+kind, "OCF_RESOURCE_INSTANCE="+a.cfg.instance())
	for name, value := range a.cfg.Parameters {
		env = append(env, "OCF_RESKEY_"+name+"="+value)
	}
	return runner.Command{Path: a.cfg.path(), Args: []string{action}, Env: append(env, extra...)}
}

// Do runs the agent with the verb.
func (a *Action) Do(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Do, r)
}

// Undo runs it with the opposite.
func (a *Action) Undo(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Do.inverse(), r)
}

func (a *Action) carry(ctx context.Context, v Verb, r failover.Request) (failover.Outcome, error) {
	out, err := a.deps.Carry(ctx, a.command(string(v), r.Facts()))
	if exit, ok := err.(failover.ExitError); ok {
		if means := meanings[exit.Code]; means != "" {
			err = fmt.Errorf("%w (OCF: %s)", err, means)
		}
	}
	return out, err
}

// Status runs the agent with monitor.
func (a *Action) Status(ctx context.Context, _ failover.Request) (failover.Status, error) {
	r, err := a.deps.Ask(ctx, a.command("monitor", nil))
	if err != nil {
		return failover.StatusUnknown, err
	}
	switch {
	case runs(r.ExitCode) == (a.cfg.Do == Start) && (runs(r.ExitCode) || r.ExitCode == codeNotRunning):
		return failover.StatusDone, nil
	case runs(r.ExitCode) || r.ExitCode == codeNotRunning:
		return failover.StatusUndone, nil
	}
	return failover.StatusUnknown, failover.ExitError{Program: a.cfg.Agent + " monitor", Code: r.ExitCode, Said: word(r)}
}
