package probe

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Config is the options of a probe check.
type Config struct {
	MaxAge time.Duration `yaml:"max_age"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{MaxAge: 30 * time.Second} }

// Validate reports every fault.
func (c *Config) Validate() error {
	if c.MaxAge < time.Second {
		return config.Faultf("max_age", "got %s; want 1s or more", c.MaxAge)
	}
	return nil
}

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "probe", Summary: "probe.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check asks when a host's probe was last heard.
type Check struct {
	cfg      Config
	now      func() time.Time
	lastSeen func(host string) (time.Time, bool)
}

// New builds the check; it needs Deps.LastSeen, which only the server has.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	if deps.LastSeen == nil {
		return nil, errors.New("check type probe runs on the server only")
	}
	return &Check{cfg: cfg, now: deps.Now, lastSeen: deps.LastSeen}, nil
}

// Run looks once.
func (c *Check) Run(_ context.Context, target checks.Target) ([]checks.Result, error) {
	seen, ever := c.lastSeen(target.Host)
	if !ever {
		return []checks.Result{{
			State: checks.Unknown, Reason: checks.ReasonNoData,
			Summary: text.M("probe.never", text.Str("host", target.Host)),
		}}, nil
	}
	// A clock set back makes a time in the future; that was just now.
	age := max(c.now().Sub(seen), 0)
	r := checks.Result{
		State:   checks.OK,
		Summary: text.M("probe.ok", text.Dur("age", age)),
		Perf: []checks.Perf{{
			Label: "age", Value: age.Seconds(), Unit: checks.UnitSeconds,
			Crit: &checks.Range{End: c.cfg.MaxAge.Seconds()},
		}},
	}
	if age > c.cfg.MaxAge {
		r.State, r.Reason = checks.Critical, checks.ReasonTimeout
		r.Summary = text.M("probe.silent", text.Dur("age", age), text.Time("since", seen))
	}
	return []checks.Result{r}, nil
}
