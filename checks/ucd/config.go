package ucd

import (
	"errors"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/internal/config"
)

// Config is the options of a check of snmpd's own watching; sample.yaml says what
// each decides.
type Config struct {
	snmpask.Options `yaml:",inline"`
	Process         string `yaml:"process"` // what its error flag means, as the rest
	Disk            string `yaml:"disk"`
	Load            string `yaml:"load"`
	Swap            string `yaml:"swap"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Options: snmpask.DefaultOptions(), Process: "critical", Disk: "critical", Load: "warning", Swap: "warning"}
}

// states are what a flag may mean.
var states = map[string]checks.State{"critical": checks.Critical, "warning": checks.Warning, "ok": checks.OK}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := []error{c.Options.Validate()}
	for _, o := range []struct{ key, value string }{{"process", c.Process}, {"disk", c.Disk}, {"load", c.Load}, {"swap", c.Swap}} {
		if _, ok := states[o.value]; !ok {
			faults = append(faults, config.Faultf(o.key, "got %q; want critical, warning or ok", o.value))
		}
	}
	return errors.Join(faults...)
}
