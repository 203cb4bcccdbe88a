package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"monitord/alerting/actions"
	"monitord/alerting/availability"
	notifybuiltin "monitord/alerting/notify/builtin"
	"monitord/alerting/replies"
	"monitord/collectors/snmp/mib"
	"monitord/collectors/snmp/trap"
	"monitord/internal/config"
	"monitord/internal/httpd"
	"monitord/internal/intake"
	"monitord/internal/inventory"
	"monitord/internal/plugins"
	"monitord/internal/trendwatch"
)

// settings is the whole configuration, decoded and valid, before hosts and
// templates are worked out.
type settings struct {
	Files     []string // that were read; empty for the embedded default
	HTTP      httpd.Config
	Probes    intake.Config
	Store     storeConfig
	Channels  map[string]any // sections of the kinds of channel, by kind
	Plugins   plugins.Config
	Replies   replies.Config
	Actions   actions.Config
	Logs      logsConfig
	Traps     trap.Config
	Trends    *trendsConfig
	SNMP      mib.Config
	Names     func() (*mib.Names, error) // of SNMP's objects
	Inventory *inventory.Config

	Availability *availability.Config
}

// storeConfig is the section `store`.
type storeConfig struct {
	Retention time.Duration `yaml:"retention"` // how long samples are kept
	MinFree   byteSize      `yaml:"min_free"`  // free space below which nothing is taken
	Ballast   byteSize      `yaml:"ballast"`   // file given up to get a full disk working again
}

// Validate refuses what would lose data at once.
func (c storeConfig) Validate() error {
	var faults []error
	if c.Retention != 0 && c.Retention < 24*time.Hour {
		faults = append(faults, config.Faultf("retention", "got %s; want at least 24h, or nothing for 90d", c.Retention))
	}
	if c.MinFree != 0 && c.MinFree < c.Ballast {
		faults = append(faults, config.Faultf("min_free", "got %d bytes; want at least the ballast (%d)", c.MinFree, c.Ballast))
	}
	return errors.Join(faults...)
}

// byteSize is an amount of data such as 256MiB.
type byteSize uint64

var byteUnits = []struct {
	suffix string
	size   float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"B", 1}}

// UnmarshalText reads a number with KiB, MiB, GiB, TiB or B.
func (b *byteSize) UnmarshalText(raw []byte) error {
	s := strings.TrimSpace(string(raw))
	for _, u := range byteUnits {
		number, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		var v float64
		if _, err := fmt.Sscanf(strings.TrimSpace(number), "%g", &v); err != nil || v < 0 || v*u.size > 1<<62 {
			break
		}
		*b = byteSize(v * u.size)
		return nil
	}
	return fmt.Errorf("got %q; want a size such as 256MiB or 1GiB", s)
}

// sections lists every part of the configuration; each feature owns its struct.
func sections() []config.Section {
	list := []config.Section{
		inventory.Section(notifybuiltin.ChannelKinds()...),
		httpd.Section(),
		{Name: "probes", Target: func() any { c := intake.DefaultConfig(); return &c }},
		{Name: "store", Target: func() any { return &storeConfig{} }},
		plugins.Section(),
		replies.Section(),
		availability.Section(),
		actions.Section(),
		{Name: "logs", Target: func() any { c := defaultLogsConfig(); return &c }},
		mib.Section(),
		{Name: "traps", Target: func() any { c := trap.DefaultConfig(); return &c }},
		{Name: "trends", Target: func() any { return &trendsConfig{trendwatch.DefaultConfig()} }},
	}
	for _, k := range notifybuiltin.Kinds() {
		list = append(list, config.Section{Name: k.Section, Target: k.Target})
	}
	return list
}

// loadSettings reads a file or a directory; an empty path is the embedded
// default. The error is every fault that can be found, also of hosts and checks.
func loadSettings(path string) (*settings, error) {
	loaded, err := config.Load(path, sections()...)
	if loaded == nil {
		return nil, err
	}
	s, taken := takeSettings(loaded)
	if taken != nil {
		return nil, errors.Join(err, taken)
	}
	if err == nil {
		s.Names, err = s.SNMP.Source()
	}
	if err != nil {
		_, more := buildInventory(s, nil)
		return nil, append(config.AllFaults(err, ""), config.AllFaults(more, "")...).Err()
	}
	return s, nil
}

func takeSettings(loaded *config.Loaded) (*settings, error) {
	s := &settings{Files: loaded.Files, Channels: map[string]any{}}
	if err := errors.Join(
		part(loaded, "inventory", &s.Inventory),
		part(loaded, "availability", &s.Availability),
		part(loaded, "trends", &s.Trends),
		partValue(loaded, "http", &s.HTTP),
		partValue(loaded, "probes", &s.Probes),
		partValue(loaded, "store", &s.Store),
		partValue(loaded, "plugins", &s.Plugins),
		partValue(loaded, "replies", &s.Replies),
		partValue(loaded, "actions", &s.Actions),
		partValue(loaded, "logs", &s.Logs),
		partValue(loaded, "snmp", &s.SNMP),
		partValue(loaded, "traps", &s.Traps),
	); err != nil {
		return nil, err
	}
	for _, k := range notifybuiltin.Kinds() {
		section, err := config.Get[any](loaded, k.Section)
		if err != nil {
			return nil, err
		}
		s.Channels[k.Name] = section
		if k.Serves != nil {
			s.Inventory.AddressMust(k.Name, func(to string) error { return k.Serves(section, to) })
		}
	}
	return s, nil
}

// part puts a section into a field.
func part[T any](loaded *config.Loaded, section string, into *T) (err error) {
	*into, err = config.Get[T](loaded, section)
	return err
}

// partValue is part for a field that is no pointer.
func partValue[T any](loaded *config.Loaded, section string, into *T) error {
	p, err := config.Get[*T](loaded, section)
	if err == nil {
		*into = *p
	}
	return err
}

// probesURL is where a probe on another machine would connect, as well as we
// can know: a wildcard address is replaced by this machine's name.
func (s *settings) probesURL() string {
	host, port, err := net.SplitHostPort(s.Probes.Listen)
	if err != nil {
		return "https://" + s.Probes.Listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			host = name
		}
	}
	return "https://" + net.JoinHostPort(host, port)
}
