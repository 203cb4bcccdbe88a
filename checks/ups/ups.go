package ups

import (
	_ "embed"
	"slices"
	"strings"
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
		Name: "ups", Summary: "ups.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New:       func(c checks.Config, deps checks.Deps) (checks.Check, error) { return New(*c.(*Config), deps) },
	}
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*snmpask.Check, error) {
	kind := snmpask.Kind{All: judge{cfg}.all, Summary: "ups.summary", None: "ups.none"}
	for _, d := range dialects {
		kind.Parts = append(kind.Parts, snmpask.Part{Table: d.table()})
	}
	kind.Parts = append(kind.Parts, snmpask.Part{Table: lines()},
		snmpask.Part{Table: alarms("ups_alarm", std+"6.2.1.2")}, snmpask.Part{Table: alarms("xups_alarm", eat+"7.2.1.2")})
	return snmpask.New(cfg.Options, kind, deps)
}

// judge judges one UPS.
type judge struct{ cfg Config }

// all judges what the first dialect that the agent speaks says.
func (j judge) all(d snmpask.Reading) []checks.Result {
	for i, dialect := range dialects {
		row, ok := d.First(i)
		if !ok {
			continue
		}
		source := supplyUnknown
		if v, ok := dialect.get(row, output); ok {
			source = dialect.supplies[int(v)]
		}
		list := []checks.Result{j.supply(dialect, row, source), j.battery(dialect, row, source)}
		if load, ok := j.load(dialect, row, d.Parts[len(dialects)]); ok {
			list = append(list, load)
		}
		return append(list, alarmsOf(slices.Concat(d.Parts[len(dialects)+1], d.Parts[len(dialects)+2])))
	}
	return nil
}

// supply judges where the power comes from.
func (j judge) supply(d dialect, r poll.Row, source supply) checks.Result {
	res := checks.Result{Item: "supply"}
	switch source {
	case onLine:
		res.Summary = text.M("ups.online")
	case battery:
		res.State, res.Reason, res.Summary = onBattery[j.cfg.OnBattery], checks.ReasonStatus, text.M("ups.battery")
	case bypass:
		res.State, res.Reason, res.Summary = checks.Warning, checks.ReasonStatus, text.M("ups.bypass")
	case off:
		res.State, res.Reason, res.Summary = checks.Critical, checks.ReasonStatus, text.M("ups.off")
	default:
		res.State, res.Reason, res.Summary = checks.Unknown, checks.ReasonNoData, text.M("ups.untold")
	}
	if v, ok := d.get(r, lasting); ok {
		res.Perf = append(res.Perf, checks.Perf{Label: "on_battery", Value: v, Unit: checks.UnitSeconds})
		if source == battery {
			res.Summary = text.M("ups.lasting", text.Dur("time", seconds(v)))
		}
	}
	return res
}

func seconds(v float64) time.Duration { return time.Duration(v * float64(time.Second)) }

// battery judges status, charge and, while it discharges, the time that is left.
func (j judge) battery(d dialect, r poll.Row, source supply) checks.Result {
	charge, hasCharge := d.get(r, charged)
	remaining, hasTime := d.get(r, left)
	state, hasState := d.get(r, status)
	old, hasOld := d.get(r, replace)
	res := checks.Result{Item: "battery", Summary: text.M("ups.good")}
	switch {
	case hasCharge && hasTime:
		res.Summary = text.M("ups.charge", text.Ratio("charge", charge), text.Dur("left", seconds(remaining)))
	case hasCharge:
		res.Summary = text.M("ups.chargeonly", text.Ratio("charge", charge))
	case !hasState && !hasTime:
		res.State, res.Reason, res.Summary = checks.Unknown, checks.ReasonNoData, text.M("ups.nobattery")
	}
	told := text.Sub("told", res.Summary)
	if hasOld && int(old) == 2 {
		snmpask.Worse(&res, checks.Warning, checks.ReasonStatus, text.M("ups.replace", told))
	}
	if hasCharge {
		limits := snmpask.Limits{Warning: j.cfg.ChargeWarning, Critical: j.cfg.ChargeCritical}
		limits.Judge(&res, checks.Perf{Label: "charge", Value: charge, Unit: checks.UnitRatio}, res.Summary)
	}
	if hasTime {
		limits := snmpask.Limits{Warning: j.cfg.LeftWarning, Critical: j.cfg.LeftCritical}
		if source != battery {
			limits = snmpask.Limits{} // an estimate
		}
		limits.Judge(&res, checks.Perf{Label: "left", Value: remaining, Unit: checks.UnitSeconds}, res.Summary)
	}
	if v, ok := d.get(r, degrees); ok {
		res.Perf = append(res.Perf, checks.Perf{Label: "temperature", Value: v})
	}
	switch d.conditions[int(state)] {
	case low:
		snmpask.Worse(&res, checks.Critical, checks.ReasonStatus, text.M("ups.low", told))
	case faulty:
		snmpask.Worse(&res, checks.Critical, checks.ReasonStatus, text.M("ups.faulty", told))
	}
	return res
}

// load judges the fullest line, or the whole UPS.
func (j judge) load(d dialect, r poll.Row, lines []poll.Row) (checks.Result, bool) {
	load, ok := d.get(r, loaded)
	for _, l := range lines {
		if v := l.Values[0]; v.Known && v.Number >= 0 {
			load, ok = max(load, v.Number*hundredth), true
		}
	}
	if !ok {
		return checks.Result{}, false
	}
	res := checks.Result{Item: "load", Summary: text.M("ups.load", text.Ratio("load", load))}
	limits := snmpask.Limits{Warning: j.cfg.LoadWarning, Critical: j.cfg.LoadCritical}
	limits.Judge(&res, checks.Perf{Label: "load", Value: load, Unit: checks.UnitRatio}, res.Summary)
	return res, true
}

// testInProgress is the one alarm that is none.
const testInProgress = wellKnown + "24"

// alarmsOf lists what the UPS complains about.
func alarmsOf(rows []poll.Row) checks.Result {
	var names []string
	bad := false
	for _, r := range rows {
		if oid := r.Values[0].Text; oid != "" {
			names, bad = append(names, alarmName(oid)), bad || oid != testInProgress
		}
	}
	res := checks.Result{Item: "alarms", Summary: text.M("ups.noalarms"), Perf: []checks.Perf{{Label: "alarms", Value: float64(len(names))}}}
	if len(names) > 0 {
		res.Summary = text.M("ups.alarms", text.Str("names", strings.Join(names, ", ")))
	}
	if bad {
		res.State, res.Reason = checks.Warning, checks.ReasonStatus
	}
	return res
}
