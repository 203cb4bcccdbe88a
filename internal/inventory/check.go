package inventory

import (
	"cmp"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
)

// The defaults of the keys that every check has. Timeout and retry_interval
// shrink with a shorter interval.
const (
	DefaultInterval      = 60 * time.Second
	DefaultTimeout       = 10 * time.Second
	DefaultRetryInterval = 10 * time.Second
	DefaultMaxAttempts   = 3
)

// The bounds of those keys.
const (
	minInterval = time.Second
	maxInterval = 7 * 24 * time.Hour
	maxAttempts = 100
)

// commonConfig is the keys that every check has, whatever its type.
type commonConfig struct {
	Type          string         `yaml:"type"`
	Interval      time.Duration  `yaml:"interval"`
	Timeout       *time.Duration `yaml:"timeout"`
	MaxAttempts   int            `yaml:"max_attempts"`
	RetryInterval *time.Duration `yaml:"retry_interval"`
	RunOn         string         `yaml:"run_on"`
}

func newCommon(typ checks.Type) *commonConfig {
	c := &commonConfig{Interval: DefaultInterval, MaxAttempts: DefaultMaxAttempts, RunOn: RunServer}
	if typ.Local {
		c.RunOn = RunProbe
	}
	return c
}

func (c *commonConfig) retryInterval() time.Duration {
	if c.RetryInterval != nil {
		return *c.RetryInterval
	}
	return min(DefaultRetryInterval, c.Interval)
}

// timeout is what a run gets: a run ends before the next begins, so a timeout
// as long as the shorter interval is cut by a twentieth of it.
func (c *commonConfig) timeout() time.Duration {
	shortest := min(c.Interval, c.retryInterval())
	wanted := DefaultTimeout
	if c.Timeout != nil {
		wanted = *c.Timeout
	}
	return min(wanted, shortest-shortest/20)
}

// Validate holds timeout ≤ retry_interval and timeout ≤ interval.
func (c *commonConfig) Validate() error {
	var faults []error
	bad := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	if c.Interval < minInterval || c.Interval > maxInterval {
		bad("interval", "out of range (got %s; want 1s to 7d)", config.FormatDuration(c.Interval))
	}
	retry := c.retryInterval()
	if retry < minInterval || retry > maxInterval {
		bad("retry_interval", "out of range (got %s; want 1s to 7d)", config.FormatDuration(retry))
	}
	if t := c.Timeout; t != nil {
		switch {
		case *t <= 0:
			bad("timeout", "out of range (got %s; want more than 0s)", *t)
		case *t > c.Interval:
			bad("timeout", "longer than the interval (got %s; want at most %s)", config.FormatDuration(*t), config.FormatDuration(c.Interval))
		case *t > retry:
			bad("timeout", "longer than the retry_interval (got %s; want at most %s)", config.FormatDuration(*t), config.FormatDuration(retry))
		}
	}
	if c.MaxAttempts < 1 || c.MaxAttempts > maxAttempts {
		bad("max_attempts", "out of range (got %d; want 1 to %d)", c.MaxAttempts, maxAttempts)
	}
	if c.RunOn != RunServer && slices.Contains(serverOnly, c.Type) {
		bad("run_on", "type %s asks the server's own store; it cannot run on a probe", c.Type)
	}
	return errors.Join(faults...)
}

// serverOnly are the types that need the store or the server's view of probes.
var serverOnly = []string{"metric", "probe"}

// check decodes one merged check.
func (hb *hostBuilder) check(name string, n *config.Node) (Check, bool) {
	path := config.KeyPath(hb.path+".checks", name)
	fail := func(format string, args ...any) (Check, bool) {
		f := config.AllFaults(config.Faultf("", format, args...), path)
		f[0].Place = n.Place
		hb.faults = append(hb.faults, f...)
		return Check{}, false
	}
	if err := ValidName(name); err != nil {
		return fail("%v", err)
	}
	if n.Kind != config.Map {
		return fail("wrong type (got %s; want a mapping such as {type: ping})", n.Kind)
	}
	expanded, faults := n.MapText(path, hb.expand)
	hb.faults = append(hb.faults, faults...)
	types := strings.Join(slices.Sorted(maps.Keys(hb.types)), ", ")
	kind := expanded.Get("type")
	if kind == nil {
		return fail("the check has no type (want type: one of %s)", types)
	}
	typ, ok := hb.types[kind.Text]
	if !ok {
		n = kind
		return fail("unknown type of check (got %q; want one of %s)", kind.Text, types)
	}
	common, judge, special := newCommon(typ), newJudge(), typ.NewConfig()
	if err := config.Decode(expanded, path, common, judge, special); err != nil || len(faults) > 0 {
		hb.faults = append(hb.faults, config.AllFaults(err, path)...)
		return Check{}, false
	}
	run, probe := hb.runOn(path, common.RunOn)
	return Check{
		Host: hb.name, Name: name, Type: typ.Name, Config: special,
		Interval: common.Interval, RetryInterval: common.retryInterval(), Timeout: common.timeout(),
		MaxAttempts: common.MaxAttempts, RunOn: run, Probe: probe, Judge: hb.judge(path, judge, common), Source: cmp.Or(n.Place.Short(), "default"),
	}, true
}

// runOn is where a check runs: on the server, or on the probe of a host, which
// may be another one that reaches what the server does not.
func (hb *hostBuilder) runOn(path, place string) (run, probe string) {
	switch place {
	case RunServer:
		return RunServer, ""
	case RunProbe:
		return RunProbe, hb.name
	}
	if _, configured := hb.builder.cfg.Hosts[place]; !configured && !hb.enrolled[place] {
		hb.fault(path+".run_on", "unknown place (got %q; want server, probe, or the host whose probe runs the check)", place)
	}
	return RunProbe, place
}

// ID names the check over reloads: host and name.
func (c Check) ID() string { return c.Host + "/" + c.Name }

// Equal reports whether two checks ask the same in the same way. Where they
// were written does not matter.
func (c Check) Equal(other Check) bool {
	c.Source, other.Source = "", ""
	return reflect.DeepEqual(c, other)
}
