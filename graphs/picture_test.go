package graphs

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wcharczuk/go-chart/v2/drawing"
)

var update = flag.Bool("update", false, "rewrite testdata")

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// hour is a picture of an hour with one layer.
func hour(points ...Point) Picture {
	return Picture{Start: noon, End: noon.Add(time.Hour), Layers: []Layer{{Name: "a", Points: points}}}
}

// every makes a point a minute; NaN from minute `from` up to `to`.
func every(v float64, from, to int) []Point {
	var points []Point
	for m := range 61 {
		p := Point{noon.Add(time.Duration(m) * time.Minute), v}
		if m >= from && m < to {
			p.Value = math.NaN()
		}
		points = append(points, p)
	}
	return points
}

func pngOf(t testing.TB, p Picture, w, h int) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := p.PNG(&b, w, h); err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Bounds().Size(); got != image.Pt(w, h) {
		t.Fatalf("size %v, want %d × %d", got, w, h)
	}
	return m
}

func svgOf(t testing.TB, p Picture, w, h int) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.SVG(&b, w, h); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return b.String()
		} else if err != nil {
			t.Fatalf("not XML: %v\n%.400s", err, b.String())
		}
	}
}

// near counts pixels of m within r that are mostly of colour c: closer to it
// than 45 % of its distance from the ground, which is what lines have whose edge
// falls between two rows of pixels.
func near(m image.Image, r image.Rectangle, c drawing.Color) int {
	ground := color.RGBAModel.Convert(m.At(0, m.Bounds().Max.Y-1)).(color.RGBA)
	most := 45 * (diff(ground.R, c.R) + diff(ground.G, c.G) + diff(ground.B, c.B)) / 100
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			got := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)
			if diff(got.R, c.R)+diff(got.G, c.G)+diff(got.B, c.B) <= most {
				n++
			}
		}
	}
	return n
}

// tinted counts pixels of m within r that have at least a fifth of the hue of c:
// grey text and grid lines have none.
func tinted(m image.Image, r image.Rectangle, c drawing.Color) int {
	hue := func(r, g, b uint8) int { return int(max(g, b)) - int(r) }
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if got := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA); hue(got.R, got.G, got.B)*5 > hue(c.R, c.G, c.B) {
				n++
			}
		}
	}
	return n
}

func diff(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }

// plotOf is where a picture's plot is.
func plotOf(t *testing.T, p Picture, w, h int) plot {
	t.Helper()
	fonts, err := p.fonts()
	if err != nil {
		t.Fatal(err)
	}
	d := p.newSheet(&svgCanvas{fonts: fonts}, fonts, w, h)
	return d.plot
}

func TestAGapIsHatchedAndNeitherZeroNorBridged(t *testing.T) {
	for _, theme := range []Theme{Light, Dark} {
		p := hour(every(50, 20, 40)...)
		p.Theme = theme
		m, box, s := pngOf(t, p, 600, 200), plotOf(t, p, 600, 200), schemeOf(theme)
		at := func(minute float64) int { return int(box.left + minute/60*box.width()) }
		hole := image.Rect(at(19.5), int(box.top), at(39.5), int(box.bottom))
		if n := near(m, hole, s.series[0]); n > 0 {
			t.Errorf("theme %v: %d pixels of the line inside the gap", theme, n)
		}
		if n := near(m, hole, s.hatch); n < 1000 {
			t.Errorf("theme %v: %d hatched pixels, want many", theme, n)
		}
		before := image.Rect(at(0), int(box.top), at(18), int(box.bottom))
		if n := near(m, before, s.series[0]); n < before.Dx()/2 {
			t.Errorf("theme %v: %d pixels of the line before the gap, want at least %d", theme, n, before.Dx()/2)
		}
		if n := near(m, before, s.hatch); n > 40 {
			t.Errorf("theme %v: %d hatched pixels where there is data", theme, n)
		}
	}
}

