package vip

import (
	_ "embed"
	"errors"
	"net/netip"
	"path/filepath"
	"regexp"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Verb is what is done with the address.
type Verb string

// The verbs; each takes the other back.
const (
	Add    Verb = "add"
	Remove Verb = "remove"
)

func (v Verb) inverse() Verb {
	if v == Add {
		return Remove
	}
	return Add
}

// Config is the options of the action.
type Config struct {
	Address       string `yaml:"address"` // with the prefix length
	Interface     string `yaml:"interface"`
	Do            Verb   `yaml:"do"`
	Announcements int    `yaml:"announcements"`
	IP            string `yaml:"ip"` // the program
}

// DefaultConfig is what holds where nothing is written.
func DefaultConfig() Config { return Config{Do: Add, Announcements: 5, IP: "/sbin/ip"} }

// interfaceName is what Linux allows, less what ip(8) could take for an option.
var interfaceName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,14}$`)

// Validate reports every fault; it touches no files.
func (c *Config) Validate() error {
	var faults []error
	if p, err := netip.ParsePrefix(c.Address); err != nil || !usable(p.Addr()) || p.Bits() == 0 {
		faults = append(faults, config.Faultf("address", "got %q; want a host's address with its prefix length, such as 192.0.2.80/24", c.Address))
	}
	if !interfaceName.MatchString(c.Interface) {
		faults = append(faults, config.Faultf("interface", "got %q; want the name of an interface, such as eth0", c.Interface))
	}
	if c.Do != Add && c.Do != Remove {
		faults = append(faults, config.Faultf("do", "got %q; want add or remove", string(c.Do)))
	}
	if c.Announcements < 1 || c.Announcements > 20 {
		faults = append(faults, config.Faultf("announcements", "got %d; want 1 to 20", c.Announcements))
	}
	if !filepath.IsAbs(c.IP) {
		faults = append(faults, config.Faultf("ip", "got %q; want the program's whole path", c.IP))
	}
	return errors.Join(faults...)
}

func usable(a netip.Addr) bool {
	return !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && !a.Is4In6() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}
