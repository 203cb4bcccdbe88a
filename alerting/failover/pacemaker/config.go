package pacemaker

import (
	_ "embed"
	"errors"
	"path/filepath"
	"regexp"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Deed is what is done.
type Deed string

// The deeds.
const (
	Move    Deed = "move"
	Ban     Deed = "ban"
	Standby Deed = "standby"
)

// HostMacro stands for the host whose state asks for the action.
const HostMacro = "{{host}}"

// Config is the options of the action.
type Config struct {
	Do       Deed   `yaml:"do"`
	Resource string `yaml:"resource"` // for move and ban
	Node     string `yaml:"node"`     // or HostMacro
	Tools    string `yaml:"tools"`    // folder
}

// DefaultConfig is what holds where nothing is written.
func DefaultConfig() Config { return Config{Tools: "/usr/sbin"} }

// name is an XML ID or a node's name, less what a tool could take for an option.
var name = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,252}$`)

// Validate reports every fault; it touches no files.
func (c *Config) Validate() error {
	var faults []error
	switch c.Do {
	case Move, Ban:
		if !name.MatchString(c.Resource) {
			faults = append(faults, config.Faultf("resource", "got %q; want the ID of a resource or group", c.Resource))
		}
	case Standby:
		if c.Resource != "" {
			faults = append(faults, config.Faultf("resource", "got %q; standby drives all resources away: leave it out, or do: ban", c.Resource))
		}
	default:
		faults = append(faults, config.Faultf("do", "got %q; want move, ban or standby", string(c.Do)))
	}
	if c.Node != HostMacro && !name.MatchString(c.Node) {
		faults = append(faults, config.Faultf("node", "got %q; want a node's name, or %q", c.Node, HostMacro))
	}
	if !filepath.IsAbs(c.Tools) {
		faults = append(faults, config.Faultf("tools", "got %q; want an absolute folder", c.Tools))
	}
	return errors.Join(faults...)
}
