package nntp

import (
	"errors"
	"strings"

	"monitord/checks/internal/dialogue"
	"monitord/internal/config"
)

// Config is the options of an nntp check; sample.yaml says what each decides.
type Config struct {
	dialogue.Options `yaml:",inline"`
	Group            string `yaml:"group"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{Options: dialogue.DefaultOptions(dialogue.ModeNone)} }

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := c.Faults()
	if !dialogue.OneLine(c.Group) || strings.ContainsAny(c.Group, " \t") {
		faults = append(faults, config.Faultf("group", "got %q; want a name such as local.general", c.Group))
	}
	return errors.Join(faults...)
}
