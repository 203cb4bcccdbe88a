package netsnmp

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/mib"
)

// Strings is how octet strings without a DISPLAY-HINT are written.
type Strings byte

// The ways.
const (
	StringsGuess Strings = iota // text when every octet can be printed
	StringsText                 // -Oa
	StringsHex                  // -Ox
)

// Printer writes objects and values as net-snmp's programs do (5.9). The zero
// value knows no names and has no options. Safe for concurrent use.
type Printer struct {
	Names        *mib.Names // nil: none
	Style        mib.Style  // of OIDs
	Quick        bool       // no types (-Oq)
	Equals       bool       // quick, with = (-OQ)
	Bare         bool       // values only (-Ov)
	NumericEnums bool       // -Oe
	NumericTicks bool       // -Ot
	NoUnits      bool       // -OU
	NoHints      bool
	HexText      bool // -OT
	PaddedHex    bool // -O0
	Strings      Strings
}

// Line writes OBJECT = TYPE: VALUE, without a line end.
func (p *Printer) Line(v snmp.Varbind) string { return string(p.Append(nil, v)) }

// Append appends what Line writes.
func (p *Printer) Append(b []byte, v snmp.Varbind) []byte {
	switch {
	case p.Bare:
	case p.Equals, !p.Quick:
		b = append(p.Names.Append(b, v.OID, p.style()), " = "...)
	default:
		b = append(p.Names.Append(b, v.OID, p.style()), ' ')
	}
	return p.AppendValue(b, v)
}

// OID writes an OID alone.
func (p *Printer) OID(oid snmp.OID) string { return string(p.Names.Append(nil, oid, p.style())) }

// style is that of OIDs, with what this printer says of strings in them.
func (p *Printer) style() mib.Style {
	s := p.Style
	s.Quick, s.Padded = p.quick(), p.PaddedHex
	return s
}

func (p *Printer) quick() bool { return p.Quick || p.Equals }

// AppendValue appends the value alone, by the type that the object's name has.
func (p *Printer) AppendValue(b []byte, v snmp.Varbind) []byte {
	switch v.Type {
	case snmp.TypeNoSuchObject:
		return append(b, "No Such Object available on this agent at this OID"...)
	case snmp.TypeNoSuchInstance:
		return append(b, "No Such Instance currently exists at this OID"...)
	case snmp.TypeEndOfMibView:
		return append(b, "No more variables left in this MIB View (It is past the end of the MIB tree)"...)
	}
	w := valueWriter{p: p, b: b, v: v}
	if p.Names != nil {
		if node, _ := p.Names.Nearest(v.OID); node != nil {
			w.named(node)
			return w.b
		}
	}
	w.plain()
	return w.b
}

// valueWriter writes one value.
type valueWriter struct {
	p     *Printer
	b     []byte
	v     snmp.Varbind
	node  *mib.Node // nil: no name, or a value of another type than the name has
	hint  string
	units string
}

func (w *valueWriter) add(s string) { w.b = append(w.b, s...) }

// label is the type in front of a value.
func (w *valueWriter) label(s string) {
	if !w.p.quick() {
		w.add(s)
	}
}

func (w *valueWriter) unit() {
	if w.units != "" {
		w.add(" " + w.units)
	}
}

// fits says which types on the wire an object's type may have, and the word of
// net-snmp's complaint.
var fits = map[mib.Base]struct {
	types string
	word  string
}{
	mib.BaseInteger:        {string(rune(snmp.TypeInteger)), "INTEGER"},
	mib.BaseString:         {string(rune(snmp.TypeOctetString)), "OCTET STRING"},
	mib.BaseOID:            {string(rune(snmp.TypeOID)), "OBJECT IDENTIFIER"},
	mib.BaseBits:           {string(rune(snmp.TypeOctetString)) + string(rune(snmp.TypeBitString)), "BITS"},
	mib.BaseIPAddress:      {string(rune(snmp.TypeIPAddress)), "IpAddress"},
	mib.BaseNetworkAddress: {string(rune(snmp.TypeIPAddress)), "NetworkAddress"},
	mib.BaseCounter32:      {string(rune(snmp.TypeCounter32)), "Counter32"},
	mib.BaseGauge32:        {string(rune(snmp.TypeGauge32)), "Gauge32 or Unsigned32"},
	mib.BaseUnsigned32:     {string(rune(snmp.TypeGauge32)), "Gauge32 or Unsigned32"},
	mib.BaseTimeTicks:      {string(rune(snmp.TypeTimeTicks)), "Timeticks"},
	mib.BaseOpaque:         {string(rune(snmp.TypeOpaque)), "Opaque"},
	mib.BaseCounter64:      {string(rune(snmp.TypeCounter64)), "Counter64"},
	mib.BaseNull:           {string(rune(snmp.TypeNull)), "NULL"},
}

