package graphs

import (
	"errors"
	"fmt"
	"time"

	chart "github.com/wcharczuk/go-chart/v2"
)

const (
	margin    = 12 // px around everything
	laneRoom  = 18 // px above the plot for events
	titleRoom = 24 // px for the title
	tickRoom  = 20 // px below the plot for labels
	maxSide   = 8192
	maxPixels = 32 << 20
)

// ErrSize is returned for a picture without pixels or with too many.
var ErrSize = errors.New("picture size must be 1 … 8192 px a side, 32 Mpx in all")

// legendKind is how much legend fits.
type legendKind int

const (
	legendNone legendKind = iota
	legendLine
	legendTable
)

// layout is where the parts of a picture go, in pixels.
type layout struct {
	width, height float64
	heightPx      int
	bare          bool // too small for words: only the lines are drawn
	title         bool
	legend        legendKind
	legendTop     float64
	legendLines   int // of legendLine
	laneTop       float64
	plot          plot
}

// plot is the rectangle that data is drawn in, in pixels.
type plot struct{ left, top, right, bottom float64 }

func (p plot) width() float64  { return p.right - p.left }
func (p plot) height() float64 { return p.bottom - p.top }

// box is the plot for go-chart, in renderer coordinates.
func (p plot) box() chart.Box {
	return chart.Box{Left: px(p.left), Top: px(p.top), Right: px(p.right), Bottom: px(p.bottom)}
}

// newLayout divides the height: the legend gives way first, then the title, so
// that the plot keeps its room. Left and right of the plot are set later, when
// the labels of the axes are known.
func newLayout(p Picture, width, height int) layout {
	l := layout{width: float64(width), height: float64(height), heightPx: height}
	if width < 160 || height < 70 {
		l.bare = true
		l.plot = plot{0, 1, l.width, l.height - 1}
		return l
	}
	lane := 8
	if len(p.Events) > 0 {
		lane = laneRoom
	}
	fixed := lane + tickRoom + 4
	l.title = p.Title != "" && height-fixed-titleRoom >= 60
	if l.title {
		fixed += titleRoom
	}
	bottom := float64(height - 4)
	n := len(p.Layers)
	if n > 0 && len(p.Bands)+len(p.Cones) > 0 {
		n++ // a row that says what they are
	}
	switch rest := height - fixed; {
	case n > 0 && rest-LegendHeight(n) >= 80:
		l.legend = legendTable
		bottom -= float64(LegendHeight(n))
	case n > 2 && rest-2*rowHeight >= 60:
		l.legend, l.legendLines = legendLine, 2
		bottom -= 2*rowHeight + 2
	case n > 0 && rest-rowHeight >= 50:
		l.legend, l.legendLines = legendLine, 1
		bottom -= rowHeight + 2
	}
	l.legendTop = bottom
	if l.legend == legendTable {
		l.legendTop += 4
	}
	top := 0.0
	if l.title {
		top = titleRoom
	}
	l.laneTop = top
	l.plot = plot{margin, top + float64(lane), l.width - margin, bottom - tickRoom}
	return l
}

// check refuses what cannot be drawn.
func (p Picture) check(width, height int) error {
	if width < 1 || height < 1 || width > maxSide || height > maxSide || width*height > maxPixels {
		return fmt.Errorf("draw picture of %d × %d: %w", width, height, ErrSize)
	}
	if !p.End.After(p.Start) {
		return fmt.Errorf("draw picture: end %s is not after start %s", p.End.Format(time.RFC3339), p.Start.Format(time.RFC3339))
	}
	if p.End.Sub(p.Start) > 200*365*24*time.Hour {
		return errors.New("draw picture: more than 200 years")
	}
	return nil
}

// period is the picture's time in its zone.
func (p Picture) period() (start, end time.Time) {
	zone := p.Zone
	if zone == nil {
		zone = time.UTC
	}
	return p.Start.In(zone), p.End.In(zone)
}

func (p Picture) fonts() (*Fonts, error) {
	if p.Fonts != nil {
		return p.Fonts, nil
	}
	return builtinFonts()
}

func (p Picture) unitOf(l Layer) Unit {
	if l.Right {
		return p.RightUnit
	}
	return p.Unit
}
