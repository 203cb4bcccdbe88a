package snmpagent

import (
	"cmp"
	_ "embed"
	"math"
	"time"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp/poll"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "snmp-agent", Summary: "snmp-agent.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New:       func(c checks.Config, deps checks.Deps) (checks.Check, error) { return New(*c.(*Config), deps) },
	}
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*snmpask.Check, error) {
	match, err := snmpask.Matcher([]string{cfg.Name})
	if err != nil {
		return nil, err
	}
	return snmpask.New(cfg.Options, snmpask.Kind{
		Parts: []snmpask.Part{{Table: system()}, {Table: host()}, {Table: engine()}},
		All:   judge{cfg, match}.all, Summary: "snmp-agent.none", None: "snmp-agent.none",
	}, deps)
}

// The columns of the group system.
const (
	colUp = iota // hundredths of a second
	colDescr
	colName
)

const systemGroup = ".1.3.6.1.2.1.1."

// system is there when the agent tells any of what is shown: some lack sysUpTime.
func system() poll.Table {
	up, descr, name := snmpask.Gauge("sysUpTime", systemGroup+"3"), snmpask.Text(systemGroup+"1"), snmpask.Text(systemGroup+"5")
	return snmpask.Table(poll.Table{
		Name: "system", Facts: []poll.Column{{OID: up.OID}, {OID: descr.OID, Kind: poll.Text}, {OID: name.OID, Kind: poll.Text}},
		Columns: []poll.Column{colUp: up, colDescr: descr, colName: name},
	})
}

func host() poll.Table {
	return snmpask.Scalars("hrSystem", snmpask.Gauge("hrSystemUptime", ".1.3.6.1.2.1.25.1.1"),
		snmpask.Gauge("hrSystemNumUsers", ".1.3.6.1.2.1.25.1.5"), snmpask.Gauge("hrSystemProcesses", ".1.3.6.1.2.1.25.1.6"))
}

func engine() poll.Table {
	return snmpask.Scalars("snmpEngine", snmpask.Gauge("snmpEngineTime", ".1.3.6.1.6.3.10.2.1.3"))
}

// judge judges what an agent says about itself.
type judge struct {
	cfg   Config
	match func(name string) bool
}

const tick = 10 * time.Millisecond

func (j judge) all(d snmpask.Reading) []checks.Result {
	row, ok := d.First(0)
	if !ok {
		return nil
	}
	up, told := sinceStart(row, d)
	describe := []text.Arg{text.Dur("up", up), text.Str("descr", cmp.Or(row.Values[colDescr].Text, "-")), text.Str("name", cmp.Or(row.Values[colName].Text, "-"))}
	res := checks.Result{Summary: text.M("snmp-agent.timeless", describe[1:]...)}
	if told {
		res = checks.Result{Summary: text.M("snmp-agent.up", describe...), Perf: []checks.Perf{{Label: "agent_up", Value: up.Seconds(), Unit: checks.UnitSeconds}}}
	}
	if h, ok := d.First(1); ok && h.Values[0].Known {
		machine := time.Duration(h.Values[0].Number) * tick
		res.Perf = append(res.Perf, checks.Perf{Label: "host_up", Value: machine.Seconds(), Unit: checks.UnitSeconds})
	}
	if told && up < j.cfg.Restarted {
		snmpask.Worse(&res, checks.Warning, checks.ReasonThreshold, text.M("snmp-agent.restarted", describe...))
	}
	if name := row.Values[colName].Text; j.cfg.Name != "" && !j.match(name) {
		snmpask.Worse(&res, checks.Critical, checks.ReasonContent, text.M("snmp-agent.other", text.Str("name", cmp.Or(name, "-")), text.Str("want", j.cfg.Name)))
	}
	return []checks.Result{res}
}

// sinceStart is how long the agent runs; told is false when it does not say. The
// engine's time counts when sysUpTime is the same time, less one or more wraps.
func sinceStart(r poll.Row, d snmpask.Reading) (up time.Duration, told bool) {
	up, told = time.Duration(r.Values[colUp].Number)*tick, r.Values[colUp].Known
	e, ok := d.First(2)
	if !ok || !told || !e.Values[0].Known {
		return up, told
	}
	longer := time.Duration(e.Values[0].Number) * time.Second
	const wrap = (1 << 32) * tick
	wraps := math.Round(float64(longer-up) / float64(wrap))
	if off := longer - up - time.Duration(wraps)*wrap; wraps >= 1 && off.Abs() < time.Hour {
		return longer, true
	}
	return up, told
}
