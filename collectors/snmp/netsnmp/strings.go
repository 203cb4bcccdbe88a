package netsnmp

import (
	"strconv"
	"strings"
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
		if !printable(c) {
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
		w.text(raw)
		w.add(`"`)
	}
	w.unit()
}

// text writes octets with \ before quotes and itself, a dot for what cannot be
// printed.
func (w *valueWriter) text(raw string) {
	for i := range len(raw) {
		c := raw[i]
		switch {
		case c == '\\' || c == '"':
			w.b = append(w.b, '\\', c)
		case printable(c) || space(c):
			w.b = append(w.b, c)
		default:
			w.b = append(w.b, '.')
		}
	}
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

// spec is one part of a DISPLAY-HINT for octets (RFC 2579 section 3.1).
type spec struct {
	star        bool // repeated as often as an octet of the value says
	width       int
	code        byte // x d o a t
	separ, term byte // 0 is none
}

// nextSpec takes one part off a hint. ok is false for a faulty one.
func nextSpec(hint string) (s spec, rest string, ok bool) {
	if strings.HasPrefix(hint, "*") {
		s.star, hint = true, hint[1:]
	}
	n := 0
	for n < len(hint) && hint[n] >= '0' && hint[n] <= '9' && n < 6 {
		s.width = s.width*10 + int(hint[n]-'0')
		n++
	}
	if n == len(hint) || strings.IndexByte("xdoat", hint[n]) < 0 || s.width == 0 {
		return s, "", false
	}
	s.code, rest = hint[n], hint[n+1:]
	for _, into := range []*byte{&s.separ, &s.term} {
		if rest != "" && rest[0] != '*' && (rest[0] < '0' || rest[0] > '9') {
			*into, rest = rest[0], rest[1:]
		}
	}
	return s, rest, true
}

// byHint writes a string by its hint; false when the hint is of no use.
func (w *valueWriter) byHint() bool {
	start, rest := len(w.b), w.hint
	w.label("STRING: ")
	var s spec
	for raw := w.v.Raw; raw != ""; {
		last := rest == "" // the last part serves for all that is left
		if !last {
			var ok bool
			if s, rest, ok = nextSpec(rest); !ok {
				w.b = w.b[:start]
				return false
			}
		}
		raw = w.specOnce(s, raw, rest == "")
	}
	w.unit()
	return true
}

// specOnce writes what one part of a hint covers and returns what is left.
func (w *valueWriter) specOnce(s spec, raw string, lastSpec bool) string {
	repeat := 1
	if s.star {
		repeat, raw = int(raw[0]), raw[1:]
	}
	for ; repeat > 0 && raw != ""; repeat-- {
		n := min(s.width, len(raw))
		w.chunk(s, raw[:n], lastSpec)
		if raw = raw[n:]; raw != "" && s.separ != 0 {
			w.b = append(w.b, s.separ)
		}
	}
	if s.term != 0 && raw != "" {
		w.b = append(w.b, s.term)
	}
	return raw
}

func (w *valueWriter) chunk(s spec, raw string, lastSpec bool) {
	var v uint64
	for i := range len(raw) {
		v = v<<8 | uint64(raw[i])
	}
	switch s.code {
	case 'x':
		if v < 16 && s.width == 1 && (w.p.PaddedHex || s.separ == 0 && lastSpec) {
			w.add("0")
		}
		w.b = strconv.AppendUint(w.b, v, 16)
	case 'd':
		w.b = strconv.AppendUint(w.b, v, 10)
	case 'o':
		w.b = strconv.AppendUint(w.b, v, 8)
	default:
		if strings.IndexByte(raw, 0) < 0 {
			w.add(raw)
		} else {
			w.text(raw)
		}
	}
}

// hinted writes a number by its hint: d-2 puts a point before the last two
// digits; x, o and b are bases.
func hinted(v int64, hint string) string {
	switch hint[0] {
	case 'x':
		return strconv.FormatUint(uint64(v), 16)
	case 'o':
		return strconv.FormatUint(uint64(v), 8)
	case 'b':
		s := strconv.FormatUint(uint64(uint32(v)), 2)
		return strings.Repeat("0", 32-len(s)) + s
	}
	shift := 0
	if digits, ok := strings.CutPrefix(hint, "d-"); ok {
		shift, _ = strconv.Atoi(digits)
		shift = max(0, min(shift, 200))
	}
	sign, digits := "", strconv.FormatInt(v, 10)
	if v < 0 {
		sign, digits = "-", digits[1:]
	}
	if shift == 0 {
		return sign + digits
	}
	if len(digits) < shift {
		digits = strings.Repeat("0", shift-len(digits)) + digits
	}
	return sign + digits[:len(digits)-shift] + "." + digits[len(digits)-shift:]
}
