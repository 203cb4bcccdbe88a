package dashboards

import (
	"math"
	"time"

	"monitord/checks"
	"monitord/checks/trend"
	"monitord/graphs"
	"monitord/internal/text"
	"monitord/internal/trendwatch"
)

// maxAhead bounds how far a picture looks ahead where no limit is awaited.
const maxAhead = 7 * day

// trendPicture draws a series with its normal range, its forecast, its limit with
// the date, and where findings began.
func (q *pictureRequest) trendPicture(a *asker, s checks.Service) *graphs.Picture {
	pic := &graphs.Picture{}
	grain := a.fine()
	a.end = q.v.Now.Truncate(fiveMinutes)
	first := a.end.Add(-a.end.Sub(a.start) / grain * grain) // so that the last value is the newest
	values, err := q.v.p.Trends.Values(a.ctx, s, first, a.end, grain)
	if err != nil {
		a.err = err
		return pic
	}
	layer := graphs.Layer{Name: cut(s.Item, 40)}
	for _, p := range values {
		layer.Points = append(layer.Points, graphs.Point(p))
	}
	v, ok := q.v.p.Trends.View(s, a.start, a.end, 0, 0, 0)
	if !ok {
		return pic
	}
	ahead := aheadOf(&v, a)
	known := knownFrom(values, a)
	pic.Now, pic.End, pic.Gap = a.end, a.end.Add(ahead), max(3*a.step, 3*fiveMinutes)
	v, _ = q.v.p.Trends.View(s, known, pic.End, a.step, ahead, conePoints(ahead))
	pic.Unit, pic.Layers = trendUnit(v.Unit), []graphs.Layer{layer}
	if v.Limited && !v.Reached || !v.Open { // what is out of its ways goes nowhere known
		pic.Cones = coneOf(v)
	}
	if v.Unit == trendwatch.UnitRatio {
		pic.Max = 1
	}
	if v.Limited { // what fills has no level that is normal
		pic.Layers[0].Kind = graphs.Area
	} else {
		pic.Bands = bandOf(v, 0, 1)
	}
	if v.Limit != nil {
		pic.Thresholds = []graphs.Threshold{q.limitLine(v)}
	}
	pic.Events = q.onsets(&v, a, known)
	return pic
}

// fine is the grain of a trend's values: that in which they are judged, so that an
// hour's surge is seen in a month's picture, unless they would be too many.
func (a *asker) fine() time.Duration {
	return max(fiveMinutes, (a.end.Sub(a.start)/maxGrains).Truncate(time.Minute)+time.Minute)
}

// aheadOf is how far a picture looks ahead: a quarter of what it shows of the past,
// and beyond the moment at which a limit is expected to be reached.
func aheadOf(v *trendwatch.View, a *asker) time.Duration {
	span := a.end.Sub(a.start)
	if v.Limited && !v.P50.IsZero() {
		return max(span/10, min(v.P50.Sub(a.end)*5/4, 2*span))
	}
	return min(span/4, maxAhead)
}

// conePoints is one for each hour, as far as they are not too many.
func conePoints(ahead time.Duration) int { return max(4, min(int(ahead.Hours()), 120)) }

// knownFrom is from when on there are values: before, nothing was normal.
func knownFrom(values []trendwatch.Point, a *asker) time.Time {
	if len(values) == 0 {
		return a.end
	}
	return later(values[0].At, a.start)
}

// limitLine is the limit, with the date at which it is expected to be reached.
func (q *pictureRequest) limitLine(v trendwatch.View) graphs.Threshold {
	t := graphs.Threshold{Value: *v.Limit, Severe: true, At: v.P50, From: v.P10, To: v.P90}
	value := v.Unit.Arg("limit", *v.Limit)
	switch {
	case v.Reached:
		t = graphs.Threshold{Value: *v.Limit, Severe: true, Label: q.v.say(text.M("graph.trend.reached", value))}
	case !v.P50.IsZero():
		date, span := q.v.date(v.P50), q.v.between(v.P10, v.P90)
		t.Label = q.v.say(text.M("graph.trend.limit", value, text.Str("at", date)))
		if span != date {
			t.More = q.v.say(text.M("graph.trend.between", text.Str("span", span)))
		}
	case v.Enough:
		t.Label = q.v.say(text.M("graph.trend.far", value))
	default:
		t.Label = q.v.say(text.M("graph.trend.unknown", value))
	}
	return t
}

