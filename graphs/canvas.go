package graphs

import (
	"math"

	"github.com/golang/freetype/truetype"
	chart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

// sub is how many steps of a renderer's coordinates make one pixel. go-chart
// hands integers to its Renderer; counted in whole pixels a slow curve becomes a
// staircase, counted in sixteenths it is smooth.
const sub = 16

// px converts pixels to a renderer's coordinates.
func px(v float64) int { return int(math.Round(v * sub)) }

// canvas is a go-chart Renderer with what go-chart's interface lacks: anchored
// text with a halo, clipping hatch, and names for the reader of a screen.
type canvas interface {
	chart.Renderer
	// label writes one line of text with its baseline at x, y.
	label(s string, x, y int, st textStyle)
	// open starts a group named for hover and screen readers; close ends it.
	open(name string)
	shut()
}

// textStyle says how a label looks.
type textStyle struct {
	color  drawing.Color
	size   float64 // px
	bold   bool
	anchor anchor
	halo   drawing.Color // a border around the letters; the zero colour: none
}

type anchor int

const (
	left anchor = iota
	middle
	right
)

// pen keeps the state that go-chart sets before it draws. Both canvases embed it.
type pen struct {
	stroke, fill drawing.Color
	width        float64
	dash         []float64
	size         float64
	fontColor    drawing.Color
	path         []step
}

// step is one move of a path, in renderer coordinates.
type step struct {
	x, y int
	move bool
}

func (p *pen) ResetStyle()                    { *p = pen{path: p.path[:0]} }
func (p *pen) GetDPI() float64                { return 72 }
func (p *pen) SetDPI(float64)                 {}
func (p *pen) SetClassName(string)            {}
func (p *pen) SetStrokeColor(c drawing.Color) { p.stroke = c }
func (p *pen) SetFillColor(c drawing.Color)   { p.fill = c }
func (p *pen) SetStrokeWidth(w float64)       { p.width = w }
func (p *pen) SetStrokeDashArray(d []float64) { p.dash = d }
func (p *pen) SetFont(*truetype.Font)         {}
func (p *pen) SetFontColor(c drawing.Color)   { p.fontColor = c }
func (p *pen) SetFontSize(size float64)       { p.size = size }
func (p *pen) SetTextRotation(float64)        {}
func (p *pen) ClearTextRotation()             {}
func (p *pen) MoveTo(x, y int)                { p.path = append(p.path, step{x, y, true}) }
func (p *pen) LineTo(x, y int)                { p.path = append(p.path, step{x, y, len(p.path) == 0}) }
func (p *pen) textStyle() textStyle           { return textStyle{color: p.fontColor, size: p.size} }
func (p *pen) at() (x, y float64)             { s := p.path[len(p.path)-1]; return float64(s.x), float64(s.y) }
func (p *pen) reset()                         { p.path = p.path[:0] }

// Close draws back to the start of the current figure.
func (p *pen) Close() {
	for i := len(p.path) - 1; i >= 0; i-- {
		if p.path[i].move {
			p.LineTo(p.path[i].x, p.path[i].y)
			return
		}
	}
}

// QuadCurveTo draws a quadratic Bézier curve as eight straight pieces.
func (p *pen) QuadCurveTo(cx, cy, x, y int) {
	if len(p.path) == 0 {
		p.MoveTo(x, y)
		return
	}
	x0, y0 := p.at()
	for i := 1; i <= 8; i++ {
		t := float64(i) / 8
		a, b, c := (1-t)*(1-t), 2*t*(1-t), t*t
		p.LineTo(int(a*x0+b*float64(cx)+c*float64(x)), int(a*y0+b*float64(cy)+c*float64(y)))
	}
}

// ArcTo draws an arc in straight pieces of at most 15°, joined to the path.
func (p *pen) ArcTo(cx, cy int, rx, ry, start, delta float64) {
	n := max(1, min(96, int(math.Abs(delta)/(math.Pi/12))+1))
	for i := 0; i <= n; i++ {
		sin, cos := math.Sincos(start + delta*float64(i)/float64(n))
		p.LineTo(cx+int(math.Round(rx*cos)), cy+int(math.Round(ry*sin)))
	}
}

// Circle adds a circle; its radius is in renderer coordinates.
func (p *pen) Circle(radius float64, x, y int) {
	p.MoveTo(x+int(radius), y)
	p.ArcTo(x, y, radius, radius, 0, 2*math.Pi)
}
