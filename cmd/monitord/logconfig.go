package main

import (
	"monitord/collectors/syslog"
	"monitord/internal/logwatch"
)

// logsConfig is the section `logs` of the server: files of this machine, messages
// of other machines, and the rules for both.
type logsConfig struct {
	logwatch.Config `yaml:",inline"`
	Syslog          syslog.Config `yaml:"syslog"`
}

func defaultLogsConfig() logsConfig {
	return logsConfig{Config: logwatch.DefaultConfig(), Syslog: syslog.DefaultConfig()}
}

// Validate reports every fault, but those of Syslog, which the decoder asks for.
func (c logsConfig) Validate() error { return c.ValidateBeside(c.Syslog.Enabled()) }
