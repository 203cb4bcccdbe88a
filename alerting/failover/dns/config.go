package dns

import (
	_ "embed"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Config is the options of the action.
type Config struct {
	Server  string            `yaml:"server"`  // host:port of the primary
	Zone    string            `yaml:"zone"`    // such as example.net
	Name    string            `yaml:"name"`    // in the zone, relative or whole; @ is the zone itself
	Type    string            `yaml:"type"`    // A, AAAA or SRV
	Key     Key               `yaml:"key"`     // signs all we say, and all we believe
	Min     int               `yaml:"min"`     // members that must stay; at least 1
	Members []string          `yaml:"members"` // addresses, or targets of SRV records; empty: all that are found
	Records map[string]string `yaml:"records"` // host → its address or target in the zone; default: the host's address
	TTL     time.Duration     `yaml:"ttl"`     // of what is put back; 0: as it was
	// Secondaries are asked, after the primary, until they have the new serial.
	Secondaries       []string      `yaml:"secondaries"`
	SecondariesWithin time.Duration `yaml:"secondaries_within"`
	Timeout           time.Duration `yaml:"timeout"` // of one question, and of connecting
}

// Key is a TSIG key (RFC 8945).
type Key struct {
	Name      string        `yaml:"name"`
	Algorithm string        `yaml:"algorithm"`
	Secret    config.Secret `yaml:"secret"` // base64, as tsig-keygen prints it
}

// DefaultConfig is what holds where nothing is written.
func DefaultConfig() Config {
	return Config{
		Type: "A", Min: 1, SecondariesWithin: 10 * time.Second, Timeout: 5 * time.Second,
		Key: Key{Algorithm: "hmac-sha256"},
	}
}

// algorithms are those of RFC 8945 section 6 that are not weak.
var algorithms = []string{"hmac-sha256", "hmac-sha384", "hmac-sha512"}

// types are the kinds of record that name servers of a pool.
var types = []string{"A", "AAAA", "SRV"}

// maxSecondaries bounds how many servers one action waits for.
const maxSecondaries = 16

// Validate reports every fault; it touches neither network nor files.
func (c *Config) Validate() error {
	var faults []error
	add := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	if err := checkServer(c.Server); err != nil {
		add("server", "%v", err)
	}
	if !goodName(c.Zone) || mdns.Fqdn(c.Zone) == "." {
		add("zone", "got %q; want a zone such as example.net", c.Zone)
	}
	if c.Name != "@" && !goodName(c.Name) {
		add("name", "got %q; want a name in the zone, such as www, or @ for the zone itself", c.Name)
	} else if strings.HasSuffix(c.Name, ".") && !mdns.IsSubDomain(mdns.Fqdn(c.Zone), c.Name) {
		add("name", "got %q, which is not in zone %s", c.Name, c.Zone)
	}
	if !slices.Contains(types, c.Type) {
		add("type", "got %q; want one of %s", c.Type, strings.Join(types, ", "))
	}
	if c.Min < 1 {
		add("min", "got %d; want at least 1: the name must never be empty", c.Min)
	}
	if len(c.Members) > 0 && len(c.Members) <= c.Min {
		add("members", "has %d, and min is %d: nothing could ever be taken out", len(c.Members), c.Min)
	}
	for i, m := range c.Members {
		if err := c.checkValue(m); err != "" {
			add(config.IndexPath("members", i), "got %q; want %s", m, err)
		}
	}
	for host, v := range c.Records {
		if err := c.checkValue(v); err != "" {
			add(config.KeyPath("records", host), "got %q; want %s", v, err)
		}
	}
	if c.TTL < 0 || c.TTL > maxTTL || c.TTL%time.Second != 0 {
		add("ttl", "got %s; want whole seconds up to 7d, or 0 to keep what it was", c.TTL)
	}
	if len(c.Secondaries) > maxSecondaries {
		add("secondaries", "has %d; want at most %d", len(c.Secondaries), maxSecondaries)
	}
	for i, s := range c.Secondaries {
		if err := checkServer(s); err != nil {
			add(config.IndexPath("secondaries", i), "%v", err)
		}
	}
	if c.SecondariesWithin <= 0 || c.SecondariesWithin > 10*time.Minute {
		add("secondaries_within", "got %s; want up to 10m", c.SecondariesWithin)
	}
	if c.Timeout < 100*time.Millisecond || c.Timeout > time.Minute {
		add("timeout", "got %s; want 100ms to 1m", c.Timeout)
	}
	return errors.Join(append(faults, c.Key.check()...)...)
}

// maxTTL is a week, the longest that RFC 1035's authors found sensible.
const maxTTL = 7 * 24 * time.Hour

func (k Key) check() []error {
	var faults []error
	if !goodName(k.Name) {
		faults = append(faults, config.Faultf("key.name", "got %q; want the key's name as the name server knows it", k.Name))
	}
	if !slices.Contains(algorithms, k.Algorithm) {
		faults = append(faults, config.Faultf("key.algorithm", "got %q; want one of %s", k.Algorithm, strings.Join(algorithms, ", ")))
	}
	if k.Secret.IsZero() {
		faults = append(faults, config.Faultf("key.secret", "is missing; want {file: PATH} of the key's secret in base64"))
	}
	return faults
}

// checkValue says what a record's value must be; empty when it is.
func (c *Config) checkValue(v string) string {
	a, err := netip.ParseAddr(v)
	switch {
	case c.Type == "A" && (err != nil || !a.Is4()):
		return "an IPv4 address"
	case c.Type == "AAAA" && (err != nil || !a.Is6() || a.Is4In6() || a.Zone() != ""):
		return "an IPv6 address"
	case c.Type == "SRV" && (err == nil || !goodName(v)):
		return "a host name"
	}
	return ""
}

type serverFault string

func (f serverFault) Error() string { return string(f) }

// checkServer wants host:port.
func checkServer(s string) error {
	host, port, err := net.SplitHostPort(s)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || host == "" || perr != nil || n == 0 {
		return serverFault("got " + strconv.Quote(s) + "; want host:port, such as 192.0.2.53:53 or [2001:db8::53]:53")
	}
	return nil
}

func goodName(s string) bool {
	_, ok := mdns.IsDomainName(s)
	return ok && s != "" && !strings.ContainsAny(s, " \t\r\n\\\"")
}

// fqdn is the whole name, in canonical form: a name that ends with the zone is
// whole already.
func (c *Config) fqdn() string {
	zone, name := mdns.CanonicalName(c.Zone), mdns.CanonicalName(c.Name)
	if c.Name == "@" {
		return zone
	}
	if mdns.IsSubDomain(zone, name) {
		return name
	}
	return name + zone
}
