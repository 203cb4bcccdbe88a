package processors

import (
	"monitord/checks"
	"monitord/checks/internal/snmpask"
)

// Config is the options of a check of processors; sample.yaml says what each
// decides.
type Config struct {
	snmpask.Options `yaml:",inline"`
	Warning         *checks.Threshold `yaml:"warning"`
	Critical        *checks.Threshold `yaml:"critical"`
	EachWarning     *checks.Threshold `yaml:"each_warning"`
	EachCritical    *checks.Threshold `yaml:"each_critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Options: snmpask.DefaultOptions(), Warning: snmpask.Limit("90%"), Critical: snmpask.Limit("98%")}
}

// Validate reports every fault.
func (c *Config) Validate() error { return c.Options.Validate() }
