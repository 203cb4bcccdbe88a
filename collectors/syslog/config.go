package syslog

import (
	_ "embed"
	"errors"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"monitord/collectors/logfile"
	"monitord/internal/config"
)

// Sample is the part of the configuration: every option, commented, with its
// default.
//
//go:embed sample.yaml
var Sample string

// Config says which messages are received, and from whom. Without a listen of udp,
// tcp or tls none are.
type Config struct {
	UDP            PlainConfig       `yaml:"udp"`
	TCP            PlainConfig       `yaml:"tcp"`
	TLS            TLSConfig         `yaml:"tls"`
	Relays         []string          `yaml:"relays"`          // who forwards messages of others: networks, or names of client certificates
	Rate           int               `yaml:"rate"`            // messages a second of one source; beyond it UDP drops and TCP waits
	MaxMessage     int               `yaml:"max_message"`     // bytes of a message that are kept; the rest is cut off
	MaxConnections int               `yaml:"max_connections"` // of TCP and TLS, each
	MaxPerSource   int               `yaml:"max_per_source"`  // of them from one address
	Timezone       string            `yaml:"timezone"`        // of senders that do not tell theirs; empty: the server's
	Timezones      map[string]string `yaml:"timezones"`       // the same by network
	Encoding       string            `yaml:"encoding"`        // of bytes that are not UTF-8
}

// PlainConfig is a listener that cannot prove who sends.
type PlainConfig struct {
	Listen string   `yaml:"listen"` // HOST:PORT; empty: off
	From   []string `yaml:"from"`   // networks that may send; required beyond loopback
}

// TLSConfig is the listener of RFC 5425.
type TLSConfig struct {
	PlainConfig `yaml:",inline"`
	Cert        string   `yaml:"cert"`        // PEM, the whole chain
	Key         string   `yaml:"key"`         // PEM
	ClientCA    string   `yaml:"client_ca"`   // PEM: who signs the certificates of senders; empty: none are asked for
	ClientCert  string   `yaml:"client_cert"` // with client_ca: CertRequired or CertOptional
	Names       []string `yaml:"names"`       // in certificates of senders that are let in; empty: all that client_ca signed
}

// The values of TLSConfig.ClientCert.
const (
	CertRequired = "required"
	CertOptional = "optional"
)

// DefaultConfig receives nothing.
func DefaultConfig() Config {
	return Config{
		TLS: TLSConfig{ClientCert: CertRequired}, Rate: 10_000, MaxMessage: 8192,
		MaxConnections: 1000, MaxPerSource: 100, Encoding: "auto",
	}
}

// Enabled says whether anything is received.
func (c Config) Enabled() bool { return c.UDP.Listen+c.TCP.Listen+c.TLS.Listen != "" }

// limits of numbers.
const (
	minMessage = 480 // RFC 5424, 6.1: what every receiver must take
	maxMessage = 1 << 20
	maxConns   = 100_000
	maxRate    = 10_000_000
)

// Validate reports every fault.
func (c Config) Validate() error {
	var faults []error
	between := func(key string, got, low, high int) {
		if got < low || got > high {
			faults = append(faults, config.Faultf(key, "got %d; want %d to %d", got, low, high))
		}
	}
	between("rate", c.Rate, 1, maxRate)
	between("max_message", c.MaxMessage, minMessage, maxMessage)
	between("max_connections", c.MaxConnections, 1, maxConns)
	between("max_per_source", c.MaxPerSource, 1, maxConns)
	faults = append(faults, zoneFault("timezone", c.Timezone))
	for network, zone := range c.Timezones {
		if _, err := parseNetwork(network); err != nil {
			faults = append(faults, config.Faultf(config.KeyPath("timezones", network), "%v", err))
		}
		faults = append(faults, zoneFault(config.KeyPath("timezones", network), zone))
	}
	for i, r := range c.Relays {
		if _, err := parseNetwork(r); err != nil && !certName.MatchString(r) {
			faults = append(faults, config.Faultf(config.IndexPath("relays", i), "got %q; want a network such as 192.0.2.0/24, or the name in a relay's certificate", r))
		}
	}
	if !encodingKnown(c.Encoding) {
		faults = append(faults, config.Faultf("encoding", "got %q; want auto, euc-jp, shift_jis, iso-2022-jp or latin-1", c.Encoding))
	}
	return errors.Join(faults...)
}

func zoneFault(key, name string) error {
	if _, err := loadZone(name); err != nil {
		return config.Faultf(key, "unknown time zone (got %q; want a name such as Asia/Tokyo)", name)
	}
	return nil
}

func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return time.Local, nil
	}
	return time.LoadLocation(name)
}

// certName is a host name, perhaps with a first label of *.
var certName = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// Validate checks the address, and that its senders are named.
func (c PlainConfig) Validate() error { return c.validate(true) }

// validate leaves out the list where certificates decide.
func (c PlainConfig) validate(needFrom bool) error {
	if c.Listen == "" {
		return nil
	}
	var faults []error
	host, port, err := net.SplitHostPort(c.Listen)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n == 0 {
		faults = append(faults, config.Faultf("listen", "not an address (got %q; want HOST:PORT, such as 0.0.0.0:5514)", c.Listen))
	} else if _, err := netip.ParseAddr(host); err != nil && host != "localhost" {
		faults = append(faults, config.Faultf("listen", "not an IP address (got %q; want one of this machine, or 0.0.0.0 or [::] for all)", host))
	} else if needFrom && len(c.From) == 0 && !loopback(host) {
		faults = append(faults, config.Faultf("from", "it is missing (want the networks that may send, such as [192.0.2.0/24]: syslog has no login)"))
	}
	for i, text := range c.From {
		if _, err := parseNetwork(text); err != nil {
			faults = append(faults, config.Faultf(config.IndexPath("from", i), "%v", err))
		}
	}
	return errors.Join(faults...)
}

// Validate checks the files' names; they are read at start-up.
func (c TLSConfig) Validate() error {
	if c.Listen == "" {
		return nil
	}
	faults := []error{c.validate(!c.proves())}
	if c.Cert == "" {
		faults = append(faults, config.Faultf("cert", "it is missing (want a PEM file with this server's certificate and its chain)"))
	}
	if c.Key == "" {
		faults = append(faults, config.Faultf("key", "it is missing (want the PEM file with the key of cert)"))
	}
	if c.ClientCert != CertRequired && c.ClientCert != CertOptional {
		faults = append(faults, config.Faultf("client_cert", "got %q; want %s or %s", c.ClientCert, CertRequired, CertOptional))
	}
	if len(c.Names) > 0 && c.ClientCA == "" {
		faults = append(faults, config.Faultf("names", "no certificates are asked for (want client_ca too)"))
	}
	for i, n := range c.Names {
		if !certName.MatchString(n) {
			faults = append(faults, config.Faultf(config.IndexPath("names", i), "got %q; want a name such as web1.example.net or *.example.net", n))
		}
	}
	return errors.Join(faults...)
}

// proves says whether nobody gets in without a certificate.
func (c TLSConfig) proves() bool { return c.ClientCA != "" && c.ClientCert == CertRequired }

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// listenAddress is where to listen: the resolver has no say in what is loopback.
func (c PlainConfig) listenAddress() string {
	if port, ok := strings.CutPrefix(c.Listen, "localhost:"); ok {
		return "127.0.0.1:" + port
	}
	return c.Listen
}

// encodingKnown leaves out those whose characters have two bytes: no sender uses
// them.
func encodingKnown(name string) bool {
	return logfile.EncodingKnown(name) && !strings.HasPrefix(name, "utf-16")
}
