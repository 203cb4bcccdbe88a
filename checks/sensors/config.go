package sensors

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/internal/config"
)

// Config is the options of a check of sensors; sample.yaml says what each decides.
type Config struct {
	snmpask.Options `yaml:",inline"`
	Unavailable     string           `yaml:"unavailable"`
	Types           map[string]Limit `yaml:"types"` // by the name of a type
	Named           []Named          `yaml:"named"`
}

// Limit is the limits of one type of sensor.
type Limit struct {
	Warning  *checks.Threshold `yaml:"warning"`
	Critical *checks.Threshold `yaml:"critical"`
}

// Named is the limits of sensors by name, before those of their type.
type Named struct {
	Name     string            `yaml:"name"` // a regular expression for the whole name
	Warning  *checks.Threshold `yaml:"warning"`
	Critical *checks.Threshold `yaml:"critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Options: snmpask.DefaultOptions(), Unavailable: "unknown", Types: map[string]Limit{
		"celsius": {Warning: snmpask.Limit("70"), Critical: snmpask.Limit("85")},
		"rpm":     {Warning: snmpask.Limit("1:")},
	}}
}

// unavailable is what a sensor without a value means.
var unavailable = map[string]checks.State{"unknown": checks.Unknown, "warning": checks.Warning, "ok": checks.OK}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := []error{c.Options.Validate()}
	if _, ok := unavailable[c.Unavailable]; !ok {
		faults = append(faults, config.Faultf("unavailable", "got %q; want unknown, warning or ok", c.Unavailable))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Types)) {
		if !slices.ContainsFunc(kinds, func(k kind) bool { return k.name == name }) {
			faults = append(faults, config.Faultf(config.KeyPath("types", name), "there is no such type of sensor (want one of %s)", strings.Join(kindNames(), ", ")))
		}
	}
	for i, n := range c.Named {
		if _, err := snmpask.Matcher([]string{n.Name}); err != nil {
			faults = append(faults, config.Faultf(config.IndexPath("named", i)+".name", "%v", err))
		}
	}
	return errors.Join(faults...)
}

func kindNames() []string {
	var names []string
	for _, k := range kinds {
		if k.name != "" {
			names = append(names, k.name)
		}
	}
	return names
}
