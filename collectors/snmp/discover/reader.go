package discover

import (
	"context"
	"errors"
	"slices"
	"strings"

	"monitord/collectors/snmp"
)

const (
	// maxRows bounds the rows of one column.
	maxRows = 20_000
	// peekAt is how many columns one GETNEXT asks about: with their answers they
	// stay below an Ethernet frame.
	peekAt = 20
	// givenUp is how many silences in a row end the asking.
	givenUp = 2
	// maxGaps bounds what is told about broken agents.
	maxGaps = 20
)

// reader reads columns of one agent, each once.
type reader struct {
	ctx     context.Context
	s       *snmp.Session
	columns map[snmp.OID]*column
	gaps    []Gap
	silent  int
}

// column is one column, or a scalar as a column of one row.
type column struct {
	cells map[snmp.OID]snmp.Varbind // by index
	order []snmp.OID
}

func newReader(ctx context.Context, s *snmp.Session) *reader {
	return &reader{ctx: ctx, s: s, columns: map[snmp.OID]*column{}}
}

// none is a column of an agent that lacks it.
func none() *column { return &column{cells: map[snmp.OID]snmp.Varbind{}} }

// put keeps a value without the datagram that it came in.
func (c *column) put(index snmp.OID, v snmp.Varbind) {
	index = snmp.OID(strings.Clone(string(index)))
	v.OID, v.Raw = "", strings.Clone(v.Raw)
	if _, ok := c.cells[index]; !ok {
		c.order = append(c.order, index)
	}
	c.cells[index] = v
}

func (c *column) number(index snmp.OID) (float64, bool) {
	v, ok := c.cells[index]
	if !ok {
		return 0, false
	}
	return v.Number()
}

func (c *column) text(index snmp.OID) string { return c.cells[index].Raw }

// int is a number that stands for itself; 0 where there is none.
func (c *column) int(index snmp.OID) int {
	n, _ := c.number(index)
	return int(n)
}

// read walks a column; what an agent lacks is empty. An error leaves what was
// read before it.
func (r *reader) read(oid snmp.OID) *column {
	if c := r.columns[oid]; c != nil {
		return c
	}
	c := none()
	r.columns[oid] = c
	if r.silent >= givenUp {
		return c
	}
	err := r.s.WalkWith(r.ctx, snmp.Walk{Root: oid, Limit: maxRows}, func(v snmp.Varbind) error {
		if index, ok := v.OID.Index(oid); ok {
			c.put(index, v)
		}
		return nil
	})
	r.note(oid, err)
	return c
}

// note keeps an error as a gap, and counts silences.
func (r *reader) note(oid snmp.OID, err error) {
	switch {
	case err == nil:
		r.silent = 0
		return
	case errors.Is(err, snmp.ErrTimeout), r.ctx.Err() != nil:
		r.silent++
	default:
		r.silent = 0
	}
	if len(r.gaps) < maxGaps {
		r.gaps = append(r.gaps, Gap{What: oid.String(), Err: err})
	}
}

// want is a column to look for.
type want struct {
	oid    snmp.OID
	scalar bool // it can only have one value, with index 0
}

// wants are columns of tables.
func wants(oids ...snmp.OID) []want {
	list := make([]want, len(oids))
	for i, oid := range oids {
		list[i].oid = oid
	}
	return list
}

// peek asks which of the columns an agent has, and keeps those that it lacks as
// empty. What cannot be found out is walked later.
func (r *reader) peek(list []want) {
	var ask []want
	seen := map[snmp.OID]bool{}
	for _, w := range list {
		if r.columns[w.oid] == nil && !seen[w.oid] {
			ask = append(ask, w)
			seen[w.oid] = true
		}
	}
	for len(ask) > 0 && r.silent < givenUp {
		n := min(peekAt, len(ask))
		r.peekSome(ask[:n])
		ask = ask[n:]
	}
}

func (r *reader) peekSome(list []want) {
	for len(list) > 0 {
		oids := make([]snmp.OID, len(list))
		for i, w := range list {
			oids[i] = w.oid
		}
		a, err := r.s.GetNext(r.ctx, oids...)
		switch {
		case err != nil:
			r.note(oids[0], err)
			return
		case a.Status == snmp.NoSuchName && a.Index >= 1 && a.Index <= len(list):
			// Version 1: nothing follows this one, and nothing of the others is told.
			r.columns[oids[a.Index-1]] = none()
			list = slices.Delete(slices.Clone(list), a.Index-1, a.Index)
			continue
		case a.Status == snmp.TooBig && len(list) > 1:
			r.peekSome(list[:len(list)/2])
			r.peekSome(list[len(list)/2:])
			return
		case a.Status != snmp.NoError || len(a.Vars) != len(list):
			return
		}
		r.silent = 0
		for i, v := range a.Vars {
			r.peeked(list[i], v)
		}
		return
	}
}

// peeked keeps what is known after a look: that nothing is below a column, or a
// scalar's value.
func (r *reader) peeked(w want, v snmp.Varbind) {
	index, ok := v.OID.Index(w.oid)
	switch {
	case v.Missing() || !ok:
		r.columns[w.oid] = none()
	case w.scalar && index == scalarIndex:
		c := none()
		c.put(index, v)
		r.columns[w.oid] = c
	}
}

// scalarIndex is the index 0.
const scalarIndex = snmp.OID("\x00")
