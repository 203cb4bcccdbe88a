package mib

import (
	"fmt"
	"strings"
)

// module is what one file says before names are looked up elsewhere.
type module struct {
	name    string
	file    string
	line    int
	imports map[string]string // name to module
	types   map[string]*syntax
	defs    []*definition
}

// definition gives an object a name and a place.
type definition struct {
	name     string
	line     int
	parent   string   // the first name of its place; "" when it begins with numbers
	subs     []uint32 // the numbers behind
	kind     Kind
	syntax   *syntax
	units    string
	index    []indexPart // of a row
	augments string      // the row whose index this row has too
	objects  []string    // of a notification
}

type indexPart struct {
	name    string
	implied bool
}

// syntax is a type as it is written.
type syntax struct {
	line  int
	base  Base   // when the name is one of SMI's own
	name  string // of the type that it refines; "" for a base
	enums []Enum
	hint  string
	fixed int // octets of a string that always has as many; 0 is any
}

// Kind says what a node is.
type Kind byte

// The kinds.
const (
	KindNode Kind = iota // a place without a value
	KindScalar
	KindTable
	KindRow
	KindColumn
	KindNotification
)

// Base is a type of SMI (RFC 2578 section 7.1).
type Base byte

// The types; BaseNone is that of nodes without a value.
const (
	BaseNone Base = iota
	BaseInteger
	BaseString
	BaseOID
	BaseBits
	BaseIPAddress
	BaseCounter32
	BaseGauge32
	BaseTimeTicks
	BaseOpaque
	BaseCounter64
	BaseUnsigned32
	BaseNetworkAddress
	BaseNull
)

var baseNames = map[string]Base{
	"INTEGER": BaseInteger, "Integer32": BaseInteger, "OCTET STRING": BaseString, "OBJECT IDENTIFIER": BaseOID, "BITS": BaseBits,
	"IpAddress": BaseIPAddress, "NetworkAddress": BaseNetworkAddress, "Counter": BaseCounter32, "Counter32": BaseCounter32, "Gauge": BaseGauge32, "Gauge32": BaseGauge32,
	"TimeTicks": BaseTimeTicks, "Opaque": BaseOpaque, "Counter64": BaseCounter64, "Unsigned32": BaseUnsigned32, "UInteger32": BaseUnsigned32, "NULL": BaseNull,
	"BIT STRING": BaseBits,
}

// baseWords are how our own tables and String write the types.
var baseWords = [...]string{
	"", "INTEGER", "OCTET-STRING", "OBJECT-IDENTIFIER", "BITS", "IpAddress", "Counter32", "Gauge32", "TimeTicks", "Opaque", "Counter64", "Unsigned32", "NetworkAddress", "NULL",
}

// String is SMI's word for the type.
func (b Base) String() string {
	if int(b) >= len(baseWords) {
		return fmt.Sprintf("Base(%d)", b)
	}
	return strings.ReplaceAll(baseWords[b], "-", " ")
}

// Enum is a number that has a name: of an INTEGER, or of a bit.
type Enum struct {
	Name  string
	Value int64
}

// Fault is something wrong with a file, and where.
type Fault struct {
	File    string
	Line    int
	Problem string
}

// Error is file:line: problem.
func (f *Fault) Error() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Problem) }
