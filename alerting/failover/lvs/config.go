package lvs

import (
	_ "embed"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Mode says how a real server is taken out.
type Mode string

// The modes, which ldirectord calls quiescent=yes and quiescent=no.
const (
	Quiesce Mode = "quiesce" // weight 0: connections that are there may end
	Remove  Mode = "remove"  // out of the table
)

// Config is the options of the action.
type Config struct {
	Service  Service         `yaml:"service"`  // the virtual service
	Mode     Mode            `yaml:"mode"`     // how a server is taken out
	Min      int             `yaml:"min"`      // servers with a weight above 0 that must stay; at least 1
	Fallback *Real           `yaml:"fallback"` // never counted and never touched; nil: none
	Reals    map[string]Real `yaml:"reals"`    // host → its address, or address:port, in the table
	Ipvsadm  string          `yaml:"ipvsadm"`  // the program
	Timeout  time.Duration   `yaml:"timeout"`  // of one run of it
}

// DefaultConfig is what holds where nothing is written.
func DefaultConfig() Config {
	return Config{Mode: Quiesce, Min: 1, Ipvsadm: "/usr/sbin/ipvsadm", Timeout: 5 * time.Second}
}

// Validate reports every fault; it touches neither network nor files.
func (c *Config) Validate() error {
	var faults []error
	add := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	if c.Service == (Service{}) {
		add("service", "is missing; want one such as tcp 192.0.2.80:80, or fwmark 1")
	}
	if c.Mode != Quiesce && c.Mode != Remove {
		add("mode", "got %q; want quiesce or remove", string(c.Mode))
	}
	if c.Min < 1 {
		add("min", "got %d; want at least 1: a service must never be empty", c.Min)
	}
	if !filepath.IsAbs(c.Ipvsadm) {
		add("ipvsadm", "got %q; want the program's whole path, such as /usr/sbin/ipvsadm", c.Ipvsadm)
	}
	if c.Timeout < 100*time.Millisecond || c.Timeout > time.Minute {
		add("timeout", "got %s; want 100ms to 1m", c.Timeout)
	}
	return errors.Join(faults...)
}

// Service is a virtual service: tcp, udp or sctp with address and port, or a
// firewall mark.
type Service struct {
	Protocol string         // tcp, udp, sctp or fwmark
	Address  netip.AddrPort // zero for a mark
	Mark     uint32
}

var serviceFlags = map[string]string{"tcp": "-t", "udp": "-u", "sctp": "--sctp-service", "fwmark": "-f"}

// UnmarshalText reads "tcp 192.0.2.80:80" or "fwmark 1".
func (s *Service) UnmarshalText(b []byte) error {
	fields := strings.Fields(string(b))
	if len(fields) == 2 && serviceFlags[fields[0]] != "" {
		if got, ok := serviceOf(fields[0], fields[1]); ok {
			*s = got
			return nil
		}
	}
	return fmt.Errorf("got %.60q; want tcp, udp or sctp with address:port, such as tcp 192.0.2.80:80, or fwmark with a number", string(b))
}

func serviceOf(protocol, at string) (Service, bool) {
	if protocol == "fwmark" {
		mark, err := strconv.ParseUint(at, 10, 32)
		return Service{Protocol: protocol, Mark: uint32(mark)}, err == nil && mark > 0
	}
	addr, err := netip.ParseAddrPort(at)
	return Service{Protocol: protocol, Address: plain(addr)}, err == nil && serviceFlags[protocol] != ""
}

// MarshalText writes what UnmarshalText reads.
func (s Service) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String is as in the configuration.
func (s Service) String() string { return s.Protocol + " " + s.at() }

func (s Service) at() string {
	if s.Protocol == "fwmark" {
		return strconv.FormatUint(uint64(s.Mark), 10)
	}
	return s.Address.String()
}

// args name the service for ipvsadm.
func (s Service) args() []string { return []string{serviceFlags[s.Protocol], s.at()} }

// Real is a real server's address; port 0 means every port of it.
type Real struct {
	Addr netip.Addr
	Port uint16
}

// UnmarshalText reads an address, or address:port.
func (r *Real) UnmarshalText(b []byte) error {
	if addr, err := netip.ParseAddr(string(b)); err == nil && addr.Zone() == "" {
		r.Addr, r.Port = addr.Unmap(), 0
		return nil
	}
	ap, err := netip.ParseAddrPort(string(b))
	if err != nil || ap.Addr().Zone() != "" {
		return fmt.Errorf("got %.60q; want an address such as 10.0.0.1, or 10.0.0.1:8080", string(b))
	}
	r.Addr, r.Port = ap.Addr().Unmap(), ap.Port()
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (r Real) MarshalText() ([]byte, error) {
	if r.Port == 0 {
		return []byte(r.Addr.String()), nil
	}
	return []byte(netip.AddrPortFrom(r.Addr, r.Port).String()), nil
}

// is reports whether an entry of the table is meant.
func (r Real) is(at netip.AddrPort) bool {
	return r.Addr == at.Addr() && (r.Port == 0 || r.Port == at.Port())
}

func plain(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
