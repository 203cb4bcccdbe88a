package graphs

import (
	"math"

	chart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

// texture is how a line of a range is drawn: on and off are the pixels of a dash
// and of the room after it; without off it is solid.
type texture struct {
	color          drawing.Color
	width, on, off float64
}

// traceStrip draws one line of a range, as far as it is on the plot.
func (d *sheet) traceStrip(run strip, axis *chart.ContinuousRange, look texture, of func(RangePoint) float64) {
	var line []spot
	for _, p := range run {
		v := of(p)
		if v > axis.Max || v < axis.Min {
			break
		}
		line = append(line, spot{d.x(p.At), d.yOf(axis, v)})
	}
	pieces := [][]spot{line}
	if look.off > 0 {
		pieces = dashes(line, look.on, look.off)
	}
	d.SetStrokeColor(look.color)
	d.SetStrokeWidth(look.width)
	d.SetStrokeDashArray(nil)
	for _, piece := range pieces {
		for i, s := range piece {
			if i == 0 {
				d.MoveTo(px(s.x), px(s.y))
			} else {
				d.LineTo(px(s.x), px(s.y))
			}
		}
	}
	d.Stroke()
}

// spot is a place on the picture, in pixels.
type spot struct{ x, y float64 }

// dashes cuts a line into dashes along its whole length: a stroke's own pattern
// would begin anew at each point, and be none where points are near each other.
func dashes(line []spot, on, off float64) [][]spot {
	if len(line) < 2 {
		return nil
	}
	out := [][]spot{{line[0]}}
	left, drawn := on, true // of this dash, or of the room after it
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		for length > left {
			a = spot{a.x + (b.x-a.x)*left/length, a.y + (b.y-a.y)*left/length}
			length -= left
			if drawn {
				out[len(out)-1] = append(out[len(out)-1], a)
				left = off
			} else {
				out = append(out, []spot{a})
				left = on
			}
			drawn = !drawn
		}
		left -= length
		if drawn {
			out[len(out)-1] = append(out[len(out)-1], b)
		}
	}
	return out
}
