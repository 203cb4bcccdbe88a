package snmp

import (
	"errors"
	"math"
	"slices"
)

// pduKind is the tag of a protocol data unit (RFC 3416 section 3).
type pduKind byte

const (
	pduGet      pduKind = 0xa0
	pduGetNext  pduKind = 0xa1
	pduResponse pduKind = 0xa2
	pduGetBulk  pduKind = 0xa5
	pduReport   pduKind = 0xa8
)

// request is what is asked, before it is written for one version.
type request struct {
	kind                        pduKind
	nonRepeaters, maxRepetition int // GetBulk
	oids                        []OID
}

// Answer is what an agent said to one request. Vars is used again by the next
// request of the session; its elements may be kept.
type Answer struct {
	Status Status
	Index  int // of the varbind that Status is about, from 1; 0 is none
	Vars   []Varbind
}

const (
	tagInteger  = 0x02
	tagString   = 0x04
	tagOID      = 0x06
	tagSequence = 0x30
)

// appendCommunity writes a v1 or v2c message (RFC 1157 section 4, RFC 1901).
func appendCommunity(b []byte, version Version, community string, id int32, r request) []byte {
	vars := 0
	for _, o := range r.oids {
		vars += tlvSize(varbindSize(o))
	}
	first, second := 0, 0
	if r.kind == pduGetBulk {
		first, second = r.nonRepeaters, r.maxRepetition
	}
	pdu := 6 + intSize(first) + intSize(second) + tlvSize(vars)
	whole := 3 + tlvSize(len(community)) + tlvSize(pdu)

	b = appendHeader(b, tagSequence, whole)
	b = append(b, tagInteger, 1, byte(version))
	b = append(appendHeader(b, tagString, len(community)), community...)
	b = appendHeader(b, byte(r.kind), pdu)
	b = append(b, tagInteger, 4, byte(id>>24), byte(id>>16), byte(id>>8), byte(id))
	b = appendInt(appendInt(b, first), second)
	b = appendHeader(b, tagSequence, vars)
	for _, o := range r.oids {
		o = onWire(o)
		b = appendHeader(b, tagSequence, tlvSize(len(o))+2)
		b = append(appendHeader(b, tagOID, len(o)), o...)
		b = append(b, byte(TypeNull), 0)
	}
	return b
}

// onWire is the OID as it is sent: the root has no encoding of its own and is
// asked for as 0.0, as net-snmp does.
func onWire(o OID) OID {
	if o == "" {
		return "\x00"
	}
	return o
}

func varbindSize(o OID) int { return tlvSize(len(onWire(o))) + 2 }

func tlvSize(n int) int {
	switch {
	case n < 0x80:
		return 2 + n
	case n < 0x100:
		return 3 + n
	}
	return 4 + n
}

func appendHeader(b []byte, tag byte, n int) []byte {
	switch {
	case n < 0x80:
		return append(b, tag, byte(n))
	case n < 0x100:
		return append(b, tag, 0x81, byte(n))
	}
	return append(b, tag, 0x82, byte(n>>8), byte(n))
}

// intSize and appendInt write a number from 0 to 32767.
func intSize(n int) int {
	if n < 0x80 {
		return 3
	}
	return 4
}

func appendInt(b []byte, n int) []byte {
	if n < 0x80 {
		return append(b, tagInteger, 1, byte(n))
	}
	return append(b, tagInteger, 2, byte(n>>8), byte(n))
}

var errBER = errors.New("message is not well-formed BER")

// take reads one tag, length and value, and what is left (X.690 8.1). Only
// definite lengths are allowed (RFC 3417 section 8).
func take(b string) (tag byte, value, rest string, err error) {
	if len(b) < 2 {
		return 0, "", "", errBER
	}
	n, head := int(b[1]), 2
	if n >= 0x80 {
		octets := n & 0x7f
		if octets == 0 || octets > 4 || len(b) < 2+octets {
			return 0, "", "", errBER
		}
		n, head = int(unsigned(b[2:2+octets])), 2+octets
	}
	if n < 0 || n > len(b)-head {
		return 0, "", "", errBER
	}
	return b[0], b[head : head+n], b[head+n:], nil
}

