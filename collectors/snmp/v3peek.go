package snmp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"

	"github.com/gosnmp/gosnmp"
)

// peekV3 reads what of a v3 message stands in the clear (RFC 3412 section 6):
// its ID and, for a Report that is not encrypted, the object reported.
func peekV3(msg string) (id int32, report OID, err error) {
	tag, body, _, err := take(msg)
	if err != nil || tag != tagSequence {
		return 0, "", errBER
	}
	version, body, err := takeInt(body)
	if err != nil {
		return 0, "", err
	}
	if version != int32(V3) {
		return 0, "", errors.New("answer of another version")
	}
	tag, header, body, err := take(body)
	if err != nil || tag != tagSequence {
		return 0, "", errBER
	}
	if id, _, err = takeInt(header); err != nil {
		return 0, "", err
	}
	if tag, _, body, err = take(body); err != nil || tag != tagString {
		return 0, "", errBER
	}
	tag, scoped, _, err := take(body)
	if err != nil || tag != tagSequence { // encrypted
		return id, "", err
	}
	for range 2 { // context engine and name
		if tag, _, scoped, err = take(scoped); err != nil || tag != tagString {
			return 0, "", errBER
		}
	}
	tag, pdu, _, err := take(scoped)
	if err != nil || pduKind(tag) != pduReport {
		return id, "", err
	}
	var a Answer
	if _, err := parsePDU(pdu, nil, &a); err != nil {
		return 0, "", err
	}
	if len(a.Vars) > 0 {
		report = a.Vars[0].OID
	}
	return id, report, nil
}

// fromGoSNMP turns a value of gosnmp into ours.
func fromGoSNMP(p gosnmp.SnmpPDU) (Varbind, error) {
	oid, err := ParseOID(p.Name)
	if err != nil {
		return Varbind{}, fmt.Errorf("answer: %w", err)
	}
	v := Varbind{OID: oid, Type: Type(p.Type)}
	switch x := p.Value.(type) {
	case nil:
	case int:
		v.Bits = uint64(int64(x))
	case uint:
		v.Bits = uint64(x) & math.MaxUint32
	case uint32:
		v.Bits = uint64(x)
	case uint64:
		v.Bits = x
	case []byte:
		v.Raw = string(x)
	case string:
		return v, v.fromText(x)
	case float32:
		v.Type = TypeOpaque
		v.Raw = string(binary.BigEndian.AppendUint32([]byte{opaqueExtension, OpaqueFloat, 4}, math.Float32bits(x)))
	case float64:
		v.Type = TypeOpaque
		v.Raw = string(binary.BigEndian.AppendUint64([]byte{opaqueExtension, OpaqueDouble, 8}, math.Float64bits(x)))
	default:
		return v, fmt.Errorf("answer: value %T of type %#x", x, byte(p.Type))
	}
	return v, nil
}

// fromText reads the values that gosnmp gives as text.
func (v *Varbind) fromText(x string) error {
	switch v.Type {
	case TypeOID:
		o, err := ParseOID(x)
		v.Raw = string(o)
		return err
	case TypeIPAddress:
		ip := net.ParseIP(x)
		if four := ip.To4(); four != nil {
			ip = four
		}
		v.Raw = string(ip)
	default:
		v.Raw = x
	}
	return nil
}
