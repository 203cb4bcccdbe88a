package graphs

import (
	"math"
	"time"

	chart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

// Band is a range that is normal, drawn behind the layers in the colour of one
// of them.
type Band struct {
	Layer  int // index of the layer that it belongs to
	Points []RangePoint
}

// Cone is a forecast: a range that widens, and its middle as a dashed line. It
// begins where the layer's values end.
type Cone struct {
	Layer  int
	Points []RangePoint
}

// RangePoint is a range of values at a moment. NaN in any of them is a gap.
type RangePoint struct {
	At             time.Time
	Low, Mid, High float64
}

// strip is a run of ranges for go-chart, cut to the plot.
type strip []RangePoint

// stripOf is a strip with what it is drawn on.
type stripOf struct {
	strip
	start time.Time
	axis  *chart.ContinuousRange
}

func (s stripOf) Len() int { return len(s.strip) }

func (s stripOf) GetBoundedValues(i int) (x, y1, y2 float64) {
	p := s.strip[i]
	keep := func(v float64) float64 { return max(s.axis.Min, min(s.axis.Max, v)) }
	return p.At.Sub(s.start).Seconds(), keep(p.High), keep(p.Low)
}

// strips cuts ranges to the picture's time, and into runs without a gap.
func (d *sheet) strips(points []RangePoint) []strip {
	var out []strip
	var run strip
	end := func() {
		if len(run) > 1 {
			out = append(out, run)
		}
		run = nil
	}
	var last time.Time
	for _, p := range points {
		if !drawable(p.Low) || !drawable(p.Mid) || !drawable(p.High) {
			end()
			continue
		}
		if p.At.Before(d.start) || p.At.After(d.end) || !p.At.After(last) {
			continue
		}
		last = p.At
		run = append(run, p)
	}
	end()
	return out
}

// drawBands draws what is normal, behind everything else: in ink where there is
// one layer, so that it is no forecast, else in the colour of its layer.
func (d *sheet) drawBands() {
	for _, b := range d.p.Bands {
		if axis, ok := d.rangeAxis(b.Layer); ok {
			for _, run := range d.strips(b.Points) {
				d.fillStrip(run, axis, fade(d.bandColor(b.Layer), bandShare))
			}
		}
	}
}

// How strong the fills of ranges are.
const (
	bandShare = 0.13
	coneShare = 0.22
)

func (d *sheet) bandColor(layer int) drawing.Color {
	if len(d.p.Layers) == 1 {
		return d.ink
	}
	return d.colors[layer]
}

// drawCones draws forecasts, and where the known ends. A cone has edges, which a
// band has not, and its middle is dashed.
func (d *sheet) drawCones() {
	if x := d.x(d.p.Now); !d.p.Now.IsZero() && x > d.plot.left && x < d.plot.right {
		d.rect(x, d.plot.top, d.plot.right, d.plot.bottom, fade(d.ink, 0.035))
		d.line(crisp(x), d.plot.top, crisp(x), d.plot.bottom, 1, fade(d.ink, 0.45))
	}
	for _, cone := range d.p.Cones {
		axis, ok := d.rangeAxis(cone.Layer)
		if !ok {
			continue
		}
		c := d.colors[cone.Layer]
		edge := texture{color: fade(c, 0.5), width: 1}
		for _, run := range d.strips(cone.Points) {
			d.fillStrip(run, axis, fade(c, coneShare))
			d.traceStrip(run, axis, edge, func(p RangePoint) float64 { return p.Low })
			d.traceStrip(run, axis, edge, func(p RangePoint) float64 { return p.High })
			d.traceStrip(run, axis, texture{c, lineWidth, 3, 3}, func(p RangePoint) float64 { return p.Mid })
		}
	}
}

// rangeAxis is the axis of the layer that a range belongs to, if there is one.
func (d *sheet) rangeAxis(layer int) (*chart.ContinuousRange, bool) {
	if layer < 0 || layer >= len(d.p.Layers) {
		return nil, false
	}
	return &d.axisOf(d.p.Layers[layer]).rng, true
}

func (d *sheet) fillStrip(run strip, axis *chart.ContinuousRange, c drawing.Color) {
	chart.Draw.BoundedSeries(d, d.plot.box(), &d.xr, axis, chart.Style{FillColor: c}, stripOf{run, d.start, axis})
}

// ranges are the extremes of bands and cones on one axis, as far as they do not
// flatten the values: what is far off leaves the plot.
func (d *sheet) ranges(right bool, lo, hi float64) (float64, float64) {
	room := max(hi-lo, 0)
	low, high := lo-room/2, hi+1.5*room // what is normal may be more than twice what is left of it
	if drawable(d.p.Max) && d.p.Max > 0 && !right {
		high = max(hi, d.p.Max) // a share is not more than the whole
	}
	grow := func(layer int, points []RangePoint, mid bool) {
		if layer < 0 || layer >= len(d.p.Layers) || d.p.Layers[layer].Right != right {
			return
		}
		for _, run := range d.strips(points) {
			for _, p := range run {
				lo, hi = min(lo, max(p.Low, low)), max(hi, min(p.High, high))
				if mid && drawable(p.Mid) {
					hi = max(hi, min(p.Mid, high))
				}
			}
		}
	}
	for _, b := range d.p.Bands {
		grow(b.Layer, b.Points, false)
	}
	for _, c := range d.p.Cones {
		grow(c.Layer, c.Points, true)
	}
	return lo, hi
}

// drawReached marks the moment at which a threshold is expected to be reached,
// and as a bar on its line the time within which it probably is.
func (d *sheet) drawReached(t Threshold, c drawing.Color) {
	if from, to := max(d.plot.left, d.x(t.From)), min(d.plot.right, d.x(t.To)); t.To.After(t.From) && to > from {
		y := d.y(d.leftAxis, t.Value)
		d.rect(from, y-2.5, to, y+2.5, fade(c, 0.6))
	}
	if t.At.IsZero() || t.At.Before(d.start) || t.At.After(d.end) {
		return
	}
	x, y := d.x(t.At), d.y(d.leftAxis, t.Value)
	d.line(crisp(x), y, crisp(x), d.plot.bottom, 1, fade(c, 0.7), 1, 3)
	g := sketch{d, x, y, 0.5}
	g.shape(d.ground, 8, -2.5, 18.5, 8, 8, 18.5, -2.5, 8)
	g.shape(c, 8, 0, 16, 8, 8, 16, 0, 8)
}

// key is an entry of the legend that is no layer.
type key struct {
	name  string
	layer int
	cone  bool
}

// keys lists what bands and cones there are.
func (d *sheet) keys() []key {
	var list []key
	if len(d.p.Bands) > 0 && d.words.Normal != "" {
		list = append(list, key{d.words.Normal, d.p.Bands[0].Layer, false})
	}
	if len(d.p.Cones) > 0 && d.words.Forecast != "" {
		list = append(list, key{d.words.Forecast, d.p.Cones[0].Layer, true})
	}
	return list
}

// drawKeys writes them on one line; x is where it begins. What does not fit is
// left out.
func (d *sheet) drawKeys(x, y float64) {
	for _, k := range d.keys() {
		name := d.fit(k.name, 160, false)
		w := d.fonts.width(name, labelSize, false)
		if x+18+w > d.width-margin || k.layer < 0 || k.layer >= len(d.colors) {
			return
		}
		if k.cone {
			c := d.colors[k.layer]
			d.rect(x, y-9, x+13, y, fade(c, coneShare))
			d.line(x, crisp(y-9), x+13, crisp(y-9), 1, fade(c, 0.5))
			d.line(x, crisp(y-1), x+13, crisp(y-1), 1, fade(c, 0.5))
			d.line(x, crisp(y-5), x+13, crisp(y-5), lineWidth, c, 3, 2)
		} else {
			d.rect(x, y-9, x+13, y, fade(d.bandColor(k.layer), 2*bandShare))
		}
		d.text(name, x+20, y, textStyle{color: d.ink2, size: labelSize})
		x += math.Ceil(20 + w + 16)
	}
}
