package trend

import (
	"testing"
	"unsafe"

	"monitord/checks/trend/trendgen"
)

// BenchmarkObserve is the steady state: a value a minute, five weeks known.
func BenchmarkObserve(b *testing.B) {
	s, err := trendgen.Make(trendgen.Options{Family: "weekly", Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	d, err := New(DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	for i, at := range s.Times {
		d.Observe(at, s.Values[i])
	}
	at, n := s.Times[len(s.Times)-1], 0
	b.ReportMetric(float64(unsafe.Sizeof(*d)), "bytes/series")
	b.ResetTimer()
	for b.Loop() {
		at = at.Add(60e9)
		d.Observe(at, s.Values[n%len(s.Values)])
		n++
	}
	b.ReportMetric(float64(unsafe.Sizeof(*d)), "bytes/series")
}

// BenchmarkForecast is one question for a date.
func BenchmarkForecast(b *testing.B) {
	p := trendgen.Disk(1)
	c := DefaultConfig()
	c.Limit = &p.Limit
	d, err := New(c)
	if err != nil {
		b.Fatal(err)
	}
	for i, at := range p.Times[:len(p.Times)*3/4] {
		d.Observe(at, p.Values[i])
	}
	for b.Loop() {
		d.Forecast(100)
	}
}
