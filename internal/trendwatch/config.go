package trendwatch

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"monitord/checks/trend"
	"monitord/internal/config"
)

// Config is the section `trends`: which series are judged, and for what.
type Config struct {
	Enabled bool `yaml:"enabled"`
	// Defaults adds the rules that come with the program, for every host.
	Defaults bool `yaml:"defaults"`
	// MaxSeries bounds the series that are judged; each takes some 12 KB of memory.
	MaxSeries int `yaml:"max_series"`
	// Learn is how much of the past a new series is learned from.
	Learn time.Duration `yaml:"learn"`
	// Lead is how long it takes to get more of what runs out: the order-by date is
	// so long before the earliest date of a limit.
	Lead  time.Duration `yaml:"lead"`
	Rules []RuleConfig  `yaml:"rules"`
}

// RuleConfig is one rule. A rule with the name of a default one replaces it.
type RuleConfig struct {
	Name string `yaml:"name"`
	Off  bool   `yaml:"off"` // the default rule of that name is not wanted
	// Expr is a PromQL selector or expression; each series of its answer is judged.
	Expr string `yaml:"expr"`
	// Counter: Expr selects counters, and their rate in a second is judged.
	Counter bool `yaml:"counter"`
	// Item names a series among those of its host, with its labels in braces:
	// "filesystem {mountpoint}".
	Item string `yaml:"item"`
	Unit Unit   `yaml:"unit"`
	// Limit is a number, or a PromQL expression with the labels of Expr (or fewer).
	Limit    string        `yaml:"limit"`
	Below    bool          `yaml:"below"` // the limit is a floor
	Kinds    []trend.Kind  `yaml:"kinds"` // empty: as trend.Config.Only
	Warn     time.Duration `yaml:"warn"`
	Critical time.Duration `yaml:"critical"`
	MinFree  *float64      `yaml:"min_free"`
	Lead     time.Duration `yaml:"lead"` // 0: as of the section
	Step     time.Duration `yaml:"step"` // distance of the values judged; 0: 5m
}

// Unit says how the values of a rule are written.
type Unit string

// The units. A ratio is a share of 1.
const (
	UnitNumber         Unit = ""
	UnitRatio          Unit = "ratio"
	UnitBytes          Unit = "bytes"
	UnitBytesPerSecond Unit = "bytes_per_second"
	UnitPerSecond      Unit = "per_second"
	UnitSeconds        Unit = "seconds"
)

const (
	defaultStep = 5 * time.Minute
	day         = 24 * time.Hour
)

// DefaultConfig judges what every host has, and learns from four weeks.
func DefaultConfig() Config {
	return Config{Enabled: true, Defaults: true, MaxSeries: 20_000, Learn: 28 * day, Lead: 30 * day}
}

// Validate reports every fault. Expressions are parsed by the store.
func (c *Config) Validate() error {
	var faults []error
	if c.MaxSeries < 1 || c.MaxSeries > 1_000_000 {
		faults = append(faults, config.Faultf("max_series", "got %d; want 1 to 1000000 (12 KB of memory each)", c.MaxSeries))
	}
	if c.Learn < 0 || c.Learn > 366*day {
		faults = append(faults, config.Faultf("learn", "got %s; want 0s to 366d", c.Learn))
	}
	if c.Lead < 0 {
		faults = append(faults, config.Faultf("lead", "got %s; want 0s or more", c.Lead))
	}
	seen := map[string]bool{}
	for i := range c.Rules {
		r := &c.Rules[i]
		at := config.IndexPath("rules", i)
		for _, f := range r.faults() {
			faults = append(faults, config.Faultf(config.KeyPath(at, f.Path), "%s", f.Problem))
		}
		if seen[r.Name] {
			faults = append(faults, config.Faultf(config.KeyPath(at, "name"), "got %q twice; want names that differ", r.Name))
		}
		seen[r.Name] = true
	}
	return errors.Join(faults...)
}

var ruleName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

// faults lists what is wrong with one rule, with paths relative to it.
func (r *RuleConfig) faults() []config.Fault {
	var list []config.Fault
	fault := func(path, problem string) { list = append(list, config.Fault{Path: path, Problem: problem}) }
	if !ruleName.MatchString(r.Name) {
		fault("name", "got "+strconv.Quote(r.Name)+"; want letters, digits, dot, dash or underscore")
	}
	if r.Off {
		return list
	}
	if strings.TrimSpace(r.Expr) == "" {
		fault("expr", "is missing; want a PromQL expression, or off: true")
	}
	switch r.Unit {
	case UnitNumber, UnitRatio, UnitBytes, UnitBytesPerSecond, UnitPerSecond, UnitSeconds:
	default:
		fault("unit", "got "+strconv.Quote(string(r.Unit))+"; want ratio, bytes, bytes_per_second, per_second, seconds or nothing")
	}
	if strings.Count(r.Item, "{") != strings.Count(r.Item, "}") {
		fault("item", "got "+strconv.Quote(r.Item)+"; want labels in braces, such as filesystem {mountpoint}")
	}
	if r.Step != 0 && (r.Step < time.Minute || r.Step > time.Hour || r.Step%time.Minute != 0) {
		fault("step", "got "+r.Step.String()+"; want whole minutes, 1m to 1h")
	}
	if r.Lead < 0 {
		fault("lead", "got "+r.Lead.String()+"; want 0s or more")
	}
	if r.Limit == "" && (r.Below || r.MinFree != nil) {
		fault("limit", "is missing; below and min_free need one")
	}
	for _, k := range r.Kinds {
		if k == trend.Limit && r.Limit == "" {
			fault("kinds", "has limit, but there is no limit")
		}
	}
	for _, f := range config.AllFaults(r.detector(nil), "") {
		fault(f.Path, f.Problem)
	}
	return list
}

// detector fills c with what the detectors are told of a series; c may be nil.
func (r *RuleConfig) detector(c *trend.Config) error {
	conf := trend.DefaultConfig()
	conf.Counter, conf.Below, conf.Only = r.Counter, r.Below, r.Kinds
	if r.Warn != 0 {
		conf.Warn = r.Warn
	}
	if r.Critical != 0 {
		conf.Critical = r.Critical
	}
	if r.MinFree != nil {
		conf.MinFree = *r.MinFree
	}
	if c != nil {
		*c = conf
	}
	return conf.Validate()
}
