package vip

import (
	"encoding/binary"
	"net"
	"net/netip"
)

// Numbers of RFC 8200 and RFC 4861.
const (
	ipv6HeaderSize = 40
	nextICMPv6     = 58
	ndpHopLimit    = 255 // what did not come from this wire has less
	typeSolicit    = 135
	typeAdvert     = 136
	flagOverride   = 0x20 // replace what you know
	optTargetLink  = 2
	ndpBodySize    = 24 // type, code, checksum, flags, target
)

// allNodes is every host on the wire.
var allNodes = netip.MustParseAddr("ff02::1")

// solicitedNode is the group that the holder of an address has joined, RFC 4291
// section 2.7.1.
func solicitedNode(address netip.Addr) netip.Addr {
	a := address.As16()
	return netip.AddrFrom16([16]byte{0xff, 0x02, 11: 0x01, 12: 0xff, 13: a[13], 14: a[14], 15: a[15]})
}

// multicastMAC is the Ethernet group of an IPv6 group, RFC 2464 section 7.
func multicastMAC(group netip.Addr) net.HardwareAddr {
	g := group.As16()
	return net.HardwareAddr{0x33, 0x33, g[12], g[13], g[14], g[15]}
}

// solicitation asks for an address from nobody's, RFC 4862 section 5.4.2: who has
// it answers to all.
func solicitation(address netip.Addr) []byte {
	body := make([]byte, ndpBodySize)
	body[0] = typeSolicit
	copy(body[8:], address.AsSlice())
	return ipv6Packet(netip.IPv6Unspecified(), solicitedNode(address), body)
}

// advertisement tells all neighbours that an address is ours now, RFC 4861
// section 7.2.6.
func advertisement(mac [6]byte, address netip.Addr) []byte {
	body := make([]byte, ndpBodySize, ndpBodySize+8)
	body[0], body[4] = typeAdvert, flagOverride
	copy(body[8:], address.AsSlice())
	body = append(append(body, optTargetLink, 1), mac[:]...)
	return ipv6Packet(address, allNodes, body)
}

// ipv6Packet puts a header before an ICMPv6 message and its checksum into it.
func ipv6Packet(from, to netip.Addr, body []byte) []byte {
	b := make([]byte, ipv6HeaderSize, ipv6HeaderSize+len(body))
	b[0] = 6 << 4
	binary.BigEndian.PutUint16(b[4:], uint16(len(body)))
	b[6], b[7] = nextICMPv6, ndpHopLimit
	copy(b[8:], from.AsSlice())
	copy(b[24:], to.AsSlice())
	b = append(b, body...)
	clear(b[ipv6HeaderSize+2 : ipv6HeaderSize+4]) // the checksum counts itself as nothing
	binary.BigEndian.PutUint16(b[ipv6HeaderSize+2:], ^checksum(b))
	return b
}

// checksum sums an ICMPv6 packet with its pseudo header (RFC 8200 section 8.1);
// of a good one it is 0xffff.
func checksum(packet []byte) uint16 {
	body := packet[ipv6HeaderSize:]
	sum := uint32(len(body)) + nextICMPv6
	for _, part := range [][]byte{packet[8:ipv6HeaderSize], body} {
		for i := 0; i < len(part); i += 2 {
			sum += uint32(part[i]) << 8
			if i+1 < len(part) {
				sum += uint32(part[i+1])
			}
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// ndpHolder is who else uses, or is about to use, an address, by an IPv6 packet
// from the wire; nil: this one does not say so. The bytes are those of the
// sender's interface, or of its address when it does not name that.
func ndpHolder(b []byte, mac [6]byte, address netip.Addr) []byte {
	if len(b) < ipv6HeaderSize+ndpBodySize || b[0]>>4 != 6 || b[6] != nextICMPv6 || b[7] != ndpHopLimit {
		return nil
	}
	size := int(binary.BigEndian.Uint16(b[4:]))
	if size < ndpBodySize || len(b) < ipv6HeaderSize+size || checksum(b[:ipv6HeaderSize+size]) != 0xffff {
		return nil
	}
	body, from := b[ipv6HeaderSize:ipv6HeaderSize+size], netip.AddrFrom16([16]byte(b[8:24]))
	if netip.AddrFrom16([16]byte(body[8:24])) != address {
		return nil
	}
	switch {
	case body[0] == typeAdvert:
		if link := linkOption(body[ndpBodySize:]); link != nil {
			if [6]byte(link) == mac {
				return nil
			}
			return link
		}
		return from.AsSlice()
	case body[0] == typeSolicit && from.IsUnspecified():
		return from.AsSlice()
	}
	return nil
}

// linkOption finds the target's link-layer address, RFC 4861 section 4.6.
func linkOption(options []byte) []byte {
	for len(options) >= 8 {
		size := int(options[1]) * 8
		if size == 0 || size > len(options) {
			return nil
		}
		if options[0] == optTargetLink {
			return append([]byte(nil), options[2:8]...)
		}
		options = options[size:]
	}
	return nil
}
