package graphs

import (
	"cmp"
	"math"
	"slices"

	"github.com/wcharczuk/go-chart/v2/drawing"
)

// aside is how far apart neighbouring marks are kept.
const aside = 14.0

// mark is an event in the lane: where its line is, and where its glyph.
type mark struct {
	Event
	line, glyph float64
}

// drawEvents draws bars and glyphs in the lane above the plot.
func (d *sheet) drawEvents() {
	var moments []mark
	for _, e := range d.p.Events {
		switch {
		case e.Kind == EventOnset:
			if !e.At.Before(d.start) && e.At.Before(d.end) {
				x := d.x(e.At)
				moments = append(moments, mark{e, x, x})
			}
		case e.At.After(d.end) || e.At.Before(d.start) && !e.End.After(d.start):
		case e.End.After(e.At):
			d.drawBar(e)
		case !e.At.Before(d.start):
			x := d.x(e.At)
			moments = append(moments, mark{e, x, x})
		}
	}
	moments = moveAside(moments, d.plot.left, d.plot.right)
	for i, m := range moments {
		d.drawMark(m)
		from, to := d.plot.left, d.plot.right
		if i > 0 {
			from = moments[i-1].glyph + aside/2
		}
		if i+1 < len(moments) {
			to = moments[i+1].glyph - aside/2
		}
		d.drawMarkLabel(m, from, to)
	}
}

// drawMarkLabel writes a mark's label beside its glyph, where it has room between
// its neighbours: at the right, or else at the left.
func (d *sheet) drawMarkLabel(m mark, from, to float64) {
	if m.Label == "" {
		return
	}
	room := d.fonts.width(m.Label, labelSize, false) + 4
	st := textStyle{color: d.markColor(m), size: labelSize}
	x := m.glyph + 11
	if x+room > to {
		if x = m.glyph - 7; x-room < from {
			return
		}
		st.anchor = right
	}
	d.text(m.Label, x, d.laneTop+12, st)
}

// drawBar draws an event with a length, such as a downtime.
func (d *sheet) drawBar(e Event) {
	from, to := max(d.plot.left, d.x(e.At)), min(d.plot.right, d.x(e.End))
	c := d.down
	if e.Kind != EventDowntime {
		c = d.eventColor(e.Kind)
	}
	d.open(e.Name)
	d.rect(from, d.laneTop+3, max(to, from+3), d.laneTop+12, c)
	d.shut()
}

// moveAside spreads glyphs that would overlap; their lines stay true. When the
// lane is full the least severe go without a glyph.
func moveAside(marks []mark, left, right float64) []mark {
	if n := max(1, int((right-left)/aside)); len(marks) > n {
		slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.Kind, b.Kind) })
		marks = marks[:n]
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return cmpFloat(a.line, b.line) })
	for i := 1; i < len(marks); i++ {
		marks[i].glyph = max(marks[i].glyph, marks[i-1].glyph+aside)
	}
	limit := right
	for i := len(marks) - 1; i >= 0; i-- {
		marks[i].glyph = min(marks[i].glyph, limit)
		limit = marks[i].glyph - aside
	}
	return marks
}

func (d *sheet) eventColor(k EventKind) drawing.Color {
	switch k {
	case EventCritical:
		return d.critical
	case EventWarning, EventOnset:
		return d.warning
	case EventUnknown:
		return d.unknown
	case EventMissed:
		return d.missed
	case EventOK:
		return d.ok
	case EventDowntime:
		return d.down
	}
	return d.ink2
}

func (d *sheet) markColor(m mark) drawing.Color {
	if m.Kind == EventOnset && m.Severe {
		return d.critical
	}
	return d.eventColor(m.Kind)
}

func (d *sheet) drawMark(m mark) {
	c := d.markColor(m)
	d.open(m.Name)
	x := crisp(m.line)
	if m.Kind == EventCritical || m.Kind == EventOnset {
		d.line(x, d.plot.top, x, d.plot.bottom, 1, c)
	} else {
		d.line(x, d.plot.top, x, d.plot.bottom, 1, fade(c, 0.6), 1, 3)
	}
	g := sketch{d, m.glyph, d.laneTop + 8, 0.72}
	g.draw(m.Kind, c)
	d.shut()
}

