package mailloop

import (
	"errors"
	"time"

	"monitord/checks"
	"monitord/checks/internal/dialogue"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of a mailloop check; sample.yaml says what each decides.
type Config struct {
	Sender       string            `yaml:"sender"`
	Recipient    string            `yaml:"recipient"`
	Family       netdial.Family    `yaml:"family"`
	SendHost     string            `yaml:"send_host"`
	SendPort     int               `yaml:"send_port"`
	SendTLS      dialogue.Mode     `yaml:"send_tls"`
	SendUsername string            `yaml:"send_username"`
	SendPassword config.Secret     `yaml:"send_password"`
	Read         string            `yaml:"read"`
	ReadHost     string            `yaml:"read_host"`
	ReadPort     int               `yaml:"read_port"`
	ReadTLS      dialogue.Mode     `yaml:"read_tls"`
	ReadUsername string            `yaml:"read_username"`
	ReadPassword config.Secret     `yaml:"read_password"`
	Mailbox      string            `yaml:"mailbox"`
	Poll         time.Duration     `yaml:"poll"`
	Verify       bool              `yaml:"tls_verify"`
	CAFile       string            `yaml:"tls_ca_file"`
	Plaintext    bool              `yaml:"plaintext_auth"`
	Warning      *checks.Threshold `yaml:"warning"`
	Critical     *checks.Threshold `yaml:"critical"`
}

// The values of Config.Read.
const (
	ReadIMAP = "imap"
	ReadPOP3 = "pop3"
)

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{
		Family: netdial.FamilyAny, SendTLS: dialogue.ModeNone, Read: ReadIMAP, ReadTLS: dialogue.ModeImplicit,
		Mailbox: "INBOX", Poll: time.Second, Verify: true,
	}
}

// send is the way in.
func (c *Config) send() dialogue.Options {
	return dialogue.Options{
		Port: c.SendPort, Family: c.Family, TLS: c.SendTLS, Verify: c.Verify, CAFile: c.CAFile,
		Username: c.SendUsername, Password: c.SendPassword, Plaintext: c.Plaintext,
	}
}

// read is the way out.
func (c *Config) read() dialogue.Options {
	return dialogue.Options{
		Port: c.ReadPort, Family: c.Family, TLS: c.ReadTLS, Verify: c.Verify, CAFile: c.CAFile,
		Username: c.ReadUsername, Password: c.ReadPassword, Plaintext: c.Plaintext,
	}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	send, read := c.send(), c.read()
	read.Family = netdial.FamilyAny // said once, for send
	faults := prefixed("send_", send.Faults())
	faults = append(faults, prefixed("read_", read.Faults())...)
	add := func(bad bool, path, format string, args ...any) {
		if bad {
			faults = append(faults, config.Faultf(path, format, args...))
		}
	}
	add(!dialogue.Address(c.Sender), "sender", "got %q; want an address such as monitor@example.com", c.Sender)
	add(!dialogue.Address(c.Recipient), "recipient", "got %q; want the address of the mailbox that is read", c.Recipient)
	add(c.Read != ReadIMAP && c.Read != ReadPOP3, "read", "got %q; want imap or pop3", c.Read)
	add(c.ReadUsername == "", "read_username", "is missing: the mailbox cannot be read without")
	add(c.Mailbox == "" || !dialogue.Printable(c.Mailbox), "mailbox", "got %q; want a name such as INBOX", c.Mailbox)
	add(c.Poll < 100*time.Millisecond || c.Poll > time.Minute, "poll", "got %s; want 100ms to 1m", c.Poll)
	return errors.Join(faults...)
}

// prefixed names the keys of faults as they are here; family has no prefix.
func prefixed(prefix string, faults []error) []error {
	for i, err := range faults {
		if f, ok := errors.AsType[config.Fault](err); ok && f.Path != "family" {
			f.Path = prefix + f.Path
			faults[i] = f
		}
	}
	return faults
}
