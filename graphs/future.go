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

// drawBands draws what is normal, behind everything else.
func (d *sheet) drawBands() {
	for _, b := range d.p.Bands {
		d.drawRange(b.Layer, b.Points, 0.13, false)
	}
}

// drawCones draws forecasts, and where the known ends.
func (d *sheet) drawCones() {
	if x := d.x(d.p.Now); !d.p.Now.IsZero() && x > d.plot.left && x < d.plot.right {
		d.rect(x, d.plot.top, d.plot.right, d.plot.bottom, fade(d.ink, 0.035))
		d.line(crisp(x), d.plot.top, crisp(x), d.plot.bottom, 1, fade(d.ink, 0.45))
	}
	for _, c := range d.p.Cones {
		d.drawRange(c.Layer, c.Points, 0.24, true)
	}
}

// drawRange fills a range in the colour of a layer, and draws its middle.
func (d *sheet) drawRange(layer int, points []RangePoint, share float64, mid bool) {
	if layer < 0 || layer >= len(d.p.Layers) {
		return
	}
	axis, c := &d.axisOf(d.p.Layers[layer]).rng, d.colors[layer]
	for _, run := range d.strips(points) {
		chart.Draw.BoundedSeries(d, d.plot.box(), &d.xr, axis, chart.Style{FillColor: fade(c, share)}, stripOf{run, d.start, axis})
		if mid {
			d.drawMiddle(run, axis, c)
		}
	}
}

// drawMiddle draws the middle of a forecast as a dashed line, as far as it is on
// the plot.
func (d *sheet) drawMiddle(run strip, axis *chart.ContinuousRange, c drawing.Color) {
	d.SetStrokeColor(c)
	d.SetStrokeWidth(lineWidth)
	d.SetStrokeDashArray([]float64{2, 3})
	begun, from := false, 0.0
	for i, p := range run {
		if p.Mid > axis.Max || p.Mid < axis.Min {
			break
		}
		// The dashes begin anew at each point: points are at least three dashes apart.
		if begun && d.x(p.At)-from < 15 && i+1 < len(run) && run[i+1].Mid <= axis.Max && run[i+1].Mid >= axis.Min {
			continue
		}
		from = d.x(p.At)
		x, y := px(from), px(d.yOf(axis, p.Mid))
		if begun {
			d.LineTo(x, y)
		} else {
			d.MoveTo(x, y)
		}
		begun = true
	}
	if begun {
		d.Stroke()
	}
	d.SetStrokeDashArray(nil)
}

// ranges are the extremes of bands and cones on one axis, as far as they do not
// flatten the values: what is far off leaves the plot.
func (d *sheet) ranges(right bool, lo, hi float64) (float64, float64) {
	room := 0.6 * max(hi-lo, 0)
	low, high := lo-room, hi+room
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

// drawReached marks the moment at which a threshold is expected to be reached.
func (d *sheet) drawReached(t Threshold, c drawing.Color) {
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
	share float64
	layer int
	dash  bool
}

// keys lists what bands and cones there are.
func (d *sheet) keys() []key {
	var list []key
	if len(d.p.Bands) > 0 && d.words.Normal != "" {
		list = append(list, key{d.words.Normal, 0.28, d.p.Bands[0].Layer, false})
	}
	if len(d.p.Cones) > 0 && d.words.Forecast != "" {
		list = append(list, key{d.words.Forecast, 0.28, d.p.Cones[0].Layer, true})
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
		c := d.colors[k.layer]
		d.rect(x+1, y-9, x+13, y, fade(c, k.share))
		if k.dash {
			d.line(x+1, crisp(y-5), x+13, crisp(y-5), lineWidth, c, 2, 2)
		}
		d.text(name, x+20, y, textStyle{color: d.ink2, size: labelSize})
		x += math.Ceil(20 + w + 16)
	}
}
