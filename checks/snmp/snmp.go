package snmp

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/mib"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "snmp", Summary: "snmp.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check asks an agent. Runs do not overlap.
type Check struct {
	cfg    Config
	names  func() (*mib.Names, error)
	oids   []snmp.OID
	expect *regexp.Regexp // nil when any text will do

	mu      sync.Mutex  // of what v3 found out
	engine  snmp.Engine // of address
	address string
}

// New builds the check; cfg is valid. The error is a name that nobody knows.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, names: deps.Names}
	if c.names == nil {
		c.names = sync.OnceValues(mib.Builtin)
	}
	for _, name := range cfg.OID {
		oid, err := find(c.names, name)
		if err != nil {
			return nil, fmt.Errorf("oid: %w", err)
		}
		c.oids = append(c.oids, oid)
	}
	var err error
	switch {
	case cfg.ExpectRegexp != "":
		c.expect, err = regexp.Compile(cfg.ExpectRegexp)
	case cfg.Expect != "":
		c.expect, err = regexp.Compile("^" + regexp.QuoteMeta(cfg.Expect) + "$")
	}
	return c, err
}

// Run asks once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, err := c.device(ctx, target.Address)
	if err != nil {
		return nil, err
	}
	if c.address != target.Address {
		c.address, c.engine = target.Address, snmp.Engine{}
	}
	d.Engine = &c.engine
	values, err := c.ask(ctx, d)
	if err == nil {
		return []checks.Result{c.judge(d.Peer(), values)}, nil
	}
	reason, agent := snmpask.Reason(err)
	if !agent {
		return nil, err
	}
	return []checks.Result{{State: checks.Critical, Reason: reason, Summary: text.M("snmp.fault", text.Str("detail", err.Error()))}}, nil
}

// judge makes one result of all objects: the worst of them.
func (c *Check) judge(agent string, values []value) checks.Result {
	r := checks.Result{State: checks.OK}
	var said []string
	for i, v := range values {
		if c.cfg.Label != "" {
			v.name = c.label(i)
		}
		state, reason, summary := c.one(agent, v)
		if state.Worse(r.State) {
			r.State, r.Reason, r.Summary = state, reason, summary
		}
		said = append(said, v.name+" = "+v.text)
		if v.numeric {
			r.Perf = append(r.Perf, c.perf(i, v))
		}
	}
	if r.State == checks.OK {
		r.Summary = text.M("snmp.ok", text.Str("agent", agent), text.Str("values", c.shown(said)))
		return r
	}
	r.Evidence = []byte(strings.Join(said, "\n"))
	r.Evidence = r.Evidence[:min(len(r.Evidence), checks.EvidenceLimit)]
	return r
}

// shownLimit bounds the values in a summary, in bytes.
const shownLimit = 500

// shown is the values for the summary; of one object with a label the value alone.
func (c *Check) shown(said []string) string {
	if c.cfg.Label != "" && len(said) == 1 {
		said[0] = strings.Replace(said[0], " = ", " ", 1)
	}
	all := strings.ToValidUTF8(strings.Join(said, ", "), "?")
	if len(all) > shownLimit {
		all = strings.ToValidUTF8(all[:shownLimit], "") + "…"
	}
	return all
}

// one judges one object.
func (c *Check) one(agent string, v value) (checks.State, checks.Reason, text.Message) {
	who, what := text.Str("agent", agent), text.Str("object", v.name)
	limited := c.cfg.Warning != nil || c.cfg.Critical != nil
	switch {
	case v.missing:
		return checks.Unknown, checks.ReasonNoData, text.M("snmp.missing", who, what)
	case c.expect != nil && !c.expect.MatchString(v.text) && !c.expect.MatchString(number(v)):
		return checks.Critical, checks.ReasonContent, text.M("snmp.content", who, what, text.Str("value", v.text), text.Str("want", c.cfg.Expect+c.cfg.ExpectRegexp))
	case limited && !v.numeric:
		return checks.Unknown, checks.ReasonContent, text.M("snmp.notnumber", who, what, text.Str("value", v.text))
	case limited:
		if state := checks.Judge(v.number*c.cfg.Multiplier, c.cfg.Warning, c.cfg.Critical); state != checks.OK {
			return state, checks.ReasonThreshold, text.M("snmp.limit", who, what, text.Str("value", v.text))
		}
	}
	return checks.OK, checks.ReasonNone, text.Message{}
}

// number is a numeric value as digits, so that expect: 1 fits up(1) too.
func number(v value) string {
	if !v.numeric {
		return v.text
	}
	return strconv.FormatFloat(v.number, 'f', -1, 64)
}

// label is what the i-th object is called where a label is given.
func (c *Check) label(i int) string {
	if len(c.oids) == 1 {
		return c.cfg.Label
	}
	return c.cfg.Label + " " + strconv.Itoa(i+1)
}

// perf is the value of the i-th object.
func (c *Check) perf(i int, v value) checks.Perf {
	p := checks.Perf{
		Label: strings.Map(func(r rune) rune {
			if r == '=' || r == '\'' {
				return '_'
			}
			return r
		}, v.name),
		Value: v.number * c.cfg.Multiplier, Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange(),
	}
	if c.cfg.Label != "" {
		p.Label = c.label(i)
	}
	switch {
	case v.seconds:
		p.Unit = checks.UnitSeconds
	case v.counter:
		p.Unit = checks.UnitCount
	}
	return p
}
