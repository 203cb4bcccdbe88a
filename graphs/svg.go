package graphs

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	chart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

// fontStack names fonts of every common system; Japanese ones come before the
// generic one, so that kanji take Japanese forms.
const fontStack = `&quot;Segoe UI&quot;,&quot;Hiragino Sans&quot;,&quot;Noto Sans JP&quot;,&quot;Noto Sans CJK JP&quot;,Meiryo,sans-serif`

// SVG draws the picture as one self-contained SVG: no script, style sheet, link
// or id, so it passes a strict content policy and can stand inside a page. Sizes
// and errors are those of PNG.
func (p Picture) SVG(w io.Writer, width, height int) error {
	if err := p.check(width, height); err != nil {
		return err
	}
	fonts, err := p.fonts() // to measure: the reader's fonts are of much the same width
	if err != nil {
		return err
	}
	c := svgCanvases.Get().(*svgCanvas)
	defer svgCanvases.Put(c)
	c.fonts, c.out = fonts, c.out[:0]
	c.ResetStyle()
	c.head(p, width, height)
	p.draw(c, fonts, width, height)
	c.out = append(c.out, "</svg>\n"...)
	return c.Save(w)
}

// svgCanvases keeps the memory of finished pictures.
var svgCanvases = sync.Pool{New: func() any { return new(svgCanvas) }}

// svgCanvas is a go-chart Renderer that writes SVG.
type svgCanvas struct {
	pen
	out   []byte
	fonts *Fonts
}

var _ canvas = (*svgCanvas)(nil)

