package storage

import (
	"monitord/checks"
	"monitord/checks/internal/snmpask"
)

// Config is the options of a check of storage; sample.yaml says what each decides.
type Config struct {
	snmpask.Options `yaml:",inline"`
	DiskWarning     *checks.Threshold `yaml:"disk_warning"`
	DiskCritical    *checks.Threshold `yaml:"disk_critical"`
	FreeWarning     *checks.Threshold `yaml:"free_warning"`
	FreeCritical    *checks.Threshold `yaml:"free_critical"`
	MemoryWarning   *checks.Threshold `yaml:"memory_warning"`
	MemoryCritical  *checks.Threshold `yaml:"memory_critical"`
	SwapWarning     *checks.Threshold `yaml:"swap_warning"`
	SwapCritical    *checks.Threshold `yaml:"swap_critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	c := Config{
		Options:     snmpask.DefaultOptions(),
		DiskWarning: snmpask.Limit("85%"), DiskCritical: snmpask.Limit("95%"),
		MemoryWarning: snmpask.Limit("90%"), MemoryCritical: snmpask.Limit("97%"),
		SwapWarning: snmpask.Limit("50%"), SwapCritical: snmpask.Limit("90%"),
	}
	c.Except = []string{"/(dev|proc|run|snap|sys)(/.*)?", "(UMA|MALLOC): .*", ".* Memory Metrics"}
	return c
}

// Validate reports every fault.
func (c *Config) Validate() error { return c.Options.Validate() }
