package printer

import (
	"monitord/checks"
	"monitord/checks/internal/snmpask"
)

// Config is the options of a check of a printer; sample.yaml says what each
// decides.
type Config struct {
	snmpask.Options `yaml:",inline"`
	SupplyWarning   *checks.Threshold `yaml:"supply_warning"`
	SupplyCritical  *checks.Threshold `yaml:"supply_critical"`
	TrayWarning     *checks.Threshold `yaml:"tray_warning"`
	TrayCritical    *checks.Threshold `yaml:"tray_critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Options: snmpask.DefaultOptions(), SupplyWarning: snmpask.Limit("10%:"), SupplyCritical: snmpask.Limit("2%:")}
}

// Validate reports every fault.
func (c *Config) Validate() error { return c.Options.Validate() }
