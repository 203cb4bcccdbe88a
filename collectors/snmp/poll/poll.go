package poll

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"monitord/collectors/snmp"
)

const (
	// findEvery is how often rows are looked for when nothing hints at a change.
	findEvery = 5 * time.Minute
	// askAgain is how long an agent is not asked for what it lacked.
	askAgain = time.Hour
	// frame is what an answer should not exceed: an Ethernet frame without the
	// headers of IPv4 and UDP. overhead is what is around its objects.
	frame    = 1472
	overhead = 64
	// overheadV3 is what version 3 adds to it.
	overheadV3 = 140
)

var sysUpTime = snmp.MustOID(".1.3.6.1.2.1.1.3.0")

// Sink takes samples: a collector's, or a check's.
type Sink interface {
	Add(name string, value float64, labels ...string)
}

// Poller reads one table of one agent again and again. It is for one goroutine.
type Poller struct {
	table Table
	keep  func(Row) bool
	now   func() time.Time

	clock  clock
	last   time.Duration // clock.line at the poll before
	rows   []*row
	shown  []Row     // of rows: what a Reading shows
	found  time.Time // when rows were found last; zero: to be done
	forgot time.Time // when what agents lack was last forgotten
	lacks  map[string][]bool
	untold []Happening // in polls that failed

	todo plan // until rows are found anew, or turn out to lack more
}

// plan is the requests of a poll.
type plan struct {
	good     bool // for the next poll, too
	requests []request
}

// request is objects whose values fit into one answer: sysUpTime, and cells.
type request struct {
	oids  []snmp.OID
	cells []cell
}

// New makes a poller that has read nothing yet. keep chooses rows, by name,
// labels and facts; nil keeps all. now is our clock.
func New(t Table, keep func(Row) bool, now func() time.Time) *Poller {
	return &Poller{table: t, keep: keep, now: now, lacks: map[string][]bool{}}
}

// Reading is what one poll read. Its rows are good until the next poll.
type Reading struct {
	Up       time.Duration // of the agent: sysUpTime
	Elapsed  time.Duration // since the poll before; 0 at the first
	Rows     []Row
	Happened []Happening
}

// errMoved says that rows are not where they were.
var errMoved = errors.New("rows have moved")

// Poll reads the table once. The errors are those of the session; what happened
// before one is told by the next poll that succeeds.
func (p *Poller) Poll(ctx context.Context, s *snmp.Session) (r Reading, err error) {
	r.Happened = p.untold
	defer func() {
		p.untold = nil
		if err != nil {
			p.untold, r.Happened = r.Happened, nil
		}
	}()
	for attempt := 0; ; attempt++ {
		if err := p.look(ctx, s, &r); err != nil {
			return r, err
		}
		if err = p.read(ctx, s, &r); err == nil {
			break
		}
		if !errors.Is(err, errMoved) || attempt > 1 {
			return r, err
		}
		p.found = time.Time{}
	}
	r.Elapsed, p.last = p.clock.line-p.last, p.clock.line
	r.Rows = p.shown
	return r, nil
}

// look finds the rows when it is time, and carries over what is known of those
// that were there.
func (p *Poller) look(ctx context.Context, s *snmp.Session, r *Reading) error {
	now := p.now()
	if !p.found.IsZero() && now.Sub(p.found) < findEvery {
		return nil
	}
	if now.Sub(p.forgot) >= askAgain {
		p.lacks, p.forgot = map[string][]bool{}, now
	}
	list, err := p.find(ctx, s)
	if err != nil {
		return err
	}
	old := make(map[string]*row, len(p.rows))
	for _, one := range p.rows {
		old[one.Name] = one
	}
	first, shown := p.rows == nil, compact(list, len(p.table.Columns))
	for _, one := range list {
		was := old[one.Name]
		delete(old, one.Name)
		switch {
		case was == nil && !first:
			r.Happened = append(r.Happened, Happening{Kind: Appeared, Row: one.Name, Now: one.Index})
		case was == nil:
		case was.Index != one.Index:
			// The same name may stand for the same hardware, but its counters need
			// not: they begin anew.
			r.Happened = append(r.Happened, Happening{Kind: Renumbered, Row: one.Name, Was: was.Index, Now: one.Index})
		default:
			copy(one.counters, was.counters)
		}
		key := one.Name + "\x00" + one.Index
		copy(one.absent, p.lacks[key])
		p.lacks[key] = one.absent
	}
	for _, one := range p.rows {
		if old[one.Name] != nil {
			r.Happened = append(r.Happened, Happening{Kind: Vanished, Row: one.Name, Was: one.Index})
		}
	}
	p.rows, p.shown, p.found, p.todo = list, shown, now, plan{}
	return nil
}

