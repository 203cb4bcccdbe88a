package trendwatch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/checks/trend"
)

// Brief is a series as a host's page lists it.
type Brief struct {
	Service checks.Service
	Rule    string
	Unit    Unit
	Limited bool
	Open    bool // a finding is
	trend.Forecast
	used float64
}

// Series lists what is judged of a host: what has an open finding first, then
// the limits that come, then the fullest, then the rest.
func (w *Watch) Series(host string) []Brief {
	w.book.Lock()
	defer w.book.Unlock()
	var list []Brief
	for e := range w.book.shards[shardOf(host)] {
		if e.host != host || e.behind && !e.whole {
			continue
		}
		_, open := worst(e.detector.Findings())
		b := Brief{Service: e.service(), Rule: e.rule.Name, Unit: e.rule.Unit, Limited: e.rule.limited(), Open: open, Forecast: e.forecast()}
		if b.Limited && !e.rule.Below {
			b.used = used(e.now, e.bound(), false)
		}
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b Brief) int {
		return cmp.Or(cmp.Compare(a.place(), b.place()), a.P50.Compare(b.P50), cmp.Compare(b.used, a.used), cmp.Compare(a.Service.Item, b.Service.Item))
	})
	return list
}

func (b *Brief) place() int {
	switch {
	case b.Open:
		return 0
	case b.Limited && !b.P50.IsZero():
		return 1
	case b.Limited:
		return 2
	}
	return 3
}

// Band is the normal range of a moment.
type Band struct {
	At time.Time
	trend.Band
}

// View is what a picture of a series shows beside its values.
type View struct {
	Brief
	Limit    *float64
	Below    bool
	Expr     string        // of the rule
	Band     []Band        // from start to end of the picture
	Cone     []trend.Point // from the newest value on
	Last     time.Time     // the newest value
	Now      float64
	Findings []trend.Finding // open, and those that ended last
}

// View tells what is known of a series; false when it is not judged. The band
// has a point each step, the cone count points up to ahead; 0 leaves either out.
func (w *Watch) View(s checks.Service, start, end time.Time, step, ahead time.Duration, count int) (View, bool) {
	w.book.Lock()
	defer w.book.Unlock()
	e := w.book.names[s]
	if e == nil || s.Check != Check || e.last == 0 {
		return View{}, false
	}
	if e.rule.limited() && e.dates == nil {
		e.predict(w.deps.Now().Unix())
	}
	v := View{Brief: Brief{Service: s, Rule: e.rule.Name, Unit: e.rule.Unit, Limited: e.rule.limited(), Forecast: e.forecast()},
		Below: e.rule.Below, Expr: e.rule.Expr, Last: e.rule.at(e.last), Now: e.now, Findings: e.detector.Findings()}
	_, v.Open = worst(v.Findings)
	if v.Limited {
		limit := e.bound()
		v.Limit = &limit
	}
	if step > 0 {
		for at := start; !at.After(end); at = at.Add(step) {
			if b, ok := e.detector.Band(at); ok {
				v.Band = append(v.Band, Band{at, b})
			}
		}
	}
	if count > 0 {
		v.Cone = e.detector.Cone(ahead, count)
	}
	return v, true
}

// Values asks the store for the values of a series, for a picture.
func (w *Watch) Values(ctx context.Context, s checks.Service, start, end time.Time, step time.Duration) ([]Point, error) {
	w.book.Lock()
	e := w.book.names[s]
	if e == nil || s.Check != Check {
		w.book.Unlock()
		return nil, nil
	}
	key, r := e.key, e.rule // another rule may take the series over
	w.book.Unlock()
	for _, label := range []string{"host", "instance"} {
		value := labelIn(key, label)
		if value == "" {
			continue
		}
		expr, err := w.deps.Store.Narrow(r.shown(step), label, value)
		if err != nil {
			return nil, err
		}
		list, err := w.deps.Store.Range(ctx, expr, start, end, step)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			if keyOf(one.Labels) == key {
				return one.Points, nil
			}
		}
		return nil, nil
	}
	return nil, nil
}

// shown is the rule's expression for a picture with that step.
func (r *rule) shown(step time.Duration) string {
	if !r.Counter {
		return r.Expr
	}
	span := int(max(4*step, 5*time.Minute).Seconds())
	if m := counters.FindStringSubmatch(r.Expr); m == nil || alternative.MatchString(m[2]) {
		return fmt.Sprintf("rate((%s)[%ds:1m])", r.Expr, span)
	}
	return around(r.Expr, fmt.Sprintf("rate(%%s[%ds])", span))
}

// labelIn reads one label out of what keyOf wrote.
func labelIn(key, name string) string {
	for pair := range strings.SplitSeq(key, "\xfe") {
		if value, ok := strings.CutPrefix(pair, name+"\xff"); ok {
			return value
		}
	}
	return ""
}
