package stonith

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"monitord/alerting/failover"
	"monitord/checks"
)

// self knows this machine.
type self struct {
	hostname  string
	addresses func() ([]net.Addr, error)
	resolver  checks.Resolver
}

// check is an error when the victim is this machine, by a name or an address, or
// when that cannot be told.
func (s self) check(ctx context.Context, r failover.Request, v victim) error {
	for _, name := range []string{v.host, v.plug, r.Address} {
		if name != "" && strings.EqualFold(short(name), short(s.hostname)) {
			return fmt.Errorf("%s is this machine: nobody fences himself", name)
		}
	}
	if r.Address == "" {
		return nil
	}
	theirs, err := s.resolve(ctx, r.Address)
	if err != nil {
		return fmt.Errorf("whether %s is this machine is not known: %w (give the host an address in numbers)", v.host, err)
	}
	own, err := s.addresses()
	if err != nil {
		return fmt.Errorf("our own addresses are not known: %w", err)
	}
	for _, addr := range theirs {
		mine := slices.ContainsFunc(own, func(a net.Addr) bool {
			n, ok := a.(*net.IPNet)
			return ok && n.IP.Equal(addr.AsSlice())
		})
		if mine || addr.IsLoopback() || addr.IsUnspecified() {
			return fmt.Errorf("%s is an address of this machine: nobody fences himself", addr)
		}
	}
	return nil
}

func (s self) resolve(ctx context.Context, address string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(address); err == nil {
		return []netip.Addr{addr.Unmap()}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	found, err := s.resolver.LookupNetIP(ctx, "ip", address)
	for i := range found {
		found[i] = found[i].Unmap()
	}
	return found, err
}

// short is a host's name without its domain; an address stays whole.
func short(name string) string {
	if _, err := netip.ParseAddr(name); err == nil {
		return name
	}
	head, _, _ := strings.Cut(name, ".")
	return head
}
