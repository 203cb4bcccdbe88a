package mib

import (
	"strconv"
	"strings"
)

// OctetsByHint appends octets as a DISPLAY-HINT says (RFC 2579 section 3.1), as
// net-snmp reads it; padded writes every octet in hexadecimal with two digits.
// ok is false, and b as it was, for a faulty hint.
func OctetsByHint(b []byte, raw, hint string, padded bool) (out []byte, ok bool) {
	start, rest := len(b), hint
	var s spec
	for raw != "" {
		if rest != "" { // the last part serves for all that is left
			if s, rest, ok = nextSpec(rest); !ok {
				return b[:start], false
			}
		} else if s.width == 0 {
			return b[:start], false
		}
		b, raw = s.once(b, raw, padded || s.separ == 0 && rest == "")
	}
	return b, true
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

// once appends what one part of a hint covers and returns what is left.
func (s spec) once(b []byte, raw string, padded bool) ([]byte, string) {
	repeat := 1
	if s.star {
		repeat, raw = int(raw[0]), raw[1:]
	}
	for ; repeat > 0 && raw != ""; repeat-- {
		n := min(s.width, len(raw))
		b = s.chunk(b, raw[:n], padded)
		if raw = raw[n:]; raw != "" && s.separ != 0 {
			b = append(b, s.separ)
		}
	}
	if s.term != 0 && raw != "" {
		b = append(b, s.term)
	}
	return b, raw
}

func (s spec) chunk(b []byte, raw string, padded bool) []byte {
	var v uint64
	for i := range len(raw) {
		v = v<<8 | uint64(raw[i])
	}
	switch s.code {
	case 'x':
		if v < 16 && s.width == 1 && padded {
			b = append(b, '0')
		}
		return strconv.AppendUint(b, v, 16)
	case 'd':
		return strconv.AppendUint(b, v, 10)
	case 'o':
		return strconv.AppendUint(b, v, 8)
	}
	if strings.IndexByte(raw, 0) < 0 {
		return append(b, raw...)
	}
	return AppendText(b, raw)
}

// AppendText appends octets with \\ before quotes and itself, and a dot for what
// cannot be printed.
func AppendText(b []byte, raw string) []byte {
	for i := range len(raw) {
		c := raw[i]
		switch {
		case c == '\\' || c == '"':
			b = append(b, '\\', c)
		case c >= ' ' && c <= '~' || c >= '\t' && c <= '\r':
			b = append(b, c)
		default:
			b = append(b, '.')
		}
	}
	return b
}

// IntegerByHint is a number as its hint says: d-2 puts a point before the last two
// digits; x, o and b are bases.
func IntegerByHint(v int64, hint string) string {
	switch hint[0] { // hint is not empty
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
