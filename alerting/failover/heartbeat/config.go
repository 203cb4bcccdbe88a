package heartbeat

import (
	_ "embed"
	"errors"
	"path/filepath"
	"strings"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Deed is what is done on this node.
type Deed string

// The deeds.
const (
	Standby  Deed = "standby"
	Takeover Deed = "takeover"
	Stop     Deed = "stop"
)

// inverse takes a deed back; empty: nothing does.
func (d Deed) inverse() Deed {
	switch d {
	case Standby:
		return Takeover
	case Takeover:
		return Standby
	}
	return ""
}

// Scope is which resources, as hb_standby(1) names them.
type Scope string

// The scopes.
const (
	All     Scope = "all"
	Local   Scope = "local"   // those that prefer this node
	Foreign Scope = "foreign" // those that prefer the peer
)

// Config is the options of the action.
type Config struct {
	Do         Deed   `yaml:"do"`
	Resources  Scope  `yaml:"resources"`
	Peer       string `yaml:"peer"` // empty: the only other node
	HBStandby  string `yaml:"hb_standby"`
	HBTakeover string `yaml:"hb_takeover"`
	CLStatus   string `yaml:"cl_status"`
	Heartbeat  string `yaml:"heartbeat"`
}

// DefaultConfig is what holds where nothing is written: the paths are Debian's.
func DefaultConfig() Config {
	return Config{
		Resources: All,
		HBStandby: "/usr/share/heartbeat/hb_standby", HBTakeover: "/usr/share/heartbeat/hb_takeover",
		CLStatus: "/usr/bin/cl_status", Heartbeat: "/usr/libexec/heartbeat/heartbeat",
	}
}

// ShortKey makes `heartbeat: standby` possible.
func (c *Config) ShortKey() string { return "do" }

// Validate reports every fault; it touches no files.
func (c *Config) Validate() error {
	var faults []error
	switch c.Do {
	case Standby, Takeover, Stop:
	default:
		faults = append(faults, config.Faultf("do", "got %q; want standby, takeover or stop", string(c.Do)))
	}
	switch c.Resources {
	case All, Local, Foreign:
		if c.Do == Stop && c.Resources != All {
			faults = append(faults, config.Faultf("resources", "got %s; a node that stops gives up all", c.Resources))
		}
	default:
		faults = append(faults, config.Faultf("resources", "got %q; want all, local or foreign", string(c.Resources)))
	}
	if strings.HasPrefix(c.Peer, "-") || strings.ContainsAny(c.Peer, " \t\r\n\x00") {
		faults = append(faults, config.Faultf("peer", "got %q; want the node's name", c.Peer))
	}
	for key, path := range map[string]string{"hb_standby": c.HBStandby, "hb_takeover": c.HBTakeover, "cl_status": c.CLStatus, "heartbeat": c.Heartbeat} {
		if !filepath.IsAbs(path) {
			faults = append(faults, config.Faultf(key, "got %q; want the program's whole path", path))
		}
	}
	return errors.Join(faults...)
}
