package graphs

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	chart "github.com/wcharczuk/go-chart/v2"
)

// benchPicture is two lines of 600 points, one a minute.
func benchPicture() Picture {
	start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	r := rand.New(rand.NewPCG(1, 1))
	a, b := make([]Point, 600), make([]Point, 600)
	for i := range a {
		at := start.Add(time.Duration(i) * time.Minute)
		a[i] = Point{at, 50 + 30*math.Sin(float64(i)/60) + 5*r.Float64()}
		b[i] = Point{at, 20 + 10*math.Cos(float64(i)/40) + 5*r.Float64()}
	}
	return Picture{
		Title: "cpu", Start: start, End: start.Add(600 * time.Minute),
		Layers: []Layer{{Name: "user", Points: a}, {Name: "system", Points: b}},
	}
}

func BenchmarkPNG600x200(b *testing.B) { benchmark(b, benchPicture().PNG) }

func BenchmarkSVG600x200(b *testing.B) { benchmark(b, benchPicture().SVG) }

// BenchmarkMemoryPNG600x300 is a rich picture: three stacks, a line on the right
// axis, a gap and six events.
func BenchmarkMemoryPNG600x300(b *testing.B) {
	p := samples(Dark, true)["memory"]
	benchmark(b, func(w io.Writer, _, _ int) error { return p.PNG(w, 600, 300) })
}

func benchmark(b *testing.B, draw func(io.Writer, int, int) error) {
	var w bytes.Buffer
	b.ReportAllocs()
	before := cpuSeconds(b)
	for b.Loop() {
		w.Reset()
		if err := draw(&w, 600, 200); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuSeconds(b)-before)*1e3/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(w.Len()), "bytes")
}

// cpuSeconds is the processor time used by this process.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// BenchmarkGoChartPNG is the same picture drawn and encoded by go-chart alone.
func BenchmarkGoChartPNG(b *testing.B) {
	p := benchPicture()
	var series []chart.Series
	for _, l := range p.Layers {
		s := chart.TimeSeries{Name: l.Name}
		for _, q := range l.Points {
			s.XValues, s.YValues = append(s.XValues, q.At), append(s.YValues, q.Value)
		}
		series = append(series, s)
	}
	benchmark(b, func(w io.Writer, width, height int) error {
		g := &chart.Chart{
			Width: width, Height: height, Title: p.Title, Series: series,
			XAxis: chart.XAxis{ValueFormatter: chart.TimeValueFormatterWithFormat("15:04")},
		}
		g.Elements = []chart.Renderable{chart.Legend(g)}
		return g.Render(chart.PNG, w)
	})
}
