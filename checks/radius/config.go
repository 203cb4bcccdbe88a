package radius

import (
	"errors"
	"slices"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of a radius check; sample.yaml says what each decides.
type Config struct {
	Port          int               `yaml:"port"`
	Family        netdial.Family    `yaml:"family"`
	Secret        config.Secret     `yaml:"secret"`
	Username      string            `yaml:"username"`
	Password      config.Secret     `yaml:"password"`
	NASIdentifier string            `yaml:"nas_identifier"`
	Expect        string            `yaml:"expect"`
	Warning       *checks.Threshold `yaml:"warning"`
	Critical      *checks.Threshold `yaml:"critical"`
}

// The values of Config.Expect.
const (
	ExpectAccept    = "accept"
	ExpectReject    = "reject"
	ExpectChallenge = "challenge"
	ExpectAny       = "any"
)

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Port: 1812, Family: netdial.FamilyAny, NASIdentifier: "monitord", Expect: ExpectAccept}
}

// maxAttribute is the most that one attribute holds, in bytes (RFC 2865, section 5).
const maxAttribute = 253

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := netdial.Faults(c.Port, c.Family)
	fault := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	if c.Secret.IsZero() {
		fault("secret", "is missing; want the secret shared with the server: {file: PATH}")
	}
	if c.Username == "" || len(c.Username) > maxAttribute {
		fault("username", "has %d bytes; want 1 to %d", len(c.Username), maxAttribute)
	}
	if c.Password.IsZero() {
		fault("password", "is missing; want {file: PATH}")
	}
	if len(c.NASIdentifier) > maxAttribute {
		fault("nas_identifier", "has %d bytes; want at most %d", len(c.NASIdentifier), maxAttribute)
	}
	if !slices.Contains([]string{ExpectAccept, ExpectReject, ExpectChallenge, ExpectAny}, c.Expect) {
		fault("expect", "got %q; want accept, reject, challenge or any", c.Expect)
	}
	return errors.Join(faults...)
}
