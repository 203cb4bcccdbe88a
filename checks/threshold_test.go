package checks

import (
	"math"
	"testing"
)

func TestThresholdsCarryUnits(t *testing.T) {
	inf := math.Inf(1)
	for in, want := range map[string]Range{
		"500ms":   {End: 0.5},
		"7%":      {End: 0.07},
		"90":      {End: 90},
		"1s:2s":   {Start: 1, End: 2},
		"@20%:":   {Start: 0.2, End: inf, Inside: true},
		"~:10MiB": {Start: math.Inf(-1), End: 10 << 20},
		" 10m : ": {Start: 600, End: inf},
		"1e3":     {End: 1000},
	} {
		got, err := ParseThreshold(in)
		if err != nil || got.Range != want {
			t.Errorf("ParseThreshold(%q) = %v, %v; want %v", in, got.Range, err, want)
		}
	}
	for _, bad := range []string{"", "x", "10 apples", "2s:1s", "1:2:3", "%", "inf", "@"} {
		if got, err := ParseThreshold(bad); err == nil {
			t.Errorf("ParseThreshold(%q) = %v; want an error", bad, got)
		}
	}
}

func TestJudgeTakesTheWorseLimit(t *testing.T) {
	warn, crit := &Threshold{Range{End: 80}}, &Threshold{Range{End: 90}}
	for v, want := range map[float64]State{0: OK, 80: OK, 80.1: Warning, 90: Warning, 91: Critical, -1: Critical, math.NaN(): Critical} {
		if got := Judge(v, warn, crit); got != want {
			t.Errorf("Judge(%v) = %s; want %s", v, got, want)
		}
	}
	if got := Judge(1e9, nil, nil); got != OK {
		t.Errorf("without limits: %s", got)
	}
}

func FuzzParseThreshold(f *testing.F) {
	for _, s := range []string{"10", "@1:2", "~:5%", "500ms:", "10MiB", "1:2:3", "-5s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseThreshold(s)
		if err != nil {
			return
		}
		again, err := ParseRange(got.String())
		if err != nil || again != got.Range {
			t.Errorf("%q is %+v, writes itself %q, reads back %+v, %v", s, got.Range, got.String(), again, err)
		}
	})
}
