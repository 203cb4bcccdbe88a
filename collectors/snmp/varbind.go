package snmp

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"strconv"
)

// Type is the BER tag of a value (RFC 2578 section 7.1, RFC 3416 section 3).
type Type byte

// The types that an agent may send.
const (
	TypeInteger        Type = 0x02
	TypeBitString      Type = 0x03 // RFC 1442 only; net-snmp still prints it
	TypeOctetString    Type = 0x04
	TypeNull           Type = 0x05
	TypeOID            Type = 0x06
	TypeIPAddress      Type = 0x40
	TypeCounter32      Type = 0x41
	TypeGauge32        Type = 0x42
	TypeTimeTicks      Type = 0x43
	TypeOpaque         Type = 0x44
	TypeNsapAddress    Type = 0x45
	TypeCounter64      Type = 0x46
	TypeUinteger32     Type = 0x47
	TypeNoSuchObject   Type = 0x80
	TypeNoSuchInstance Type = 0x81
	TypeEndOfMibView   Type = 0x82
)

// Varbind is one object and its value. It holds no pointer into a buffer that
// is used again: it may be kept for ever, at the price of keeping the datagram
// that it came in (at most 64 KB) alive; clone the strings of a few long-lived
// ones.
type Varbind struct {
	OID  OID
	Type Type
	// Bits is the number of TypeInteger (as int64), the counters, gauges and
	// TimeTicks (hundredths of a second).
	Bits uint64
	// Raw is the octets of strings, Opaque and IpAddress, and the encoding of an
	// object identifier.
	Raw string
}

// Missing reports that the agent has no such object or instance, or nothing
// more: the value is none.
func (v Varbind) Missing() bool { return v.Type.Missing() }

// Missing reports that it is the type of no value.
func (t Type) Missing() bool { return t >= TypeNoSuchObject || t == TypeNull }

// Int is the value of TypeInteger.
func (v Varbind) Int() int64 { return int64(v.Bits) }

// Value is an OID's value.
func (v Varbind) Value() OID { return OID(v.Raw) }

// Addr is the value of TypeIPAddress; not valid when it has not four octets.
func (v Varbind) Addr() netip.Addr {
	if v.Type != TypeIPAddress || len(v.Raw) != 4 {
		return netip.Addr{}
	}
	return netip.AddrFrom4([4]byte([]byte(v.Raw)))
}

// Kinds of net-snmp's numbers inside an Opaque: 0x9f, one of these, a length.
const (
	opaqueExtension = 0x9f

	OpaqueCounter64 = 0x76
	OpaqueFloat     = 0x78
	OpaqueDouble    = 0x79
	OpaqueInt64     = 0x7a
	OpaqueUint64    = 0x7b
)

// Opaque takes a number in an Opaque apart; ok is false when it holds none.
func (v Varbind) Opaque() (kind byte, body string, ok bool) {
	r := v.Raw
	if v.Type != TypeOpaque || len(r) < 4 || r[0] != opaqueExtension || int(r[2]) != len(r)-3 {
		return 0, "", false
	}
	return r[1], r[3:], true
}

// OpaqueBits is a whole number in an Opaque, as two's complement.
func (v Varbind) OpaqueBits() uint64 {
	_, body, _ := v.Opaque()
	return signed(body)
}

// Number is the value as a number, whatever its type: integers, counters,
// gauges, ticks, and the floats that net-snmp puts in an Opaque. ok is false
// for everything else.
func (v Varbind) Number() (n float64, ok bool) {
	switch v.Type {
	case TypeInteger:
		return float64(int64(v.Bits)), true
	case TypeCounter32, TypeGauge32, TypeTimeTicks, TypeCounter64, TypeUinteger32:
		return float64(v.Bits), true
	case TypeOpaque:
		kind, body, ok := v.Opaque()
		switch {
		case !ok:
		case kind == OpaqueFloat && len(body) == 4:
			return float64(math.Float32frombits(binary.BigEndian.Uint32([]byte(body)))), true
		case kind == OpaqueDouble && len(body) == 8:
			return math.Float64frombits(binary.BigEndian.Uint64([]byte(body))), true
		case kind == OpaqueInt64 && len(body) <= 8:
			return float64(int64(signed(body))), true
		case (kind == OpaqueCounter64 || kind == OpaqueUint64) && len(body) <= 9:
			return float64(signed(body)), true
		}
	}
	return 0, false
}

// signed is two's complement, at most eight octets.
func signed(b string) uint64 {
	var n uint64
	if len(b) > 0 && b[0]&0x80 != 0 {
		n = math.MaxUint64
	}
	for i := range len(b) {
		n = n<<8 | uint64(b[i])
	}
	return n
}

func unsigned(b string) uint64 {
	var n uint64
	for i := range len(b) {
		n = n<<8 | uint64(b[i])
	}
	return n
}

// Uptime writes hundredths of a second as 3 days, 4:05:06.78, or quick as
// 3:4:05:06.78.
func Uptime(hundredths uint64, quick bool) string {
	two := func(n uint64) string {
		if n < 10 {
			return "0" + strconv.FormatUint(n, 10)
		}
		return strconv.FormatUint(n, 10)
	}
	s := hundredths / 100
	days, rest := s/86400, s%86400
	clock := strconv.FormatUint(rest/3600, 10) + ":" + two(rest/60%60) + ":" + two(rest%60) + "." + two(hundredths%100)
	switch {
	case quick:
		return strconv.FormatUint(days, 10) + ":" + clock
	case days == 1:
		return "1 day, " + clock
	case days > 1:
		return strconv.FormatUint(days, 10) + " days, " + clock
	}
	return clock
}

// Status is the error-status of an answer (RFC 3416 section 3).
type Status int

// The statuses that a reader meets; Status.String names them all.
const (
	NoError    Status = 0
	TooBig     Status = 1
	NoSuchName Status = 2
	BadValue   Status = 3
	GenErr     Status = 5
	NoAccess   Status = 6
	AuthError  Status = 16
)

var statusNames = [...]string{
	"noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength", "wrongEncoding", "wrongValue",
	"noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed", "authorizationError", "notWritable", "inconsistentName",
}

// String is the name of RFC 3416.
func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return fmt.Sprintf("error-status %d", int(s))
	}
	return statusNames[s]
}
