package graphs

import (
	"fmt"
	"image"
	"image/draw"
	"math"
	"sync"

	"github.com/hajimehoshi/bitmapfont/v3"
	"github.com/wcharczuk/go-chart/v2/roboto"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Fonts are the letters of PNG pictures; SVG leaves them to its reader. Safe for
// concurrent use. The built-in ones need nothing installed: Roboto from go-chart
// for Latin, a 12-pixel bitmap font, with all of JIS X 0208, for the rest.
type Fonts struct {
	latin, regular, bold *sfnt.Font // the latter two may be nil

	mu     sync.Mutex
	faces  map[faceKey]font.Face
	glyphs map[glyphKey]glyph
}

type faceKey struct {
	font *sfnt.Font
	size float64
}

type glyphKey struct {
	r    rune
	size float64
	bold bool
	part uint8 // quarter of a pixel at which the glyph starts
}

// glyph is a rendered letter: coverage of r around its origin.
type glyph struct {
	r       image.Rectangle
	mask    []uint8
	advance float64 // px
}

// maxGlyphs bounds the rendered letters kept, about 200 bytes each.
const maxGlyphs = 8192

// NewFonts adds a TrueType or OpenType font or collection, given as the bytes of
// its file, for the letters that Roboto lacks: use it where a finer Japanese font
// is installed, for example IPA Gothic. Either may be nil; without bold, bold
// letters are thickened ones.
func NewFonts(regular, bold []byte) (*Fonts, error) {
	f := &Fonts{faces: map[faceKey]font.Face{}, glyphs: map[glyphKey]glyph{}}
	for _, file := range [...]struct {
		name string
		data []byte
		to   **sfnt.Font
	}{{"built-in", roboto.Roboto, &f.latin}, {"regular", regular, &f.regular}, {"bold", bold, &f.bold}} {
		if file.data == nil {
			continue
		}
		parsed, err := parseFont(file.data)
		if err != nil {
			return nil, fmt.Errorf("parse %s font (want TrueType or OpenType): %w", file.name, err)
		}
		*file.to = parsed
	}
	return f, nil
}

// builtinFonts is parsed once, at the first picture: a constant in effect, whose
// rendered letters are a third of a picture's cost when made each time.
var builtinFonts = sync.OnceValues(func() (*Fonts, error) { return NewFonts(nil, nil) })

func parseFont(b []byte) (*sfnt.Font, error) {
	c, err := opentype.ParseCollection(b) // a single font is a collection of one
	if err != nil {
		return nil, err
	}
	return c.Font(0)
}

// width measures s in pixels.
func (f *Fonts) width(s string, size float64, bold bool) float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := 0.0
	for _, r := range s {
		w += f.glyph(r, size, bold, 0).advance
	}
	return w
}

// glyph renders r, or takes it from what was rendered. The caller holds f.mu.
func (f *Fonts) glyph(r rune, size float64, bold bool, part uint8) glyph {
	k := glyphKey{r, size, bold, part}
	g, ok := f.glyphs[k]
	if !ok {
		if len(f.glyphs) >= maxGlyphs {
			clear(f.glyphs)
		}
		g = f.render(k)
		f.glyphs[k] = g
	}
	return g
}

func (f *Fonts) render(k glyphKey) glyph {
	dot := fixed.Point26_6{X: fixed.Int26_6(k.part) * 16}
	face, thicken := f.face(k)
	rect, mask, at, advance, ok := face.Glyph(dot, k.r)
	if !ok {
		rect, mask, at, advance, _ = bitmapfont.Face.Glyph(dot, '〓') // the geta mark: a letter is missing
	}
	g := glyph{r: rect, advance: float64(advance) / 64}
	if rect.Empty() {
		return g
	}
	alpha := image.NewAlpha(image.Rect(0, 0, rect.Dx()+1, rect.Dy()))
	draw.DrawMask(alpha, image.Rect(0, 0, rect.Dx(), rect.Dy()), image.Opaque, image.Point{}, mask, at, draw.Src)
	g.r.Max.X++
	if thicken {
		embolden(alpha)
		g.advance += 0.5
	}
	g.mask = alpha.Pix
	return g
}

// embolden smears each row half a pixel to the right.
func embolden(m *image.Alpha) {
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride : (y+1)*m.Stride]
		for x := len(row) - 1; x > 0; x-- {
			row[x] = uint8(min(255, int(row[x])+int(row[x-1])*6/10))
		}
	}
}

// face finds the font that has the letter, and whether it must be thickened.
func (f *Fonts) face(k glyphKey) (font.Face, bool) {
	if own := f.having(f.latin, k); own != nil {
		return own, k.bold
	}
	if k.bold {
		if own := f.having(f.bold, k); own != nil {
			return own, false
		}
	}
	if own := f.having(f.regular, k); own != nil {
		return own, k.bold
	}
	return bitmapfont.Face, k.bold
}

// having is the font's face of that size, nil if it lacks the letter.
func (f *Fonts) having(sf *sfnt.Font, k glyphKey) font.Face {
	if sf == nil {
		return nil
	}
	if i, err := sf.GlyphIndex(nil, k.r); err != nil || i == 0 {
		return nil
	}
	key := faceKey{sf, k.size}
	if face := f.faces[key]; face != nil {
		return face
	}
	face, err := opentype.NewFace(sf, &opentype.FaceOptions{Size: k.size, DPI: 72})
	if err != nil {
		return nil
	}
	f.faces[key] = face
	return face
}

// each calls draw for every letter of s from x, in pixels, onwards.
func (f *Fonts) each(s string, x float64, st textStyle, draw func(g glyph, x int)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range s {
		whole := math.Floor(x)
		g := f.glyph(r, st.size, st.bold, uint8((x-whole)*4))
		draw(g, int(whole))
		x += g.advance
	}
}
