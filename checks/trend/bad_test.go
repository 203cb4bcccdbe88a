package trend

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// feed shows values at steps of five minutes and returns what was told.
func feed(t testing.TB, d *Detector, n int, value func(i int) float64) (kinds []Kind) {
	t.Helper()
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	for i := range n {
		if v := d.Observe(start.Add(time.Duration(i)*5*time.Minute), value(i)); v.Kind != NoKind {
			kinds = append(kinds, v.Kind)
		}
	}
	return kinds
}

func TestBadInputIsNoFinding(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, value := range map[string]func(i int) float64{
		"not a number": func(int) float64 { return math.NaN() },
		"infinite":     func(i int) float64 { return math.Inf(1 - 2*(i%2)) },
		"constant":     func(int) float64 { return 7 },
		"zero":         func(int) float64 { return 0 },
		"1e15":         func(i int) float64 { return 1e15 + float64(i%3) },
		"two values":   func(i int) float64 { return float64(i / 7 % 2) },
		"one bit":      func(int) float64 { return float64(r.IntN(2)) },
		"holes":        func(i int) float64 { return []float64{5, 5.1, math.NaN(), 4.9}[i%4] },
		"monstrous":    func(i int) float64 { return []float64{1, 1e300, -1e300, 2}[i%4] },
	} {
		d, err := New(DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		if kinds := feed(t, d, 4000, value); len(kinds) > 0 {
			t.Errorf("%s: told %v", name, kinds)
		}
	}
}

func TestTooLittleDataIsSaid(t *testing.T) {
	d, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if d.Enough() || d.Forecast(1).Enough || d.Cone(time.Hour, 3) != nil {
		t.Error("without a value something is known")
	}
	d.Observe(time.Unix(1e9, 0), 5)
	if d.Enough() || d.Forecast(9).Enough {
		t.Error("after one value something is known")
	}
	if _, ok := d.Band(time.Unix(1e9, 0)); ok {
		t.Error("after one value there is a band")
	}
	if got := d.Forecast(9).Sentence("x", 9, 5); got.ID != "trend.too-little" {
		t.Errorf("sentence %q", got.ID)
	}
}

func TestTimeThatGoesBackwardsIsCountedAndAYearsGapForgotten(t *testing.T) {
	d, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	feed(t, d, 2000, func(i int) float64 { return float64(i % 5) })
	last := time.Unix(d.s.Last, 0)
	if v := d.Observe(last.Add(-time.Hour), 1e6); v.Known || v.Score != 0 || v.Kind != NoKind {
		t.Errorf("a late value was judged: %+v", v)
	}
	if _, _, late := d.Counts(); late != 1 {
		t.Errorf("late %d, want 1", late)
	}
	if v := d.Observe(last.AddDate(1, 0, 0), 1e6); v.Kind != NoKind || v.Known || d.Enough() {
		t.Errorf("after a year the past still holds: %+v", v)
	}
}

func TestACounterThatStartsAgainIsNoDrop(t *testing.T) {
	c := DefaultConfig()
	c.Counter = true
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	r := rand.New(rand.NewPCG(2, 2))
	kinds := feed(t, d, 5000, func(i int) float64 {
		if i%1111 == 0 {
			total = 0
		}
		total += 300 + 20*r.NormFloat64()
		return total
	})
	if len(kinds) > 0 {
		t.Errorf("told %v", kinds)
	}
}

func FuzzObserve(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, uint16(300), true)
	f.Add([]byte{255, 255, 255, 255, 255, 255, 240, 127, 1, 0, 0, 0}, uint16(9), false)
	f.Fuzz(func(t *testing.T, raw []byte, step uint16, below bool) {
		limit := 10.0
		c := DefaultConfig()
		c.Limit, c.Below, c.Counter = &limit, below, step%7 == 3
		c.Only = []Kind{Surge, Drop, Pattern, Limit}
		d, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		at := int64(1e9)
		for i := 0; i+12 <= len(raw); i += 12 {
			v := math.Float64frombits(binary.LittleEndian.Uint64(raw[i:]))
			at += int64(int16(binary.LittleEndian.Uint16(raw[i+8:]))) * int64(step)
			for range 1 + raw[i+10] {
				at += int64(step)
				got := d.Observe(time.Unix(at, 0), v)
				if !(got.Score >= 0 && got.Score <= 1) {
					t.Fatalf("score %v", got.Score)
				}
				if got.Kind != NoKind && got.Kind != Limit && !d.Enough() {
					t.Fatalf("told %v of too little data", got.Kind)
				}
			}
		}
		d.Forecast(limit)
		d.Cone(24*time.Hour, 4)
		b, err := d.Snapshot(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Restore(b); err != nil {
			t.Fatalf("own snapshot: %v", err)
		}
	})
}
