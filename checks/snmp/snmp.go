package snmp

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"monitord/checks"
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

// Check asks an agent. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	ask    checks.SNMP
	oids   []string
	expect *regexp.Regexp // nil when any text will do
}

// New builds the check; cfg is valid. The errors are a name that nobody knows,
// and a program that cannot ask agents.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	if deps.SNMP == nil {
		return nil, errors.New("snmp: this program asks no agents: run the check on the server, or on a probe")
	}
	c := &Check{cfg: cfg, ask: deps.SNMP}
	for _, name := range cfg.OID {
		oid, err := deps.SNMP.Find(name)
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
	agent := net.JoinHostPort(target.Address, strconv.Itoa(c.cfg.Port))
	values, err := c.ask.Ask(ctx, checks.SNMPQuery{
		Address: target.Address, Port: c.cfg.Port, Credentials: c.cfg.Credentials.File, Retries: c.cfg.Retries, Next: c.cfg.Next, OIDs: c.oids,
	})
	if fault, ok := errors.AsType[*checks.SNMPError](err); ok {
		return []checks.Result{{State: checks.Critical, Reason: fault.Reason, Summary: text.M("snmp.fault", text.Str("detail", fault.Error()))}}, nil
	}
	if err != nil {
		return nil, err
	}
	return []checks.Result{c.judge(agent, values)}, nil
}

// judge makes one result of all objects: the worst of them.
func (c *Check) judge(agent string, values []checks.SNMPValue) checks.Result {
	r := checks.Result{State: checks.OK}
	var said []string
	for i, v := range values {
		state, reason, summary := c.one(agent, v)
		if state.Worse(r.State) {
			r.State, r.Reason, r.Summary = state, reason, summary
		}
		said = append(said, v.Name+" = "+v.Text)
		if v.IsNumber {
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
		_, value, _ := strings.Cut(said[0], " = ")
		said[0] = c.cfg.Label + " " + value
	}
	all := strings.ToValidUTF8(strings.Join(said, ", "), "?")
	if len(all) > shownLimit {
		all = strings.ToValidUTF8(all[:shownLimit], "") + "…"
	}
	return all
}

// one judges one object.
func (c *Check) one(agent string, v checks.SNMPValue) (checks.State, checks.Reason, text.Message) {
	who, what := text.Str("agent", agent), text.Str("object", v.Name)
	limited := c.cfg.Warning != nil || c.cfg.Critical != nil
	switch {
	case v.Missing:
		return checks.Unknown, checks.ReasonNoData, text.M("snmp.missing", who, what)
	case c.expect != nil && !c.expect.MatchString(v.Text) && !c.expect.MatchString(number(v)):
		return checks.Critical, checks.ReasonContent, text.M("snmp.content", who, what, text.Str("value", v.Text), text.Str("want", c.cfg.Expect+c.cfg.ExpectRegexp))
	case limited && !v.IsNumber:
		return checks.Unknown, checks.ReasonContent, text.M("snmp.notnumber", who, what, text.Str("value", v.Text))
	case limited:
		if state := checks.Judge(v.Number*c.cfg.Multiplier, c.cfg.Warning, c.cfg.Critical); state != checks.OK {
			return state, checks.ReasonThreshold, text.M("snmp.limit", who, what, text.Str("value", v.Text))
		}
	}
	return checks.OK, checks.ReasonNone, text.Message{}
}

// number is a numeric value as digits, so that expect: 1 fits up(1) too.
func number(v checks.SNMPValue) string {
	if !v.IsNumber {
		return v.Text
	}
	return strconv.FormatFloat(v.Number, 'f', -1, 64)
}

// perf is the value of the i-th object.
func (c *Check) perf(i int, v checks.SNMPValue) checks.Perf {
	p := checks.Perf{
		Label: strings.Map(func(r rune) rune {
			if r == '=' || r == '\'' {
				return '_'
			}
			return r
		}, v.Name),
		Value: v.Number * c.cfg.Multiplier, Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange(),
	}
	if c.cfg.Label != "" {
		p.Label = c.cfg.Label
		if len(c.oids) > 1 {
			p.Label += " " + strconv.Itoa(i+1)
		}
	}
	switch {
	case v.Seconds:
		p.Unit = checks.UnitSeconds
	case v.Counter:
		p.Unit = checks.UnitCount
	}
	return p
}
