package gateway

import (
	"encoding/binary"
	"net/netip"
)

// The operations of ARP. Source: RFC 826, "Packet format".
const (
	arpAsk    = 1 // ares_op$REQUEST
	arpAnswer = 2 // ares_op$REPLY
)

const (
	arpEthernet = 1      // ares_hrd$Ethernet
	arpIPv4     = 0x0800 // ether_type$DOD_INTERNET
	arpBytes    = 28
)

// arp is an ARP packet for IPv4 over Ethernet.
type arp struct {
	op        uint16
	senderMAC [6]byte
	sender    netip.Addr // IPv4
	targetMAC [6]byte
	target    netip.Addr // IPv4
}

// marshal writes the packet as it stands behind the Ethernet header.
func (a arp) marshal() []byte {
	b := make([]byte, 0, arpBytes)
	b = binary.BigEndian.AppendUint16(b, arpEthernet)
	b = binary.BigEndian.AppendUint16(b, arpIPv4)
	b = append(b, 6, 4) // lengths of the addresses
	b = binary.BigEndian.AppendUint16(b, a.op)
	b = append(b, a.senderMAC[:]...)
	b = append(b, a.sender.AsSlice()...)
	b = append(b, a.targetMAC[:]...)
	return append(b, a.target.AsSlice()...)
}

// parseARP reads a packet; ok is false when it is not IPv4 over Ethernet. What
// stands behind it is padding.
func parseARP(b []byte) (a arp, ok bool) {
	if len(b) < arpBytes || binary.BigEndian.Uint16(b) != arpEthernet || binary.BigEndian.Uint16(b[2:]) != arpIPv4 || b[4] != 6 || b[5] != 4 {
		return arp{}, false
	}
	return arp{
		op:        binary.BigEndian.Uint16(b[6:]),
		senderMAC: [6]byte(b[8:14]), sender: netip.AddrFrom4([4]byte(b[14:18])),
		targetMAC: [6]byte(b[18:24]), target: netip.AddrFrom4([4]byte(b[24:28])),
	}, true
}
