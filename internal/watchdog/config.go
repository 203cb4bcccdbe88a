package watchdog

import (
	"errors"
	"path/filepath"
	"time"

	"monitord/internal/config"
)

// Config is the section `watchdog`. Without a device there is no watchdog.
type Config struct {
	Device   string        `yaml:"device"`   // such as /dev/watchdog; "" is none
	Timeout  time.Duration `yaml:"timeout"`  // after which the device resets the machine; whole seconds
	Interval time.Duration `yaml:"interval"` // between proofs
	Deadline time.Duration `yaml:"deadline"` // of a proof
	Program  string        `yaml:"program"`  // started as proof; it must end with 0
	File     string        `yaml:"file"`     // appended to and synced as proof; on the disk that must work
}

// DefaultConfig is no watchdog.
func DefaultConfig() Config {
	return Config{
		Timeout: time.Minute, Interval: 10 * time.Second, Deadline: 15 * time.Second,
		Program: "/bin/true", File: "/var/lib/monitord-probe/watchdog.proof",
	}
}

// maxTimeout is that of the kernel's softdog.
const maxTimeout = 65535 * time.Second

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	bad := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	for key, path := range map[string]string{"device": c.Device, "program": c.Program, "file": c.File} {
		if !filepath.IsAbs(path) && (key != "device" || path != "") {
			bad(key, "got %q; want an absolute path", path)
		}
	}
	if c.Timeout < time.Second || c.Timeout > maxTimeout || c.Timeout%time.Second != 0 {
		bad("timeout", "got %s; want whole seconds, 1s to %s", config.FormatDuration(c.Timeout), maxTimeout)
	}
	if c.Interval < 100*time.Millisecond {
		bad("interval", "got %s; want at least 100ms", config.FormatDuration(c.Interval))
	}
	if c.Deadline < 100*time.Millisecond {
		bad("deadline", "got %s; want at least 100ms", config.FormatDuration(c.Deadline))
	}
	// A proof that takes its whole deadline must still come before the device's
	// time is over.
	if c.Interval+c.Deadline >= c.Timeout {
		bad("timeout", "got %s; want more than interval + deadline (%s)", config.FormatDuration(c.Timeout), config.FormatDuration(c.Interval+c.Deadline))
	}
	return errors.Join(faults...)
}