func TestMissingPointsAreAGapToo(t *testing.T) {
	points := every(50, 0, 0)
	points = append(points[:20], points[40:]...)
	tr := newTrack(points, 0, frame{noon, 3600, 500})
	if len(tr.runs) != 2 || len(tr.runs[0]) != 20 {
		t.Errorf("%d runs, want 2", len(tr.runs))
	}
	if tr := newTrack(points, time.Hour, frame{noon, 3600, 500}); len(tr.runs) != 1 {
		t.Errorf("%d runs with a gap of an hour allowed, want 1", len(tr.runs))
	}
	got := gaps([]track{tr}, frame{noon, 3600, 500})
	if len(got) != 1 || got[0] != (span{19 * 60, 40 * 60}) {
		t.Errorf("gaps %v, want from the last point before to the first after", got)
	}
	other := newTrack(every(1, 0, 0), 0, frame{noon, 3600, 500})
	if got := gaps([]track{tr, other}, frame{noon, 3600, 500}); got != nil {
		t.Errorf("gaps %v, want none while another layer has data", got)
	}
}

func TestNothingIsDrawnOutsideThePlot(t *testing.T) {
	for _, k := range []Kind{Line, Area, Stack, In} {
		p := hour(every(99.9, 0, 0)...)
		p.Layers[0].Kind = k
		p.Layers[0].Points[30].Value = 1e6
		p.Layers[0].Points[31].Value = -1e6
		m, box, c := pngOf(t, p, 600, 200), plotOf(t, p, 600, 200), lightScheme().series[0]
		if k == In {
			c = lightScheme().series[1]
		}
		for _, r := range []image.Rectangle{
			image.Rect(0, 0, 600, int(box.top)-2),
			image.Rect(0, int(box.top), int(box.left)-2, int(box.bottom)),
			image.Rect(int(box.right)+2, int(box.top), 600, int(box.bottom)),
			image.Rect(0, int(box.bottom)+2, 600, int(box.bottom)+20),
		} {
			if n := tinted(m, r, c); n > 0 {
				t.Errorf("kind %d: %d pixels of the series in %v", k, n, r)
			}
		}
	}
}

func TestASpikeOfOneSampleInAYearIsSeen(t *testing.T) {
	p := Picture{Start: noon.AddDate(-1, 0, 0), End: noon}
	var points []Point
	for at := p.Start; at.Before(p.End); at = at.Add(10 * time.Minute) {
		points = append(points, Point{at, 1})
	}
	points[len(points)/2].Value = 100
	for _, k := range []Kind{Line, Stack} {
		p.Layers = []Layer{{Name: "a", Kind: k, Points: points}}
		m, box := pngOf(t, p, 600, 200), plotOf(t, p, 600, 200)
		middle := image.Rect(int(box.left+box.width()/2)-4, int(box.top+5), int(box.left+box.width()/2)+4, int(box.bottom-box.height()/4))
		n := tinted(m, middle, lightScheme().series[0])
		if n < middle.Dy()/2 {
			t.Errorf("kind %d: %d blue pixels in the spike, want at least %d", k, n, middle.Dy()/2)
		}
	}
}

func TestHostileNamesStayText(t *testing.T) {
	names := []string{
		`<script>alert(1)</script>`, `"><svg onload=x>`, "\u202eevil\u202c", strings.Repeat("長", 10000),
		"a\x00\x1b[31m\xff\ufffe", "]]>&amp;", "",
	}
	for _, name := range names {
		p := hour(every(1, 0, 0)...)
		p.Title, p.Subtitle, p.Layers[0].Name = name, name, name
		p.Thresholds = []Threshold{{Value: 1, Label: name}}
		p.Events = []Event{{At: noon.Add(time.Minute), Name: name}}
		p.Words = Words{Current: name, Right: name, NoData: name, Day: func(time.Time) string { return name }}
		s := svgOf(t, p, 600, 300)
		for _, bad := range []string{"<script", "onload=x>", "\u202e", "\x1b", "style=", "<style", " id="} {
			if strings.Contains(s, bad) && !strings.Contains(s, "&lt;svg "+bad) {
				t.Errorf("%q is in the SVG of %.20q", bad, name)
			}
		}
		if len(s) > 60000 {
			t.Errorf("SVG of %.20q has %d bytes", name, len(s))
		}
		pngOf(t, p, 600, 300)
	}
}

