package graphs

import (
	"math"

	chart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

// lineWidth is the width of a series' line in pixels.
const lineWidth = 1.5

func stackKind(k Kind) bool { return k == Stack || k == Faint }

// fillShare is how strong a kind's fill is.
func fillShare(k Kind) float64 {
	switch k {
	case Area:
		return 0.22
	case Stack:
		return 0.62
	case Faint:
		return 0.30
	case In:
		return 0.80
	}
	return 0
}

// run gives a track's run to go-chart.
type run []dot

func (r run) Len() int                           { return len(r) }
func (r run) GetValues(i int) (float64, float64) { return r[i].t, r[i].v }

// GetBoundedValues are the extremes of a column.
func (r run) GetBoundedValues(i int) (x, y1, y2 float64) { return r[i].t, r[i].hi, r[i].lo }

// ribbon is one piece of a stack: its upper and lower edge by column.
type ribbon struct {
	upper, lower []float64
	first        int     // column of upper[0]
	seconds      float64 // per column
}

func (r ribbon) Len() int { return len(r.upper) }

func (r ribbon) GetBoundedValues(i int) (x, y1, y2 float64) {
	return float64(r.first+i) * r.seconds, r.upper[i], r.lower[i]
}

// drawData draws fills first and lines over them, each in the order given, so
// that no fill dulls a line.
func (d *sheet) drawData() {
	for _, right := range [...]bool{false, true} {
		d.drawStacks(right)
	}
	for i, l := range d.p.Layers {
		if l.Kind == In {
			d.drawRuns(i, chart.Style{FillColor: fade(d.colors[i], fillShare(In)), StrokeColor: faintest(d.colors[i]), StrokeWidth: 0.01})
		}
	}
	for i, l := range d.p.Layers {
		st := chart.Style{StrokeColor: d.colors[i], StrokeWidth: lineWidth}
		if d.bare {
			st = chart.Style{StrokeColor: d.ink2, StrokeWidth: sparkWidth}
		}
		switch l.Kind {
		case Area:
			st.FillColor = fade(st.StrokeColor, fillShare(Area))
			d.drawRuns(i, st)
		case Line:
			d.drawRuns(i, st)
		}
	}
}

// faintest is c too weak to be seen: go-chart fills only what it also strokes.
func faintest(c drawing.Color) drawing.Color { return c.WithAlpha(1) }

func (d *sheet) axisOf(l Layer) *valueAxis {
	if l.Right {
		return &d.rightAxis
	}
	return &d.leftAxis
}

// drawRuns draws a layer's line run by run. Where a column holds several points,
// their extremes are shown behind the mean.
func (d *sheet) drawRuns(i int, st chart.Style) {
	yr := &d.axisOf(d.p.Layers[i]).rng
	box := d.plot.box()
	for _, r := range d.tracks[i].runs {
		if len(r) == 1 && !d.tracks[i].dense {
			d.drawDot(r[0], yr, st.StrokeColor)
			continue
		}
		if d.tracks[i].dense && d.p.Layers[i].Kind != In {
			chart.Draw.BoundedSeries(d, box, &d.xr, yr, chart.Style{FillColor: fade(st.StrokeColor, 0.4)}, run(thick(r, *yr)))
			d.drawSpikes(r, yr, st.StrokeColor)
		}
		chart.Draw.LineSeries(d, box, &d.xr, yr, st, run(r))
	}
}

// drawSpikes draws the columns that stand out from both neighbours at nearly full
// strength: one bad minute in a year is narrower than a pixel, and what is behind
// the mean is too pale to be noticed there.
func (d *sheet) drawSpikes(r []dot, yr *chart.ContinuousRange, c drawing.Color) {
	notable := yr.GetDelta() / 16
	box := d.plot.box()
	for i, p := range r {
		a, b := r[max(0, i-1)], r[min(len(r)-1, i+1)]
		up := p.hi-p.v > notable && (i == 0 || p.hi-a.hi > notable) && (i == len(r)-1 || p.hi-b.hi > notable)
		down := p.v-p.lo > notable && (i == 0 || a.lo-p.lo > notable) && (i == len(r)-1 || b.lo-p.lo > notable)
		x := crisp(float64(box.Left+d.xr.Translate(p.t)) / sub)
		if up {
			d.line(x, d.yOf(yr, p.hi), x, d.yOf(yr, p.v), 1, fade(c, 0.85))
		}
		if down {
			d.line(x, d.yOf(yr, p.v), x, d.yOf(yr, p.lo), 1, fade(c, 0.85))
		}
	}
}

// thick widens each column's extremes to half a pixel at least, and joins
// neighbours, so that a spike of one column keeps an area.
func thick(r []dot, yr chart.ContinuousRange) []dot {
	least := yr.GetDelta() / float64(max(1, yr.Domain)) * sub / 4
	out := make([]dot, 0, 3*len(r))
	half := 0.0
	if len(r) > 1 {
		half = (r[len(r)-1].t - r[0].t) / float64(len(r)-1) / 2
	}
	for _, c := range r {
		c.hi, c.lo = c.hi+least, c.lo-least
		a, b := c, c
		a.t, b.t = c.t-half, c.t+half
		out = append(out, a, b)
	}
	out[0].t, out[len(out)-1].t = r[0].t, r[len(r)-1].t
	return out
}

// drawDot shows a point that has no neighbour to draw a line to.
func (d *sheet) drawDot(p dot, yr *chart.ContinuousRange, c drawing.Color) {
	b := d.plot.box()
	d.SetFillColor(c)
	d.Circle(2*sub, b.Left+d.xr.Translate(p.t), b.Bottom-yr.Translate(p.v))
	d.Fill()
}

// drawStacks draws the stack of one axis, piece by piece.
func (d *sheet) drawStacks(right bool) {
	var below []float64
	for i, l := range d.p.Layers {
		if d.edges[i] == nil || l.Right != right {
			continue
		}
		if below == nil {
			below = make([]float64, len(d.edges[i]))
		}
		st := chart.Style{FillColor: fade(d.colors[i], fillShare(l.Kind))}
		for _, r := range ribbons(d.edges[i], below, d.frame) {
			chart.Draw.BoundedSeries(d, d.plot.box(), &d.xr, &d.axisOf(l).rng, st, r)
		}
		for c, v := range d.edges[i] {
			if !math.IsNaN(v) {
				below[c] = v
			}
		}
	}
}

// ribbons are the pieces of a layer of a stack between its gaps.
func ribbons(upper, lower []float64, f frame) []ribbon {
	var out []ribbon
	per := f.seconds / float64(f.columns)
	for c := 0; c < len(upper); c++ {
		from := c
		for c < len(upper) && !math.IsNaN(upper[c]) {
			c++
		}
		if c > from {
			low := append([]float64(nil), lower[from:c]...) // lower changes for the next layer
			out = append(out, ribbon{upper[from:c], low, from, per})
		}
	}
	return out
}

// drawGaps hatches the stretches without data from edge to edge.
func (d *sheet) drawGaps() {
	for _, g := range gaps(d.tracks, d.frame) {
		k := d.plot.width() / d.frame.seconds
		if known := d.p.Now.Sub(d.start).Seconds(); !d.p.Now.IsZero() && known < g.to {
			if g.to = known; g.to-g.from <= d.patience() {
				continue // the future is no gap
			}
		}
		d.hatching(d.plot.left+g.from*k, d.plot.top, d.plot.left+g.to*k, d.plot.bottom)
	}
}

// patience is how many seconds without a value are no gap yet.
func (d *sheet) patience() float64 {
	most := 0.0
	for _, t := range d.tracks {
		most = max(most, t.gap)
	}
	return most
}

// hatching fills a rectangle with lines at 45°, cut to it. They continue from
// one rectangle to the next.
func (d *sheet) hatching(x0, y0, x1, y1 float64) {
	const pitch = 11
	d.SetStrokeColor(d.hatch)
	d.SetStrokeWidth(2)
	d.SetStrokeDashArray(nil)
	for k := math.Ceil((x0+y0)/pitch) * pitch; k < x1+y1; k += pitch { // the line x + y = k
		ax, bx := max(x0, k-y1), min(x1, k-y0)
		if bx-ax < 0.5 {
			continue
		}
		d.MoveTo(px(ax), px(k-ax))
		d.LineTo(px(bx), px(k-bx))
	}
	d.Stroke()
}

// drawThresholds draws those within the axis.
func (d *sheet) drawThresholds() {
	for _, t := range d.p.Thresholds {
		r := d.leftAxis.rng
		if !drawable(t.Value) || t.Value < r.Min || t.Value > r.Max {
			continue
		}
		c := d.warning
		if t.Severe {
			c = d.critical
		}
		y := crisp(d.y(d.leftAxis, t.Value))
		d.line(d.plot.left, y, d.plot.right, y, 1.25, c, 5, 3)
		at := y - 5
		if at-10 < d.plot.top {
			at = y + 14
		}
		room, label := d.plot.width()*0.6, t.Label
		if !t.At.IsZero() {
			room = d.plot.width() - 12 // its date must not be lost
		}
		if t.More != "" && d.fonts.width(label+" "+t.More, labelSize, false) <= room {
			label += " " + t.More
		}
		d.text(d.fit(label, room, false), d.plot.left+6, math.Round(at),
			textStyle{color: c, size: labelSize, halo: d.ground})
		d.drawReached(t, c)
	}
}
