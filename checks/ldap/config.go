package ldap

import (
	"errors"
	"math"
	"regexp"

	"github.com/go-ldap/ldap/v3"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of an ldap check; sample.yaml says what each decides.
type Config struct {
	Port         int               `yaml:"port"`
	Family       netdial.Family    `yaml:"family"`
	TLS          string            `yaml:"tls"`
	Verify       bool              `yaml:"tls_verify"`
	CAFile       string            `yaml:"tls_ca_file"`
	ServerName   string            `yaml:"tls_server_name"`
	BindDN       string            `yaml:"bind_dn"`
	Password     config.Secret     `yaml:"password"`
	Base         string            `yaml:"base"`
	Scope        string            `yaml:"scope"`
	Filter       string            `yaml:"filter"`
	Entries      *checks.Threshold `yaml:"entries"`
	Attribute    string            `yaml:"attribute"`
	Expect       string            `yaml:"expect"`
	ExpectRegexp string            `yaml:"expect_regexp"`
	Warning      *checks.Threshold `yaml:"warning"`
	Critical     *checks.Threshold `yaml:"critical"`
}

// The values of Config.TLS.
const (
	TLSOff      = "off"
	TLSStartTLS = "starttls"
	TLSLDAPS    = "ldaps"
)

// scopes are the values of Config.Scope.
var scopes = map[string]int{"base": ldap.ScopeBaseObject, "one": ldap.ScopeSingleLevel, "sub": ldap.ScopeWholeSubtree}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{
		Family: netdial.FamilyAny, TLS: TLSOff, Verify: true, Scope: "base", Filter: "(objectClass=*)",
		Entries: &checks.Threshold{Range: checks.Range{Start: 1, End: math.Inf(1)}},
	}
}

// port is the configured one, or that of the protocol.
func (c *Config) port() int {
	switch {
	case c.Port != 0:
		return c.Port
	case c.TLS == TLSLDAPS:
		return 636
	}
	return 389
}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := netdial.Faults(c.port(), c.Family)
	fault := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	if c.TLS != TLSOff && c.TLS != TLSStartTLS && c.TLS != TLSLDAPS {
		fault("tls", "got %q; want off, starttls or ldaps", c.TLS)
	}
	if c.BindDN == "" && !c.Password.IsZero() {
		fault("bind_dn", "is missing beside password")
	}
	if c.BindDN != "" && c.Password.IsZero() {
		// RFC 4513 section 5.1.2: a DN without a password binds as nobody and succeeds.
		fault("password", "is missing beside bind_dn; want {file: PATH}")
	}
	if _, ok := scopes[c.Scope]; !ok {
		fault("scope", "got %q; want base, one or sub", c.Scope)
	}
	if _, err := ldap.CompileFilter(c.Filter); err != nil {
		fault("filter", "got %q; want a filter such as (uid=anna)", c.Filter)
	}
	if (c.Expect != "" || c.ExpectRegexp != "") && c.Attribute == "" {
		fault("attribute", "is missing beside expect; want the attribute's name")
	}
	if c.Expect != "" && c.ExpectRegexp != "" {
		fault("expect_regexp", "stands beside expect; want one of them")
	}
	if _, err := regexp.Compile(c.ExpectRegexp); err != nil {
		fault("expect_regexp", "%v", err)
	}
	return errors.Join(faults...)
}
