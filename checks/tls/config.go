package tls

import (
	"crypto/tls"
	"errors"
	"maps"
	"slices"
	"strings"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of a tls check; sample.yaml says what each decides.
type Config struct {
	Port         int               `yaml:"port"`
	Family       netdial.Family    `yaml:"family"`
	StartTLS     string            `yaml:"starttls"`
	Verify       bool              `yaml:"tls_verify"`
	CAFile       string            `yaml:"tls_ca_file"`
	ServerName   string            `yaml:"tls_server_name"`
	MinVersion   string            `yaml:"min_version"`
	CertWarning  int               `yaml:"cert_warning_days"`
	CertCritical int               `yaml:"cert_critical_days"`
	Warning      *checks.Threshold `yaml:"warning"`
	Critical     *checks.Threshold `yaml:"critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Port: 443, Family: netdial.FamilyAny, StartTLS: startNone, Verify: true, MinVersion: "1.2", CertWarning: 21, CertCritical: 7}
}

// version is the protocol's number of what people write; 0 is none of them.
func version(s string) uint16 {
	switch s {
	case "1.0":
		return tls.VersionTLS10
	case "1.1":
		return tls.VersionTLS11
	case "1.2":
		return tls.VersionTLS12
	case "1.3":
		return tls.VersionTLS13
	}
	return 0
}

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if c.Port < 1 || c.Port > 65535 {
		faults = append(faults, config.Faultf("port", "got %d; want 1 to 65535", c.Port))
	}
	if !c.Family.Valid() {
		faults = append(faults, config.Faultf("family", "got %q; want any, ip4 or ip6", c.Family))
	}
	if _, known := starts()[c.StartTLS]; !known {
		faults = append(faults, config.Faultf("starttls", "got %q; want one of %s", c.StartTLS, strings.Join(slices.Sorted(maps.Keys(starts())), ", ")))
	}
	if version(c.MinVersion) == 0 {
		faults = append(faults, config.Faultf("min_version", "got %q; want 1.0, 1.1, 1.2 or 1.3", c.MinVersion))
	}
	if c.CertWarning < 0 {
		faults = append(faults, config.Faultf("cert_warning_days", "got %d; want 0 or more", c.CertWarning))
	}
	if c.CertCritical < 0 {
		faults = append(faults, config.Faultf("cert_critical_days", "got %d; want 0 or more", c.CertCritical))
	}
	return errors.Join(faults...)
}
