package process

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
)

// Config is the options of a process check; sample.yaml says what each decides.
type Config struct {
	Name      string            `yaml:"name"`
	Cmdline   string            `yaml:"cmdline"`
	User      string            `yaml:"user"`
	States    string            `yaml:"states"`
	Minimum   int               `yaml:"minimum"`
	Maximum   int               `yaml:"maximum"`
	Warning   *checks.Threshold `yaml:"warning"`
	Critical  *checks.Threshold `yaml:"critical"`
	MemWarn   *checks.Threshold `yaml:"memory_warning"`
	MemCrit   *checks.Threshold `yaml:"memory_critical"`
	CPUWindow time.Duration     `yaml:"cpu_window"`
	CPUWarn   *checks.Threshold `yaml:"cpu_warning"`
	CPUCrit   *checks.Threshold `yaml:"cpu_critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{Minimum: 1} }

// stateLetters are the states of proc_pid_stat(5).
const stateLetters = "RSDZTtXxKWPI"

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if _, err := regexp.Compile(c.Cmdline); err != nil {
		faults = append(faults, config.Faultf("cmdline", "%v", err))
	}
	if strings.Trim(c.States, stateLetters) != "" {
		faults = append(faults, config.Faultf("states", "got %q; want letters of %s, such as DZ", c.States, stateLetters))
	}
	if c.Minimum < 0 {
		faults = append(faults, config.Faultf("minimum", "got %d; want 0 or more", c.Minimum))
	}
	if c.Maximum < -1 || c.Maximum > 0 && c.Maximum < c.Minimum {
		faults = append(faults, config.Faultf("maximum", "got %d; want at least the minimum (%d), 0 for no limit, -1 for none at all", c.Maximum, c.Minimum))
	}
	if c.Maximum == -1 && c.Minimum > 0 {
		faults = append(faults, config.Faultf("minimum", "got %d beside maximum -1 (none at all); want 0", c.Minimum))
	}
	if c.CPUWindow < 0 || c.CPUWindow > time.Minute {
		faults = append(faults, config.Faultf("cpu_window", "got %s; want 0 to 1m", c.CPUWindow))
	}
	if c.CPUWindow == 0 && (c.CPUWarn != nil || c.CPUCrit != nil) {
		faults = append(faults, config.Faultf("cpu_window", "is missing beside a limit of processor time; want a time such as 2s"))
	}
	return errors.Join(faults...)
}
