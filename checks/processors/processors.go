package processors

import (
	_ "embed"

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
		Name: "processors", Summary: "processors.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New:       func(c checks.Config, deps checks.Deps) (checks.Check, error) { return New(*c.(*Config), deps) },
	}
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*snmpask.Check, error) {
	kind := snmpask.Kind{All: judge{cfg}.all, Summary: "processors.none", None: "processors.none"}
	for _, s := range sources {
		part := snmpask.Part{Table: s.table(), Judge: noResult}
		if s.keep != nil {
			part.Keep = func(r poll.Row) bool { return s.keep(r.Index) }
		}
		kind.Parts = append(kind.Parts, part)
	}
	kind.Parts = append(kind.Parts, snmpask.Part{Table: ticks()})
	return snmpask.New(cfg.Options, kind, deps)
}

// noResult lets Only and Except choose processors that have no services of their
// own: 64 of them would be noise.
func noResult(poll.Row, snmpask.Reading) (checks.Result, bool) { return checks.Result{}, false }

// judge judges all processors together.
type judge struct{ cfg Config }

// percent is what loads are multiples of.
const percent = 0.01

func (j judge) all(d snmpask.Reading) []checks.Result {
	for _, rows := range d.Parts[:len(sources)] {
		if res, ok := j.loads(rows); ok {
			return []checks.Result{res}
		}
	}
	row, ok := d.First(len(sources))
	if !ok {
		return []checks.Result{{State: checks.Unknown, Reason: checks.ReasonNoData, Summary: text.M("processors.none")}}
	}
	busy, ok := busyTicks(row)
	if !ok {
		return []checks.Result{{State: checks.OK, Summary: text.M("processors.first")}}
	}
	res := checks.Result{Summary: text.M("processors.ticks", text.Ratio("mean", busy))}
	j.mean(&res, busy, res.Summary)
	return []checks.Result{res}
}

// loads judges the loads of one source; ok is false when it has none.
func (j judge) loads(rows []poll.Row) (res checks.Result, ok bool) {
	sum, n, top := 0.0, 0, poll.Row{}
	busiest := -1.0
	for _, r := range rows {
		if v := r.Values[0]; v.Known && v.Number >= 0 {
			sum, n = sum+v.Number*percent, n+1
			if v.Number*percent > busiest {
				busiest, top = v.Number*percent, r
			}
		}
	}
	if n == 0 {
		return res, false
	}
	mean := sum / float64(n)
	res.Summary = text.M("processors.mean", text.Ratio("mean", mean), text.Int("count", n), text.Ratio("busiest", busiest), text.Str("name", top.Name))
	j.mean(&res, mean, res.Summary)
	each := snmpask.Limits{Warning: j.cfg.EachWarning, Critical: j.cfg.EachCritical}
	each.Judge(&res, checks.Perf{Label: "busiest", Value: busiest, Unit: checks.UnitRatio}, res.Summary)
	return res, true
}

func (j judge) mean(res *checks.Result, v float64, sentence text.Message) {
	limits := snmpask.Limits{Warning: j.cfg.Warning, Critical: j.cfg.Critical}
	limits.Judge(res, checks.Perf{Label: "mean", Value: v, Unit: checks.UnitRatio}, sentence)
}

// busyTicks is the share of ticks since the poll before that were neither idle nor
// waiting for a disk.
func busyTicks(r poll.Row) (share float64, ok bool) {
	all := 0.0
	for _, v := range r.Values {
		all += v.Rate
	}
	if !r.Values[tickIdle].RateKnown || all <= 0 {
		return 0, false
	}
	return 1 - (r.Values[tickIdle].Rate+r.Values[tickWait].Rate)/all, true
}
