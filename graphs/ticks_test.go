package graphs

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTimeTicksKeepTheirDistanceAndStandOnRoundLocalTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	kathmandu := time.FixedZone("+0545", 5*3600+45*60)
	width := func(s string) float64 { return 6 * float64(len(s)) }
	for _, zone := range []*time.Location{time.UTC, tokyo, kathmandu, berlin} {
		for _, pixels := range []float64{200, 310, 545, 1150, 3000} {
			for d := 10 * time.Second; d < 30*365*24*time.Hour; d += d / 10 * 7 {
				end := time.Date(2026, 3, 29, 14, 7, 13, 0, zone)
				ticks := timeTicks(end.Add(-d), end, pixels, Words{}, width)
				if len(ticks) == 0 && d > time.Minute && pixels > 400 {
					t.Errorf("%v in %v px: no tick", d, pixels)
				}
				for i, k := range ticks {
					if k.at.Second()%5 != 0 && d > 10*time.Minute {
						t.Errorf("%v in %v px: tick at %v", d, pixels, k.at)
					}
					if d > 48*time.Hour && k.at.Minute() != 0 {
						t.Errorf("%v in %v px: tick at %v", d, pixels, k.at)
					}
					if i == 0 {
						continue
					}
					// The day of a change of clocks may be an hour short.
					least := 46.0
					if zone == berlin {
						least = 22
					}
					apart := float64(k.at.Sub(ticks[i-1].at)) / float64(d) * pixels
					if apart < least-2 && k.at.Month() != time.March { // February is short
						t.Errorf("%v in %v px, %v: ticks %.1f px apart", d, pixels, zone, apart)
					}
				}
			}
		}
	}
}

func TestTicksOnTheDayOfAChangeOfClocks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{
		"2026-03-29": "Sun 29 Mar,03:00,06:00,09:00,12:00,15:00,18:00,21:00,Mon 30 Mar",
		"2026-10-25": "Sun 25 Oct,03:00,06:00,09:00,12:00,15:00,18:00,21:00,Mon 26 Oct",
	} {
		start, _ := time.ParseInLocation(time.DateOnly, day, berlin)
		var got []string
		for _, k := range (timeStep{part: 3 * time.Hour}).ticks(start, start.AddDate(0, 0, 1), Words{}) {
			got = append(got, k.label)
		}
		if s := strings.Join(got, ","); s != want {
			t.Errorf("%s: %s, want %s", day, s, want)
		}
	}
}

