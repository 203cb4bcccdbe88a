package plugin

import (
	"context"
	_ "embed"
	"errors"
	"log/slog"

	"monitord/checks"
	"monitord/internal/logkeys"
	"monitord/internal/perfdata"
	"monitord/internal/plugins"
	"monitord/internal/runner"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "plugin", Summary: "plugin.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check runs a plugin. It is safe for concurrent runs.
type Check struct {
	cfg  Config
	log  *slog.Logger
	pool checks.Plugins // never nil
	env  []string
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, log: deps.Logger, pool: deps.Plugins, env: plugins.Environment()}
	if c.pool == nil {
		c.pool = (*plugins.Pool)(nil)
	}
	for name, value := range cfg.Env {
		c.env = append(c.env, name+"="+value) // os/exec takes the last of equal names
	}
	return c, nil
}

// Run runs the plugin once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	argv := make([]string, len(c.cfg.Command))
	for i, word := range c.cfg.Command {
		var err error
		if argv[i], err = expand(word, c.value(target, false)); err != nil {
			return nil, err
		}
	}
	path, err := c.pool.Find(argv[0])
	if err != nil {
		return refused(argv[0], err)
	}
	out, err := c.pool.Run(ctx, runner.Command{Path: path, Args: argv[1:], Env: c.env, MaxOutput: c.cfg.MaxOutput})
	if err != nil {
		return refused(path, err)
	}
	return []checks.Result{c.judge(target, path, out)}, nil
}

// refused is a plugin that was not started.
func refused(name string, err error) ([]checks.Result, error) {
	r := checks.Result{State: checks.Unknown, Reason: checks.ReasonInternal}
	if own, ok := errors.AsType[*plugins.NotAllowedError](err); ok {
		r.Reason, r.Summary = checks.ReasonPermission, text.M("plugin.not_allowed_in", text.Str("plugin", name), text.Str("file", own.File))
		return []checks.Result{r}, nil
	}
	switch {
	case errors.Is(err, plugins.ErrEnvironment):
		r.Reason, r.Summary = checks.ReasonPermission, text.M("plugin.environment")
	case errors.Is(err, plugins.ErrNotAllowed):
		r.Reason, r.Summary = checks.ReasonPermission, text.M("plugin.not_allowed", text.Str("plugin", name))
	case errors.Is(err, plugins.ErrNotExecutable): // Nagios' shell would exit with 126
		r.State, r.Reason, r.Summary = checks.Critical, checks.ReasonPermission, text.M("plugin.not_executable", text.Str("plugin", name))
	case errors.Is(err, plugins.ErrMissing): // and with 127
		r.State, r.Summary = checks.Critical, text.M("plugin.missing", text.Str("plugin", name))
	case errors.Is(err, plugins.ErrBusy):
		r.Summary = text.M("plugin.busy")
	default:
		return nil, err
	}
	return []checks.Result{r}, nil
}

// judge reads how a plugin ended and what it said.
func (c *Check) judge(target checks.Target, path string, run runner.Result) checks.Result {
	said := perfdata.Split(decode(run.Stdout))
	values, faults := perfdata.Parse(said.Perf)
	for _, f := range faults {
		c.log.Debug("performance data left out", logkeys.Host, target.Host, logkeys.Path, path, logkeys.Err, f)
	}
	r := checks.Result{Perf: perfdata.Perfs(values), Phases: []checks.Phase{{Name: "plugin", Took: run.Took}}}
	r.State, r.Reason, r.Summary = verdict(path, run)
	if r.Summary.IsZero() {
		r.Summary = spoken(said, run)
	}
	if r.State != checks.OK {
		r.Evidence = evidence(said, run)
	}
	return r
}

// verdict is the state by how the plugin ended, as Nagios Core 4 has it: a
// signal is UNKNOWN, a code that is none of the four CRITICAL. There is no
// summary when the plugin's own words are the best one.
func verdict(path string, run runner.Result) (checks.State, checks.Reason, text.Message) {
	name := text.Str("plugin", path)
	switch {
	case run.TimedOut:
		return checks.Critical, checks.ReasonTimeout, text.M("plugin.timeout", name, text.Dur("took", run.Took))
	case run.Signal != "":
		return checks.Unknown, checks.ReasonProtocol, text.M("plugin.signal", name, text.Str("signal", run.Signal))
	case run.ExitCode == 126:
		return checks.Critical, checks.ReasonPermission, text.M("plugin.not_executable", name)
	case run.ExitCode == 127:
		return checks.Critical, checks.ReasonInternal, text.M("plugin.missing", name)
	case run.ExitCode < 0 || run.ExitCode > 3:
		return checks.Critical, checks.ReasonProtocol, text.M("plugin.code", name, text.Int("code", run.ExitCode))
	case run.ExitCode == 0:
		return checks.OK, checks.ReasonNone, text.Message{}
	}
	return checks.State(run.ExitCode), checks.ReasonStatus, text.Message{}
}

// spoken is what the plugin says; without a first line the best of the rest.
func spoken(said perfdata.Output, run runner.Result) text.Message {
	for _, s := range []string{said.Text, said.Long} {
		if s = sentence(s); s != "" {
			return text.Verbatim(s)
		}
	}
	if s := sentence(decode(run.Stderr)); s != "" {
		return text.M("plugin.stderr", text.Str("detail", s))
	}
	return text.M("plugin.silent")
}

// evidence is all that the plugin printed, without performance data.
func evidence(said perfdata.Output, run runner.Result) []byte {
	s := said.Text
	if said.Long != "" {
		s += "\n" + said.Long
	}
	if len(run.Stderr) > 0 {
		s += "\n" + decode(run.Stderr)
	}
	return []byte(cut(s, checks.EvidenceLimit))
}
