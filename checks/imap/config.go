package imap

import (
	"errors"

	"monitord/checks/internal/dialogue"
	"monitord/internal/config"
)

// Config is the options of an imap check; sample.yaml says what each decides.
type Config struct {
	dialogue.Options `yaml:",inline"`
	Mailbox          string `yaml:"mailbox"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Options: dialogue.DefaultOptions(dialogue.ModeNone), Mailbox: "INBOX"}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := c.Faults()
	if c.Mailbox == "" || !dialogue.Printable(c.Mailbox) {
		faults = append(faults, config.Faultf("mailbox", "got %q; want a name such as INBOX (letters beyond ASCII in modified UTF-7, RFC 3501 section 5.1.3)", c.Mailbox))
	}
	return errors.Join(faults...)
}