func TestOddDataIsDrawn(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	at := func(minute int, v float64) Point { return Point{noon.Add(time.Duration(minute) * time.Minute), v} }
	cases := map[string][]Point{
		"none": nil, "one": {at(5, 3)}, "one NaN": {at(5, nan)}, "infinite": {at(1, inf), at(2, -inf), at(3, 1)},
		"constant": {at(1, 7), at(2, 7)}, "zero": {at(1, 0), at(2, 0)}, "huge": {at(1, 1e15), at(2, 1e15+1)},
		"beyond": {at(1, math.MaxFloat64), at(2, -math.MaxFloat64)}, "tiny": {at(1, 5e-324), at(2, 1e-300)},
		"negative": {at(1, -5), at(2, -7)}, "backwards": {at(9, 1), at(5, 2), at(10, 3)}, "same time": {at(5, 1), at(5, 2)},
		"outside": {at(-9, 1), at(99, 2)}, "zero time": {{time.Time{}, 1}}, "alternating": {at(1, 1), at(2, nan), at(3, 1), at(4, nan)},
	}
	for name, points := range cases {
		for u := Number; u <= lastOddUnit; u++ {
			for k := Line; k <= In; k++ {
				p := hour(points...)
				p.Unit, p.RightUnit, p.Layers[0].Kind = u, u, k
				p.Layers = append(p.Layers, Layer{Name: "b", Right: true, Points: points, Kind: k})
				if strings.Contains(svgOf(t, p, 300, 150), "NaN") {
					t.Errorf("%s: NaN in the SVG", name)
				}
				pngOf(t, p, 300, 150)
			}
		}
	}
}

func TestTheLegendSaysWhatItIsToldAndTheShareOfFull(t *testing.T) {
	p := benchPicture()
	p.Unit, p.Share, p.NoMin = BitsPerSecond, 1e9, true
	p.Layers[0].Figures = &Figures{Current: 4e8, Min: 1, Avg: 25e7, Max: 123.4e7}
	s := svgOf(t, p, 656, 300)
	for _, want := range []string{"400 Mb/s", "40.0 %", "250 Mb/s", "25.0 %", "1.23 Gb/s", "123 %"} {
		if !strings.Contains(s, want) {
			t.Errorf("the legend lacks %q", want)
		}
	}
	if strings.Contains(s, ">min<") {
		t.Error("the legend has the column that it should leave out")
	}
	if s := svgOf(t, p, 326, 290); strings.Contains(s, "40.0 %") || !strings.Contains(s, "400 Mb/s") {
		t.Error("a narrow legend should keep its figures and leave out their shares")
	}
}

func TestAPictureWithoutDataSaysSo(t *testing.T) {
	p := hour()
	p.Words.NoData = "データなし"
	if s := svgOf(t, p, 600, 200); !strings.Contains(s, ">データなし<") || !strings.Contains(s, ">–<") {
		t.Error("want the words, and dashes in the legend")
	}
	m := pngOf(t, p, 600, 200)
	if n := near(m, m.Bounds(), lightScheme().missed); n < 20 {
		t.Errorf("%d pixels of the words in the PNG", n)
	}
}

func TestSizesAndTimesThatCannotBeDrawnAreErrors(t *testing.T) {
	p := hour(every(1, 0, 0)...)
	for _, s := range [][2]int{{0, 100}, {100, -1}, {8193, 10}, {10, 8193}, {8192, 8192}} {
		if err := p.PNG(io.Discard, s[0], s[1]); !errors.Is(err, ErrSize) {
			t.Errorf("PNG of %v: %v", s, err)
		}
		if err := p.SVG(io.Discard, s[0], s[1]); !errors.Is(err, ErrSize) {
			t.Errorf("SVG of %v: %v", s, err)
		}
	}
	for _, end := range []time.Time{noon, noon.Add(-time.Hour), {}, noon.AddDate(5000, 0, 0)} {
		p.End = end
		if err := p.PNG(io.Discard, 100, 100); err == nil {
			t.Errorf("end %v: no error", end)
		}
	}
}

func TestSmallSizesDrawTheLineOnly(t *testing.T) {
	p := hour(every(3, 10, 20)...)
	for _, s := range [][2]int{{1, 1}, {2, 300}, {120, 24}, {159, 400}, {8192, 20}} {
		m := pngOf(t, p, s[0], s[1])
		if s[0] > 100 && near(m, m.Bounds(), lightScheme().ink2) == 0 {
			t.Errorf("%v: no line", s)
		}
		if strings.Contains(svgOf(t, p, s[0], s[1]), "<text") {
			t.Errorf("%v: text in the SVG", s)
		}
	}
}