func TestValueAxisIsRoundAndCoversTheData(t *testing.T) {
	labels := func(u Unit, lo, hi float64, n int) string {
		a := newValueAxis(u, lo, hi, n)
		var out []string
		for _, k := range a.ticks {
			out = append(out, k.Label)
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		u      Unit
		lo, hi float64
		want   string
	}{
		{Number, 0, 19.2, "0 5 10 15 20"},
		{Percent, 0, 1, "0 20 % 40 % 60 % 80 % 100 %"},
		{Bytes, 0, 31 << 30, "0 8 GiB 16 GiB 24 GiB 32 GiB"},
		{BitsPerSecond, 0, 4.7e8, "0 100 Mb/s 200 Mb/s 300 Mb/s 400 Mb/s 500 Mb/s"},
		{Seconds, 0, 0.18, "0 50 ms 100 ms 150 ms 200 ms"},
		{Seconds, 0, 3000, "0 10 min 20 min 30 min 40 min 50 min"},
		{Number, 0, 0, "0 0.2 0.4 0.6 0.8 1"},
		{Number, -3, 8, "-5 0 5 10"},
		{Number, -7, 0, "-8 -6 -4 -2 0"},
		{Number, 0, 1e15, "0 0.2 P 0.4 P 0.6 P 0.8 P 1 P"},
	} {
		if got := labels(c.u, c.lo, c.hi, 5); got != c.want {
			t.Errorf("unit %d, %v … %v: %s, want %s", c.u, c.lo, c.hi, got, c.want)
		}
	}
	for e := -90.0; e < 99; e += 0.37 {
		for u := Number; u <= Seconds; u++ {
			hi := math.Pow(10, e)
			a := newValueAxis(u, -hi/3, hi, 5)
			if a.rng.Min > -hi/3*(1-1e-6) || a.rng.Max < hi*(1-1e-6) || len(a.ticks) > 6 || len(a.ticks) < 3 {
				t.Errorf("unit %d, %g: %v … %v with %d ticks", u, hi, a.rng.Min, a.rng.Max, len(a.ticks))
			}
		}
	}
}

func TestValuesHaveThreeDigitsAndTheirUnit(t *testing.T) {
	for _, c := range []struct {
		u    Unit
		v    float64
		want string
	}{
		{Number, 19.2, "19.2"}, {Number, 0, "0"}, {Number, 386.4, "386"}, {Number, 999.6, "1 k"}, {Number, 0.0042, "4.2 m"},
		{Number, 1.005e15, "1 P"}, {Number, -0.0000001, "0 m"}, {Percent, 0.4712, "47.1 %"}, {Percent, 0.002, "0.2 %"},
		{Bytes, 10.2 * (1 << 30), "10.2 GiB"}, {Bytes, 1023.6, "1 KiB"}, {Bytes, 100, "100 B"}, {BitsPerSecond, 1.5e8, "150 Mb/s"},
		{Seconds, 0.175, "175 ms"}, {Seconds, 0.0000021, "2.1 µs"}, {Seconds, 90, "90 s"}, {Seconds, 190, "3.17 min"}, {Seconds, 40 * 86400, "40 d"},
		{PerSecond, 12.34, "12.3 /s"}, {Number, math.NaN(), "–"}, {Bytes, math.Inf(1), "–"}, {Bytes, -5 << 20, "-5 MiB"},
	} {
		if got := c.u.format(c.v); got != c.want {
			t.Errorf("unit %d, %v: %q, want %q", c.u, c.v, got, c.want)
		}
	}
}

func TestMarksMoveAsideAndTheirLinesStay(t *testing.T) {
	var marks []mark
	for _, x := range []float64{100, 103, 104, 298, 299} {
		marks = append(marks, mark{Event{Kind: EventLog}, x, x})
	}
	got := moveAside(marks, 0, 300)
	for i, m := range got {
		if m.glyph > 300 || i > 0 && m.glyph-got[i-1].glyph < aside {
			t.Errorf("glyph %d at %v", i, m.glyph)
		}
	}
	if got[1].line != 103 {
		t.Errorf("a line moved to %v", got[1].line)
	}
	marks = append(slices.Repeat(marks, 50), mark{Event{Kind: EventCritical}, 50, 50})
	got = moveAside(marks, 0, 300)
	if len(got) != 21 || !slices.ContainsFunc(got, func(m mark) bool { return m.Kind == EventCritical }) {
		t.Errorf("%d marks, want 21 with the critical one", len(got))
	}
}

func TestStacksAddUpWhateverTheMoments(t *testing.T) {
	f := frame{noon, 3600, 60}
	a := newTrack(every(10, 0, 0), 0, f)
	shifted := every(5, 30, 40)
	for i := range shifted {
		shifted[i].At = shifted[i].At.Add(-20 * time.Second)
	}
	edges := stacks([]track{a, newTrack(shifted, 0, f)}, f)
	if edges[1][10] != 15 {
		t.Errorf("sum %v, want 15", edges[1][10])
	}
	if !math.IsNaN(edges[1][35]) || edges[0][35] != 10 {
		t.Errorf("in the gap %v and %v, want nothing and 10", edges[1][35], edges[0][35])
	}
}

func TestColoursAreUsedOnce(t *testing.T) {
	s := lightScheme()
	got := s.colors([]Layer{{Kind: In}, {}, {}, {Color: 1}, {}, {}})
	want := []int{1, 2, 3, 0, 4, 5}
	for i, c := range got {
		if c != s.series[want[i]] {
			t.Errorf("layer %d has the wrong colour", i)
		}
	}
	if n := len(s.colors(make([]Layer, 100))); n != 100 {
		t.Errorf("%d colours", n)
	}
}

func TestSparkline(t *testing.T) {
	var b strings.Builder
	if err := Sparkline(&b, every(3, 20, 30), noon, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "M"); n != 2 || strings.Contains(b.String(), "NaN") {
		t.Errorf("%d pieces, want 2: %s", n, b.String())
	}
	b.Reset()
	if err := Sparkline(&b, nil, noon, noon); err != nil || !strings.HasSuffix(b.String(), "</svg>") {
		t.Errorf("%v, %s", err, b.String())
	}
}
