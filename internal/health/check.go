package health

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
)

// Check is one check of the node.
type Check struct {
	Name   string
	Type   checks.Type
	Config checks.Config // decoded and valid
	Common
}

// Common is the keys that every check has, whatever its type. They are named
// as in the server's configuration.
type Common struct {
	Type            string        `yaml:"type"`
	Address         string        `yaml:"address"`          // what kinds that connect ask; this machine
	Interval        time.Duration `yaml:"interval"`         // between runs
	RetryInterval   time.Duration `yaml:"retry_interval"`   // between runs while a failure is not confirmed
	Timeout         time.Duration `yaml:"timeout"`          // of one run; cut to just below the intervals
	MaxAttempts     int           `yaml:"max_attempts"`     // failures in a row that confirm a fault
	RecoverAttempts int           `yaml:"recover_attempts"` // good results in a row after which it is forgotten
	FailsOn         []string      `yaml:"fails_on"`         // states that are failures: critical, warning, unknown
}

func newCommon() *Common {
	return &Common{
		Address: "127.0.0.1", Interval: 10 * time.Second, RetryInterval: 2 * time.Second, Timeout: 5 * time.Second,
		MaxAttempts: 3, RecoverAttempts: 3, FailsOn: []string{"critical"},
	}
}

// Bounds of the keys of Common.
const (
	minInterval = time.Second
	maxInterval = time.Hour
	maxAttempts = 100
)

// Validate reports every fault.
func (c *Common) Validate() error {
	var faults []error
	bad := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	for path, d := range map[string]time.Duration{"interval": c.Interval, "retry_interval": c.RetryInterval} {
		if d < minInterval || d > maxInterval {
			bad(path, "out of range (got %s; want 1s to 1h)", config.FormatDuration(d))
		}
	}
	if c.Timeout <= 0 {
		bad("timeout", "out of range (got %s; want more than 0s)", config.FormatDuration(c.Timeout))
	}
	for path, n := range map[string]int{"max_attempts": c.MaxAttempts, "recover_attempts": c.RecoverAttempts} {
		if n < 1 || n > maxAttempts {
			bad(path, "out of range (got %d; want 1 to %d)", n, maxAttempts)
		}
	}
	if len(c.FailsOn) == 0 {
		bad("fails_on", "no state is a failure (want [critical], with warning or unknown where they count too)")
	}
	for i, name := range c.FailsOn {
		if s, err := checks.ParseState(strings.ToUpper(name)); err != nil || s == checks.OK {
			bad(config.IndexPath("fails_on", i), "unknown state (got %q; want critical, warning or unknown)", name)
		}
	}
	return errors.Join(faults...)
}

// fails reports whether a state is a failure.
func (c *Common) fails(s checks.State) bool {
	return slices.Contains(c.FailsOn, strings.ToLower(s.String()))
}

// Load reads the file strictly: every fault is reported as file:line:col:
// path.to.key: what is wrong. The checks are in the order of their names.
func Load(path string, types []checks.Type) (Config, []Check, error) {
	loaded, err := config.Load(path, config.Section{Name: "health", Inline: true, Target: func() any { c := DefaultConfig(); return &c }})
	if loaded == nil {
		return Config{}, nil, err
	}
	faults := config.AllFaults(err, "")
	cfg, err := config.Get[*Config](loaded, "health")
	if err != nil {
		return Config{}, nil, err
	}
	var list []Check
	for _, name := range slices.Sorted(maps.Keys(cfg.Checks)) {
		c, err := decodeCheck(name, cfg.Checks[name], types)
		faults = append(faults, config.AllFaults(err, "")...)
		list = append(list, c)
	}
	return *cfg, list, faults.Err()
}

// decodeCheck reads one check by the rules of its type.
func decodeCheck(name string, n *config.Node, types []checks.Type) (Check, error) {
	path := config.KeyPath("checks", name)
	fault := func(at *config.Node, format string, args ...any) (Check, error) {
		return Check{}, config.Faults{{Place: at.Place, Path: path, Problem: fmt.Sprintf(format, args...)}}
	}
	if n.Kind != config.Map {
		return fault(n, "wrong type (got %s; want a mapping such as {type: disk, dir: /var})", n.Kind)
	}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.Name
	}
	slices.Sort(names)
	kind := n.Get("type")
	if kind == nil {
		return fault(n, "the check has no type (want type: one of %s)", strings.Join(names, ", "))
	}
	i := slices.IndexFunc(types, func(t checks.Type) bool { return t.Name == kind.Text })
	if i < 0 {
		return fault(kind, "unknown type of check (got %q; want one of %s)", kind.Text, strings.Join(names, ", "))
	}
	common, special := newCommon(), types[i].NewConfig()
	if err := config.Decode(n, path, common, special); err != nil {
		return Check{}, err
	}
	return Check{Name: name, Type: types[i], Config: special, Common: *common}, nil
}
