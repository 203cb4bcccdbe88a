package sensors

import (
	_ "embed"
	"math"
	"strings"

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
		Name: "sensors", Summary: "sensors.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New:       func(c checks.Config, deps checks.Deps) (checks.Check, error) { return New(*c.(*Config), deps) },
	}
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*snmpask.Check, error) {
	j := judge{cfg: cfg}
	for _, n := range cfg.Named {
		match, err := snmpask.Matcher([]string{n.Name})
		if err != nil {
			return nil, err
		}
		j.named = append(j.named, match)
	}
	return snmpask.New(cfg.Options, snmpask.Kind{
		Parts: []snmpask.Part{
			partStandard:   {Table: table("entity_sensor", sensorEntry, "entPhySensor", "OperStatus"), Judge: j.row},
			partCisco:      {Table: table("cisco_entity_sensor", ciscoEntry, "entSensor", "Status"), Judge: j.ciscoRow},
			partThresholds: {Table: thresholdTable()},
		},
		Summary: "sensors.summary", None: "sensors.none",
	}, deps)
}

// judge judges sensors.
type judge struct {
	cfg   Config
	named []func(name string) bool // in the order of cfg.Named
}

// ciscoRow judges a row of Cisco's table, where the standard one is missing.
func (j judge) ciscoRow(r poll.Row, d snmpask.Reading) (checks.Result, bool) {
	if len(d.Parts[partStandard]) > 0 {
		return checks.Result{}, false
	}
	res, ok := j.row(r, d)
	if ok && r.Values[colStatus].Number == statusOK {
		evaluate(&res, r.Index, d.Parts[partThresholds])
	}
	return res, ok
}

// row judges one sensor. Types without a meaning of their own are left out.
func (j judge) row(r poll.Row, _ snmpask.Reading) (checks.Result, bool) {
	k, ok := kindOf(r)
	if !ok {
		return checks.Result{}, false
	}
	value, known := valueOf(r, k)
	switch status := r.Values[colStatus]; {
	case status.Known && status.Number == statusNonoperational:
		return checks.Result{State: checks.Warning, Reason: checks.ReasonStatus, Summary: text.M("sensors.broken")}, true
	case !known, status.Known && status.Number == statusUnavailable:
		res := checks.Result{State: unavailable[j.cfg.Unavailable], Summary: text.M("sensors.unavailable")}
		if res.State != checks.OK {
			res.Reason = checks.ReasonNoData
		}
		return res, true
	}
	sentence := text.M("sensors.value", text.Num("value", value), text.Str("unit", k.unit))
	switch {
	case k.perf == checks.UnitRatio:
		sentence = text.M("sensors.share", text.Ratio("value", value))
	case k.name == "truthvalue":
		sentence = text.M("sensors.truth", text.Num("value", value))
	}
	res := checks.Result{Summary: sentence}
	warning, critical := j.limits(r.Name, k.name)
	snmpask.Limits{Warning: warning, Critical: critical}.Judge(&res, checks.Perf{Label: "value", Value: value, Unit: k.perf}, sentence)
	return res, true
}

// limits are those of a sensor: by name, else by type.
func (j judge) limits(name, kind string) (warning, critical *checks.Threshold) {
	for i, match := range j.named {
		if match(name) {
			return j.cfg.Named[i].Warning, j.cfg.Named[i].Critical
		}
	}
	l := j.cfg.Types[kind]
	return l.Warning, l.Critical
}

func kindOf(r poll.Row) (kind, bool) {
	n := int(r.Facts[factType].Number)
	if n < 0 || n >= len(kinds) || kinds[n].name == "" {
		return kind{}, false
	}
	return kinds[n], true
}

// unitScale is EntitySensorDataScale for units; each step is a factor of 1000.
const unitScale = 9

// valueOf is a sensor's value in its unit: value · 1000^(scale-9) / 10^precision
// (RFC 3433 section 3.1). 1,000,000,000 either way stands for beyond the range.
func valueOf(r poll.Row, k kind) (v float64, ok bool) {
	raw := r.Values[colValue]
	if !raw.Known || math.Abs(raw.Number) >= 1e9 {
		return 0, false
	}
	exponent := -int(r.Facts[factPrecision].Number)
	if scale := r.Facts[factScale]; scale.Known && scale.Number > 0 {
		exponent += 3 * (int(scale.Number) - unitScale)
	}
	v = raw.Number
	if exponent < 0 {
		v /= math.Pow10(-exponent) // 245 / 10 is 24.5; 245 · 0.1 is not
	} else {
		v *= math.Pow10(exponent)
	}
	if k.factor != 0 {
		v *= k.factor
	}
	return v, true
}

// evaluate takes over what the device says about its own thresholds.
func evaluate(res *checks.Result, index string, rows []poll.Row) {
	for _, t := range rows {
		if !strings.HasPrefix(t.Index, index+".") || t.Values[colEvaluation].Number != passed {
			continue
		}
		switch severity := t.Values[colSeverity].Number; {
		case severity >= severityMajor:
			snmpask.Worse(res, checks.Critical, checks.ReasonThreshold, text.M("sensors.passed", text.Sub("value", res.Summary)))
		case severity >= severityMinor:
			snmpask.Worse(res, checks.Warning, checks.ReasonThreshold, text.M("sensors.passed", text.Sub("value", res.Summary)))
		}
	}
}