// cell is one object that is asked for.
type cell struct {
	row    int32
	column int32 // of the table; keyCell is the row's name
}

const keyCell = -1

// read asks for the values of all rows.
func (p *Poller) read(ctx context.Context, s *snmp.Session, r *Reading) error {
	for _, one := range p.rows {
		for i := range one.Values {
			one.Values[i] = Value{}
		}
	}
	if !p.todo.good {
		p.todo = plan{good: true, requests: p.plan(s, func(Column) bool { return true })}
	}
	asked := len(p.todo.requests)
	if err := p.carryOut(ctx, s, r, p.todo.requests); err != nil {
		return err
	}
	if !p.todo.good { // what stands in for what rows turned out to lack
		instead := p.plan(s, func(c Column) bool { return c.Instead > 0 })
		if err := p.carryOut(ctx, s, r, instead); err != nil {
			return err
		}
		asked += len(instead)
	}
	if asked == 0 { // no row has anything: the agent is asked all the same
		return p.ask(ctx, s, r, request{oids: []snmp.OID{sysUpTime}})
	}
	return nil
}

// carryOut sends requests one after another.
func (p *Poller) carryOut(ctx context.Context, s *snmp.Session, r *Reading, requests []request) error {
	for _, q := range requests {
		if err := p.ask(ctx, s, r, q); err != nil {
			return err
		}
	}
	return nil
}

// plan asks for what is not known yet of the columns that are wanted, row by row.
func (p *Poller) plan(s *snmp.Session, wanted func(Column) bool) (requests []request) {
	v1 := s.Version() == snmp.V1
	var todo request
	for i, one := range p.rows {
		head := len(todo.cells)
		if one.key != "" {
			todo.add(one.key, cell{int32(i), keyCell})
		}
		for c, col := range p.table.Columns {
			if v1 && col.Kind == Counter64 {
				one.absent[c] = true // RFC 2576: version 1 cannot carry it
			}
			if one.absent[c] || col.Instead > 0 && !one.absent[col.Instead-1] || one.Values[c].Known || !wanted(col) {
				continue
			}
			todo.add(col.OID+one.index, cell{int32(i), int32(c)})
		}
		if len(todo.cells) == head+1 && one.key != "" {
			todo.oids, todo.cells = todo.oids[:head], todo.cells[:head] // nothing but its name
		}
	}
	together(todo.oids)
	for len(todo.cells) > 0 {
		n := p.fit(s, todo.oids, todo.cells)
		requests = append(requests, request{oids: slices.Concat([]snmp.OID{sysUpTime}, todo.oids[:n]), cells: slices.Clone(todo.cells[:n])})
		todo.oids, todo.cells = todo.oids[n:], todo.cells[n:]
	}
	return requests
}

// together puts OIDs into one piece of memory: a thousand devices have 600,000 of
// them, each of which the garbage collector would look at.
func together(oids []snmp.OID) {
	var all strings.Builder
	for _, o := range oids {
		all.WriteString(string(o))
	}
	rest := snmp.OID(all.String())
	for i, o := range oids {
		oids[i], rest = rest[:len(o)], rest[len(o):]
	}
}

