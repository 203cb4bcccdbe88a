package graphs

import (
	"math"
	"strings"
	"time"

	chart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

// sheet is one picture being drawn: the picture, where its parts go, and what
// was worked out of its data.
type sheet struct {
	canvas
	layout
	scheme
	p     Picture
	words Words
	fonts *Fonts

	start, end time.Time
	frame      frame
	colors     []drawing.Color // by layer
	stats      []stats
	tracks     []track     // by layer
	edges      [][]float64 // by layer, of stacks: upper edge per column
	xr         chart.ContinuousRange
	leftAxis   valueAxis
	rightAxis  valueAxis
	hasRight   bool
}

// draw works out the picture and draws it from back to front.
func (p Picture) draw(c canvas, fonts *Fonts, width, height int) {
	d := p.newSheet(c, fonts, width, height)
	if d.bare {
		d.drawData()
		return
	}
	d.drawTitle()
	d.drawGrid()
	d.drawGaps()
	d.drawShades()
	d.drawBands()
	d.drawCones()
	d.drawData()
	d.drawThresholds()
	d.drawEvents()
	d.drawLegend()
	if d.empty() {
		d.text(d.fit(d.words.NoData, d.plot.width(), false), (d.plot.left+d.plot.right)/2,
			(d.plot.top+d.plot.bottom)/2+4, textStyle{color: d.missed, size: labelSize, anchor: middle, halo: d.ground})
	}
}

// newSheet works out everything that drawing needs.
func (p Picture) newSheet(c canvas, fonts *Fonts, width, height int) *sheet {
	d := &sheet{
		canvas: c, layout: newLayout(p, width, height), scheme: schemeOf(p.Theme),
		p: p, words: p.Words.orEnglish(), fonts: fonts,
	}
	d.start, d.end = p.period()
	d.colors = d.scheme.colors(p.Layers)
	for _, l := range p.Layers {
		d.stats = append(d.stats, l.stats(d.start, d.end))
	}
	d.prepare()
	return d
}

// prepare makes tracks, sums stacks, and then the axes, whose labels decide how
// wide the plot is. Columns are counted on the width before the labels: a few
// too many do no harm.
func (d *sheet) prepare() {
	d.frame = frame{d.start, d.end.Sub(d.start).Seconds(), max(1, int(d.plot.width()))}
	d.tracks = make([]track, len(d.p.Layers))
	d.edges = make([][]float64, len(d.p.Layers))
	for _, right := range [...]bool{false, true} {
		var stacked []track
		var index []int
		for i, l := range d.p.Layers {
			if l.Right != right {
				continue
			}
			if !stackKind(l.Kind) {
				d.tracks[i] = newTrack(l.Points, d.p.Gap, d.frame)
				continue
			}
			fine := d.frame
			fine.columns *= 16 // the stack chooses a moment per column itself
			d.tracks[i] = newTrack(l.Points, d.p.Gap, fine)
			stacked, index = append(stacked, d.tracks[i]), append(index, i)
		}
		for k, edge := range stacks(stacked, d.frame) {
			d.edges[index[k]] = edge
		}
	}
	d.axes()
}

// axes makes the value axes and fits the plot between their labels.
func (d *sheet) axes() {
	n := intervalsFor(d.plot.height())
	lo, hi := d.extremes(false)
	lo, hi = d.ranges(false, lo, hi)
	if drawable(d.p.Max) {
		hi = max(hi, d.p.Max)
	}
	for _, t := range d.p.Thresholds {
		if drawable(t.Value) && t.Value <= 2.5*hi {
			hi = max(hi, t.Value)
		}
	}
	d.leftAxis = newValueAxis(d.p.Unit, lo, hi, n)
	lo, hi = d.extremes(true)
	lo, hi = d.ranges(true, lo, hi)
	if d.leftAxis.rng.Min == 0 && lo == 0 {
		n = len(d.leftAxis.ticks) - 1
	}
	d.rightAxis = newValueAxis(d.p.RightUnit, lo, hi, n)
	d.rightAxis.alignTo(d.leftAxis)
	for _, l := range d.p.Layers {
		d.hasRight = d.hasRight || l.Right
	}
	if !d.bare {
		d.plot.left = margin + d.labelWidth(d.leftAxis) + 6
		if d.hasRight {
			d.plot.right -= d.labelWidth(d.rightAxis) + 6
		}
	}
	d.xr = chart.ContinuousRange{Max: d.frame.seconds, Domain: px(d.plot.width())}
	d.leftAxis.rng.Domain = px(d.plot.height())
	d.rightAxis.rng.Domain = px(d.plot.height())
}

// extremes are the lowest and highest value drawn on one axis.
func (d *sheet) extremes(right bool) (lo, hi float64) {
	for i, l := range d.p.Layers {
		if l.Right != right {
			continue
		}
		for _, v := range d.edges[i] {
			if !math.IsNaN(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
		if d.edges[i] == nil && !math.IsNaN(d.stats[i].min) {
			lo, hi = min(lo, d.stats[i].min), max(hi, d.stats[i].max)
		}
	}
	return lo, hi
}

func (d *sheet) labelWidth(a valueAxis) float64 {
	w := 0.0
	for _, t := range a.ticks {
		w = max(w, d.fonts.width(t.Label, labelSize, false))
	}
	return math.Ceil(w)
}

func (d *sheet) empty() bool {
	for _, t := range d.tracks {
		if len(t.runs) > 0 {
			return false
		}
	}
	return true
}

// x is the pixel of a moment.
func (d *sheet) x(t time.Time) float64 {
	return d.plot.left + t.Sub(d.start).Seconds()/d.frame.seconds*d.plot.width()
}

// y is the pixel of a value on an axis.
func (d *sheet) y(a valueAxis, v float64) float64 { return d.yOf(&a.rng, v) }

func (d *sheet) yOf(r *chart.ContinuousRange, v float64) float64 {
	return d.plot.bottom - float64(r.Translate(v))/sub
}

func (d *sheet) drawTitle() {
	if !d.title {
		return
	}
	title := d.fit(d.p.Title, d.width-2*margin, true)
	d.text(title, margin, 18, textStyle{color: d.ink, size: titleSize, bold: true})
	x := margin + d.fonts.width(title, titleSize, true) + 10
	if room := d.width - margin - x; room > 40 && d.p.Subtitle != "" {
		d.text(d.fit(d.p.Subtitle, room, false), x, 18, textStyle{color: d.ink3, size: labelSize})
	}
}

// drawGrid draws both axes, their ticks and labels.
func (d *sheet) drawGrid() {
	for _, t := range d.leftAxis.ticks {
		c := d.grid
		if t.Value == 0 {
			c = d.axis
		}
		y := d.y(d.leftAxis, t.Value)
		d.line(d.plot.left, crisp(y), d.plot.right, crisp(y), 1, c)
		d.text(t.Label, d.plot.left-6, math.Round(y)+4, textStyle{color: d.ink3, size: labelSize, anchor: right})
	}
	if d.hasRight {
		for _, t := range d.rightAxis.ticks {
			y := math.Round(d.y(d.rightAxis, t.Value)) + 4
			d.text(t.Label, d.plot.right+6, y, textStyle{color: d.ink3, size: labelSize})
		}
	}
	d.drawTime()
}

// drawTime draws the time axis. Bold labels, the dates, are placed first; others
// only where they do not touch.
func (d *sheet) drawTime() {
	ticks := timeTicks(d.start, d.end, d.plot.width(), d.words, func(s string) float64 {
		return d.fonts.width(shorten(s, 40), labelSize, true)
	})
	var taken []span
	for _, bold := range [...]bool{true, false} {
		for _, t := range ticks {
			if t.bold != bold {
				continue
			}
			x, c, st := d.x(t.at), d.grid, textStyle{color: d.ink3, size: labelSize, anchor: middle}
			if bold {
				c, st.bold, st.color = d.axis, true, d.ink2
			}
			d.line(crisp(x), d.plot.top, crisp(x), d.plot.bottom, 1, c)
			label := d.fit(t.label, 120, bold)
			half := d.fonts.width(label, labelSize, bold)/2 + 4
			room := span{x - half, x + half}
			if room.from < 0 || room.to > d.width || touches(taken, room) {
				continue
			}
			taken = append(taken, room)
			d.text(label, x, d.plot.bottom+15, st)
		}
	}
}

func touches(taken []span, s span) bool {
	for _, t := range taken {
		if s.from < t.to && t.from < s.to {
			return true
		}
	}
	return false
}

// crisp moves a line of one pixel onto a row or column of pixels.
func crisp(v float64) float64 { return math.Floor(v) + 0.5 }

// text writes one line at pixels x, y.
func (d *sheet) text(s string, x, y float64, st textStyle) {
	if s != "" {
		d.label(s, px(x), px(y), st)
	}
}

// line draws a straight line between pixels.
func (d *sheet) line(x0, y0, x1, y1, width float64, c drawing.Color, dash ...float64) {
	d.SetStrokeColor(c)
	d.SetStrokeWidth(width)
	d.SetStrokeDashArray(dash)
	d.MoveTo(px(x0), px(y0))
	d.LineTo(px(x1), px(y1))
	d.Stroke()
	d.SetStrokeDashArray(nil)
}

// rect fills a rectangle of pixels.
func (d *sheet) rect(x0, y0, x1, y1 float64, c drawing.Color) {
	d.SetFillColor(c)
	d.MoveTo(px(x0), px(y0))
	d.LineTo(px(x1), px(y0))
	d.LineTo(px(x1), px(y1))
	d.LineTo(px(x0), px(y1))
	d.Close()
	d.Fill()
}

// fit is s on one line, cleaned of what cannot be seen and cut in the middle
// until it is at most width wide.
func (d *sheet) fit(s string, width float64, bold bool) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !printable(r):
			return -1
		}
		return r
	}, shorten(s, 300))
	size := labelSize
	if bold {
		size = titleSize
	}
	if d.fonts.width(s, size, bold) <= width {
		return s
	}
	lo, hi := 0, len([]rune(s))
	for lo < hi-1 {
		mid := (lo + hi) / 2
		if d.fonts.width(shorten(s, mid), size, bold) <= width {
			lo = mid
		} else {
			hi = mid
		}
	}
	return shorten(s, lo)
}
