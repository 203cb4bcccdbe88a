package pop3

import (
	"errors"

	"monitord/checks/internal/dialogue"
)

// Config is the options of a pop3 check; sample.yaml says what each decides.
type Config struct {
	dialogue.Options `yaml:",inline"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{Options: dialogue.DefaultOptions(dialogue.ModeNone)} }

// Validate reports every fault.
func (c *Config) Validate() error { return errors.Join(c.Faults()...) }
