package tcp

import (
	"errors"
	"regexp"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of a tcp check; sample.yaml says what each decides.
type Config struct {
	Port         int               `yaml:"port"`
	Family       netdial.Family    `yaml:"family"`
	Send         string            `yaml:"send"`
	Expect       string            `yaml:"expect"`
	ExpectRegexp string            `yaml:"expect_regexp"`
	MaxBytes     int               `yaml:"max_bytes"`
	TLS          bool              `yaml:"tls"`
	Verify       bool              `yaml:"tls_verify"`
	CAFile       string            `yaml:"tls_ca_file"`
	ServerName   string            `yaml:"tls_server_name"`
	Warning      *checks.Threshold `yaml:"warning"`
	Critical     *checks.Threshold `yaml:"critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Family: netdial.FamilyAny, MaxBytes: 64 << 10, Verify: true}
}

// maxBytesLimit bounds what one run may hold in memory.
const maxBytesLimit = 1 << 20

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if c.Port < 1 || c.Port > 65535 {
		faults = append(faults, config.Faultf("port", "got %d; want 1 to 65535", c.Port))
	}
	if !c.Family.Valid() {
		faults = append(faults, config.Faultf("family", "got %q; want any, ip4 or ip6", c.Family))
	}
	if c.Expect != "" && c.ExpectRegexp != "" {
		faults = append(faults, config.Faultf("expect_regexp", "stands beside expect; want one of them"))
	}
	if _, err := regexp.Compile(c.ExpectRegexp); err != nil {
		faults = append(faults, config.Faultf("expect_regexp", "%v", err))
	}
	if c.MaxBytes < 1 || c.MaxBytes > maxBytesLimit {
		faults = append(faults, config.Faultf("max_bytes", "got %d; want 1 to %d", c.MaxBytes, maxBytesLimit))
	}
	return errors.Join(faults...)
}
