package poll

import (
	"monitord/collectors/snmp"
)

// Table is a table of an agent and what of it is read, row by row.
type Table struct {
	// Name is what people call its rows, such as interface.
	Name string
	// Keys are columns whose text names a row; the first that has one for a row
	// counts. Without any, or without text, a row's name is its index.
	Keys []snmp.OID
	// Index is the label that holds a row's index, such as ifIndex.
	Index string
	// Labels are columns that change rarely: they are read with the rows, and become
	// labels of every series.
	Labels []Label
	// Facts are columns that change rarely too, and are judged: speed, size, type.
	Facts []Column
	// Need is the place in Facts, plus one, of a column without which a row does
	// not count, such as a sensor's among all parts of a device; 0 is none.
	Need int
	// Columns are read at each poll.
	Columns []Column
	// Speed is the place in Facts of a row's speed, in SpeedUnit (0: 1) bits a second:
	// it tells a wrap from a reset; -1 when there is none.
	Speed     int
	SpeedUnit float64
	// Discontinuity is the place in Columns of the moment at which a row's counters
	// last lost their continuity (ifCounterDiscontinuityTime); -1 for none.
	Discontinuity int
}

// Label is a column that becomes a label.
type Label struct {
	Name string
	OID  snmp.OID
}

// Column is one column of a table.
type Column struct {
	// Metric is the series' name: the object's, as snmp_exporter has it. Empty when
	// the column is only judged.
	Metric string
	OID    snmp.OID
	Kind   Kind
	// Instead is the place of the column that this one stands in for, in rows that
	// lack it, plus one: a 32-bit counter for a 64-bit one. 0: it is always read.
	Instead int
	// Scale turns the value into its base unit; 0 is 1.
	Scale float64
}

// Kind is how a column's values follow each other.
type Kind int

// The kinds.
const (
	Gauge     Kind = iota
	Counter64      // of 64 bits: it never wraps
	Counter32      // of 32 bits
	Octets32       // a Counter32 that a row's speed bounds, in octets
	Text
	Object // an object identifier: its dotted text
	Octets // of an octet string, as they came: flags, never to be shown
	// Signed32 is a gauge of 32 bits that agents wrongly send as a negative INTEGER
	// above 2,147,483,647.
	Signed32
	Enum // a gauge of an octet: a state, such as ifOperStatus
)

func (k Kind) counter() bool { return k == Counter64 || k == Counter32 || k == Octets32 }

// shown says that its values are numbers that make a series.
func (k Kind) shown() bool { return k != Text && k != Object && k != Octets }

// size is how long a value is expected to be, in octets, with its tag and length.
func (k Kind) size() int {
	switch k {
	case Counter64:
		return 10
	case Text, Object, Octets:
		return 34
	case Enum:
		return 3
	}
	return 7
}

// Row is one row as the last poll read it.
type Row struct {
	Name   string   // unique within the table
	Index  string   // such as 3 or 1.4.10
	Labels []string // alternating name and value, sorted by name
	Facts  []Value  // in the order of Table.Facts
	Values []Value  // in the order of Table.Columns
}

// Value is one object's value.
type Value struct {
	Number float64
	Text   string
	// Rate is the counter's growth in a second since the poll before; not known at
	// the first poll, and over a reset.
	Rate      float64
	Known     bool // the agent has it
	RateKnown bool
	// Blind says that the counter may wrap more than once between two polls.
	Blind bool
}

// Happening is something that happened between two polls.
type Happening struct {
	Kind HappeningKind
	Row  string // empty: the whole agent
	Was  string // of Renumbered: the index before; of Restarted: how long it was up
	Now  string
}

// HappeningKind is what happened.
type HappeningKind string

// The kinds of happening.
const (
	Restarted  HappeningKind = "restarted"  // sysUpTime began anew: agent or machine
	Reset      HappeningKind = "reset"      // a row's counters began anew, without a restart
	Renumbered HappeningKind = "renumbered" // a row has another index
	Appeared   HappeningKind = "appeared"   // a row that was not there
	Vanished   HappeningKind = "vanished"   // a row that is not there any more
)
