package trap

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"monitord/collectors/snmp"
	"monitord/internal/config"
)

// Config is who may send notifications, and where they are heard.
type Config struct {
	// Listen is address and port, such as 192.0.2.1:162; empty hears nothing.
	Listen string `yaml:"listen"`
	// From are the networks that may send: addresses or prefixes.
	From []string `yaml:"from"`
	// Communities are files of which each holds one community, for versions 1 and
	// 2c. None takes none of these versions.
	Communities []config.Secret `yaml:"communities"`
	// Users are files of credentials (see snmp.Credentials), for version 3.
	Users []config.Secret `yaml:"users"`
	// JournalLines is how many notifications of one kind of one device stand in the
	// journal each minute; the rest of that minute is one entry with their number.
	JournalLines int `yaml:"journal_lines"`
}

// DefaultConfig hears nothing.
func DefaultConfig() Config { return Config{JournalLines: 30} }

// Bounds of what one installation may name.
const (
	maxNetworks    = 1000
	maxCommunities = 100
	maxUsers       = 1000
	maxLines       = 1000
)

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	fault := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	if c.JournalLines < 1 || c.JournalLines > maxLines {
		fault("journal_lines", "got %d; want 1 to %d", c.JournalLines, maxLines)
	}
	if len(c.Communities) > maxCommunities {
		fault("communities", "got %d; want at most %d", len(c.Communities), maxCommunities)
	}
	if len(c.Users) > maxUsers {
		fault("users", "got %d; want at most %d", len(c.Users), maxUsers)
	}
	for i, s := range c.From {
		if _, err := ParseNetwork(s); err != nil {
			fault(config.IndexPath("from", i), "%v", err)
		}
	}
	if c.Listen == "" {
		return errors.Join(faults...)
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		fault("listen", "got %q; want ADDRESS:PORT, such as 0.0.0.0:162", c.Listen)
	}
	if len(c.From) == 0 || len(c.From) > maxNetworks {
		fault("from", "got %d networks; want 1 to %d: who may send, such as [192.0.2.0/24]", len(c.From), maxNetworks)
	}
	if len(c.Communities) == 0 && len(c.Users) == 0 {
		fault("communities", "it is missing, and so is users (want files with a community or a user's credentials, such as [{file: /etc/monitord/snmp/community}])")
	}
	return errors.Join(faults...)
}

// ParseNetwork reads an address or a prefix.
func ParseNetwork(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.Prefix{}, fmt.Errorf("got %q; want an address or a network, such as 192.0.2.0/24", s)
}

// allowed is Config with what its files hold.
type allowed struct {
	from        []netip.Prefix
	communities map[string]bool
	users       map[string]snmp.Credentials
}

func (c *Config) load() (allowed, error) {
	a := allowed{communities: map[string]bool{}, users: map[string]snmp.Credentials{}}
	var faults []error
	for i, s := range c.From {
		p, err := ParseNetwork(s)
		if err != nil {
			faults = append(faults, config.Faultf(config.IndexPath("from", i), "%v", err))
		}
		a.from = append(a.from, p)
	}
	for i, s := range c.Communities {
		word, err := s.Read()
		if err != nil {
			faults = append(faults, config.Faultf(config.IndexPath("communities", i), "%v", err))
			continue
		}
		a.communities[word] = true
	}
	for i, s := range c.Users {
		path := config.IndexPath("users", i)
		u, err := snmp.LoadCredentials(s)
		switch {
		case err != nil:
			faults = append(faults, config.Faultf(path, "%v", err))
		case u.Version != snmp.V3:
			faults = append(faults, config.Faultf(path, "%s is not of version 3 (its community belongs into communities)", s.File))
		default:
			a.users[u.User] = u
		}
	}
	return a, errors.Join(faults...)
}

// hears reports whether a sender's network is listed.
func (a *allowed) hears(from netip.Addr) bool {
	for _, p := range a.from {
		if p.Contains(from) {
			return true
		}
	}
	return false
}
