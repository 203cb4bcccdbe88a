package health

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"time"

	"monitord/internal/config"
	"monitord/internal/plugins"
	"monitord/internal/watchdog"
)

// Config is the file of `probe health`; docs/clusters.md explains each key.
type Config struct {
	// OnlyWhileAddress lets faults count only while this machine has the address.
	OnlyWhileAddress string `yaml:"only_while_address"`
	// Settle is how long after the start, or after the address came, failures do
	// not count: services need time to start.
	Settle time.Duration `yaml:"settle"`
	GiveUp GiveUp        `yaml:"give_up"`
	// ExitCode is what to end with after the command; none goes on watching.
	ExitCode ExitCode `yaml:"exit_code"`
	// DryRun only reports what would be done.
	DryRun bool `yaml:"dry_run"`
	// State is the file that remembers the fault.
	State string `yaml:"state"`
	// ProbeDir is the folder of the probe's daemon, which sends the reports; ""
	// writes none.
	ProbeDir string          `yaml:"probe_dir"`
	Log      string          `yaml:"log"`
	Plugins  plugins.Config  `yaml:"plugins"`
	Watchdog watchdog.Config `yaml:"watchdog"`
	// Checks are decoded by Load, which knows the kinds.
	Checks map[string]*config.Node `yaml:"checks"`
}

// GiveUp is the command that gives this node's resources up.
type GiveUp struct {
	Command []string      `yaml:"command"` // absolute program and its arguments; none only reports
	Timeout time.Duration `yaml:"timeout"`
}

// The values of Config.Log.
const (
	LogStderr = "stderr"
	LogSyslog = "syslog"
)

// ReportDir is the folder below ProbeDir in which reports wait for the daemon.
const ReportDir = "health"

// Bounds of the times in a Config.
const (
	maxSettle  = time.Hour
	maxTimeout = time.Hour
)

// DefaultConfig is what a file without further keys means. The state is on a
// file system in memory: it can be written when the disk hangs, and a fault that
// cannot be remembered is not acted upon.
func DefaultConfig() Config {
	return Config{
		Settle: 30 * time.Second, ExitCode: 100, State: "/run/monitord-probe-health.json",
		GiveUp:   GiveUp{Timeout: time.Minute},
		ProbeDir: "/etc/monitord-probe", Log: LogStderr,
		Plugins: plugins.DefaultConfig(), Watchdog: watchdog.DefaultConfig(),
	}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	bad := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	if _, err := netip.ParseAddr(c.OnlyWhileAddress); c.OnlyWhileAddress != "" && err != nil {
		bad("only_while_address", "got %q; want an IP address, such as 192.0.2.10", c.OnlyWhileAddress)
	}
	if c.Settle < 0 || c.Settle > maxSettle {
		bad("settle", "got %s; want 0s to 1h", config.FormatDuration(c.Settle))
	}
	if !filepath.IsAbs(c.State) {
		bad("state", "got %q; want an absolute path, such as /run/monitord-probe-health.json", c.State)
	}
	if c.ProbeDir != "" && !filepath.IsAbs(c.ProbeDir) {
		bad("probe_dir", "got %q; want an absolute path, such as /etc/monitord-probe, or \"\"", c.ProbeDir)
	}
	if c.Log != LogStderr && c.Log != LogSyslog {
		bad("log", "got %q; want stderr or syslog", c.Log)
	}
	if len(c.Checks) == 0 {
		bad("checks", "there is none; want at least one, such as {disk: {type: disk, dir: /var/lib/postgresql}}")
	}
	return errors.Join(faults...)
}

// Validate reports every fault.
func (g *GiveUp) Validate() error {
	var faults []error
	if len(g.Command) > 0 && !filepath.IsAbs(g.Command[0]) {
		faults = append(faults, config.Faultf("command", "got %q; want the absolute path of a program, such as [/usr/share/heartbeat/hb_standby]", g.Command[0]))
	}
	if g.Timeout < time.Second || g.Timeout > maxTimeout {
		faults = append(faults, config.Faultf("timeout", "got %s; want 1s to 1h", config.FormatDuration(g.Timeout)))
	}
	return errors.Join(faults...)
}

// ExitCode is an exit code, or NoExit.
type ExitCode int

// NoExit goes on watching; in the file: none.
const NoExit ExitCode = -1

// UnmarshalText reads 0 to 255, or none.
func (e *ExitCode) UnmarshalText(b []byte) error {
	if string(b) == "none" {
		*e = NoExit
		return nil
	}
	n, err := strconv.ParseUint(string(b), 10, 8)
	if err != nil {
		return fmt.Errorf("got %q; want 0 to 255, or none to go on watching", b)
	}
	*e = ExitCode(n)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (e ExitCode) MarshalText() ([]byte, error) {
	if e == NoExit {
		return []byte("none"), nil
	}
	return strconv.AppendInt(nil, int64(e), 10), nil
}
