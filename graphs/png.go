package graphs

import (
	"io"
	"math"
	"sync"

	chart "github.com/wcharczuk/go-chart/v2"
)

// PNG draws the picture as an 8-bit PNG of width × height pixels, legend
// included; see LegendHeight. It is an error when a size is not in 1 … 8192 or
// End is not after Start. Writing errors are returned as they are.
func (p Picture) PNG(w io.Writer, width, height int) error {
	if err := p.check(width, height); err != nil {
		return err
	}
	fonts, err := p.fonts()
	if err != nil {
		return err
	}
	c := pngCanvases.Get().(*pngCanvas)
	defer pngCanvases.Put(c)
	c.fonts = fonts
	c.begin(width, height, schemeOf(p.Theme).ground)
	c.ResetStyle()
	p.draw(c, fonts, width, height)
	return c.Save(w)
}

// pngCanvases keeps the memory of finished pictures; a new zlib writer alone
// costs as much as drawing does. It holds no state that a picture could see.
var pngCanvases = sync.Pool{New: func() any { return new(pngCanvas) }}

// pngCanvas is a go-chart Renderer on a raster.
type pngCanvas struct {
	pen
	raster
	encoder
	fonts *Fonts
}

var _ canvas = (*pngCanvas)(nil)

// Save encodes the picture.
func (c *pngCanvas) Save(w io.Writer) error { return c.encode(w, &c.raster) }

func (c *pngCanvas) Fill() {
	if c.fill.A > 0 {
		c.fillPath(c.path, c.fill)
	}
	c.reset()
}

func (c *pngCanvas) FillStroke() {
	if c.fill.A > 0 {
		c.fillPath(c.path, c.fill)
	}
	c.Stroke()
}

func (c *pngCanvas) Stroke() {
	defer c.reset()
	if c.stroke.A == 0 || c.width <= 0 {
		return
	}
	for i := 1; i < len(c.path); i++ {
		a, b := c.path[i-1], c.path[i]
		if !b.move {
			c.strokeLine(float64(a.x)/sub, float64(a.y)/sub, float64(b.x)/sub, float64(b.y)/sub)
		}
	}
	c.flush(c.stroke)
}

// strokeLine covers one line, dashed if the pen is. Level and upright lines are
// boxes: crisp, with flat ends, and cheap.
func (c *pngCanvas) strokeLine(x0, y0, x1, y1 float64) {
	if len(c.dash) < 2 || c.dash[0]+c.dash[1] <= 0 {
		c.piece(x0, y0, x1, y1)
		return
	}
	length := max(math.Hypot(x1-x0, y1-y0), 1e-9)
	dx, dy := (x1-x0)/length, (y1-y0)/length
	for at := 0.0; at < length; at += c.dash[0] + c.dash[1] {
		to := min(length, at+c.dash[0])
		c.piece(x0+dx*at, y0+dy*at, x0+dx*to, y0+dy*to)
	}
}

func (c *pngCanvas) piece(x0, y0, x1, y1 float64) {
	half := c.width / 2
	alone := len(c.path) == 2 // not part of a polyline, where a box would lack its round join
	switch {
	case alone && y0 == y1 && x0 != x1:
		c.box(min(x0, x1), y0-half, max(x0, x1), y0+half, c.stroke)
	case alone && x0 == x1 && y0 != y1:
		c.box(x0-half, min(y0, y1), x0+half, max(y0, y1), c.stroke)
	default:
		c.capsule(x0, y0, x1, y1, half)
	}
}

// Text draws s with its baseline starting at x, y.
func (c *pngCanvas) Text(s string, x, y int) { c.label(s, x, y, c.textStyle()) }

// MeasureText measures s in renderer coordinates.
func (c *pngCanvas) MeasureText(s string) chart.Box {
	return chart.Box{Right: px(c.fonts.width(s, c.size, false)), Bottom: px(c.size)}
}

func (c *pngCanvas) label(s string, x, y int, st textStyle) {
	at := float64(x) / sub
	switch w := c.fonts.width(s, st.size, st.bold); st.anchor {
	case middle:
		at -= w / 2
	case right:
		at -= w
	}
	base := int(math.Round(float64(y) / sub))
	if st.halo.A > 0 {
		c.fonts.each(s, at, st, func(g glyph, x int) { c.halo(g, x, base) })
		c.flush(st.halo)
	}
	c.fonts.each(s, at, st, func(g glyph, x int) {
		c.stamp(g, x, base, 0)
	})
	c.flush(st.color)
}

// stamp covers a letter's pixels; those around it too, by spread.
func (c *pngCanvas) stamp(g glyph, x, base, spread int) {
	w := g.r.Dx()
	for i, a := range g.mask {
		if a < 16 {
			continue
		}
		px, py := x+g.r.Min.X+i%w, base+g.r.Min.Y+i/w
		for dy := -spread; dy <= spread; dy++ {
			for dx := -spread; dx <= spread; dx++ {
				c.cover(px+dx, py+dy, a)
			}
		}
	}
}

// halo covers two pixels around a letter.
func (c *pngCanvas) halo(g glyph, x, base int) {
	full := glyph{r: g.r, mask: make([]uint8, len(g.mask))}
	for i, a := range g.mask {
		full.mask[i] = uint8(min(255, int(a)*4))
	}
	c.stamp(full, x, base, 2)
}

func (c *pngCanvas) open(string) {}
func (c *pngCanvas) shut()       {}
