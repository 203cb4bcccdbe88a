package dns

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"

	mdns "github.com/miekg/dns"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of a dns check; sample.yaml says what each decides.
type Config struct {
	Port          int               `yaml:"port"`
	Family        netdial.Family    `yaml:"family"`
	Name          string            `yaml:"name"`
	Record        string            `yaml:"record"`
	Transport     string            `yaml:"transport"`
	Recursion     bool              `yaml:"recursion"`
	RCode         string            `yaml:"rcode"`
	Expect        []string          `yaml:"expect"`
	ExpectOnly    bool              `yaml:"expect_only"`
	Authoritative bool              `yaml:"authoritative"`
	DNSSEC        bool              `yaml:"dnssec"`
	SameSerial    []string          `yaml:"same_serial"`
	Warning       *checks.Threshold `yaml:"warning"`
	Critical      *checks.Threshold `yaml:"critical"`
}

// The values of Config.Transport.
const (
	TransportUDP = "udp"
	TransportTCP = "tcp"
)

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Port: 53, Family: netdial.FamilyAny, Record: "A", Transport: TransportUDP, Recursion: true, RCode: "NOERROR"}
}

// maxServers bounds how many servers one run asks.
const maxServers = 16

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := netdial.Faults(c.Port, c.Family)
	fault := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	if _, ok := mdns.IsDomainName(c.Name); !ok || c.Name == "" {
		fault("name", "got %q; want a domain name such as www.example.com", c.Name)
	}
	if _, ok := mdns.StringToType[strings.ToUpper(c.Record)]; !ok {
		fault("record", "got %q; want a record type such as A, AAAA, MX, TXT or SOA", c.Record)
	}
	if c.Transport != TransportUDP && c.Transport != TransportTCP {
		fault("transport", "got %q; want udp or tcp", c.Transport)
	}
	if _, ok := mdns.StringToRcode[strings.ToUpper(c.RCode)]; !ok {
		fault("rcode", "got %q; want a response code such as NOERROR or NXDOMAIN", c.RCode)
	}
	if c.ExpectOnly && len(c.Expect) == 0 {
		fault("expect_only", "stands without expect; list the answers there")
	}
	if len(c.SameSerial) > 0 && !strings.EqualFold(c.Record, "SOA") {
		fault("same_serial", "compares SOA serials; want record: SOA")
	}
	if len(c.SameSerial) > maxServers {
		fault("same_serial", "names %d servers; want at most %d", len(c.SameSerial), maxServers)
	}
	if i := slices.IndexFunc(c.SameSerial, func(s string) bool { _, _, err := splitServer(s); return err != nil }); i >= 0 {
		fault("same_serial", "got %q; want HOST, HOST:PORT or [ADDRESS]:PORT", c.SameSerial[i])
	}
	return errors.Join(faults...)
}

// splitServer reads HOST, an IP address, or either with a port.
func splitServer(s string) (host string, port int, err error) {
	if net.ParseIP(s) != nil || s != "" && !strings.Contains(s, ":") {
		return s, 53, nil
	}
	host, text, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 || host == "" {
		return "", 0, errors.New("no host and port")
	}
	return host, port, nil
}
