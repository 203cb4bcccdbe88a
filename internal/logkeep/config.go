package logkeep

import (
	"errors"
	"time"

	"monitord/internal/config"
)

// Config bounds what is kept.
type Config struct {
	// MaxBytes bounds the folder; beyond it the oldest segment goes.
	MaxBytes int64 `yaml:"max_bytes"`
	// MaxAge is how long lines are kept at least one segment's time; 0 keeps them
	// for as long as there is room.
	MaxAge time.Duration `yaml:"max_age"`
	// MinFree is what must stay free on the disk: below it nothing is kept.
	MinFree int64 `yaml:"min_free"`
}

// DefaultConfig keeps up to 10 GiB for 90 days.
func DefaultConfig() Config {
	return Config{MaxBytes: 10 << 30, MaxAge: 90 * 24 * time.Hour, MinFree: 512 << 20}
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	var errs []error
	if c.MaxBytes < 4*segmentBytes {
		errs = append(errs, config.Faultf("max_bytes", "got %d; want at least %d", c.MaxBytes, 4*segmentBytes))
	}
	if c.MaxAge != 0 && c.MaxAge < time.Hour {
		errs = append(errs, config.Faultf("max_age", "got %s; want 0 (no limit) or at least 1h", c.MaxAge))
	}
	if c.MinFree < 0 {
		errs = append(errs, config.Faultf("min_free", "got %d; want 0 or more bytes", c.MinFree))
	}
	return errors.Join(errs...)
}
