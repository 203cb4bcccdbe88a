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

// silentFor is how many polls in a row an agent may miss before a single request
// asks whether it is there, ahead of the next one: a dead one should cost little.
const silentFor = 3

// Check polls the tables of one host. Runs do not overlap.
type Check struct {
	options Options
	kind    Kind
	deps    checks.Deps
	kept    func(item string) bool

	mu      sync.Mutex // of the state between runs
	engine  snmp.Engine
	pollers []*poll.Poller // one for each part
	address string         // that the state is of
	silent  int            // polls in a row without an answer
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
	return &Check{options: options, kind: kind, deps: deps, kept: func(item string) bool {
		return (len(options.Only) == 0 || only(item)) && !except(item)
	}}, nil
}

// begin makes pollers that have read nothing yet.
func (c *Check) begin(address string) {
	c.engine, c.silent, c.address = snmp.Engine{}, 0, address
	c.pollers = make([]*poll.Poller, len(c.kind.Parts))
	for i, part := range c.kind.Parts {
		c.pollers[i] = poll.New(part.Table, func(r poll.Row) bool {
			return (part.Judge == nil || c.kept(part.item(r))) && (part.Keep == nil || part.Keep(r))
		}, c.deps.Now)
	}
}

// Run polls once. The first result has no item: it is about the agent. Then
// comes one for each item.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, err := c.options.device(target.Address)
	if err != nil {
		return nil, err
	}
	if c.pollers == nil || c.address != target.Address {
		c.begin(target.Address)
	}
	if d.Credentials.Version == snmp.V3 {
		d.Engine = &c.engine
	}
	began := c.deps.Now()
	read, answers, err := c.poll(ctx, d)
	took := c.deps.Now().Sub(began)
	if err != nil {
		if c.silent++; answers > 0 {
			c.silent = 0
		}
		if answers > 0 && ctx.Err() != nil {
			return []checks.Result{unfit(took, answers)}, nil
		}
		return []checks.Result{failed(err, took)}, nil
	}
	c.silent = 0
	if target.Series != nil {
		for i, r := range read {
			c.pollers[i].Series(r, target.Series)
		}
		target.Series.Add("snmp_scrape_duration_seconds", took.Seconds(), "module", c.kind.Parts[0].Table.Name)
	}
	reading := Reading{At: began, Up: read[0].Up, Previous: target.Previous}
	for _, r := range read {
		reading.Parts = append(reading.Parts, r.Rows)
	}
	return c.results(read, reading, took), nil
}

// poll reads all parts by one session; answers is how often the agent answered.
func (c *Check) poll(ctx context.Context, d snmp.Device) (read []poll.Reading, answers uint64, err error) {
	ask := d
	if c.silent >= silentFor {
		d.Retries = 0
	}
	s, err := snmp.Open(ctx, d)
	if err != nil {
		return nil, 0, err
	}
	defer func() { answers, err = s.Stats().Answers, errors.Join(err, s.Close()) }()
	if c.silent >= silentFor {
		if _, err := s.Get(ctx, sysUpTime); err != nil {
			return nil, 0, err
		}
		if err := s.Aim(ctx, ask); err != nil { // with all attempts: it is there
			return nil, 0, err
		}
	}
	read = make([]poll.Reading, len(c.pollers))
	for i, p := range c.pollers {
		if read[i], err = p.Poll(ctx, s); err != nil {
			return nil, 0, err
		}
	}
	return read, 0, nil
}

var sysUpTime = snmp.MustOID(".1.3.6.1.2.1.1.3.0")

// results are the agent's own, and one for each item.
func (c *Check) results(read []poll.Reading, d Reading, took time.Duration) []checks.Result {
	rows := 0
	for _, r := range read {
		rows += len(r.Rows)
	}
	list := make([]checks.Result, 1, 1+rows)
	for i, r := range read {
		list = c.ofPart(list, c.kind.Parts[i], r, d)
	}
	var whole *checks.Result
	if c.kind.All != nil {
		for _, res := range c.kind.All(d) {
			switch {
			case res.Item == "":
				whole = &res
			case c.kept(res.Item):
				list = append(list, res)
			}
		}
	}
	if whole == nil {
		whole = &checks.Result{State: checks.Unknown, Reason: checks.ReasonNoData, Summary: text.M(c.kind.None)}
		if items := len(list) - 1; items > 0 {
			*whole = checks.Result{Summary: text.M(c.kind.Summary, text.Int("rows", items), text.Dur("took", took))}
		}
	}
	whole.Notes = append(whole.Notes, list[0].Notes...)
	if items := len(list) - 1; items > 0 {
		whole.Perf = append(whole.Perf, checks.Perf{Label: "rows", Value: float64(items)})
	}
	whole.Perf = append(whole.Perf, checks.Perf{Label: "time", Value: took.Seconds(), Unit: checks.UnitSeconds})
	list[0] = *whole
	return list
}

// ofPart appends the results of one table's rows. What happened to a row stands in
// its result, and to the agent, or to rows without one, in the first.
func (c *Check) ofPart(list []checks.Result, part Part, r poll.Reading, d Reading) []checks.Result {
	notes := map[string][]text.Message{}
	for _, h := range r.Happened {
		if h.Kind != poll.Restarted {
			notes[h.Row] = append(notes[h.Row], happened(h))
		} else if len(list[0].Notes) == 0 { // each part sees the restart
			list[0].Notes = append(list[0].Notes, happened(h))
		}
	}
	for _, row := range r.Rows {
		if part.Judge == nil {
			continue
		}
		if res, ok := part.Judge(row, d); ok {
			res.Item, res.Notes = part.item(row), notes[row.Name]
			delete(notes, row.Name)
			list = append(list, res)
		}
	}
	for _, h := range r.Happened { // of rows that are gone, or not judged
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
	reason, _ := Reason(err)
	r := checks.Result{State: checks.Unknown, Reason: reason, Summary: text.M("snmpask.failed", text.Str("detail", err.Error())),
		Phases: []checks.Phase{{Name: "ask", Took: took}}}
	switch reason {
	case checks.ReasonTimeout, checks.ReasonConnect:
		r.State = checks.Critical
	}
	return r
}

// unfit is an agent that answers, but not within the time of one run. Nothing of it
// is kept: half a table would look like a device that lost its other half.
func unfit(took time.Duration, answers uint64) checks.Result {
	return checks.Result{State: checks.Critical, Reason: checks.ReasonTimeout, Phases: []checks.Phase{{Name: "ask", Took: took}},
		Summary: text.M("snmpask.unfit", text.Dur("took", took), text.Int("answers", int(answers)))}
}
