package ftp

import (
	"errors"

	"monitord/checks/internal/dialogue"
	"monitord/internal/config"
)

// Config is the options of an ftp check; sample.yaml says what each decides.
type Config struct {
	dialogue.Options `yaml:",inline"`
	Anonymous        bool   `yaml:"anonymous"`
	File             string `yaml:"file"`
	Contains         string `yaml:"contains"`
	MaxBytes         int    `yaml:"max_bytes"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Options: dialogue.DefaultOptions(dialogue.ModeNone), MaxBytes: 64 << 10}
}

// maxBytesLimit bounds what one run may hold in memory.
const maxBytesLimit = 1 << 20

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := c.Faults()
	add := func(bad bool, path, format string, args ...any) {
		if bad {
			faults = append(faults, config.Faultf(path, format, args...))
		}
	}
	add(c.Anonymous && c.Username != "", "anonymous", "stands beside username; want one of them")
	add(!dialogue.OneLine(c.File), "file", "holds a line break")
	add(c.File != "" && c.Username == "" && !c.Anonymous, "file", "wants a login; want username, or anonymous: true")
	add(c.Contains != "" && c.File == "", "contains", "stands without file")
	add(c.MaxBytes < 1 || c.MaxBytes > maxBytesLimit, "max_bytes", "got %d; want 1 to %d", c.MaxBytes, maxBytesLimit)
	return errors.Join(faults...)
}
