package sip

import (
	"errors"
	"strconv"
	"strings"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of a sip check; sample.yaml says what each decides.
type Config struct {
	Port       int               `yaml:"port"`
	Family     netdial.Family    `yaml:"family"`
	Transport  string            `yaml:"transport"`
	Verify     bool              `yaml:"tls_verify"`
	CAFile     string            `yaml:"tls_ca_file"`
	ServerName string            `yaml:"tls_server_name"`
	URI        string            `yaml:"uri"`
	From       string            `yaml:"from"`
	Status     []string          `yaml:"status"`
	Warning    *checks.Threshold `yaml:"warning"`
	Critical   *checks.Threshold `yaml:"critical"`
}

// The values of Config.Transport.
const (
	TransportUDP = "udp"
	TransportTCP = "tcp"
	TransportTLS = "tls"
)

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Family: netdial.FamilyAny, Transport: TransportUDP, Verify: true, Status: []string{"200-299"}}
}

// port is the configured one, or that of the transport.
func (c *Config) port() int {
	switch {
	case c.Port != 0:
		return c.Port
	case c.Transport == TransportTLS:
		return 5061
	}
	return 5060
}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := netdial.Faults(c.port(), c.Family)
	fault := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	if c.Transport != TransportUDP && c.Transport != TransportTCP && c.Transport != TransportTLS {
		fault("transport", "got %q; want udp, tcp or tls", c.Transport)
	}
	for path, uri := range map[string]string{"uri": c.URI, "from": c.From} {
		if uri != "" && !isURI(uri) {
			fault(path, "got %q; want sip:HOST, sip:USER@HOST or sips:…", uri)
		}
	}
	if len(c.Status) == 0 {
		fault("status", "is empty; want codes such as 200 or 200-299")
	}
	for _, s := range c.Status {
		if _, _, err := statusRange(s); err != nil {
			fault("status", "got %q; want a code such as 200, or a range such as 200-299", s)
		}
	}
	return errors.Join(faults...)
}

// isURI refuses what would break out of a header line; the server judges the rest.
func isURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	bad := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>"`, r) }
	return ok && rest != "" && (scheme == "sip" || scheme == "sips") && strings.IndexFunc(rest, bad) < 0
}

var errStatus = errors.New("no final status")

// statusRange reads 200 or 200-299; only final codes (200 to 699) can be wanted.
func statusRange(s string) (from, to int, err error) {
	a, b, both := strings.Cut(strings.TrimSpace(s), "-")
	if !both {
		b = a
	}
	from, err = strconv.Atoi(strings.TrimSpace(a))
	if err == nil {
		to, err = strconv.Atoi(strings.TrimSpace(b))
	}
	if err == nil && (from < 200 || to > 699 || from > to) {
		err = errStatus
	}
	return from, to, err
}

// wants says whether a code is wanted.
func (c *Config) wants(code int) bool {
	for _, s := range c.Status {
		if from, to, err := statusRange(s); err == nil && code >= from && code <= to {
			return true
		}
	}
	return false
}
