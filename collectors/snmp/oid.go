package snmp

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// OID is an object identifier, as the contents of its BER encoding (X.690 8.19):
// compact, comparable, fit for the key of a map. "" is the root of everything.
// OIDs order by Compare, not by the order of strings.
type OID string

// maxSubIDs bounds an OID: RFC 2578 section 3.5 allows 128 sub-identifiers.
const maxSubIDs = 128

// ParseOID reads 1.3.6.1 or .1.3.6.1; "" and "." are the root. One number alone
// has no encoding and is an error.
func ParseOID(s string) (OID, error) {
	rest := strings.TrimPrefix(s, ".")
	if rest == "" {
		return "", nil
	}
	buf := make([]byte, 0, len(rest))
	var first uint64
	n := 0
	for part := range strings.SplitSeq(rest, ".") {
		v, err := strconv.ParseUint(part, 10, 32)
		if err != nil {
			return "", fmt.Errorf("OID %q: %q is no number from 0 to 4294967295", s, part)
		}
		switch n {
		case 0:
			if first = v; v > 2 {
				return "", fmt.Errorf("OID %q: begins with %d; want 0, 1 or 2", s, v)
			}
		case 1:
			if first < 2 && v > 39 {
				return "", fmt.Errorf("OID %q: the second number is %d; want at most 39 after %d", s, v, first)
			}
			buf = appendBase128(buf, first*40+v)
		default:
			buf = appendBase128(buf, v)
		}
		if n++; n > maxSubIDs {
			return "", fmt.Errorf("OID %q: more than %d numbers", s[:20]+"…", maxSubIDs)
		}
	}
	if n == 1 {
		return "", fmt.Errorf("OID %q: want at least two numbers, such as .1.3", s)
	}
	return OID(buf), nil
}

// MustOID is ParseOID for constants; it panics on a faulty one.
func MustOID(s string) OID {
	o, err := ParseOID(s)
	if err != nil {
		panic(err)
	}
	return o
}

func appendBase128(b []byte, v uint64) []byte {
	for shift := 28; shift > 0; shift -= 7 {
		if v>>shift != 0 {
			b = append(b, byte(v>>shift)|0x80)
		}
	}
	return append(b, byte(v)&0x7f)
}

// String writes .1.3.6.1; the root is ".".
func (o OID) String() string {
	if o == "" {
		return "."
	}
	return string(o.AppendText(make([]byte, 0, 4*len(o)+2)))
}

// AppendText appends what String writes.
func (o OID) AppendText(b []byte) []byte {
	for sub := range o.SubIDs() {
		b = strconv.AppendUint(append(b, '.'), uint64(sub), 10)
	}
	return b
}

// SubIDs yields the numbers from the left; the first octets give two of them.
func (o OID) SubIDs() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		v, rest := o.next()
		if o == "" {
			return
		}
		arc := min(v/40, 2)
		if !yield(uint32(arc)) || !yield(uint32(v-arc*40)) {
			return
		}
		for rest != "" {
			if v, rest = rest.next(); !yield(uint32(v)) {
				return
			}
		}
	}
}

// next takes one encoded number off.
func (o OID) next() (uint64, OID) {
	var v uint64
	for i := range len(o) {
		v = v<<7 | uint64(o[i]&0x7f)
		if o[i]&0x80 == 0 {
			return v, o[i+1:]
		}
	}
	return v, ""
}

// Append is the OID with more numbers behind; o is not the root.
func (o OID) Append(subs ...uint32) OID {
	buf := append(make([]byte, 0, len(o)+2*len(subs)), o...)
	for _, v := range subs {
		buf = appendBase128(buf, uint64(v))
	}
	return OID(buf)
}

// Index is what follows prefix, such as the row below a column: the encoded
// numbers, whose text is IndexText. ok is false when o is not below prefix.
func (o OID) Index(prefix OID) (index OID, ok bool) {
	rest, ok := strings.CutPrefix(string(o), string(prefix))
	return OID(rest), ok && rest != ""
}

// Numbers are the plain numbers of an index (Index), without the rule that the
// first octets of a whole OID hold two.
func (o OID) Numbers() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for rest := o; rest != ""; {
			var v uint64
			if v, rest = rest.next(); !yield(uint32(v)) {
				return
			}
		}
	}
}

// IndexText writes an index (Index) as 1 or 4.10.0.0.1.
func (o OID) IndexText() string {
	b := make([]byte, 0, 4*len(o))
	for v := range o.Numbers() {
		if len(b) > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return string(b)
}

// HasPrefix reports whether o is root or below it.
func (o OID) HasPrefix(root OID) bool { return strings.HasPrefix(string(o), string(root)) }

// Compare orders as SNMP walks: -1, 0 or 1.
func (o OID) Compare(p OID) int {
	n := min(len(o), len(p))
	i := 0
	for i < n && o[i] == p[i] {
		i++
	}
	switch {
	case i == len(o) && i == len(p):
		return 0
	case i == len(o):
		return -1
	case i == len(p):
		return 1
	}
	// Back to where the numbers that differ begin.
	for i > 0 && o[i-1]&0x80 != 0 {
		i--
	}
	a, _ := o[i:].next()
	b, _ := p[i:].next()
	if a < b {
		return -1
	}
	return 1
}

var errBadOID = errors.New("object identifier is not well-formed")

// checkOID says whether bytes from outside are an OID: no number above 32 bits,
// none cut off, none with leading zeros (they would break Compare).
func checkOID(b string) error {
	n, size, start := 0, uint64(0), true
	for i := range len(b) {
		if start && b[i] == 0x80 {
			return errBadOID
		}
		size = size<<7 | uint64(b[i]&0x7f)
		limit := uint64(1<<32 - 1)
		if n == 0 {
			limit += 80
		}
		if size > limit {
			return errBadOID
		}
		if start = b[i]&0x80 == 0; start {
			size = 0
			if n++; n >= maxSubIDs {
				return errBadOID
			}
		}
	}
	if !start {
		return errBadOID
	}
	return nil
}