// named writes a value by its name's type, or says that it has another.
func (w *valueWriter) named(node *mib.Node) {
	want, typed := fits[node.Base]
	if typed && !strings.ContainsRune(want.types, rune(w.v.Type)) {
		if !w.p.Equals {
			w.add("Wrong Type (should be " + want.word + "): ")
		}
		w.plain()
		return
	}
	w.node = node
	if !w.p.NoHints {
		w.hint = node.Hint
	}
	if !w.p.NoUnits {
		w.units = node.Units
	}
	switch node.Base {
	case mib.BaseBits:
		w.bits()
	case mib.BaseNetworkAddress:
		w.network()
	default:
		w.plain()
	}
}

// plain writes a value by the type it has.
func (w *valueWriter) plain() {
	switch w.v.Type {
	case snmp.TypeInteger:
		w.integer("INTEGER: ", w.v.Int(), strconv.FormatInt(w.v.Int(), 10))
	case snmp.TypeUinteger32:
		w.integer("UInteger32: ", int64(w.v.Bits), strconv.FormatUint(w.v.Bits, 10))
	case snmp.TypeOctetString:
		w.octets()
	case snmp.TypeBitString:
		w.bits()
	case snmp.TypeOID:
		w.label("OID: ")
		w.b = w.p.Names.Append(w.b, w.oid(), w.p.style())
		w.unit()
	case snmp.TypeIPAddress:
		w.address()
	case snmp.TypeCounter32:
		w.number("Counter32: ")
	case snmp.TypeGauge32:
		w.gauge()
	case snmp.TypeCounter64:
		w.number("Counter64: ")
	case snmp.TypeTimeTicks:
		w.ticks()
	case snmp.TypeOpaque:
		w.opaque()
	case snmp.TypeNsapAddress:
		w.network()
	case snmp.TypeNull:
		w.add("NULL")
	default:
		w.add("Variable has bad type")
	}
}

// oid is the value; one without octets means 0.0.
func (w *valueWriter) oid() snmp.OID {
	if w.v.Raw == "" {
		return "\x00"
	}
	return w.v.Value()
}

func (w *valueWriter) number(label string) {
	w.label(label)
	w.b = strconv.AppendUint(w.b, w.v.Bits, 10)
	w.unit()
}

func (w *valueWriter) gauge() {
	w.label("Gauge32: ")
	if w.hint != "" {
		w.add(mib.IntegerByHint(int64(w.v.Bits), w.hint))
	} else {
		w.b = strconv.AppendUint(w.b, w.v.Bits, 10)
	}
	w.unit()
}

func (w *valueWriter) integer(label string, v int64, text string) {
	name := ""
	if w.node != nil {
		name = w.node.EnumName(v)
	}
	w.label(label)
	switch {
	case (name == "" || w.p.NumericEnums) && w.hint != "":
		w.add(mib.IntegerByHint(v, w.hint))
	case name == "" || w.p.NumericEnums:
		w.add(text)
	case w.p.quick():
		w.add(name)
	default:
		w.add(name + "(" + text + ")")
	}
	w.unit()
}

func (w *valueWriter) address() {
	w.label("IpAddress: ")
	for i := range min(4, len(w.v.Raw)) {
		if i > 0 {
			w.add(".")
		}
		w.b = strconv.AppendUint(w.b, uint64(w.v.Raw[i]), 10)
	}
}

func (w *valueWriter) network() {
	w.label("Network Address: ")
	for i := range len(w.v.Raw) {
		if i > 0 {
			w.add(":")
		}
		w.hexOctet(w.v.Raw[i])
	}
}

// ticks writes (12345) 0:02:03.45.
func (w *valueWriter) ticks() {
	n := w.v.Bits
	if w.p.NumericTicks {
		w.b = strconv.AppendUint(w.b, n, 10)
		return
	}
	w.label("Timeticks: (" + strconv.FormatUint(n, 10) + ") ")
	w.add(snmp.Uptime(n, w.p.quick()))
	w.unit()
}

// opaque writes net-snmp's numbers in an Opaque, or its octets.
func (w *valueWriter) opaque() {
	kind, body, ok := w.v.Opaque()
	switch {
	case ok && kind == snmp.OpaqueFloat && len(body) == 4:
		w.float(float64(math.Float32frombits(binary.BigEndian.Uint32([]byte(body)))))
	case ok && kind == snmp.OpaqueDouble && len(body) == 8:
		w.float(math.Float64frombits(binary.BigEndian.Uint64([]byte(body))))
	case ok && kind == snmp.OpaqueInt64 && len(body) <= 8:
		w.wide("Opaque: Int64: ", true)
	case ok && kind == snmp.OpaqueUint64 && len(body) <= 9:
		w.wide("Opaque: UInt64: ", false)
	case ok && kind == snmp.OpaqueCounter64 && len(body) <= 9:
		w.wide("Opaque: Counter64: ", false)
	default:
		w.label("OPAQUE: ")
		w.hex(w.v.Raw)
	}
	w.unit()
}

func (w *valueWriter) float(f float64) {
	w.label("Opaque: Float: ")
	w.b = strconv.AppendFloat(w.b, f, 'f', 6, 64)
}

func (w *valueWriter) wide(label string, signed bool) {
	w.label(label)
	n := w.v.OpaqueBits()
	if signed {
		w.b = strconv.AppendInt(w.b, int64(n), 10)
	} else {
		w.b = strconv.AppendUint(w.b, n, 10)
	}
}
