package graphs

import (
	"image"
	"math"

	"github.com/wcharczuk/go-chart/v2/drawing"
	"golang.org/x/image/vector"
)

// raster draws on an image of palette indices. The palette grows with the
// blends that anti-aliasing makes; 8 bits a pixel make PNG encoding, the larger
// part of go-chart's own cost, several times cheaper.
type raster struct {
	w, h  int
	pix   []uint8
	mask  []uint8 // coverage of what is being drawn
	alpha image.Alpha
	vec   vector.Rasterizer
	cols  []extent // rows of mask in use, by column
	pal   [256][3]uint8
	n     int // palette entries in use
	inks  []*ink

	fallReach float64 // of the table in fall
	fall      []uint8
}

// extent is the rows [from, to) of a column; empty when to is 0.
type extent struct{ from, to int32 }

// ink is a colour with the results of blending it over each palette entry at 16
// strengths; 0 is not known yet, else the index plus one.
type ink struct {
	c     drawing.Color
	blend [256][16]uint16
}

// begin prepares a picture of w × h in one colour, reusing memory.
func (r *raster) begin(w, h int, ground drawing.Color) {
	r.w, r.h = w, h
	r.pix = resized(r.pix, w*h)
	r.mask = resized(r.mask, w*h)
	if cap(r.cols) < w {
		r.cols = make([]extent, w)
	}
	r.cols = r.cols[:w]
	clear(r.cols)
	r.pal[0] = [3]uint8{ground.R, ground.G, ground.B}
	r.n = 1
	r.inks = r.inks[:0]
}

func resized(b []uint8, n int) []uint8 {
	if cap(b) < n {
		return make([]uint8, n)
	}
	b = b[:n]
	clear(b)
	return b
}

func (r *raster) ink(c drawing.Color) *ink {
	for _, k := range r.inks {
		if k.c == c {
			return k
		}
	}
	var k *ink
	if len(r.inks) < cap(r.inks) { // reuse the table of an earlier picture
		k = r.inks[:len(r.inks)+1][len(r.inks)]
	}
	if k == nil {
		k = new(ink)
	}
	k.c = c
	k.blend = [256][16]uint16{}
	r.inks = append(r.inks, k)
	return k
}

// over is the palette index of ink k over index i with coverage a. It is small
// enough to be inlined; what it has not seen yet is left to mix.
func (r *raster) over(k *ink, i, a uint8) uint8 {
	if v := k.blend[i][a>>4]; v != 0 {
		return uint8(v - 1)
	}
	return r.mix(k, i, a>>4)
}

// mix works out a blend at a strength of level of 15, and keeps it.
func (r *raster) mix(k *ink, i, level uint8) uint8 {
	at := i
	if share := int(level) * 17 * int(k.c.A); share > 0 {
		mix := func(under, ink uint8) uint8 {
			return uint8((int(under)*(255*255-share) + int(ink)*share + 255*255/2) / (255 * 255))
		}
		p := r.pal[i]
		at = r.nearest([3]uint8{mix(p[0], k.c.R), mix(p[1], k.c.G), mix(p[2], k.c.B)})
	}
	k.blend[i][level] = uint16(at) + 1
	return at
}

// nearest finds or adds a palette entry. The fuller the palette, the more
// difference is accepted, so that the last colours of a rich picture still fit.
func (r *raster) nearest(c [3]uint8) uint8 {
	allowed := 3
	switch {
	case r.n == 256:
		allowed = math.MaxInt
	case r.n > 192:
		allowed = 300
	case r.n > 128:
		allowed = 48
	}
	best, at := math.MaxInt, 0
	for i := range r.n {
		d := 0
		for j := range 3 {
			e := int(r.pal[i][j]) - int(c[j])
			d += e * e
		}
		if d < best {
			best, at = d, i
		}
	}
	if best <= allowed {
		return uint8(at)
	}
	r.pal[r.n] = c
	r.n++
	return uint8(r.n - 1)
}

// cover raises the coverage of one pixel.
func (r *raster) cover(x, y int, a uint8) {
	if uint(x) >= uint(r.w) || uint(y) >= uint(r.h) {
		return
	}
	if m := &r.mask[y*r.w+x]; *m < a {
		*m = a
		r.touch(x, y)
	}
}

// touch notes that the mask is in use at a pixel.
func (r *raster) touch(x, y int) {
	e := &r.cols[x]
	if e.to == 0 {
		*e = extent{int32(y), int32(y) + 1}
		return
	}
	if int32(y) < e.from {
		e.from = int32(y)
	} else if int32(y) >= e.to {
		e.to = int32(y) + 1
	}
}

// flush lays colour c on the image wherever mask covers it, and clears the mask.
func (r *raster) flush(c drawing.Color) {
	k := r.ink(c)
	for x := range r.cols {
		e := r.cols[x]
		if e.to == 0 {
			continue
		}
		r.cols[x] = extent{}
		for at, end := int(e.from)*r.w+x, int(e.to)*r.w; at < end; at += r.w {
			if a := r.mask[at]; a != 0 {
				r.mask[at] = 0
				r.pix[at] = r.over(k, r.pix[at], a)
			}
		}
	}
}

