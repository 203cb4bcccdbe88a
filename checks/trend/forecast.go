package trend

import (
	"math"
	"slices"
	"time"

	"monitord/internal/text"
)

// Point is one moment of a forecast.
type Point struct {
	At            time.Time
	P10, P50, P90 float64
}

// Forecast is when a limit is reached. A zero time means "not in sight": not
// within the horizon, with that chance.
type Forecast struct {
	Enough        bool // false: too little data to say anything
	Reached       bool // it is reached already
	Near          bool // next to nothing is left; with dates, another hour like one of this filling reaches it
	P10, P50, P90 time.Time
	Cleaned       bool // earlier fillings ended below the limit, and this one is expected to
	Until         time.Time
}

const (
	paths       = 200
	horizonDays = 120
	minSlots    = 12
)

// horizon is how many slots ahead a date is worth a word: 120 days after the four
// weeks that are kept at most, and in proportion after less, some four times of what
// was seen. A slope known from n steps, carried on over h, is off by the noise of one
// step times h/√n, and by all that happens on days of which none was seen: beyond a
// few times the history the span of dates is wider than the time to them.
func (d *Detector) horizon() int {
	return d.seen() * horizonDays * 24 / ringSize
}

// seen is the number of slots with a value.
func (d *Detector) seen() int {
	n := 0
	for i := range int(d.s.Slots.Len) {
		if !math.IsNaN(d.s.Slots.back(i)) {
			n++
		}
	}
	return n
}

// Forecast says when the limit is reached, counted from the last value. Until, the
// end of the horizon, is some four times as far ahead as was seen, 120 days at most.
// "Not in sight" needs a whole day: before that the hours that fill a disk may be
// those that were not seen, and without an even chance it is too little data.
func (d *Detector) Forecast(limit float64) Forecast {
	s := &d.s
	ahead := d.horizon()
	f := Forecast{Until: time.Unix(s.Last+int64(ahead)*s.Slots.Width, 0)}
	gap, ok := d.gap(limit)
	if !ok {
		return f
	}
	f.Enough = true
	if gap <= 0 {
		f.Reached = true
		f.P10, f.P50, f.P90 = time.Unix(s.Last, 0), time.Unix(s.Last, 0), time.Unix(s.Last, 0)
		return f
	}
	if d.brink(limit, gap) {
		f.Near, f.P10, f.P50 = true, time.Unix(s.Last+s.Slots.Width, 0), time.Unix(s.Last+s.Slots.Width, 0)
		return f
	}
	w := d.walk()
	if w == nil {
		f.Enough = false
		return f
	}
	hits := make([]int64, paths)
	for i := range hits {
		hits[i] = w.hit(gap, uint64(i), ahead)
	}
	f.Cleaned = w.cleaned
	slices.Sort(hits)
	at := func(q float64) time.Time {
		h := hits[min(paths-1, int(q*paths))]
		if h < 0 || h == math.MaxInt64 {
			return time.Time{}
		}
		return time.Unix(s.Last+h, 0)
	}
	f.P10, f.P50, f.P90 = at(0.1), at(0.5), at(0.9)
	if f.P50.IsZero() && int64(d.seen())*s.Slots.Width < 86400 {
		return Forecast{Until: f.Until}
	}
	return f
}

// gap is how far the limit is from the last value, upwards.
func (d *Detector) gap(limit float64) (float64, bool) {
	s := &d.s
	if s.N == 0 || math.IsNaN(limit) || math.IsInf(limit, 0) {
		return 0, false
	}
	if d.cfg.Below {
		return s.Value - limit, s.Slots.Len >= minSlots
	}
	return limit - s.Value, s.Slots.Len >= minSlots
}

// Sentence says it for people. series is how they call it.
func (f Forecast) Sentence(series string, limit, now float64) text.Message {
	name, at, value, until := text.Str("series", series), text.Num("limit", limit), text.Num("now", now), text.Time("until", f.Until)
	switch {
	case !f.Enough:
		return text.M("trend.too-little", name)
	case f.Reached:
		return text.M("trend.limit-reached", name, at, value)
	case f.Near && f.P50.IsZero():
		return text.M("trend.limit-near", name, at, value)
	case f.Near:
		return text.M("trend.limit-brink", name, at, value, text.Time("by", f.P50))
	case f.P10.IsZero():
		return text.M("trend.limit-far", name, at, until)
	case f.P50.IsZero():
		return text.M("trend.limit-unlikely", name, at, until, text.Time("p10", f.P10))
	case f.P90.IsZero():
		return text.M("trend.limit-open", name, at, value, text.Time("p10", f.P10), text.Time("p50", f.P50))
	}
	return text.M("trend.limit", name, at, value, text.Time("p10", f.P10), text.Time("p50", f.P50), text.Time("p90", f.P90))
}