func TestAHundredLayersAreDrawn(t *testing.T) {
	p := hour()
	p.Layers = nil
	for i := range 100 {
		p.Layers = append(p.Layers, Layer{Name: "層", Kind: Kind(i % 5), Right: i%3 == 0, Points: every(float64(i), i%60, i%60+3)})
	}
	pngOf(t, p, 600, 300)
	svgOf(t, p, 600, 300)
	box := plotOf(t, p, 600, 300)
	if box.height() < 100 {
		t.Errorf("plot of %v px, want the legend to give way", box.height())
	}
	if box := plotOf(t, p, 600, 200+LegendHeight(100)); box.height() < 100 {
		t.Errorf("plot of %v px with LegendHeight added", box.height())
	}
}

func TestJapaneseIsDrawnInPNGWithNothingInstalled(t *testing.T) {
	f, err := NewFonts(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]rune{}
	for _, r := range "東京負荷平均最大警告危険データなし使用中書き込み待" {
		g := f.glyph(r, labelSize, false, 0)
		if len(bytes.Trim(g.mask, "\x00")) == 0 {
			t.Errorf("%c is empty", r)
		}
		if o, ok := seen[string(g.mask)]; ok && o != r {
			t.Errorf("%c looks as %c", r, o)
		}
		seen[string(g.mask)] = r
		if g.advance < 10 {
			t.Errorf("%c is %v px wide", r, g.advance)
		}
	}
}

func TestAnInstalledFontIsUsed(t *testing.T) {
	const file = "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf"
	b, err := os.ReadFile(file)
	if err != nil {
		if testing.Short() {
			t.Skip("short, and not installed: ", err)
		}
		t.Fatalf("%v (apt-get install fonts-ipafont-gothic)", err)
	}
	own, err := NewFonts(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	builtin, _ := builtinFonts()
	a, c := own.glyph('東', labelSize, false, 0), builtin.glyph('東', labelSize, false, 0)
	if bytes.Equal(a.mask, c.mask) {
		t.Error("the letter comes from the built-in font")
	}
	if _, err := NewFonts([]byte("no font"), nil); err == nil {
		t.Error("no error for bytes that are no font")
	}
}

func TestGolden(t *testing.T) {
	pictures := samples(Light, false)
	pictures["load-ja-dark"] = samples(Dark, true)["load"]
	one := hour(every(0.5, 20, 40)...)
	one.Unit, one.Title = Percent, "one"
	pictures["gap"] = one
	for name, p := range pictures {
		// A golden file is read by people: an hour's points instead of a day's.
		for i := range p.Layers {
			p.Layers[i].Points = thin(p.Layers[i].Points)
		}
		got := svgOf(t, p, 600, 300)
		file := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; look at it and run with -update", file)
		}
	}
}

// thin keeps every tenth point of a long series.
func thin(points []Point) []Point {
	if len(points) < 100 {
		return points
	}
	var out []Point
	for i := 0; i < len(points); i += 10 {
		out = append(out, points[i])
	}
	return out
}

func TestPicturesOfTheSameDataAreTheSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	p := samples(Dark, true)["memory"]
	if err := errors.Join(p.PNG(&a, 600, 300), samples(Light, false)["io"].PNG(io.Discard, 1200, 500), p.PNG(&b, 600, 300)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("a picture depends on the one drawn before")
	}
}

func TestPicturesAreDrawnAtTheSameTime(t *testing.T) {
	p := samples(Dark, true)["load"]
	var want bytes.Buffer
	if err := p.PNG(&want, 400, 250); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			var got bytes.Buffer
			if err := errors.Join(p.SVG(io.Discard, 300+i, 200), p.PNG(&got, 400, 250)); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("%v, or another picture", err)
			}
		})
	}
	wg.Wait()
}

func TestVeryManyPointsAreDrawnAsTheirColumns(t *testing.T) {
	p := hour()
	points := make([]Point, veryMany)
	for i := range points {
		points[i] = Point{noon.Add(time.Duration(i) * (time.Hour / veryMany)), float64(i % 7)}
	}
	p.Layers = []Layer{{Kind: Line, Points: points}, {Kind: Stack, Points: points}}
	if s := svgOf(t, p, 600, 200); len(s) > 200_000 {
		t.Errorf("%d bytes", len(s))
	}
}
