package link

import (
	"context"
	_ "embed"
	"os"

	"monitord/checks"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "link", Summary: "link.type", Sample: sample, Local: true,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// classNet is where the kernel shows its interfaces.
const classNet = "/sys/class/net"

// Check looks at one interface. It is safe for concurrent runs.
type Check struct {
	cfg  Config
	root string // classNet
}

// New builds the check; cfg is valid.
func New(cfg Config, _ checks.Deps) *Check { return &Check{cfg: cfg, root: classNet} }

// Run looks once. sysfs answers from memory: there is nothing to wait for.
func (c *Check) Run(context.Context, checks.Target) ([]checks.Result, error) {
	s, err := read(os.DirFS(c.root), c.cfg.Interface)
	if err != nil {
		return nil, err
	}
	return []checks.Result{c.judge(s)}, nil
}

// The operational states that we call by name.
const (
	stateUp      = "up"
	stateUnknown = "unknown"
)

// judge makes the result.
func (c *Check) judge(s state) checks.Result {
	name := text.Str("interface", c.cfg.Interface)
	r := checks.Result{State: checks.Critical, Reason: checks.ReasonStatus, Perf: s.perf()}
	switch {
	case !s.there:
		r.Summary = text.M("link.none", name)
	case !s.on:
		r.Summary = text.M("link.off", name)
	case !s.carrier:
		r.Summary = text.M("link.carrier", name)
	case s.operstate != stateUp && s.operstate != stateUnknown:
		r.Summary = text.M("link.state", name, text.Str("state", s.operstate))
	case c.cfg.MinSpeed > 0 && s.speed >= 0 && s.speed < c.cfg.MinSpeed:
		r.State, r.Reason = checks.Warning, checks.ReasonThreshold
		r.Summary = text.M("link.slow", name, text.Int("speed", s.speed), text.Int("want", c.cfg.MinSpeed))
	case s.speed >= 0:
		r.State, r.Reason = checks.OK, checks.ReasonNone
		r.Summary = text.M("link.speed", name, text.Int("speed", s.speed))
	default:
		r.State, r.Reason = checks.OK, checks.ReasonNone
		r.Summary = text.M("link.ok", name)
	}
	return r
}

// perf is what was measured.
func (s state) perf() []checks.Perf {
	var out []checks.Perf
	if s.speed >= 0 {
		out = append(out, checks.Perf{Label: "speed", Value: float64(s.speed) * 1e6, Unit: checks.UnitNone})
	}
	if s.changes >= 0 {
		out = append(out, checks.Perf{Label: "carrier_changes", Value: float64(s.changes), Unit: checks.UnitCount})
	}
	return out
}
