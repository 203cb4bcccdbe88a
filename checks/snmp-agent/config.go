package snmpagent

import (
	"errors"
	"time"

	"monitord/checks/internal/snmpask"
	"monitord/internal/config"
)

// Config is the options of a check of an agent; sample.yaml says what each
// decides.
type Config struct {
	snmpask.Options `yaml:",inline"`
	Restarted       time.Duration `yaml:"restarted"`
	Name            string        `yaml:"name"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Options: snmpask.DefaultOptions(), Restarted: 10 * time.Minute}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := []error{c.Options.Validate()}
	if c.Restarted < 0 || c.Restarted > 7*24*time.Hour {
		faults = append(faults, config.Faultf("restarted", "got %s; want 0s (never) to 168h", c.Restarted))
	}
	if _, err := snmpask.Matcher([]string{c.Name}); err != nil {
		faults = append(faults, config.Faultf("name", "%v", err))
	}
	return errors.Join(faults...)
}