// sketch draws glyphs on a grid of 16 units, whose middle is at x, y.
type sketch struct {
	*sheet
	x, y, scale float64
}

// draw draws the shape of a kind; shapes differ, so that colour is never alone.
func (g sketch) draw(k EventKind, c drawing.Color) {
	switch k {
	case EventCritical: // octagon, cross
		g.shape(c, 5, .6, 11, .6, 15.4, 5, 15.4, 11, 11, 15.4, 5, 15.4, .6, 11, .6, 5)
		g.strokes(g.ground, 2, []float64{5, 5, 11, 11}, []float64{11, 5, 5, 11})
	case EventWarning: // triangle
		g.shape(c, 8, .8, 15.7, 14.6, .3, 14.6)
		g.strokes(g.ground, 2, []float64{8, 5.6, 8, 9.6}, []float64{8, 11.4, 8, 13})
	case EventUnknown: // diamond
		g.shape(c, 8, .2, 15.8, 8, 8, 15.8, .2, 8)
	case EventMissed: // hatched square
		g.strokes(c, 1.8, []float64{1.6, 1.6, 14.4, 1.6, 14.4, 14.4, 1.6, 14.4, 1.6, 1.6},
			[]float64{1.6, 8, 8, 1.6}, []float64{3.2, 14.4, 14.4, 3.2}, []float64{9.6, 14.4, 14.4, 9.6})
	case EventOK: // ring, tick
		g.ring(c)
		g.strokes(c, 1.9, []float64{4.6, 8.3, 7.1, 10.9, 11.3, 5.7})
	case EventDowntime: // square, pause
		g.shape(c, 1, 2, 2, 1, 14, 1, 15, 2, 15, 14, 14, 15, 2, 15, 1, 14)
		g.strokes(g.ground, 2, []float64{6, 4.6, 6, 11.4}, []float64{10, 4.6, 10, 11.4})
	case EventLog: // lines of text
		g.strokes(c, 2, []float64{2, 4, 14, 4}, []float64{2, 8, 10, 8}, []float64{2, 12, 12, 12})
	case EventOnset: // flag, its pole on the line
		g.shape(c, 8, 1, 18, 5.5, 8, 10)
		g.strokes(c, 2, []float64{8, 1, 8, 15.4})
	default: // arrow
		g.strokes(c, 2, []float64{8, 14, 8, 3}, []float64{3.5, 7, 8, 2.5, 12.5, 7})
	}
}

// move goes to, or draws to, a place of the 16-unit grid.
func (g sketch) trace(points []float64) {
	for i := 0; i+1 < len(points); i += 2 {
		x, y := px(g.x+(points[i]-8)*g.scale), px(g.y+(points[i+1]-8)*g.scale)
		if i == 0 {
			g.MoveTo(x, y)
		} else {
			g.LineTo(x, y)
		}
	}
}

func (g sketch) shape(c drawing.Color, points ...float64) {
	g.SetFillColor(c)
	g.trace(points)
	g.Close()
	g.Fill()
}

func (g sketch) strokes(c drawing.Color, width float64, lines ...[]float64) {
	g.SetStrokeColor(c)
	g.SetStrokeWidth(width * g.scale)
	for _, l := range lines {
		g.trace(l)
	}
	g.Stroke()
}

func (g sketch) ring(c drawing.Color) {
	g.SetStrokeColor(c)
	g.SetStrokeWidth(1.6 * g.scale)
	g.Circle(math.Round(6.6*g.scale*sub), px(g.x), px(g.y))
	g.Stroke()
}

// drawShades shades what lasted from an onset on, behind the layers.
func (d *sheet) drawShades() {
	for _, e := range d.p.Events {
		from, to := max(d.plot.left, d.x(e.At)), min(d.plot.right, d.x(e.End))
		if e.Kind != EventOnset || !e.End.After(e.At) || to <= from {
			continue
		}
		c := d.warning
		if e.Severe {
			c = d.critical
		}
		d.rect(from, d.plot.top, to, d.plot.bottom, fade(c, 0.07))
	}
}
