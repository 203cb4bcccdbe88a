package systemd

import (
	_ "embed"
	"errors"
	"path/filepath"
	"regexp"
	"time"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Verb is what is done to the unit.
type Verb string

// The verbs.
const (
	Start   Verb = "start"
	Stop    Verb = "stop"
	Restart Verb = "restart"
	Reload  Verb = "reload"
)

// inverse takes a verb back; empty: nothing does.
func (v Verb) inverse() Verb {
	switch v {
	case Start:
		return Stop
	case Stop:
		return Start
	}
	return ""
}

// Config is the options of the action.
type Config struct {
	Do        Verb          `yaml:"do"`
	Unit      string        `yaml:"unit"`   // with its suffix
	Settle    time.Duration `yaml:"settle"` // how long it must stay active
	Systemctl string        `yaml:"systemctl"`
}

// DefaultConfig is what holds where nothing is written.
func DefaultConfig() Config {
	return Config{Settle: 2 * time.Second, Systemctl: "/bin/systemctl"}
}

// unitName is systemd.unit(5): the characters of a name, and the kinds of unit
// that can be started. No pattern: systemctl would take it for many units.
var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]{0,240}\.(service|socket|target|mount|automount|swap|timer|path|slice)$`)

// Validate reports every fault; it touches no files.
func (c *Config) Validate() error {
	var faults []error
	switch c.Do {
	case Start, Stop, Restart, Reload:
	default:
		faults = append(faults, config.Faultf("do", "got %q; want start, stop, restart or reload", string(c.Do)))
	}
	if !unitName.MatchString(c.Unit) {
		faults = append(faults, config.Faultf("unit", "got %q; want one unit with its suffix, such as nginx.service", c.Unit))
	}
	if c.Settle < 0 || c.Settle > time.Minute {
		faults = append(faults, config.Faultf("settle", "got %s; want 0s to 1m", c.Settle))
	}
	if !filepath.IsAbs(c.Systemctl) {
		faults = append(faults, config.Faultf("systemctl", "got %q; want the program's whole path", c.Systemctl))
	}
	return errors.Join(faults...)
}
