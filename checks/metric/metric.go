package metric

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "metric", Summary: "metric.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check asks the store. It is safe for concurrent runs.
type Check struct {
	cfg   Config
	now   func() time.Time
	query checks.Query
}

// New builds the check; it needs Deps.Query, which only the server has.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	if deps.Query == nil {
		return nil, errors.New("check type metric runs on the server only: it asks the store")
	}
	return &Check{cfg: cfg, now: deps.Now, query: deps.Query}, nil
}

// maxItems bounds the services that one check can make: an expression that
// selects too much is a fault, not a thousand pages.
const maxItems = 500

// Run asks once. The error is a store that cannot answer, or an expression
// that gives too many elements or two with the same item.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	now := c.now()
	points, err := c.query(ctx, c.cfg.Expr, now)
	if err != nil {
		return nil, fmt.Errorf("query %q: %w", c.cfg.Expr, err)
	}
	points = c.fresh(points, now)
	if len(points) == 0 {
		return []checks.Result{c.noData()}, nil
	}
	if len(points) > maxItems {
		return nil, fmt.Errorf("query %q: %d elements; want at most %d: narrow it", c.cfg.Expr, len(points), maxItems)
	}
	results := make([]checks.Result, 0, len(points))
	for _, p := range points {
		item := p.Labels[c.cfg.Item]
		results = append(results, c.judge(item, p.Value, target.Previous[item]))
	}
	slices.SortStableFunc(results, func(a, b checks.Result) int { return cmp.Compare(a.Item, b.Item) })
	for i := 1; i < len(results); i++ {
		if results[i].Item == results[i-1].Item {
			return nil, fmt.Errorf("query %q: several elements are the item %q: set item to the label that tells them apart, or aggregate", c.cfg.Expr, results[i].Item)
		}
	}
	return results, nil
}

// fresh leaves out what is older than the lookback.
func (c *Check) fresh(points []checks.Point, now time.Time) []checks.Point {
	if c.cfg.Lookback == 0 {
		return points
	}
	oldest := now.Add(-c.cfg.Lookback)
	fresh := make([]checks.Point, 0, len(points))
	for _, p := range points {
		if !p.At.Before(oldest) {
			fresh = append(fresh, p)
		}
	}
	return fresh
}

func (c *Check) noData() checks.Result {
	r := checks.Result{State: checks.Unknown, Reason: checks.ReasonNoData, Summary: text.M("metric.nodata")}
	switch c.cfg.NoData {
	case NoDataOK:
		r.State, r.Reason = checks.OK, checks.ReasonNone
	case NoDataCritical:
		r.State = checks.Critical
	}
	return r
}

func (c *Check) judge(item string, value float64, before checks.State) checks.Result {
	if math.IsNaN(value) { // 0/0 in PromQL: there was nothing to divide
		r := c.noData()
		r.Item = item
		return r
	}
	state := checks.Judge(value, c.cfg.Warning, c.cfg.Critical)
	r := checks.Result{Item: item, State: state, Perf: []checks.Perf{{
		Label: "value", Value: value, Unit: c.cfg.Unit,
		Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange(),
	}}}
	held := c.held(value, before)
	switch {
	case held.Worse(state):
		r.State, r.Reason = held, checks.ReasonThreshold
		r.Summary = text.M("metric.held", c.value(value), text.Sub("limit", c.limit(c.cfg.Recovery)))
	case state == checks.Critical:
		r.Reason = checks.ReasonThreshold
		r.Summary = text.M("metric.bad", c.value(value), text.Sub("limit", c.limit(c.cfg.Critical)))
	case state == checks.Warning:
		r.Reason = checks.ReasonThreshold
		r.Summary = text.M("metric.bad", c.value(value), text.Sub("limit", c.limit(c.cfg.Warning)))
	default:
		r.Summary = text.M("metric.ok", c.value(value), text.Sub("limit", c.limit(cmp.Or(c.cfg.Warning, c.cfg.Critical))))
	}
	return r
}

// held is the state that hysteresis keeps: that of before, until the value lies
// within the recovery range. Only what the limits can raise is held: a CRITICAL
// that came from no_data ends with the data.
func (c *Check) held(value float64, before checks.State) checks.State {
	if c.cfg.Recovery == nil || !c.cfg.Recovery.Alerts(value) {
		return checks.OK
	}
	switch {
	case before == checks.Critical && c.cfg.Critical != nil:
		return checks.Critical
	case (before == checks.Warning || before == checks.Critical) && c.cfg.Warning != nil:
		return checks.Warning
	}
	return checks.OK
}

func (c *Check) value(v float64) text.Arg { return c.arg("value", v) }

// arg writes a number in the check's unit.
func (c *Check) arg(name string, v float64) text.Arg {
	switch c.cfg.Unit {
	case checks.UnitSeconds:
		return text.Dur(name, time.Duration(v*float64(time.Second)))
	case checks.UnitBytes:
		return text.Bytes(name, v)
	case checks.UnitRatio:
		return text.Ratio(name, v)
	}
	return text.Num(name, v)
}

// limit writes a range as people say it.
func (c *Check) limit(t *checks.Threshold) text.Message {
	low, high := c.arg("low", t.Start), c.arg("high", t.End)
	switch {
	case t.Inside:
		return text.M("metric.limit.inside", low, high)
	case math.IsInf(t.End, 1):
		return text.M("metric.limit.low", low)
	case t.Start == 0 || math.IsInf(t.Start, -1):
		return text.M("metric.limit.high", high)
	}
	return text.M("metric.limit.between", low, high)
}