// onsets marks where findings began, and shades those that last. Of a limit that
// comes near only where it began to, after the first value: the line of the limit
// says the rest.
func (q *pictureRequest) onsets(v *trendwatch.View, a *asker, first time.Time) []graphs.Event {
	var marks []graphs.Event
	for _, f := range v.Findings {
		e := graphs.Event{At: time.Unix(f.Onset, 0), Kind: graphs.EventOnset, Severe: f.Severity >= 2, End: a.end}
		word := "graph.since." + f.Form.String()
		switch {
		case f.Kind == trend.Limit && !f.Open():
			continue
		case f.Kind == trend.Limit && !e.At.After(first.Add(time.Hour)):
			continue // it began before there were values
		case f.Kind == trend.Limit:
			e.End = time.Time{}
			if v.Below {
				word = "graph.since.drains"
			}
		case !f.Open():
			e.End = time.Unix(f.Ended, 0)
		}
		if f.Kind == trend.Surge || f.Kind == trend.Drop {
			word += "-" + f.Kind.String()
		}
		e.Name = q.v.say(text.Message{ID: word, Args: []text.Arg{text.Str("at", q.v.date(e.At))}})
		e.Label = e.Name
		if e.At.After(a.start) || e.End.After(a.start) {
			marks = append(marks, e)
		}
	}
	return marks[max(0, len(marks)-maxMarks):]
}

// bandOf is the normal range, times a factor. What cannot be negative is not.
func bandOf(v trendwatch.View, layer int, factor float64) []graphs.Band {
	if len(v.Band) < 2 || v.Band[1].At.Sub(v.Band[0].At) > day/8 {
		return nil // a rhythm of days cannot be seen in so few points
	}
	b := graphs.Band{Layer: layer}
	for _, p := range v.Band {
		r := graphs.RangePoint{At: p.At, Low: p.Low * factor, Mid: p.Centre * factor, High: p.High * factor}
		b.Points = append(b.Points, within(v, r))
	}
	return []graphs.Band{b}
}

func coneOf(v trendwatch.View) []graphs.Cone {
	if len(v.Cone) == 0 {
		return nil
	}
	c := graphs.Cone{Points: []graphs.RangePoint{{At: v.Last, Low: v.Now, Mid: v.Now, High: v.Now}}}
	from := 0.0
	if v.Limited { // what fills goes on from where it is now
		from = v.Now - v.Cone[0].P50
	}
	for _, p := range v.Cone {
		c.Points = append(c.Points, within(v, graphs.RangePoint{At: p.At, Low: p.P10 + from, Mid: p.P50 + from, High: p.P90 + from}))
		if v.Limit != nil && (p.P50+from >= *v.Limit) != v.Below {
			break // what comes after the limit is another story
		}
	}
	return []graphs.Cone{c}
}

// within keeps a range where values can be: not below zero, and a share not
// above the whole.
func within(v trendwatch.View, r graphs.RangePoint) graphs.RangePoint {
	low, high := math.Inf(-1), math.Inf(1)
	if v.Now >= 0 {
		low = 0
	}
	if v.Unit == trendwatch.UnitRatio {
		high = 1
	}
	keep := func(x float64) float64 { return max(low, min(high, x)) }
	r.Low, r.Mid, r.High = keep(r.Low), keep(r.Mid), keep(r.High)
	return r
}

func trendUnit(u trendwatch.Unit) graphs.Unit {
	switch u {
	case trendwatch.UnitRatio:
		return graphs.Percent
	case trendwatch.UnitBytes:
		return graphs.Bytes
	case trendwatch.UnitBytesPerSecond:
		return graphs.BytesPerSecond
	case trendwatch.UnitPerSecond:
		return graphs.PerSecond
	case trendwatch.UnitSeconds:
		return graphs.Seconds
	}
	return graphs.Number
}

// normal lays the normal range and the onsets of a host's series over one of its
// own pictures.
func (q *pictureRequest) normal(a *asker, pic *graphs.Picture, layer int, host, item string, factor float64) {
	s := checks.Service{Host: host, Check: trendwatch.Check, Item: item}
	if !q.v.p.ofTrend(s) {
		return
	}
	v, ok := q.v.p.Trends.View(s, a.start, a.end, a.step, 0, 0)
	if !ok {
		return
	}
	pic.Bands = append(pic.Bands, bandOf(v, layer, factor)...)
	pic.Events = append(pic.Events, q.onsets(&v, a, a.start)...)
}
