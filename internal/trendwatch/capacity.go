package trendwatch

import (
	"cmp"
	"slices"
	"time"

	"monitord/checks"
	"monitord/checks/trend"
	"monitord/internal/text"
)

// Limit is one line of the list of limits.
type Limit struct {
	Service checks.Service
	Rule    string
	Unit    Unit
	Now     float64
	Limit   float64
	Below   bool
	Lead    time.Duration
	At      time.Time // of the newest value
	trend.Forecast
}

// OrderBy is when more is to be ordered: the lead time before the earliest date
// (one chance in ten), so that nine times of ten it is there in time. Zero: not
// in sight, or too late to matter (Reached).
func (l *Limit) OrderBy() time.Time {
	if l.P10.IsZero() || l.Reached {
		return time.Time{}
	}
	return l.P10.Add(-l.Lead)
}

// Used is the share of the limit that is taken; NaN for a floor.
func (l *Limit) Used() float64 { return used(l.Now, l.Limit, l.Below) }

// Sentence says it for people.
func (l *Limit) Sentence() text.Message {
	return l.Unit.units(l.Forecast.Sentence(l.Service.Item, l.Limit, l.Now))
}

// Capacity lists every limit of the fleet: those reached, then by date, then
// what is not in sight, the fullest first, then those with too little data.
type Capacity struct {
	Limits []Limit
	Series int // that are judged in all
	Left   int // that are not, because there are too many
}

// fresh is how old a forecast may be.
const fresh = time.Hour

// forecastBatch bounds the forecasts of one minute; each takes a third of a
// millisecond.
const forecastBatch = 5000

// forecast brings dates up to date, a batch at a time.
func (w *Watch) forecast() {
	now := w.deps.Now().Unix()
	left := forecastBatch
	for _, r := range w.rules.list {
		if !r.limited() {
			continue
		}
		w.book.Lock()
		due := make([]*entry, 0, 64)
		for _, e := range w.book.series[r] {
			if left > 0 && !e.behind && (e.dates == nil || now-e.dates.at >= int64(fresh.Seconds())) {
				due = append(due, e)
				left--
			}
		}
		w.book.Unlock()
		for _, e := range due {
			w.book.Lock()
			e.predict(now)
			w.book.Unlock()
		}
	}
}

func (e *entry) predict(now int64) {
	e.dates = &dates{at: now, Forecast: e.detector.Forecast(e.bound())}
}

// bound is the limit of a series.
func (e *entry) bound() float64 {
	if e.rule.conf.Limit != nil {
		return *e.rule.conf.Limit
	}
	return e.limit
}

// Capacity lists the limits. Dates are an hour old at most.
func (w *Watch) Capacity() Capacity {
	w.book.Lock()
	defer w.book.Unlock()
	c := Capacity{Series: len(w.book.names), Left: w.stats.leftover()}
	now, budget := w.deps.Now(), 500 // the rest has its dates in a minute
	for _, e := range w.book.names {
		if !e.rule.limited() || e.behind && !e.whole || e.last == 0 || now.Sub(e.rule.at(e.last)) > silent {
			continue
		}
		if e.dates == nil && budget > 0 {
			budget--
			e.predict(now.Unix())
		}
		c.Limits = append(c.Limits, Limit{Service: e.service(), Rule: e.rule.Name, Unit: e.rule.Unit, Now: e.now, Limit: e.bound(), Below: e.rule.Below,
			Lead: e.rule.lead, At: e.rule.at(e.last), Forecast: e.forecast()})
	}
	slices.SortFunc(c.Limits, sooner)
	return c
}

func sooner(a, b Limit) int {
	return cmp.Or(
		cmp.Compare(a.place(), b.place()),
		a.date().Compare(b.date()),
		cmp.Compare(b.Used(), a.Used()),
		cmp.Compare(a.Service.String(), b.Service.String()))
}

// place is which part of the list a limit belongs to.
func (l *Limit) place() int {
	switch {
	case !l.Enough:
		return 3
	case l.Reached:
		return 0
	case l.P10.IsZero():
		return 2
	}
	return 1
}

// date is what the list is sorted by: the even chance, and where there is none
// a moment after every even chance.
func (l *Limit) date() time.Time {
	switch {
	case l.place() != 1:
		return time.Time{}
	case !l.P50.IsZero():
		return l.P50
	}
	return l.P10.Add(100 * 365 * day)
}
