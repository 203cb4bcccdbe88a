package snmpask

import (
	"time"

	"monitord/checks"
	"monitord/collectors/snmp/poll"
)

// Kind is what one kind of check knows about what it reads.
type Kind struct {
	// Parts are the tables, read one after another; at least one.
	Parts []Part
	// All makes results of everything that was read: items that are no rows, and,
	// without an item, the agent's own result in place of Summary or None. May be
	// nil.
	All func(d Reading) []checks.Result
	// Summary is the sentence about all items, with {rows} and {took}.
	Summary string
	// None is the sentence of an agent that has nothing of this kind.
	None string
}

// Part is one table, or a group of scalars: a table of one row, 0.
type Part struct {
	Table poll.Table
	// Keep chooses rows beside Only and Except; nil keeps all.
	Keep func(poll.Row) bool
	// Item is the name of a row's service; nil is the row's own. Rows of different
	// parts must not share one.
	Item func(poll.Row) string
	// Judge makes the result of a row; its Item is set by the caller. ok is false
	// when there is nothing to say about it. Without Judge, rows are for All, and
	// Only and Except do not choose among them.
	Judge func(r poll.Row, d Reading) (res checks.Result, ok bool)
}

func (p Part) item(r poll.Row) string {
	if p.Item != nil {
		return p.Item(r)
	}
	return r.Name
}

// Reading is what was read in one run.
type Reading struct {
	At       time.Time
	Up       time.Duration           // of the agent: sysUpTime
	Parts    [][]poll.Row            // the rows of each part
	Previous map[string]checks.State // by item; may be nil
}
