package ntp

import (
	"errors"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of an ntp check; sample.yaml says what each decides.
type Config struct {
	Port       int               `yaml:"port"`
	Family     netdial.Family    `yaml:"family"`
	MaxStratum int               `yaml:"max_stratum"`
	Warning    *checks.Threshold `yaml:"warning"`
	Critical   *checks.Threshold `yaml:"critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{Port: 123, Family: netdial.FamilyAny, MaxStratum: 15} }

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := netdial.Faults(c.Port, c.Family)
	if c.MaxStratum < 1 || c.MaxStratum > 15 {
		faults = append(faults, config.Faultf("max_stratum", "got %d; want 1 to 15", c.MaxStratum))
	}
	return errors.Join(faults...)
}
