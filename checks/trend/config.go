package trend

import (
	"errors"
	"math"
	"slices"
	"time"

	"monitord/internal/config"
)

// Config says what one series is. The zero value is a gauge without a limit in
// UTC. How sensitive the detectors are is no option: docs/adr/0024 has the one
// setting and its reasons.
type Config struct {
	// Counter: the values only rise, and what is judged is their rate in a second.
	Counter bool `yaml:"counter"`
	// Limit is the value that must not be reached; nil for none.
	Limit *float64 `yaml:"limit"`
	// Below: the limit is a floor (free swap), not a ceiling.
	Below bool `yaml:"below"`
	// Only names the kinds wanted. Empty is surge, drop and pattern without a limit;
	// limit alone with a ceiling, for whoever cleans a disk does well; limit and
	// drop with a floor.
	Only []Kind `yaml:"only"`
	// Warn is how far ahead a limit is told; Critical how far ahead it presses.
	Warn     time.Duration `yaml:"warn"`
	Critical time.Duration `yaml:"critical"`
	// MinFree is the share of the limit that may be left unused without a word,
	// however the last days went, unless the limit comes within Critical.
	MinFree float64 `yaml:"min_free"`
	// Zone is where "the hour of the week" is meant; nil is UTC.
	Zone *time.Location `yaml:"-"`
}

// DefaultConfig tells limits three days ahead, and presses four hours ahead.
func DefaultConfig() Config {
	return Config{Warn: 72 * time.Hour, Critical: 4 * time.Hour, MinFree: 0.2}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if c.Limit != nil && (math.IsNaN(*c.Limit) || math.IsInf(*c.Limit, 0)) {
		faults = append(faults, config.Faultf("limit", "got %v; want a finite number", *c.Limit))
	}
	if c.Critical <= 0 || c.Warn < c.Critical {
		faults = append(faults, config.Faultf("warn", "got warn %s and critical %s; want warn ≥ critical > 0", c.Warn, c.Critical))
	}
	if !(c.MinFree >= 0 && c.MinFree <= 1) {
		faults = append(faults, config.Faultf("min_free", "got %v; want a share from 0 to 1", c.MinFree))
	}
	for _, k := range c.Only {
		if _, err := ParseKind(k.String()); err != nil {
			faults = append(faults, config.Faultf("only", "%v", err))
		}
	}
	return errors.Join(faults...)
}

// wants tells whether findings of a kind are asked for.
func (c *Config) wants(k Kind) bool {
	switch {
	case k == Limit && c.Limit == nil:
		return false
	case len(c.Only) > 0:
		return slices.Contains(c.Only, k)
	case c.Limit == nil:
		return true
	case c.Below:
		return k == Limit || k == Drop
	}
	return k == Limit
}
