package ssh

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of an ssh check; sample.yaml says what each decides.
type Config struct {
	Port     int               `yaml:"port"`
	Family   netdial.Family    `yaml:"family"`
	Expect   string            `yaml:"expect"`
	HostKeys []string          `yaml:"host_keys"`
	Warning  *checks.Threshold `yaml:"warning"`
	Critical *checks.Threshold `yaml:"critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{Port: 22, Family: netdial.FamilyAny} }

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if c.Port < 1 || c.Port > 65535 {
		faults = append(faults, config.Faultf("port", "got %d; want 1 to 65535", c.Port))
	}
	if !c.Family.Valid() {
		faults = append(faults, config.Faultf("family", "got %q; want any, ip4 or ip6", c.Family))
	}
	for i, key := range c.HostKeys {
		hash, ok := strings.CutPrefix(key, "SHA256:")
		raw, err := base64.RawStdEncoding.DecodeString(hash)
		if !ok || err != nil || len(raw) != 32 {
			faults = append(faults, config.Faultf(fmt.Sprintf("host_keys[%d]", i), "got %q; want SHA256:… as ssh-keygen -l prints it", key))
		}
	}
	return errors.Join(faults...)
}