func (q *request) add(o snmp.OID, c cell) { q.oids, q.cells = append(q.oids, o), append(q.cells, c) }

// fit is how many of the objects go into one answer. A row is not torn apart
// when it fits whole: its discontinuity belongs beside its counters.
func (p *Poller) fit(s *snmp.Session, oids []snmp.OID, cells []cell) int {
	size := overhead
	if s.Version() == snmp.V3 {
		size += overheadV3
	}
	whole := 0 // so many cells are whole rows
	for n, c := range cells {
		if n > 0 && c.row != cells[n-1].row {
			whole = n
		}
		kind := Text
		if c.column != keyCell {
			kind = p.table.Columns[c.column].Kind
		}
		value := kind.size()
		if c.column == keyCell {
			value = 2 + len(p.rows[c.row].keyText)
		}
		if size += 4 + len(oids[n]) + value; size > frame && n > 0 {
			if whole > 0 {
				return whole
			}
			return n
		}
	}
	return len(cells)
}

// ask sends one request and takes what comes.
func (p *Poller) ask(ctx context.Context, s *snmp.Session, r *Reading, q request) error {
	n := 0
	return s.GetAll(ctx, len(q.oids), q.oids, func(v snmp.Varbind) error {
		n++
		if n == 1 {
			return p.tick(v, r)
		}
		c := q.cells[n-2]
		one := p.rows[c.row]
		if c.column == keyCell {
			if v.Raw != one.keyText {
				return errMoved
			}
			return nil
		}
		p.take(one, int(c.column), v, r)
		return nil
	})
}

// tick takes sysUpTime. A restart forgets what counters were, and where rows are.
func (p *Poller) tick(v snmp.Varbind, r *Reading) error {
	if v.Missing() {
		p.clock.pass(p.now()) // our own clock must do
		return nil
	}
	was := p.clock.up()
	restarted := p.clock.read(uint32(v.Bits), p.now())
	r.Up = p.clock.up()
	if !restarted {
		return nil
	}
	for _, one := range p.rows {
		one.forget()
	}
	r.Happened = append(r.Happened, Happening{Kind: Restarted, Was: was.String(), Now: r.Up.String()})
	return errMoved // whatever was read before belongs to the time before
}

// take is one value of a row.
func (p *Poller) take(one *row, column int, v snmp.Varbind, r *Reading) {
	col := &p.table.Columns[column]
	if v.Type.Missing() {
		one.absent[column], p.todo.good = true, false
		return
	}
	value := &one.Values[column]
	plain(col, v, value)
	switch {
	case column == p.table.Discontinuity:
		if c := &one.counters[column]; c.known && c.last != v.Bits {
			one.forget()
			r.reset(one)
		}
		one.counters[column] = counter{known: true, last: v.Bits}
	case col.Kind.counter():
		p.count(one, column, v.Bits, value, r)
	}
}

// count compares a counter with what it was.
func (p *Poller) count(one *row, column int, raw uint64, value *Value, r *Reading) {
	col, speed := &p.table.Columns[column], 0.0
	if p.table.Speed >= 0 {
		speed = one.Facts[p.table.Speed].Number * cmp.Or(p.table.SpeedUnit, 1)
	}
	rate, what := one.counters[column].next(col.Kind, raw, p.clock.line, speed)
	switch what {
	case grown:
		value.Rate, value.RateKnown = rate, true
	case wasReset:
		r.reset(one)
	case blind:
		value.Blind = true
	}
	if col.Kind != Counter64 {
		value.Number = one.counters[column].sum
	}
}

// forget forgets what a row's counters were.
func (one *row) forget() {
	for i := range one.counters {
		one.counters[i].forget()
	}
}

// reset says that a row's counters began anew, once for all of them.
func (r *Reading) reset(one *row) {
	for _, h := range r.Happened {
		if h.Kind == Reset && h.Row == one.Name {
			return
		}
	}
	r.Happened = append(r.Happened, Happening{Kind: Reset, Row: one.Name})
}
