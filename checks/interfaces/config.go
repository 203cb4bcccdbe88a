package interfaces

import (
	"errors"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/internal/config"
)

// Config is the options of a check of interfaces; sample.yaml says what each
// decides.
type Config struct {
	snmpask.Options `yaml:",inline"`
	Unused          []string          `yaml:"unused"`
	Down            string            `yaml:"down"`
	UsageWarning    *checks.Threshold `yaml:"usage_warning"`
	UsageCritical   *checks.Threshold `yaml:"usage_critical"`
	ErrorsWarning   *checks.Threshold `yaml:"errors_warning"`
	ErrorsCritical  *checks.Threshold `yaml:"errors_critical"`
	DropsWarning    *checks.Threshold `yaml:"discards_warning"`
	DropsCritical   *checks.Threshold `yaml:"discards_critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{
		Options: snmpask.DefaultOptions(), Down: "critical",
		UsageWarning: snmpask.Limit("90%"), ErrorsWarning: snmpask.Limit("1"), DropsWarning: snmpask.Limit("10"),
	}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := []error{c.Options.Validate()}
	for i, p := range c.Unused {
		if _, err := snmpask.Matcher([]string{p}); err != nil {
			faults = append(faults, config.Faultf(config.IndexPath("unused", i), "%v", err))
		}
	}
	if _, ok := downStates[c.Down]; !ok {
		faults = append(faults, config.Faultf("down", "got %q; want critical, warning or ok", c.Down))
	}
	return errors.Join(faults...)
}

// downStates is what an interface that is down although it is wanted means.
var downStates = map[string]checks.State{"critical": checks.Critical, "warning": checks.Warning, "ok": checks.OK}
