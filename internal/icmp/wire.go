package icmp

import "encoding/binary"

// The ICMP message types that we send and wait for.
// Source: RFC 792 "Echo or Echo Reply Message"; RFC 4443 sections 4.1, 4.2.
const (
	echoRequest4 = 8
	echoReply4   = 0
	echoRequest6 = 128
	echoReply6   = 129
)

const (
	icmpHeader = 8  // type, code, checksum, identifier, sequence number
	tokenSize  = 16 // the beginning of the payload: a random token, twice
)

// echo is an echo request or reply.
type echo struct {
	kind  byte
	id    uint16 // the kernel's own with a ping socket
	seq   uint16
	token uint64 // says that a reply is to this run and no other program's
}

// marshal writes e with size bytes of payload into buf, which is long enough.
// The checksum is right for ICMPv4; for ICMPv6 the kernel computes it (RFC 3542
// section 3.1).
func (e echo) marshal(buf []byte, size int) []byte {
	b := buf[:icmpHeader+size]
	clear(b)
	b[0] = e.kind
	binary.BigEndian.PutUint16(b[4:], e.id)
	binary.BigEndian.PutUint16(b[6:], e.seq)
	binary.BigEndian.PutUint64(b[8:], e.token)
	binary.BigEndian.PutUint64(b[16:], ^e.token)
	if e.kind == echoRequest4 || e.kind == echoReply4 {
		binary.BigEndian.PutUint16(b[2:], checksum(b))
	}
	return b
}

// parseEcho reads an ICMP message. ok is false for anything that is no echo
// with our kind of payload.
func parseEcho(b []byte) (e echo, ok bool) {
	if len(b) < icmpHeader+tokenSize || b[1] != 0 {
		return echo{}, false
	}
	e = echo{
		kind: b[0], id: binary.BigEndian.Uint16(b[4:]),
		seq: binary.BigEndian.Uint16(b[6:]), token: binary.BigEndian.Uint64(b[8:]),
	}
	return e, binary.BigEndian.Uint64(b[16:]) == ^e.token
}

// skipIPv4 leaves the IPv4 header out, which a raw socket delivers (RFC 791
// section 3.1: the low four bits of the first byte count its 32-bit words).
func skipIPv4(b []byte) ([]byte, bool) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return nil, false
	}
	n := int(b[0]&0xf) * 4
	if n < 20 || n > len(b) {
		return nil, false
	}
	return b[n:], true
}

// checksum is the Internet checksum (RFC 1071).
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
