package poll

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"monitord/collectors/snmp"
)

// row is a Row with what the next poll needs to know.
type row struct {
	*Row
	index    snmp.OID
	key      snmp.OID // the object that its name was read from; "" is none
	keyText  string
	absent   []bool // by column: the agent lacks it
	counters []counter
}

// maxRows bounds the rows of one table of one agent.
const maxRows = 20_000

// column is what an agent has in one column, by index.
type column struct {
	cells map[snmp.OID]snmp.Varbind
	order []snmp.OID
}

// columnReader reads whole columns, each once: names are often labels, too.
func columnReader(ctx context.Context, s *snmp.Session) func(snmp.OID) (column, error) {
	known := map[snmp.OID]column{}
	return func(oid snmp.OID) (column, error) {
		got, ok := known[oid]
		if ok {
			return got, nil
		}
		got, err := readColumn(ctx, s, oid)
		known[oid] = got
		return got, err
	}
}

func readColumn(ctx context.Context, s *snmp.Session, oid snmp.OID) (column, error) {
	got := column{cells: map[snmp.OID]snmp.Varbind{}}
	err := s.WalkWith(ctx, snmp.Walk{Root: oid, Limit: maxRows}, func(v snmp.Varbind) error {
		index, ok := v.OID.Index(oid)
		if !ok {
			return nil
		}
		index = snmp.OID(strings.Clone(string(index))) // not the datagram with it
		v.Raw = strings.Clone(v.Raw)
		v.OID = ""
		got.cells[index] = v
		got.order = append(got.order, index)
		return nil
	})
	return got, err
}

// find reads which rows there are, with what changes rarely.
func (p *Poller) find(ctx context.Context, s *snmp.Session) ([]*row, error) {
	rows := map[snmp.OID]*row{}
	var order []snmp.OID
	get := func(index snmp.OID) *row {
		r := rows[index]
		if r == nil {
			r = &row{Row: new(Row), index: index}
			r.Index = index.IndexText()
			r.Facts = make([]Value, len(p.table.Facts))
			rows[index] = r
			order = append(order, index)
		}
		return r
	}
	if some, err := p.needed(ctx, s); err != nil || !some {
		return []*row{}, err
	}
	read := columnReader(ctx, s)
	for _, key := range p.table.Keys {
		names, err := read(key)
		if err != nil {
			return nil, err
		}
		for _, index := range names.order {
			if r, text := get(index), names.cells[index].Raw; r.key == "" && printable(text) != "" {
				r.key, r.keyText, r.Name = key+index, text, printable(text)
			}
		}
	}
	for i := range p.table.Facts {
		c := &p.table.Facts[i]
		facts, err := read(c.OID)
		if err != nil {
			return nil, err
		}
		for _, index := range facts.order {
			r := get(index)
			plain(c, facts.cells[index], &r.Facts[i])
			if at := c.Instead - 1; at >= 0 && r.Facts[at].Number == 0 {
				r.Facts[at] = r.Facts[i]
			}
		}
	}
	texts := make([]column, len(p.table.Labels))
	for i, l := range p.table.Labels {
		var err error
		if texts[i], err = read(l.OID); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(order, snmp.OID.Compare)
	list := make([]*row, 0, len(order))
	for _, index := range order {
		r := rows[index]
		if p.table.Need > 0 && !r.Facts[p.table.Need-1].Known {
			continue
		}
		for i, l := range p.table.Labels {
			if text := printable(texts[i].cells[index].Raw); text != "" {
				r.Labels = append(r.Labels, l.Name, text)
			}
		}
		if p.table.Index != "" {
			r.Labels = append(r.Labels, p.table.Index, r.Index)
		}
		list = append(list, r)
	}
	name(list)
	kept := list[:0]
	for _, r := range list {
		if p.keep == nil || p.keep(*r.Row) {
			sortLabels(r.Labels)
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// compact gives rows room for n columns and puts it, and what is shown of them, one
// behind the other: each poll goes through all of it, from the first row to the last.
func compact(list []*row, n int) (shown []Row) {
	shown = make([]Row, len(list))
	values, counters, absent := make([]Value, n*len(list)), make([]counter, n*len(list)), make([]bool, n*len(list))
	for i, r := range list {
		shown[i] = *r.Row
		shown[i].Values, values = values[:n:n], values[n:]
		r.Row = &shown[i]
		r.counters, counters = counters[:n:n], counters[n:]
		r.absent, absent = absent[:n:n], absent[n:]
	}
	return shown
}

// needed says that there is at least one row that counts: names and labels of
// thousands of parts are not read for a device that has no sensor.
func (p *Poller) needed(ctx context.Context, s *snmp.Session) (some bool, err error) {
	if p.table.Need == 0 {
		return true, nil
	}
	root := p.table.Facts[p.table.Need-1].OID
	err = s.WalkWith(ctx, snmp.Walk{Root: root, Next: true}, func(snmp.Varbind) error {
		some = true
		return snmp.ErrStop
	})
	return some, err
}

// name gives each row a name of its own: those that share one get their index
// behind it.
func name(list []*row) {
	count := map[string]int{}
	for _, r := range list {
		r.Name = cmp.Or(r.Name, r.Index)
		count[r.Name]++
	}
	for _, r := range list {
		if count[r.Name] > 1 {
			r.Name += " #" + r.Index
		}
	}
}

// sortLabels sorts alternating names and values by name.
func sortLabels(list []string) {
	type pair struct{ name, value string }
	pairs := make([]pair, 0, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		pairs = append(pairs, pair{list[i], list[i+1]})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	for i, p := range pairs {
		list[2*i], list[2*i+1] = p.name, p.value
	}
}

// printable is text of an agent as a label: valid UTF-8 in one line, without what
// a terminal obeys.
func printable(s string) string {
	s = strings.TrimRight(s, "\x00")
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "�")
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == ']' {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// plain makes what came a value without a history.
func plain(c *Column, v snmp.Varbind, to *Value) {
	*to = Value{}
	if v.Type.Missing() {
		return
	}
	switch c.Kind {
	case Text:
		to.Known, to.Text = true, printable(v.Raw)
	case Object:
		to.Known, to.Text = v.Type == snmp.TypeOID, v.Value().String()
	case Octets:
		to.Known, to.Text = true, strings.Clone(v.Raw)
	default:
		to.Number, to.Known = v.Number()
		if c.Kind == Signed32 && to.Number < 0 {
			to.Number += wrap32
		}
		to.Number *= cmp.Or(c.Scale, 1)
	}
}
