package vip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
)

// arpPacket is an ARP packet for IPv4 on Ethernet, RFC 826.
type arpPacket struct {
	Op        uint16 // arpRequest or arpReply
	SenderMAC [6]byte
	Sender    netip.Addr // IPv4; 0.0.0.0 in a probe
	TargetMAC [6]byte
	Target    netip.Addr // IPv4
}

// Operations of ARP.
const (
	arpRequest = 1
	arpReply   = 2
)

// arpSize is the length of a packet; Ethernet may pad it.
const arpSize = 28

var errNotARP = errors.New("no ARP packet for IPv4 on Ethernet")

// appendTo writes the packet.
func (p arpPacket) appendTo(b []byte) []byte {
	b = append(b, 0, 1, 0x08, 0x00, 6, 4) // Ethernet, IPv4, lengths of their addresses
	b = binary.BigEndian.AppendUint16(b, p.Op)
	b = append(append(b, p.SenderMAC[:]...), p.Sender.AsSlice()...)
	return append(append(b, p.TargetMAC[:]...), p.Target.AsSlice()...)
}

// parseARP reads one; it keeps nothing of b.
func parseARP(b []byte) (arpPacket, error) {
	if len(b) < arpSize || !bytes.Equal(b[:6], []byte{0, 1, 0x08, 0x00, 6, 4}) {
		return arpPacket{}, errNotARP
	}
	return arpPacket{
		Op:        binary.BigEndian.Uint16(b[6:]),
		SenderMAC: [6]byte(b[8:14]), Sender: netip.AddrFrom4([4]byte(b[14:18])),
		TargetMAC: [6]byte(b[18:24]), Target: netip.AddrFrom4([4]byte(b[24:28])),
	}, nil
}

// arpProbe asks who has an address without saying anything of ours, RFC 5227
// section 2.1.1.
func arpProbe(mac [6]byte, address netip.Addr) []byte {
	return arpPacket{Op: arpRequest, SenderMAC: mac, Sender: netip.IPv4Unspecified(), Target: address}.appendTo(nil)
}

// arpAnnouncements are the two forms in which neighbours learn of a move: a
// request (RFC 5227 section 2.3) and a reply nobody asked for.
func arpAnnouncements(mac [6]byte, address netip.Addr) [][]byte {
	everybody := [6]byte(broadcast)
	return [][]byte{
		arpPacket{Op: arpRequest, SenderMAC: mac, Sender: address, Target: address}.appendTo(nil),
		arpPacket{Op: arpReply, SenderMAC: mac, Sender: address, TargetMAC: everybody, Target: address}.appendTo(nil),
	}
}

var broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// arpHolder is who else uses, or is about to use, an address, by a packet from
// the wire; nil: this one does not say so. RFC 5227 section 2.1.1.
func arpHolder(b []byte, mac [6]byte, address netip.Addr) net.HardwareAddr {
	p, err := parseARP(b)
	if err != nil || p.SenderMAC == mac {
		return nil
	}
	probes := p.Op == arpRequest && p.Sender == netip.IPv4Unspecified() && p.Target == address
	if p.Sender == address || probes {
		return p.SenderMAC[:]
	}
	return nil
}
