package dialogue

import (
	"fmt"
	"strings"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Mode says how a connection is protected.
type Mode string

// The modes.
const (
	ModeNone     Mode = "none"
	ModeStartTLS Mode = "starttls" // asked for in the protocol's own words
	ModeImplicit Mode = "implicit" // TLS from the first byte
)

// Options are what the checks of these protocols have in common; each sample.yaml
// says what they decide. They are embedded with `yaml:",inline"`.
type Options struct {
	Port         int               `yaml:"port"`
	Family       netdial.Family    `yaml:"family"`
	TLS          Mode              `yaml:"tls"`
	Verify       bool              `yaml:"tls_verify"`
	CAFile       string            `yaml:"tls_ca_file"`
	ServerName   string            `yaml:"tls_server_name"`
	CertWarning  int               `yaml:"cert_warning_days"`
	CertCritical int               `yaml:"cert_critical_days"`
	Expect       string            `yaml:"expect"`
	Username     string            `yaml:"username"`
	Password     config.Secret     `yaml:"password"`
	Plaintext    bool              `yaml:"plaintext_auth"`
	Warning      *checks.Threshold `yaml:"warning"`
	Critical     *checks.Threshold `yaml:"critical"`
}

// DefaultOptions is what the samples show.
func DefaultOptions(mode Mode) Options {
	return Options{Family: netdial.FamilyAny, TLS: mode, Verify: true}
}

// Faults reports every fault.
func (o *Options) Faults() []error {
	var faults []error
	add := func(bad bool, path, format string, args ...any) {
		if bad {
			faults = append(faults, config.Faultf(path, format, args...))
		}
	}
	add(o.Port < 0 || o.Port > 65535, "port", "got %d; want 0 to 65535", o.Port)
	add(!o.Family.Valid(), "family", "got %q; want any, ip4 or ip6", o.Family)
	add(o.TLS != ModeNone && o.TLS != ModeStartTLS && o.TLS != ModeImplicit, "tls", "got %q; want none, starttls or implicit", o.TLS)
	add(o.CertWarning < 0, "cert_warning_days", "got %d; want 0 or more", o.CertWarning)
	add(o.CertCritical < 0, "cert_critical_days", "got %d; want 0 or more", o.CertCritical)
	add(!OneLine(o.Username), "username", "holds a line break")
	add(o.Username == "" && !o.Password.IsZero(), "username", "is missing beside password")
	add(o.Username != "" && o.Password.IsZero(), "password", "is missing beside username; want {file: PATH}")
	add(o.Username != "" && o.TLS == ModeNone && !o.Plaintext, "password",
		"would cross the network for everyone to read; want tls: starttls or implicit, or plaintext_auth: true")
	return faults
}

// OneLine reports that s holds nothing that ends a line.
func OneLine(s string) bool { return !strings.ContainsAny(s, "\r\n\x00") }

// Ports are a protocol's own: plain (and STARTTLS), and implicit TLS.
type Ports struct{ Plain, Implicit int }

// port is where to connect.
func (o *Options) port(p Ports) int {
	switch {
	case o.Port != 0:
		return o.Port
	case o.TLS == ModeImplicit:
		return p.Implicit
	}
	return p.Plain
}

// Login is what a peer is told about who we are; the zero value is nobody.
type Login struct{ User, Password string }

// login reads the password; the error names its file.
func (o *Options) login() (Login, error) {
	if o.Username == "" {
		return Login{}, nil
	}
	password, err := o.Password.Read()
	if err == nil && !OneLine(password) {
		err = fmt.Errorf("read secret %s: it holds a line break, which no line of a protocol can (want one line)", o.Password.File)
	}
	return Login{User: o.Username, Password: password}, err
}

// Printable reports that s is of printable ASCII.
func Printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}
