package postgres

import (
	"errors"

	"monitord/checks/internal/sqlanswer"
	"monitord/internal/config"
)

// Config is the options of a postgres check; sample.yaml says what each decides.
type Config struct {
	sqlanswer.Options `yaml:",inline"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	c := Config{sqlanswer.DefaultOptions(5432)}
	c.Database = "postgres"
	return c
}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := c.Faults()
	if c.Username == "" {
		faults = append(faults, config.Faultf("username", "is empty; want a role that may log in"))
	}
	if c.Database == "" {
		faults = append(faults, config.Faultf("database", "is empty; want a database's name"))
	}
	return errors.Join(faults...)
}
