package ups

import (
	"errors"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/internal/config"
)

// Config is the options of a check of a UPS; sample.yaml says what each decides.
type Config struct {
	snmpask.Options `yaml:",inline"`
	OnBattery       string            `yaml:"on_battery"`
	ChargeWarning   *checks.Threshold `yaml:"charge_warning"`
	ChargeCritical  *checks.Threshold `yaml:"charge_critical"`
	LeftWarning     *checks.Threshold `yaml:"left_warning"`
	LeftCritical    *checks.Threshold `yaml:"left_critical"`
	LoadWarning     *checks.Threshold `yaml:"load_warning"`
	LoadCritical    *checks.Threshold `yaml:"load_critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{
		Options: snmpask.DefaultOptions(), OnBattery: "critical",
		ChargeWarning: snmpask.Limit("50%:"), ChargeCritical: snmpask.Limit("20%:"),
		LeftWarning: snmpask.Limit("10m:"), LeftCritical: snmpask.Limit("5m:"),
		LoadWarning: snmpask.Limit("80%"), LoadCritical: snmpask.Limit("95%"),
	}
}

// onBattery is what it means that the mains have failed.
var onBattery = map[string]checks.State{"critical": checks.Critical, "warning": checks.Warning}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := []error{c.Options.Validate()}
	if _, ok := onBattery[c.OnBattery]; !ok {
		faults = append(faults, config.Faultf("on_battery", "got %q; want critical or warning", c.OnBattery))
	}
	return errors.Join(faults...)
}
