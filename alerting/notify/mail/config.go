package mail

import (
	_ "embed"
	"errors"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"monitord/internal/config"
)

// Sample is the part of the configuration file that this channel reads: every
// option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// TLS says how the connection to the relay is protected.
type TLS string

// The ways of protection.
const (
	TLSStart         TLS = "starttls"      // STARTTLS is required and the certificate checked
	TLSImplicit      TLS = "implicit"      // TLS from the first byte, certificate checked (port 465)
	TLSOpportunistic TLS = "opportunistic" // STARTTLS when offered, certificate not checked; no password
	TLSNone          TLS = "none"          // plain; no password except on loopback
)

// Config is the section mail.
type Config struct {
	Relay      string        `yaml:"relay"`       // host:port
	TLS        TLS           `yaml:"tls"`         // how the connection is protected
	ServerName string        `yaml:"server_name"` // name in the relay's certificate; empty: the host of Relay
	CAFile     string        `yaml:"ca_file"`     // PEM; empty: the system's authorities
	Username   string        `yaml:"username"`    // empty: no authentication
	Password   config.Secret `yaml:"password"`
	From       string        `yaml:"from"`    // sender's address, with or without a name
	Helo       string        `yaml:"helo"`    // name in EHLO; empty: this machine's name
	Timeout    time.Duration `yaml:"timeout"` // of one hand-over, from the connection to the answer
}

// DefaultConfig is what holds where nothing is written. Without a relay there
// is no mail.
func DefaultConfig() Config {
	return Config{TLS: TLSStart, Timeout: 30 * time.Second}
}

// Validate reports every fault; it touches neither network nor files. A
// configuration without a relay is valid: it means that there is no mail.
func (c Config) Validate() error {
	if c.Relay == "" {
		return nil
	}
	var faults []error
	add := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	host, port, err := net.SplitHostPort(c.Relay)
	if err != nil || host == "" {
		add("relay", "got %q; want host:port, such as mail.example.net:587 or [2001:db8::1]:25", c.Relay)
	} else if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		add("relay", "got port %q; want 1 to 65535", port)
	}
	switch c.TLS {
	case TLSStart, TLSImplicit, TLSOpportunistic, TLSNone:
	default:
		add("tls", "got %q; want starttls, implicit, opportunistic or none", string(c.TLS))
	}
	if c.Timeout < time.Second || c.Timeout > 10*time.Minute {
		add("timeout", "got %s; want 1s to 10m", c.Timeout)
	}
	if _, err := mail.ParseAddress(c.From); err != nil {
		add("from", "got %q; want an address such as monitord@example.net", c.From)
	}
	if strings.ContainsAny(c.Helo, " \t\r\n") {
		add("helo", "got %q; want a host name", c.Helo)
	}
	return errors.Join(append(faults, c.validateLogin(host)...)...)
}

func (c Config) validateLogin(host string) []error {
	var faults []error
	if c.Username == "" {
		if !c.Password.IsZero() {
			faults = append(faults, config.Faultf("username", "is missing, but there is a password"))
		}
		return faults
	}
	if c.Password.IsZero() {
		faults = append(faults, config.Faultf("password", "is missing; want {file: PATH}"))
	}
	if c.TLS == TLSOpportunistic || c.TLS == TLSNone && !loopbackName(host) {
		faults = append(faults, config.Faultf("tls", "got %s with a password; want starttls or implicit, which protect it", c.TLS))
	}
	return faults
}

// loopbackName reports whether a host can only be this machine.
func loopbackName(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
