package lsb

import (
	_ "embed"
	"errors"
	"path/filepath"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Verb is what is done to the service.
type Verb string

// The verbs.
const (
	Start   Verb = "start"
	Stop    Verb = "stop"
	Restart Verb = "restart"
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
	Do     Verb   `yaml:"do"`
	Script string `yaml:"script"` // a whole path
}

// DefaultConfig is what holds where nothing is written.
func DefaultConfig() Config { return Config{} }

// Validate reports every fault; it touches no files.
func (c *Config) Validate() error {
	var faults []error
	switch c.Do {
	case Start, Stop, Restart:
	default:
		faults = append(faults, config.Faultf("do", "got %q; want start, stop or restart", string(c.Do)))
	}
	if !filepath.IsAbs(c.Script) {
		faults = append(faults, config.Faultf("script", "got %q; want the script's whole path, such as /etc/init.d/nginx", c.Script))
	}
	return errors.Join(faults...)
}
