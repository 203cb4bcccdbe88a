package netsnmp

import (
	"strconv"

	"monitord/collectors/snmp/mib"
)

// hexLine is the octets in one line of a Hex-STRING.
const hexLine = 16

const hexDigits = "0123456789ABCDEF"

func (w *valueWriter) hexOctet(c byte) { w.b = append(w.b, hexDigits[c>>4], hexDigits[c&15]) }

// hex writes octets as 01 23 AB, a space behind each, 16 in a line.
func (w *valueWriter) hex(raw string) {
	for len(raw) > hexLine {
		w.hexLine(raw[:hexLine])
		w.b = append(w.b, '\n')
		raw = raw[hexLine:]
	}
	w.hexLine(raw)
}

func (w *valueWriter) hexLine(raw string) {
	for i := range len(raw) {
		w.hexOctet(raw[i])
		w.b = append(w.b, ' ')
	}
	if !w.p.HexText {
		return
	}
	w.add("  [")
	for i := range len(raw) {
		c := raw[i]
		if !printable(c) && !space(c) {
			c = '.'
		}
		w.b = append(w.b, c)
	}
	w.add("]")
}

func printable(c byte) bool { return c >= ' ' && c <= '~' }
func space(c byte) bool     { return c == ' ' || c >= '\t' && c <= '\r' }

// octets writes a string by its hint, as text, or as hexadecimal.
func (w *valueWriter) octets() {
	raw := w.v.Raw
	if w.hint != "" && w.byHint() {
		return
	}
	asHex := w.p.Strings == StringsHex
	if w.p.Strings == StringsGuess {
		for i := range len(raw) {
			asHex = asHex || !printable(raw[i]) && !space(raw[i])
		}
	}
	switch {
	case raw == "":
		w.add(`""`)
		return
	case asHex && w.p.quick():
		w.add(`"`)
		w.hex(raw)
		w.add(`"`)
	case asHex:
		w.add("Hex-STRING: ")
		w.hex(raw)
	default:
		w.label("STRING: ")
		w.add(`"`)
		w.b = mib.AppendText(w.b, raw)
		w.add(`"`)
	}
	w.unit()
}

// bits writes BITS: 03 one(6) two(7).
func (w *valueWriter) bits() {
	raw := w.v.Raw
	if w.p.quick() {
		w.add(`"`)
		w.hex(raw)
		w.add(`"`)
		return
	}
	w.add("BITS: ")
	w.hex(raw)
	for i := range len(raw) {
		for bit := range 8 {
			if raw[i]&(0x80>>bit) == 0 {
				continue
			}
			n, name := i*8+bit, ""
			if w.node != nil {
				name = w.node.EnumName(int64(n))
			}
			if name == "" || w.p.NumericEnums {
				w.add(strconv.Itoa(n) + " ")
			} else {
				w.add(name + "(" + strconv.Itoa(n) + ") ")
			}
		}
	}
}

// byHint writes a string by its hint; false when the hint is of no use.
func (w *valueWriter) byHint() bool {
	start := len(w.b)
	w.label("STRING: ")
	b, ok := mib.OctetsByHint(w.b, w.v.Raw, w.hint, w.p.PaddedHex)
	if !ok {
		w.b = w.b[:start]
		return false
	}
	w.b = b
	w.unit()
	return true
}
