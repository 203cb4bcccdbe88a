package journald

import (
	"errors"
	"fmt"
	"strings"

	"monitord/internal/config"
)

// Config says what of the journal is followed.
type Config struct {
	// Enabled follows the journal at all.
	Enabled bool `yaml:"enabled"`
	// Units are the units that are followed; none are all.
	Units []string `yaml:"units"`
	// From says where to begin without a cursor: end or beginning.
	From string `yaml:"from"`
	// Directory is where the journal's files are; "" is this machine's journal.
	Directory string `yaml:"directory"`
	// MaxLine is how many bytes of a line are kept.
	MaxLine int `yaml:"max_line"`
}

// DefaultConfig follows nothing.
func DefaultConfig() Config { return Config{From: "end", MaxLine: 64 << 10} }

// Validate reports every fault at once.
func (c Config) Validate() error {
	var errs []error
	if c.From != "end" && c.From != "beginning" {
		errs = append(errs, config.Faultf("from", "got %q; want end or beginning", c.From))
	}
	if c.MaxLine < 256 || c.MaxLine > 1<<20 {
		errs = append(errs, config.Faultf("max_line", "got %d; want 256 to 1048576 bytes", c.MaxLine))
	}
	for i, u := range c.Units {
		if u == "" || strings.HasPrefix(u, "-") {
			errs = append(errs, config.Faultf(fmt.Sprintf("units[%d]", i), "got %q; want the name of a unit", u))
		}
	}
	return errors.Join(errs...)
}
