package snmp

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"monitord/internal/config"
)

// Device is an agent and how to ask it.
type Device struct {
	Address     string // IP address or name, without a port
	Port        int
	Family      string // "" any, 4 or 6
	Credentials Credentials
	// Timeout is how long the first attempt of a request waits; each further one
	// waits BackOff times as long, at most MaxWait.
	Timeout time.Duration
	Retries int // attempts after the first
	BackOff float64
	// MaxRepetitions is how many rows a bulk request asks for at first; a session
	// asks for fewer where the agent cannot. 50 costs the least (0 is 50).
	MaxRepetitions int
	// AnySource takes answers from another address than was asked: a router that
	// answers from the interface nearest to us. Off, a stranger must know more
	// than a request's number.
	AnySource bool
	// Engine keeps what v3 found out between sessions; nil asks again each time.
	// Not for use by two sessions at a time.
	Engine *Engine
}

// MaxWait bounds the wait of one attempt after back-off.
const MaxWait = 10 * time.Second

// DefaultPort is that of agents (RFC 3417); traps go to 162.
const DefaultPort = 161

const (
	defaultRepetitions = 50
	maxRepetitions     = 10000
	maxRetries         = 100
)

// DefaultDevice is v2c on port 161: 1 s, then 1.5, 2.25, 3.4 and 5.1 s more.
func DefaultDevice() Device {
	return Device{Port: DefaultPort, Credentials: DefaultCredentials(), Timeout: time.Second, Retries: 4, BackOff: 1.5, MaxRepetitions: defaultRepetitions}
}

// Validate reports every fault.
func (d *Device) Validate() error {
	var faults []error
	if d.Address == "" {
		faults = append(faults, config.Faultf("address", "is missing"))
	}
	if d.Port < 1 || d.Port > 65535 {
		faults = append(faults, config.Faultf("port", "got %d; want 1 to 65535", d.Port))
	}
	if d.Family != "" && d.Family != "4" && d.Family != "6" {
		faults = append(faults, config.Faultf("family", "got %q; want 4 or 6, or nothing", d.Family))
	}
	if d.Timeout <= 0 {
		faults = append(faults, config.Faultf("timeout", "got %s; want more than 0", d.Timeout))
	}
	if d.Retries < 0 || d.Retries > maxRetries {
		faults = append(faults, config.Faultf("retries", "got %d; want 0 to %d", d.Retries, maxRetries))
	}
	if d.BackOff != 0 && (d.BackOff < 1 || d.BackOff > 10) {
		faults = append(faults, config.Faultf("back_off", "got %g; want 1 to 10", d.BackOff))
	}
	if d.MaxRepetitions < 0 || d.MaxRepetitions > maxRepetitions {
		faults = append(faults, config.Faultf("max_repetitions", "got %d; want 1 to %d", d.MaxRepetitions, maxRepetitions))
	}
	if err := d.Credentials.Validate(); err != nil {
		faults = append(faults, config.AllFaults(err, "credentials"))
	}
	return errors.Join(faults...)
}

// Peer is address and port, as errors name the device.
func (d *Device) Peer() string { return net.JoinHostPort(d.Address, strconv.Itoa(d.Port)) }

// ParseAgent reads an agent as net-snmp writes one: host, host:port,
// udp:host:port, udp6:[address]:port, [address]:port or a bare IPv6 address.
// Family is "4" or "6" where udp4 (which udp is not here) or udp6 was written.
func ParseAgent(s string) (address string, port int, family string, err error) {
	rest := s
	if transport, after, ok := strings.Cut(s, ":"); ok {
		switch strings.ToLower(transport) {
		case "udp":
			rest = after
		case "udp6", "udpv6", "udpipv6":
			rest, family = after, "6"
		case "tcp", "tcp6", "tcpv6", "tcpipv6", "dtlsudp", "tlstcp", "unix", "ssh", "ipx", "aal5pvc", "pvc":
			return "", 0, "", fmt.Errorf("agent %q: transport %s is not spoken here; use udp:HOST:PORT", s, transport)
		}
	}
	port = DefaultPort
	address = rest
	switch {
	case strings.HasPrefix(rest, "["):
		inside, after, ok := strings.Cut(rest[1:], "]")
		if !ok || after != "" && after[0] != ':' {
			return "", 0, "", fmt.Errorf("agent %q: want [ADDRESS] or [ADDRESS]:PORT", s)
		}
		address, rest = inside, strings.TrimPrefix(after, ":")
	case strings.Count(rest, ":") == 1:
		address, rest, _ = strings.Cut(rest, ":")
	default:
		rest = ""
		if n, err := strconv.Atoi(address); err == nil && address != s { // udp:1161 is this machine
			address, port = "localhost", n
		}
	}
	if rest != "" {
		if port, err = strconv.Atoi(rest); err != nil {
			return "", 0, "", fmt.Errorf("agent %q: port %q is no number", s, rest)
		}
	}
	if address == "" || port < 1 || port > 65535 {
		return "", 0, "", fmt.Errorf("agent %q: want HOST, HOST:PORT or udp:HOST:PORT", s)
	}
	return address, port, family, nil
}
