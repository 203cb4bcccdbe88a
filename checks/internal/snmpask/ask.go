package snmpask

import (
	"context"
	"errors"
	"sync"
	"time"

	"monitord/checks"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
	"monitord/internal/text"
)

// Kind is what one kind of check knows about its table.
type Kind struct {
	Table poll.Table
	// Keep chooses rows beside Only and Except; nil keeps all.
	Keep func(poll.Row) bool
	// Judge makes the result of a row; its Item is set by the caller. ok is false
	// when there is nothing to say about it.
	Judge func(r poll.Row, d Reading) (res checks.Result, ok bool)
	// Summary is the sentence about all rows, with {rows} and {took}.
	Summary string
	// None is the sentence of an agent that has no such rows.
	None string
}

// Reading is what is known about the poll that a row belongs to.
type Reading struct {
	At       time.Time
	Up       time.Duration
	Previous map[string]checks.State // by item; may be nil
}

// silentFor is how many polls in a row an agent may miss before it is asked only
// once at a time: a dead one should cost little.
const silentFor = 3

// Check polls one table of one host. Runs do not overlap.
type Check struct {
	options Options
	kind    Kind
	deps    checks.Deps
	keep    func(poll.Row) bool

	mu      sync.Mutex // of the state between runs
	engine  snmp.Engine
	poller  *poll.Poller
	address string // that the state is of
	silent  int    // polls in a row without an answer
}

// New makes a check; options are valid.
func New(options Options, kind Kind, deps checks.Deps) (*Check, error) {
	only, err := Matcher(options.Only)
	if err != nil {
		return nil, err
	}
	except, err := Matcher(options.Except)
	if err != nil {
		return nil, err
	}
	return &Check{options: options, kind: kind, deps: deps, keep: func(r poll.Row) bool {
		return (len(options.Only) == 0 || only(r.Name)) && !except(r.Name) && (kind.Keep == nil || kind.Keep(r))
	}}, nil
}

// Run polls once. The first result has no item: it is about the agent. Then
// comes one for each row.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, err := c.options.device(target.Address)
	if err != nil {
		return nil, err
	}
	if c.poller == nil || c.address != target.Address {
		c.engine, c.silent, c.address = snmp.Engine{}, 0, target.Address
		c.poller = poll.New(c.kind.Table, c.keep, c.deps.Now)
	}
	if d.Credentials.Version == snmp.V3 {
		d.Engine = &c.engine
	}
	if c.silent >= silentFor {
		d.Retries = 0
	}
	began := c.deps.Now()
	r, err := c.poll(ctx, d)
	took := c.deps.Now().Sub(began)
	if err != nil {
		c.silent++
		return []checks.Result{failed(err, took)}, nil
	}
	c.silent = 0
	if target.Series != nil {
		c.poller.Series(r, target.Series)
		target.Series.Add("snmp_scrape_duration_seconds", took.Seconds(), "module", c.kind.Table.Name)
	}
	return c.results(r, Reading{At: began, Up: r.Up, Previous: target.Previous}, took), nil
}

func (c *Check) poll(ctx context.Context, d snmp.Device) (poll.Reading, error) {
	s, err := snmp.Open(ctx, d)
	if err != nil {
		return poll.Reading{}, err
	}
	r, err := c.poller.Poll(ctx, s)
	return r, errors.Join(err, s.Close())
}

// results are the agent's own, and one for each row.
func (c *Check) results(r poll.Reading, d Reading, took time.Duration) []checks.Result {
	sentence := c.kind.Summary
	if len(r.Rows) == 0 {
		sentence = c.kind.None
	}
	whole := checks.Result{
		Summary: text.M(sentence, text.Int("rows", len(r.Rows)), text.Dur("took", took)),
		Perf: []checks.Perf{
			{Label: "rows", Value: float64(len(r.Rows))}, {Label: "time", Value: took.Seconds(), Unit: checks.UnitSeconds},
		},
	}
	list := []checks.Result{whole}
	notes := map[string][]text.Message{}
	for _, h := range r.Happened {
		notes[h.Row] = append(notes[h.Row], happened(h))
	}
	for _, row := range r.Rows {
		res, ok := c.kind.Judge(row, d)
		if !ok {
			list[0].Notes = append(list[0].Notes, notes[row.Name]...)
			delete(notes, row.Name)
			continue
		}
		res.Item, res.Notes = row.Name, notes[row.Name]
		delete(notes, row.Name)
		list = append(list, res)
	}
	for _, h := range r.Happened { // of the agent, and of rows that are gone
		list[0].Notes = append(list[0].Notes, notes[h.Row]...)
		delete(notes, h.Row)
	}
	return list
}

// happened is the sentence of a happening.
func happened(h poll.Happening) text.Message {
	return text.M("snmpask."+string(h.Kind), text.Str("row", h.Row), text.Str("was", h.Was), text.Str("now", h.Now))
}

// failed is an agent that was asked and did not tell. Its rows keep their states:
// nothing is known about them.
func failed(err error, took time.Duration) checks.Result {
	r := checks.Result{State: checks.Unknown, Reason: checks.ReasonProtocol, Summary: text.M("snmpask.failed", text.Str("detail", err.Error())),
		Phases: []checks.Phase{{Name: "ask", Took: took}}}
	switch {
	case errors.Is(err, snmp.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		r.State, r.Reason = checks.Critical, checks.ReasonTimeout
	case errors.Is(err, snmp.ErrRefused), errors.Is(err, snmp.ErrUnreachable):
		r.State, r.Reason = checks.Critical, checks.ReasonConnect
	case errors.Is(err, snmp.ErrUser), errors.Is(err, snmp.ErrAuth), errors.Is(err, snmp.ErrPriv), errors.Is(err, snmp.ErrLevel), errors.Is(err, snmp.ErrContext):
		r.Reason = checks.ReasonAuth
	}
	return r
}
