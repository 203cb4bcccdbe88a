package gateway

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"monitord/internal/config"
)

// Config is the options of a gateway check; sample.yaml says what each decides.
type Config struct {
	Address        string        `yaml:"address"`
	Interface      string        `yaml:"interface"`
	Ask            []string      `yaml:"ask"`
	Count          int           `yaml:"count"`
	PacketInterval time.Duration `yaml:"packet_interval"`
	Wait           time.Duration `yaml:"wait"`
}

// The values of Config.Ask.
const (
	AskPing = "ping"
	AskARP  = "arp"
)

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Ask: []string{AskPing, AskARP}, Count: 3, PacketInterval: 200 * time.Millisecond, Wait: 500 * time.Millisecond}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	bad := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	addr, err := netip.ParseAddr(c.Address)
	if c.Address != "" && err != nil {
		bad("address", "got %q; want an IP address, or \"\" for the default route's", c.Address)
	}
	if len(c.Ask) == 0 {
		bad("ask", "is empty; want ping, arp or both")
	}
	for i, how := range c.Ask {
		if how != AskPing && how != AskARP || slices.Index(c.Ask, how) != i {
			bad(config.IndexPath("ask", i), "got %q; want ping and arp, each at most once", how)
		}
	}
	if err == nil && !addr.Unmap().Is4() && !slices.Contains(c.Ask, AskPing) {
		bad("ask", "ARP is for IPv4 only; want ping for %s", addr)
	}
	if c.Count < 1 || c.Count > 100 {
		bad("count", "got %d; want 1 to 100", c.Count)
	}
	if c.PacketInterval < time.Millisecond || c.PacketInterval > time.Minute {
		bad("packet_interval", "got %s; want 1ms to 1m", config.FormatDuration(c.PacketInterval))
	}
	if c.Wait < time.Millisecond || c.Wait > time.Minute {
		bad("wait", "got %s; want 1ms to 1m", config.FormatDuration(c.Wait))
	}
	return errors.Join(faults...)
}
