package metric

import (
	"errors"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
)

// Config is the options of a metric check; sample.yaml says what each decides.
type Config struct {
	Expr     string            `yaml:"expr"`
	Item     string            `yaml:"item"`
	Warning  *checks.Threshold `yaml:"warning"`
	Critical *checks.Threshold `yaml:"critical"`
	Recovery *checks.Threshold `yaml:"recovery"`
	Unit     checks.Unit       `yaml:"unit"`
	Lookback time.Duration     `yaml:"lookback"`
	NoData   NoData            `yaml:"no_data"`
}

// NoData is the name of a state: what an empty answer means.
type NoData string

// The values of Config.NoData.
const (
	NoDataUnknown  NoData = "unknown"
	NoDataOK       NoData = "ok"
	NoDataCritical NoData = "critical"
)

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{NoData: NoDataUnknown} }

// Validate reports every fault. The expression itself is parsed by the store.
func (c *Config) Validate() error {
	var faults []error
	if strings.TrimSpace(c.Expr) == "" {
		faults = append(faults, config.Faultf("expr", "is missing; want a PromQL expression"))
	}
	if c.Warning == nil && c.Critical == nil {
		faults = append(faults, config.Faultf("critical", "is missing, and so is warning; want at least one"))
	}
	switch c.Unit {
	case checks.UnitNone, checks.UnitSeconds, checks.UnitBytes, checks.UnitRatio, checks.UnitCount:
	default:
		faults = append(faults, config.Faultf("unit", "got %q; want seconds, bytes, ratio, total or nothing", c.Unit))
	}
	switch c.NoData {
	case NoDataUnknown, NoDataOK, NoDataCritical:
	default:
		faults = append(faults, config.Faultf("no_data", "got %q; want unknown, ok or critical", c.NoData))
	}
	if c.Lookback < 0 {
		faults = append(faults, config.Faultf("lookback", "got %s; want 0s or more", c.Lookback))
	}
	return errors.Join(faults...)
}
