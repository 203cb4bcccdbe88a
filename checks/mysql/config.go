package mysql

import (
	"errors"

	"monitord/checks/internal/sqlanswer"
	"monitord/internal/config"
)

// Config is the options of a mysql check; sample.yaml says what each decides.
type Config struct {
	sqlanswer.Options `yaml:",inline"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{sqlanswer.DefaultOptions(3306)}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := c.Faults()
	if c.Username == "" {
		faults = append(faults, config.Faultf("username", "is empty; want a user"))
	}
	return errors.Join(faults...)
}
