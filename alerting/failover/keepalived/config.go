package keepalived

import (
	_ "embed"
	"errors"
	"net/netip"
	"path/filepath"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Config is the options of the action.
type Config struct {
	File    string `yaml:"file"`
	Value   int    `yaml:"value"`   // written by Do
	Restore int    `yaml:"restore"` // there normally, and written by Undo
	Address string `yaml:"address"` // the virtual one; empty: the file alone counts
	PIDFile string `yaml:"pid_file"`
}

// DefaultConfig is what holds where nothing is written.
func DefaultConfig() Config { return Config{PIDFile: "/run/keepalived.pid"} }

// maxValue is what keepalived takes for a VRRP instance: its priority is 1 to
// 254, and below -253 it is a failure.
const maxValue = 254

// Validate reports every fault; it touches no files.
func (c *Config) Validate() error {
	var faults []error
	if !filepath.IsAbs(c.File) || filepath.Clean(c.File) != c.File {
		faults = append(faults, config.Faultf("file", "got %q; want the track file's whole path", c.File))
	}
	for key, n := range map[string]int{"value": c.Value, "restore": c.Restore} {
		if n < -maxValue || n > maxValue {
			faults = append(faults, config.Faultf(key, "got %d; want %d to %d", n, -maxValue, maxValue))
		}
	}
	if c.Value == c.Restore {
		faults = append(faults, config.Faultf("value", "got %d, which is restore too; want a number that changes something, such as -100", c.Value))
	}
	if a, err := netip.ParseAddr(c.Address); c.Address != "" && (err != nil || a.Zone() != "") {
		faults = append(faults, config.Faultf("address", "got %q; want an IP address without a prefix length", c.Address))
	}
	if !filepath.IsAbs(c.PIDFile) {
		faults = append(faults, config.Faultf("pid_file", "got %q; want an absolute path", c.PIDFile))
	}
	return errors.Join(faults...)
}
