package disk

import (
	"errors"
	"path/filepath"

	"monitord/checks"
	"monitord/internal/config"
)

// Config is the options of a disk check; sample.yaml says what each decides.
type Config struct {
	Dir      string            `yaml:"dir"`
	Size     int               `yaml:"size"` // bytes
	Warning  *checks.Threshold `yaml:"warning"`
	Critical *checks.Threshold `yaml:"critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{Size: 4096} }

// maxSize bounds Config.Size: this is no benchmark.
const maxSize = 16 << 20

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if !filepath.IsAbs(c.Dir) {
		faults = append(faults, config.Faultf("dir", "got %q; want an absolute folder, such as /var/lib/postgresql", c.Dir))
	}
	if c.Size < 1 || c.Size > maxSize {
		faults = append(faults, config.Faultf("size", "got %d; want 1 to %d bytes", c.Size, maxSize))
	}
	return errors.Join(faults...)
}
