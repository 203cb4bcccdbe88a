package graphs

import (
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	labelSize  = 11.0 // px, of every text but the title
	titleSize  = 13.0
	rowHeight  = 16
	legendHead = 24 // from the labels of the time axis to the legend's first row
)

// LegendHeight is how much of a picture's height the legend table of that many
// layers takes. A caller that wants a plot of a certain height adds it. Where
// there is no room, the table becomes one line of names and current values, and
// then nothing: the plot comes first.
func LegendHeight(layers int) int {
	if layers <= 0 {
		return 0
	}
	return legendHead + layers*rowHeight
}

// stats are the legend's figures of a layer; NaN where there are no values.
type stats struct{ current, min, avg, max float64 }

// statsOf reads the points in [start, end]. The current value is the last one,
// which may be a gap: then it is NaN, for an old value is not current.
func statsOf(points []Point, start, end time.Time) stats {
	s := stats{math.NaN(), math.Inf(1), 0, math.Inf(-1)}
	n := 0.0
	for _, p := range points {
		if p.At.Before(start) || p.At.After(end) {
			continue
		}
		s.current = p.Value
		if !drawable(p.Value) {
			s.current = math.NaN()
			continue
		}
		n++
		s.avg += (p.Value - s.avg) / n
		s.min, s.max = min(s.min, p.Value), max(s.max, p.Value)
	}
	if n == 0 {
		return stats{math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	}
	return s
}

// stats are the layer's figures in [start, end].
func (l Layer) stats(start, end time.Time) stats {
	if f := l.Figures; f != nil {
		return stats{f.Current, f.Min, f.Avg, f.Max}
	}
	return statsOf(l.Points, start, end)
}

// drawLegend writes the legend into the room that the layout gave it.
func (d *sheet) drawLegend() {
	switch d.legend {
	case legendTable:
		d.drawTable()
	case legendLine:
		d.drawLine()
	}
}

// drawTable writes one row per layer: swatch, name and figures, kept together at
// the left, where the eye does not lose the row.
func (d *sheet) drawTable() {
	columns := d.columns()
	n := float64(len(columns))
	room := d.width - 2*margin
	column, share := min(70, room/(n+2)), d.p.Share > 0 && room >= (n+1)*shareColumn
	if share {
		column = shareColumn
	} else { // figures do not touch, as long as names keep some room
		column = max(column, min(d.widestFigure(columns)+10, (room-60)/n))
	}
	name := d.nameWidth(room - n*column - 20)
	head := textStyle{color: d.ink3, size: labelSize, anchor: right}
	y := d.legendTop + 12
	at := func(i int) float64 { return margin + 20 + name + float64(i+1)*column }
	for i, c := range columns {
		x := at(i)
		if share {
			x -= shareRoom
		}
		d.text(d.fit(c.word, column-4, false), x, y, head)
	}
	value := textStyle{color: d.ink, size: labelSize, anchor: right}
	for i, l := range d.p.Layers {
		y += rowHeight
		if y > float64(d.heightPx) {
			return
		}
		d.swatch(l, i, margin, y)
		d.text(d.fit(d.legendName(l), name, false), margin+20, y, textStyle{color: d.ink, size: labelSize})
		u, st := d.p.unitOf(l), d.stats[i]
		for j, c := range columns {
			x, v := at(j), c.of(st)
			if share {
				if drawable(v) {
					d.text(shareOf(v, d.p.Share), x, y, head)
				}
				x -= shareRoom
			}
			d.text(u.format(v), x, y, value)
		}
	}
	if y += rowHeight; y <= float64(d.heightPx) {
		d.drawKeys(margin, y)
	}
}

// widestFigure is the width of the legend's widest figure.
func (d *sheet) widestFigure(columns []legendColumn) float64 {
	w := 0.0
	for i, l := range d.p.Layers {
		for _, c := range columns {
			w = max(w, d.fonts.width(d.p.unitOf(l).format(c.of(d.stats[i])), labelSize, false))
		}
	}
	return w
}

// shareColumn is the width of a column whose figures carry their share, shareRoom
// the part of it that the share takes.
const (
	shareColumn = 118
	shareRoom   = 46
)

// shareOf writes v as a share of full in percent, with one decimal as long as it
// says something.
func shareOf(v, full float64) string {
	digits := 1
	if v >= full || v == 0 {
		digits = 0
	}
	return strconv.FormatFloat(100*v/full, 'f', digits, 64) + " %"
}

// legendColumn is one figure of the legend table.
type legendColumn struct {
	word string
	of   func(stats) float64
}

func (d *sheet) columns() []legendColumn {
	w := d.words
	list := []legendColumn{{w.Current, func(s stats) float64 { return s.current }}}
	if !d.p.NoMin {
		list = append(list, legendColumn{w.Min, func(s stats) float64 { return s.min }})
	}
	return append(list, legendColumn{w.Avg, func(s stats) float64 { return s.avg }}, legendColumn{w.Max, func(s stats) float64 { return s.max }})
}

// drawLine writes names and current values, as many as fit the lines there are.
func (d *sheet) drawLine() {
	x, y, line := float64(margin), d.legendTop+12, 0
	for i, l := range d.p.Layers {
		s := d.fit(d.legendName(l), 120, false) + " " + d.p.unitOf(l).format(d.stats[i].current)
		w := d.fonts.width(s, labelSize, false)
		if x+18+w > d.width-margin && x > margin {
			if line++; line == d.legendLines {
				return
			}
			x, y = margin, y+rowHeight
		}
		d.swatch(l, i, x, y)
		d.text(s, x+18, y, textStyle{color: d.ink, size: labelSize})
		x += 18 + w + 14
	}
	d.drawKeys(x, y)
}

// nameWidth is the width of the names' column, at most limit.
func (d *sheet) nameWidth(limit float64) float64 {
	w := 40.0
	for _, l := range d.p.Layers {
		w = max(w, d.fonts.width(shorten(d.legendName(l), 80), labelSize, false))
	}
	return max(20, min(w+4, limit))
}

// legendName is the layer's name, marked if it is on the right axis.
func (d *sheet) legendName(l Layer) string {
	name := shorten(l.Name, 200)
	if l.Right {
		name = strings.TrimSpace(name + " " + d.words.Right)
	}
	return name
}

// swatch shows a layer's colour: a line for lines, a box for fills.
func (d *sheet) swatch(l Layer, i int, x, base float64) {
	c := d.colors[i]
	if l.Kind == Line || l.Kind == Area {
		d.rect(x, base-5, x+12, base-2, c)
		return
	}
	d.rect(x+1, base-9, x+11, base, fade(c, fillShare(l.Kind)))
}
