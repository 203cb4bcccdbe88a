package replies

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"monitord/internal/config"
)

// Sample is the section: every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Config is the section replies.
type Config struct {
	Listen   string   `yaml:"listen"`   // host:port; empty: replies are not taken
	Networks []string `yaml:"networks"` // of relays that may connect, such as 192.0.2.0/24
	Domain   string   `yaml:"domain"`   // of the addresses that replies go to
	Hostname string   `yaml:"hostname"` // name in the greeting; empty: Domain
}

// DefaultConfig takes no replies.
func DefaultConfig() Config { return Config{} }

// Section is the part of the configuration. Its value is a *Config.
func Section() config.Section {
	return config.Section{Name: "replies", Target: func() any { c := DefaultConfig(); return &c }}
}

// Enabled reports whether replies are taken.
func (c Config) Enabled() bool { return c.Listen != "" }

// Validate reports every fault. Without listen nothing is asked for.
func (c Config) Validate() error {
	if !c.Enabled() {
		return nil
	}
	var faults []error
	if host, port, err := net.SplitHostPort(c.Listen); err != nil || host == "" {
		faults = append(faults, config.Faultf("listen", "not an address (got %q; want host:port, such as 192.0.2.5:25)", c.Listen))
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		faults = append(faults, config.Faultf("listen", "not a port (got %q; want 1 to 65535)", port))
	}
	if len(c.Networks) == 0 {
		faults = append(faults, config.Faultf("networks", "it is missing (want the addresses of the relays that hand replies over, such as [192.0.2.0/24]: mail has no login)"))
	}
	for i, text := range c.Networks {
		if _, err := parseNetwork(text); err != nil {
			faults = append(faults, config.Faultf(config.IndexPath("networks", i), "%v", err))
		}
	}
	if !domainName.MatchString(c.Domain) || len(c.Domain) > 180 {
		faults = append(faults, config.Faultf("domain", "not a mail domain (got %q; want one such as ack.example.net, which your relay routes to this server)", c.Domain))
	}
	if c.Hostname != "" && !domainName.MatchString(c.Hostname) {
		faults = append(faults, config.Faultf("hostname", "not a host name (got %q; want one such as monitor.example.net)", c.Hostname))
	}
	return errors.Join(faults...)
}

// domainName is a host name in ASCII (RFC 5321 section 4.1.2).
var domainName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// parseNetwork reads a network or one address. A network of everybody is none.
func parseNetwork(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		ip, err := netip.ParseAddr(text)
		if err != nil || ip.Zone() != "" || ip.IsUnspecified() {
			return netip.Prefix{}, fmt.Errorf("not a network (got %q; want one such as 192.0.2.0/24 or 2001:db8::25)", text)
		}
		return netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return p, fmt.Errorf("not a network (got %q; want one such as 192.0.2.0/24 or 2001:db8::25)", text)
	case p != p.Masked():
		return p, fmt.Errorf("not a network (got %s; want %s, or the address alone)", text, p.Masked())
	case p.Bits() < 8:
		return p, fmt.Errorf("too wide (got %s; want the networks of your own relays)", text)
	}
	return p, nil
}

// Address is the address at which a reply with a token arrives.
func (c Config) Address(token string) string { return prefix + token + "@" + c.Domain }

// prefix begins the local part that a token follows. A relay that knows the
// alias ack alone may strip it.
const prefix = "ack+"
