package mib

import (
	"slices"
	"strconv"

	"monitord/collectors/snmp"
)

// Style is how an OID is written; the zero value is net-snmp's default.
type Style struct {
	Form     Form
	PlainOID bool // do not take indexes apart (-Ob)
	Extended bool // [1]["eth0"] (-OX)
	Escape   bool // a backslash before quotes (-OE)
	Quick    bool // no STRING: in [ ]
	Padded   bool // two digits for octets in [ ]
}

// Form is which part of an OID is named.
type Form byte

// The forms; net-snmp's option is behind.
const (
	FormModule  Form = iota // IF-MIB::ifDescr.1 (-OS)
	FormSuffix              // ifDescr.1 (-Os)
	FormFull                // .iso.org.dod.internet.mgmt.mib-2.interfaces.ifTable.ifEntry.ifDescr.1 (-Of)
	FormUCD                 // interfaces.ifTable.ifEntry.ifDescr.1 (-Ou)
	FormNumeric             // .1.3.6.1.2.1.2.2.1.2.1 (-On)
)

// arcNames are the names at the very top, which no module defines.
var arcNames = [...]string{"ccitt", "iso", "joint-iso-ccitt"}

// Append writes an OID with net-snmp's names and punctuation. A nil n knows
// only the top: iso.3.6.1.2.1.
func (n *Names) Append(b []byte, oid snmp.OID, s Style) []byte {
	if s.Form == FormNumeric || oid == "" {
		return append(b, oid.String()...)
	}
	var node *Node
	rest := oid
	if n != nil {
		node, rest = n.Nearest(oid)
	}
	switch {
	case s.Form == FormFull || s.Form == FormUCD:
		return n.appendPath(b, oid, node, rest, s)
	case node == nil:
		return appendTop(b, oid)
	case s.Form == FormModule:
		b = append(append(b, node.Module...), "::"...)
	}
	b = append(b, node.Name...)
	return node.appendIndex(b, rest, s)
}

// appendTop writes iso.3.6.1.
func appendTop(b []byte, oid snmp.OID) []byte {
	first := true
	for sub := range oid.SubIDs() {
		if first {
			b = append(b, arcNames[sub]...)
			first = false
			continue
		}
		b = strconv.AppendUint(append(b, '.'), uint64(sub), 10)
	}
	return b
}

// ucdPrefixes are what FormUCD leaves out.
var ucdPrefixes = []string{".iso.org.dod.internet.mgmt.mib-2.", ".iso.org.dod.internet.experimental.", ".iso.org.dod.internet.private."}

func (n *Names) appendPath(b []byte, oid snmp.OID, node *Node, rest snmp.OID, s Style) []byte {
	start := len(b)
	known := oid[:len(oid)-len(rest)]
	at, first := "", true
	for sub := range oid.SubIDs() {
		at = string(nextPrefix(oid, at, first))
		switch {
		case first:
			b = append(append(b, '.'), arcNames[sub]...)
			first = false
			continue
		case node != nil && len(at) > len(known):
			return trimUCD(node.appendIndex(b, rest, s), start, s.Form)
		}
		b = append(b, '.')
		var here *Node
		if n != nil {
			here = n.byOID[snmp.OID(at)]
		}
		if here != nil {
			b = append(b, here.Name...)
		} else {
			b = strconv.AppendUint(b, uint64(sub), 10)
		}
	}
	return trimUCD(b, start, s.Form)
}

// nextPrefix is at and one encoded number more; the first two share one.
func nextPrefix(oid snmp.OID, at string, first bool) snmp.OID {
	if first {
		return ""
	}
	end := len(at)
	for end < len(oid) && oid[end]&0x80 != 0 {
		end++
	}
	return oid[:min(end+1, len(oid))]
}

func trimUCD(b []byte, start int, form Form) []byte {
	if form != FormUCD {
		return b
	}
	for _, p := range ucdPrefixes {
		if len(b)-start > len(p) && string(b[start:start+len(p)]) == p {
			return slices.Delete(b, start, start+len(p))
		}
	}
	return b
}

// appendIndex writes what is below a named node: the parts of a row's index by
// their types, or plain numbers.
func (n *Node) appendIndex(b []byte, rest snmp.OID, s Style) []byte {
	if rest == "" {
		return b
	}
	subs := slices.Collect(rest.Numbers())
	w := indexWriter{b: b, subs: subs, style: s}
	if n.Kind == KindRow { // a column that has no name
		w.plain(1)
	}
	if (n.Kind == KindColumn || n.Kind == KindRow) && !s.PlainOID {
		for i, part := range n.Index {
			before := len(w.subs)
			if before == 0 || !w.part(part, n.Index[:i]) {
				break
			}
		}
	}
	w.plain(len(w.subs))
	return w.b
}

// indexWriter writes an index part by part.
type indexWriter struct {
	b     []byte
	subs  []uint32 // what is left
	last  uint32   // the number of the part before
	style Style
}

// open and end are the punctuation around a part.
func (w *indexWriter) open() {
	if w.style.Extended {
		w.b = append(w.b, '[')
	} else {
		w.b = append(w.b, '.')
	}
}

