package snmp

import (
	"errors"
	"regexp"
	"strings"

	"monitord/checks"
	"monitord/internal/config"
)

// Config is the options of an snmp check; sample.yaml says what each decides.
type Config struct {
	OID          []string          `yaml:"oid"`
	Next         bool              `yaml:"next"`
	Port         int               `yaml:"port"`
	Credentials  config.Secret     `yaml:"credentials"`
	Retries      int               `yaml:"retries"`
	Expect       string            `yaml:"expect"`
	ExpectRegexp string            `yaml:"expect_regexp"`
	Label        string            `yaml:"label"`
	Multiplier   float64           `yaml:"multiplier"`
	Warning      *checks.Threshold `yaml:"warning"`
	Critical     *checks.Threshold `yaml:"critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{Port: 161, Retries: 2, Multiplier: 1} }

// Positional is the key that an argument without an option goes to.
func (*Config) Positional() string { return "oid" }

// The limits of a check.
const (
	maxObjects = 100
	maxRetries = 20
)

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if len(c.OID) == 0 || len(c.OID) > maxObjects {
		faults = append(faults, config.Faultf("oid", "got %d objects; want 1 to %d, such as IF-MIB::ifOperStatus.1", len(c.OID), maxObjects))
	}
	if c.Port < 1 || c.Port > 65535 {
		faults = append(faults, config.Faultf("port", "got %d; want 1 to 65535", c.Port))
	}
	if c.Retries < 0 || c.Retries > maxRetries {
		faults = append(faults, config.Faultf("retries", "got %d; want 0 to %d", c.Retries, maxRetries))
	}
	if c.Expect != "" && c.ExpectRegexp != "" {
		faults = append(faults, config.Faultf("expect_regexp", "stands beside expect; want one of them"))
	}
	if _, err := regexp.Compile(c.ExpectRegexp); err != nil {
		faults = append(faults, config.Faultf("expect_regexp", "%v", err))
	}
	if strings.ContainsAny(c.Label, "='") {
		faults = append(faults, config.Faultf("label", "got %q; want neither = nor '", c.Label))
	}
	if c.Multiplier == 0 {
		faults = append(faults, config.Faultf("multiplier", "got 0; want what to multiply a number by, such as 0.1"))
	}
	return errors.Join(faults...)
}