func (c *svgCanvas) head(p Picture, width, height int) {
	c.out = fmt.Appendf(c.out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="%s" font-size="11" unicode-bidi="isolate">`,
		width, height, width, height, fontStack)
	c.element("title", shorten(p.Title, 200))
	c.element("desc", p.description())
	g := schemeOf(p.Theme).ground
	c.out = fmt.Appendf(c.out, `<rect width="%d" height="%d" fill="%s"/>`, width, height, hex(g))
	c.out = append(c.out, '\n')
}

func (c *svgCanvas) element(name, text string) {
	c.out = append(c.out, '<')
	c.out = append(c.out, name...)
	c.out = append(c.out, '>')
	c.out = appendText(c.out, text)
	c.out = append(c.out, "</"...)
	c.out = append(c.out, name...)
	c.out = append(c.out, '>')
}

// Save writes the picture.
func (c *svgCanvas) Save(w io.Writer) error {
	if _, err := w.Write(c.out); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}

func (c *svgCanvas) Stroke() { c.paint(drawing.Color{}, c.stroke) }
func (c *svgCanvas) Fill()   { c.paint(c.fill, drawing.Color{}) }

func (c *svgCanvas) FillStroke() { c.paint(c.fill, c.stroke) }

// paint writes the path with the colours that can be seen.
func (c *svgCanvas) paint(fill, stroke drawing.Color) {
	defer c.reset()
	if c.width <= 0 {
		stroke.A = 0
	}
	if len(c.path) == 0 || fill.A == 0 && stroke.A == 0 {
		return
	}
	c.out = append(c.out, `<path d="`...)
	var last step
	for i, s := range c.path {
		if i > 0 && s == last {
			continue
		}
		last = s
		if s.move {
			c.out = append(c.out, 'M')
		} else {
			c.out = append(c.out, 'L')
		}
		c.out = appendPx(c.out, s.x)
		c.out = append(c.out, ' ')
		c.out = appendPx(c.out, s.y)
	}
	c.out = append(c.out, '"')
	c.color("fill", fill)
	if stroke.A > 0 {
		c.strokeAttributes(stroke)
	}
	c.out = append(c.out, "/>\n"...)
}

func (c *svgCanvas) strokeAttributes(stroke drawing.Color) {
	c.color("stroke", stroke)
	c.out = append(c.out, ` stroke-width="`...)
	c.out = strconv.AppendFloat(c.out, c.width, 'g', 4, 64)
	c.out = append(c.out, '"')
	if len(c.path) > 2 {
		c.out = append(c.out, ` stroke-linejoin="round"`...)
	}
	if len(c.path) == 2 && len(c.dash) == 0 && c.level() {
		c.out = append(c.out, ` shape-rendering="crispEdges"`...)
	}
	if len(c.dash) >= 2 {
		c.out = fmt.Appendf(c.out, ` stroke-dasharray="%g %g"`, c.dash[0], c.dash[1])
	}
}

// level says whether a path of two points is horizontal or vertical.
func (c *svgCanvas) level() bool {
	return c.path[0].x == c.path[1].x || c.path[0].y == c.path[1].y
}

// color writes a colour attribute, with its opacity if it has one.
func (c *svgCanvas) color(name string, v drawing.Color) {
	c.out = append(append(append(c.out, ' '), name...), `="`...)
	if v.A == 0 {
		c.out = append(c.out, `none"`...)
		return
	}
	c.out = append(append(c.out, hex(v)...), '"')
	if v.A < 255 {
		c.out = append(append(append(c.out, ' '), name...), `-opacity="`...)
		c.out = strconv.AppendFloat(c.out, float64(v.A)/255, 'g', 2, 64)
		c.out = append(c.out, '"')
	}
}

// hex writes a colour as #RRGGBB.
func hex(c drawing.Color) string {
	const digits = "0123456789ABCDEF"
	return string([]byte{
		'#', digits[c.R>>4], digits[c.R&15], digits[c.G>>4], digits[c.G&15], digits[c.B>>4], digits[c.B&15],
	})
}

// appendPx writes a renderer coordinate as pixels with one decimal.
func appendPx(b []byte, v int) []byte {
	tenths := (v*10 + sub/2) >> 4
	if tenths < 0 {
		b, tenths = append(b, '-'), -tenths
	}
	b = strconv.AppendInt(b, int64(tenths/10), 10)
	if d := tenths % 10; d != 0 {
		b = append(b, '.', byte('0'+d))
	}
	return b
}

// Text writes s with its baseline starting at x, y.
func (c *svgCanvas) Text(s string, x, y int) { c.label(s, x, y, c.textStyle()) }

// MeasureText estimates the size of s in renderer coordinates.
func (c *svgCanvas) MeasureText(s string) chart.Box {
	return chart.Box{Right: px(c.fonts.width(s, c.size, false)), Bottom: px(c.size)}
}

func (c *svgCanvas) label(s string, x, y int, st textStyle) {
	c.out = append(c.out, `<text x="`...)
	c.out = appendPx(c.out, x)
	c.out = append(c.out, `" y="`...)
	c.out = appendPx(c.out, y)
	c.out = append(c.out, '"')
	switch st.anchor {
	case middle:
		c.out = append(c.out, ` text-anchor="middle"`...)
	case right:
		c.out = append(c.out, ` text-anchor="end"`...)
	}
	if st.size != labelSize {
		c.out = fmt.Appendf(c.out, ` font-size="%g"`, st.size)
	}
	if st.bold {
		c.out = append(c.out, ` font-weight="700"`...)
	}
	c.color("fill", st.color)
	if st.halo.A > 0 {
		c.color("stroke", st.halo)
		c.out = append(c.out, ` stroke-width="4" stroke-linejoin="round" paint-order="stroke"`...)
	}
	c.out = append(c.out, '>')
	c.out = appendText(c.out, s)
	c.out = append(c.out, "</text>\n"...)
}

func (c *svgCanvas) open(name string) {
	c.out = append(c.out, "<g>"...)
	if name != "" {
		c.element("title", shorten(name, 200))
	}
}

func (c *svgCanvas) shut() { c.out = append(c.out, "</g>\n"...) }

// appendText writes s as XML text: markup escaped, and everything XML 1.0
// section 2.2 does not allow, or that would turn the direction of the text
// around it, left out.
func appendText(b []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r == '&':
			b = append(b, "&amp;"...)
		case r == '"':
			b = append(b, "&quot;"...)
		case !printable(r):
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

// printable is false for control characters, for what XML forbids, and for the
// bidirectional overrides of Unicode (UAX #9 section 2).
func printable(r rune) bool {
	switch {
	case r < ' ', r >= 0x7F && r < 0xA0, r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError:
		return false
	case r == 0x200E, r == 0x200F, r == 0x061C, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return false
	}
	return true
}

// shorten cuts s to n characters in the middle, because ends differ.
func shorten(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	var b strings.Builder
	b.WriteString(string(r[:n/2]))
	b.WriteString("…")
	b.WriteString(string(r[len(r)-(n-n/2-1):]))
	return b.String()
}