// capsule covers a line with round ends, half wide on either side; joined
// capsules have round joins. Coordinates are pixels, a pixel's centre at .5. It
// walks along the longer side (a) and looks at the few pixels across (b); it is a
// third of a picture's cost, hence the tables and plain comparisons.
func (r *raster) capsule(x0, y0, x1, y1, half float64) {
	reach := half + 0.5
	fall := r.falloff(reach)
	a0, b0, da, db, na, nb, stepA, stepB := x0, y0, x1-x0, y1-y0, r.w, r.h, 1, r.w
	steep := math.Abs(db) > math.Abs(da)
	if steep {
		a0, b0, da, db, na, nb, stepA, stepB = y0, x0, db, da, r.h, r.w, r.w, 1
	}
	slope, cross, inverse := 0.0, reach, 0.0
	if da != 0 {
		slope = db / da
		cross = reach * math.Sqrt(1+slope*slope)
		inverse = 1 / (da*da + db*db)
	}
	lo, hi := a0, a0+da
	if lo > hi {
		lo, hi = hi, lo
	}
	for a := max(0, int(lo-reach)); a <= min(na-1, int(hi+reach)); a++ {
		ca := float64(a) + 0.5
		on := ca
		if on < lo {
			on = lo
		} else if on > hi {
			on = hi
		}
		mid := b0 + (on-a0)*slope
		first, last := max(0, int(mid-cross)), min(nb-1, int(mid+cross))
		at := a*stepA + first*stepB
		for b := first; b <= last; b, at = b+1, at+stepB {
			ea, eb := ca-a0, float64(b)+0.5-b0
			t := (ea*da + eb*db) * inverse
			if t > 1 {
				t = 1
			}
			if t > 0 {
				ea, eb = ea-t*da, eb-t*db
			}
			k := int((ea*ea + eb*eb) * perSquare)
			if k >= len(fall) || r.mask[at] >= fall[k] {
				continue
			}
			r.mask[at] = fall[k]
			if steep {
				r.touch(b, a)
			} else {
				r.touch(a, b)
			}
		}
	}
}

// perSquare is the resolution of a falloff table, per square pixel.
const perSquare = 64

// falloff is coverage by squared distance from the middle of a line that ends
// at reach: full inside, falling over the last pixel.
func (r *raster) falloff(reach float64) []uint8 {
	if r.fallReach == reach {
		return r.fall
	}
	r.fallReach, r.fall = reach, r.fall[:0]
	for k := range int(reach * reach * perSquare) {
		d := math.Sqrt((float64(k) + 0.5) / perSquare)
		r.fall = append(r.fall, uint8(255*max(0, min(1, reach-d))))
	}
	return r.fall
}

// box fills a rectangle of pixels, which may have fractions, with colour c.
func (r *raster) box(x0, y0, x1, y1 float64, c drawing.Color) {
	k := r.ink(c)
	x0, x1 = max(0, x0), min(float64(r.w), x1)
	y0, y1 = max(0, y0), min(float64(r.h), y1)
	for y := int(y0); float64(y) < y1; y++ {
		cy := min(y1, float64(y)+1) - max(y0, float64(y))
		for x := int(x0); float64(x) < x1; x++ {
			cx := min(x1, float64(x)+1) - max(x0, float64(x))
			at := y*r.w + x
			r.pix[at] = r.over(k, r.pix[at], uint8(255*cx*cy))
		}
	}
}

// fillPath fills a path given in renderer coordinates.
func (r *raster) fillPath(path []step, c drawing.Color) {
	b := bounds(path).Intersect(image.Rect(0, 0, r.w, r.h))
	if b.Empty() {
		return
	}
	r.vec.Reset(b.Dx(), b.Dy())
	for _, s := range path {
		x, y := float32(s.x)/sub-float32(b.Min.X), float32(s.y)/sub-float32(b.Min.Y)
		if s.move {
			r.vec.MoveTo(x, y)
		} else {
			r.vec.LineTo(x, y)
		}
	}
	r.vec.ClosePath()
	n := b.Dx() * b.Dy()
	if cap(r.alpha.Pix) < n {
		r.alpha.Pix = make([]uint8, n)
	}
	r.alpha = image.Alpha{Pix: r.alpha.Pix[:n], Stride: b.Dx(), Rect: image.Rect(0, 0, b.Dx(), b.Dy())}
	clear(r.alpha.Pix)
	r.vec.Draw(&r.alpha, r.alpha.Rect, image.Opaque, image.Point{})
	k := r.ink(c)
	for y := range b.Dy() {
		row := r.pix[(b.Min.Y+y)*r.w+b.Min.X:][:b.Dx()]
		for x, a := range r.alpha.Pix[y*b.Dx() : (y+1)*b.Dx()] {
			if a != 0 {
				row[x] = r.over(k, row[x], a)
			}
		}
	}
}

// bounds is the smallest rectangle of whole pixels around a path.
func bounds(path []step) image.Rectangle {
	if len(path) == 0 {
		return image.Rectangle{}
	}
	b := image.Rectangle{Min: image.Pt(path[0].x, path[0].y), Max: image.Pt(path[0].x, path[0].y)}
	for _, s := range path {
		b.Min.X, b.Min.Y = min(b.Min.X, s.x), min(b.Min.Y, s.y)
		b.Max.X, b.Max.Y = max(b.Max.X, s.x), max(b.Max.Y, s.y)
	}
	return image.Rect(b.Min.X>>4, b.Min.Y>>4, (b.Max.X+sub-1)>>4, (b.Max.Y+sub-1)>>4)
}
