package interfaces

import (
	_ "embed"
	"slices"

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
		Name: "interfaces", Summary: "interfaces.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New:       func(c checks.Config, deps checks.Deps) (checks.Check, error) { return New(*c.(*Config), deps) },
	}
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*snmpask.Check, error) {
	unused, err := snmpask.Matcher(cfg.Unused)
	if err != nil {
		return nil, err
	}
	j := &judge{cfg: cfg, unused: unused}
	return snmpask.New(cfg.Options, snmpask.Kind{
		Parts:   []snmpask.Part{{Table: table(), Judge: j.row}},
		Summary: "interfaces.summary", None: "interfaces.none",
	}, deps)
}

// judge judges interfaces, one at a time.
type judge struct {
	cfg    Config
	unused func(name string) bool
	told   bool      // the agent has said of an interface whether it is up
	last   speedText // of the interface before: most of a device are alike
}

// speedText is a speed in Mbit/s and what people are told of it.
type speedText struct {
	number float64
	told   text.Arg
}

// The values of ifAdminStatus and ifOperStatus that matter (RFC 2863).
const (
	statusUp      = 1
	statusDown    = 2
	statusTesting = 3
	statusUnknown = 4
	statusDormant = 5
	notPresent    = 6
	lowerDown     = 7
)

// row judges one interface: first whether it is up, then what goes wrong on it,
// then how full it is. The worst of these is the result.
func (j *judge) row(r poll.Row, d snmpask.Reading) (checks.Result, bool) {
	var res checks.Result
	if j.mute(r, d) {
		j.measure(&res, r, first(r, colIn, colIn32), first(r, colOut, colOut32))
		if res.State == checks.OK {
			res.Summary = text.M("interfaces.mute")
		}
		return res, true
	}
	if state, sentence, up := j.status(r); !up {
		res.State, res.Summary = state, sentence
		if state != checks.OK {
			res.Reason = checks.ReasonStatus
		}
		return res, true
	}
	in, out := first(r, colIn, colIn32), first(r, colOut, colOut32)
	j.measure(&res, r, in, out)
	return res, true
}

// mute says that the agent never told of any interface whether it is up: that is no
// fault of today. An interface that is not OK waits for an answer: silence is no
// recovery.
func (j *judge) mute(r poll.Row, d snmpask.Reading) bool {
	if !j.told {
		j.told = slices.ContainsFunc(d.Parts[0], func(r poll.Row) bool { return r.Values[colOper].Known })
	}
	return !j.told && d.Previous[r.Name] == checks.OK
}

// status holds an interface against what its owner wants.
func (j *judge) status(r poll.Row) (state checks.State, sentence text.Message, up bool) {
	admin, oper := r.Values[colAdmin], r.Values[colOper]
	switch {
	case !oper.Known:
		return checks.Unknown, text.M("interfaces.untold"), false
	case admin.Known && admin.Number != statusUp:
		return checks.OK, text.M("interfaces.off"), false
	case oper.Number == statusUp, oper.Number == statusDormant:
		return checks.OK, text.Message{}, true
	case oper.Number == statusTesting:
		return checks.OK, text.M("interfaces.testing"), false
	case j.unused(r.Name) && oper.Number == statusUnknown:
		return checks.OK, text.M("interfaces.untold"), false
	case j.unused(r.Name):
		return checks.OK, text.M("interfaces.unused"), false
	case oper.Number == notPresent:
		return downStates[j.cfg.Down], text.M("interfaces.absent"), false
	case oper.Number == statusDown, oper.Number == lowerDown:
		return downStates[j.cfg.Down], text.M("interfaces.down"), false
	}
	return checks.Unknown, text.M("interfaces.untold"), false
}

// first is the value of the column that the row has.
func first(r poll.Row, columns ...int) poll.Value {
	for _, c := range columns {
		if r.Values[c].Known {
			return r.Values[c]
		}
	}
	return poll.Value{}
}

// measure judges rates. What is not known yet is not judged.
func (j *judge) measure(res *checks.Result, r poll.Row, in, out poll.Value) {
	known := j.speedOf(r)
	switch {
	case in.Blind || out.Blind:
		res.Summary = text.M("interfaces.blind", known)
	case !in.RateKnown || !out.RateKnown:
		res.Summary = text.M("interfaces.up", known)
	default:
		j.traffic(res, r, in.Rate, out.Rate, known)
	}
	pair(res, r, "errors", colInErrors, colOutErrors, snmpask.Limits{Warning: j.cfg.ErrorsWarning, Critical: j.cfg.ErrorsCritical})
	pair(res, r, "discards", colInDiscards, colOutDiscards, snmpask.Limits{Warning: j.cfg.DropsWarning, Critical: j.cfg.DropsCritical})
}

// traffic judges how full an interface is. It makes room for all that is measured.
func (j *judge) traffic(res *checks.Result, r poll.Row, in, out float64, known text.Arg) {
	res.Perf = append(make([]checks.Perf, 0, measured),
		checks.Perf{Label: "in", Value: in, Unit: checks.UnitBytes, Derived: true}, checks.Perf{Label: "out", Value: out, Unit: checks.UnitBytes, Derived: true})
	inBits, outBits := bitRate("in", in*8), bitRate("out", out*8)
	res.Summary = text.M("interfaces.traffic", known, inBits, outBits)
	bits := r.Facts[factSpeed].Number * 1e6
	if usage := max(in, out) * 8 / max(bits, 1); bits > 0 && usage <= maxUsage {
		limits := snmpask.Limits{Warning: j.cfg.UsageWarning, Critical: j.cfg.UsageCritical}
		limits.JudgeWith(res, checks.Perf{Label: "usage", Value: usage, Unit: checks.UnitRatio, Derived: true}, func() text.Message {
			return text.M("interfaces.full", text.Ratio("usage", usage), known, inBits, outBits)
		})
	}
}

// measured is how many values an interface has at most: in, out, usage, errors and
// discards.
const measured = 5

// maxUsage is how much more than its speed an interface may seem to carry, since
// counters and clock are not read at the same moment. More is no measurement.
const maxUsage = 1.25

// pair judges the sum of both directions.
func pair(res *checks.Result, r poll.Row, label string, in, out int, limits snmpask.Limits) {
	a, b := r.Values[in], r.Values[out]
	if !a.RateKnown && !b.RateKnown {
		return
	}
	limits.JudgeWith(res, checks.Perf{Label: label, Value: a.Rate + b.Rate, Derived: true}, func() text.Message {
		return text.M("interfaces."+label, text.Num("in", a.Rate), text.Num("out", b.Rate))
	})
}

// speedOf is an interface's speed for people.
func (j *judge) speedOf(r poll.Row) text.Arg {
	n := r.Facts[factSpeed].Number
	if j.last.told.Msg != nil && n == j.last.number {
		return j.last.told
	}
	sentence := text.M("interfaces.nospeed")
	if n > 0 {
		sentence = text.M("interfaces.speed", text.Str("speed", siBits(n*1e6, "")))
	}
	j.last = speedText{n, text.Sub("speed", sentence)}
	return j.last.told
}

func bitRate(name string, bits float64) text.Arg { return text.Str(name, siBits(bits, "/s")) }