// takeInt reads an INTEGER of at most 32 bits.
func takeInt(b string) (int32, string, error) {
	tag, v, rest, err := take(b)
	if err != nil || tag != tagInteger || len(v) == 0 || len(v) > 4 {
		return 0, "", errBER
	}
	return int32(signed(v)), rest, nil
}

// parseCommunity reads a v1 or v2c answer to a request for asked into a, whose Vars
// are used again. The varbinds are parts of msg.
func parseCommunity(msg string, version Version, asked []OID, a *Answer) (id int32, err error) {
	tag, body, _, err := take(msg)
	if err != nil || tag != tagSequence {
		return 0, errBER
	}
	got, body, err := takeInt(body)
	if err != nil {
		return 0, err
	}
	if got != int32(version) {
		return 0, errors.New("answer of another version")
	}
	if tag, _, body, err = take(body); err != nil || tag != tagString {
		return 0, errBER
	}
	tag, pdu, rest, err := take(body)
	if err != nil || rest != "" {
		return 0, errBER
	}
	if pduKind(tag) != pduResponse {
		return 0, errors.New("message is no response")
	}
	return parsePDU(pdu, asked, a)
}

// parsePDU reads what is in a response or report. Each part must end where the one
// around it ends: a length that lies would hide objects. asked spares the look at
// the objects that were asked for by name.
func parsePDU(pdu string, asked []OID, a *Answer) (id int32, err error) {
	if id, pdu, err = takeInt(pdu); err != nil {
		return 0, err
	}
	status, pdu, err := takeInt(pdu)
	if err != nil {
		return 0, err
	}
	index, pdu, err := takeInt(pdu)
	if err != nil {
		return 0, err
	}
	tag, list, rest, err := take(pdu)
	if err != nil || tag != tagSequence || rest != "" {
		return 0, errBER
	}
	a.Status, a.Index, a.Vars = Status(status), int(index), slices.Grow(a.Vars[:0], len(asked))
	for list != "" {
		var one string
		if tag, one, list, err = take(list); err != nil || tag != tagSequence {
			return 0, errBER
		}
		n := len(a.Vars)
		a.Vars = append(a.Vars, Varbind{})
		if n < len(asked) {
			a.Vars[n].OID = asked[n]
		}
		if err := a.Vars[n].parse(one); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// parse reads one object and its value. v.OID is a good one that probably comes,
// or nothing.
func (v *Varbind) parse(b string) error {
	tag, oid, rest, err := take(b)
	if err != nil || tag != tagOID {
		return errBER
	}
	if OID(oid) != v.OID {
		if err := checkOID(oid); err != nil {
			return err
		}
		v.OID = OID(oid)
	}
	tag, raw, rest, err := take(rest)
	if err != nil || rest != "" {
		return errBER
	}
	v.Type = Type(tag)
	return v.setRaw(raw)
}

// setRaw reads the value. Numbers of 32 bits are read as net-snmp reads them:
// as two's complement of as many octets as came.
func (v *Varbind) setRaw(raw string) error {
	switch v.Type {
	case TypeInteger:
		if len(raw) == 0 || len(raw) > 8 {
			return errBER
		}
		v.Bits = signed(raw)
	case TypeCounter32, TypeGauge32, TypeTimeTicks, TypeUinteger32:
		if len(raw) == 0 || len(raw) > 5 || len(raw) == 5 && raw[0] != 0 {
			return errBER
		}
		v.Bits = signed(raw) & math.MaxUint32
	case TypeCounter64:
		if len(raw) == 0 || len(raw) > 9 || len(raw) == 9 && raw[0] != 0 {
			return errBER
		}
		v.Bits = signed(raw)
	case TypeOID:
		v.Raw = raw
		return checkOID(raw)
	case TypeOctetString, TypeOpaque, TypeIPAddress, TypeNsapAddress, TypeBitString:
		v.Raw = raw
	case TypeNull, TypeNoSuchObject, TypeNoSuchInstance, TypeEndOfMibView:
	default:
		return errors.New("value of an unknown type")
	}
	return nil
}
