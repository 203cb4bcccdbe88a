package syslog

import (
	"fmt"
	"net/netip"
)

// minBits is the widest network that may be listed: 10.0.0.0/8.
const minBits = 8

// parseNetwork reads a network, or one address.
func parseNetwork(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" && !ip.IsUnspecified() {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("got %q; want a network such as 192.0.2.0/24, or an address", text)
	}
	if masked := p.Masked(); p != masked {
		return p, fmt.Errorf("got %s; want %s, or the address alone", text, masked)
	}
	if p.Bits() < minBits {
		return p, fmt.Errorf("got %s, which is too wide; want the networks of your own senders", text)
	}
	return p, nil
}
