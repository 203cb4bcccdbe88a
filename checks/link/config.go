package link

import (
	"errors"
	"strings"

	"monitord/internal/config"
)

// Config is the options of a link check; sample.yaml says what each decides.
type Config struct {
	Interface string `yaml:"interface"`
	MinSpeed  int    `yaml:"min_speed"` // Mbit/s; 0 does not ask
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{} }

// maxName is IFNAMSIZ without its zero byte: linux/if.h.
const maxName = 15

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if n := c.Interface; n == "" || len(n) > maxName || n == "." || n == ".." || strings.ContainsAny(n, "/: \t\n\x00") {
		faults = append(faults, config.Faultf("interface", "got %q; want the name of a network interface, such as eth0", n))
	}
	if c.MinSpeed < 0 || c.MinSpeed > 10_000_000 {
		faults = append(faults, config.Faultf("min_speed", "got %d; want Mbit/s, such as 1000, or 0 not to ask", c.MinSpeed))
	}
	return errors.Join(faults...)
}