func (w *indexWriter) end() {
	if w.style.Extended {
		w.b = append(w.b, ']')
	}
}

// plain writes n numbers.
func (w *indexWriter) plain(n int) {
	for _, sub := range w.subs[:n] {
		w.b = strconv.AppendUint(append(w.b, '.'), uint64(sub), 10)
	}
	w.subs = w.subs[n:]
}

// part writes one part; false leaves it and what follows as plain numbers.
func (w *indexWriter) part(p Index, before []Index) bool {
	switch p.Base {
	case BaseInteger, BaseUnsigned32, BaseGauge32, BaseTimeTicks:
		w.open()
		w.last = w.subs[0]
		if name := p.EnumName(int64(int32(w.last))); name != "" {
			w.b = append(w.b, name...)
		} else if p.Base == BaseTimeTicks && w.style.Extended {
			w.b = append(w.b, snmp.Uptime(uint64(w.last), w.style.Quick)...)
		} else {
			w.b = strconv.AppendUint(w.b, uint64(w.last), 10)
		}
		w.subs = w.subs[1:]
		w.end()
		return true
	case BaseString, BaseOpaque:
		return p.Base == BaseString && w.text(p, before)
	case BaseOID:
		n := len(w.subs)
		if !p.Implied {
			n = int(w.subs[0]) + 1
		}
		return w.numbers(n)
	case BaseIPAddress:
		return w.numbers(4)
	case BaseNetworkAddress:
		return w.subs[0] == 1 && w.numbers(5)
	}
	return false
}

// numbers writes a part of n plain numbers.
func (w *indexWriter) numbers(n int) bool {
	if n < 1 || n > len(w.subs) {
		return false
	}
	w.open()
	for i, sub := range w.subs[:n] {
		if i > 0 {
			w.b = append(w.b, '.')
		}
		w.b = strconv.AppendUint(w.b, uint64(sub), 10)
	}
	w.subs = w.subs[n:]
	w.end()
	return true
}

// text writes a string: 'implied or of a fixed length', or "with its length".
func (w *indexWriter) text(p Index, before []Index) bool {
	n, quote := int(w.subs[0]), byte('"')
	skip := 1
	if p.Implied || p.Fixed > 0 {
		n, quote, skip = p.Fixed, '\'', 0
		if p.Implied {
			n = len(w.subs)
		}
	}
	if n < 0 || n+skip > len(w.subs) {
		return false
	}
	chars := w.subs[skip : skip+n]
	w.open()
	if w.style.Extended && p.Hint != "" && w.hinted(chars, p.Hint) {
		w.subs = w.subs[skip+n:]
		w.end()
		return true
	}
	if addr, ok := inetAddress(chars, w.last, p, before); ok && quote == '"' {
		w.b = append(append(append(w.b, quote), addr...), quote) // never escaped
	} else {
		w.quote(quote)
		for _, c := range chars {
			if c < ' ' || c > '~' {
				c = '.'
			}
			w.b = append(w.b, byte(c))
		}
		w.quote(quote)
	}
	w.subs = w.subs[skip+n:]
	w.end()
	return true
}

// hinted writes a string by its DISPLAY-HINT, as a value.
func (w *indexWriter) hinted(chars []uint32, hint string) bool {
	raw := make([]byte, len(chars))
	for i, c := range chars {
		raw[i] = byte(c)
	}
	start := len(w.b)
	if !w.style.Quick {
		w.b = append(w.b, "STRING: "...)
	}
	b, ok := OctetsByHint(w.b, string(raw), hint, w.style.Padded)
	if w.b = b; !ok {
		w.b = b[:start]
	}
	return ok
}

func (w *indexWriter) quote(c byte) {
	if w.style.Escape {
		w.b = append(w.b, '\\')
	}
	w.b = append(w.b, c)
}

// The types of InetAddressType (RFC 4001).
const (
	inetIPv4  = 1
	inetIPv6  = 2
	inetIPv4z = 3
	inetIPv6z = 4
)

// inetAddress writes an InetAddress whose InetAddressType is the part before.
func inetAddress(chars []uint32, kind uint32, p Index, before []Index) (string, bool) {
	if p.Type != "InetAddress" || len(before) == 0 || before[len(before)-1].Type != "InetAddressType" {
		return "", false
	}
	size := map[uint32]int{inetIPv4: 4, inetIPv6: 16, inetIPv4z: 8, inetIPv6z: 20}[kind]
	if size == 0 || len(chars) != size || slices.ContainsFunc(chars, func(c uint32) bool { return c > 255 }) {
		return "", false
	}
	var b []byte
	address := 4
	if size >= 16 {
		address = 16
	}
	for i, c := range chars[:address] {
		if address == 4 {
			if i > 0 {
				b = append(b, '.')
			}
			b = strconv.AppendUint(b, uint64(c), 10)
			continue
		}
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
	}
	if size > address {
		zone := chars[address]<<24 | chars[address+1]<<16 | chars[address+2]<<8 | chars[address+3]
		b = strconv.AppendUint(append(b, '%'), uint64(zone), 10)
	}
	return string(b), true
}
