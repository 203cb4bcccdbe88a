package smtp

import (
	"errors"

	"monitord/checks/internal/dialogue"
	"monitord/internal/config"
)

// Config is the options of an smtp check; sample.yaml says what each decides.
type Config struct {
	dialogue.Options `yaml:",inline"`
	Hello            string `yaml:"hello"`
	Sender           string `yaml:"sender"`
	Recipient        string `yaml:"recipient"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{Options: dialogue.DefaultOptions(dialogue.ModeNone)} }

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := c.Faults()
	if !dialogue.OneLine(c.Hello) {
		faults = append(faults, config.Faultf("hello", "holds a line break"))
	}
	if c.Sender != "" && !dialogue.Address(c.Sender) {
		faults = append(faults, config.Faultf("sender", "got %q; want an address such as monitor@example.com", c.Sender))
	}
	if c.Recipient != "" && !dialogue.Address(c.Recipient) {
		faults = append(faults, config.Faultf("recipient", "got %q; want an address such as postmaster@example.com", c.Recipient))
	}
	return errors.Join(faults...)
}
