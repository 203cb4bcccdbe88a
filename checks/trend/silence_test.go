package trend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"monitord/internal/text"
)

// flow is requests that vary by noise, and by the hour of the day with swing.
type flow struct{ level, noise, swing float64 }

func flows() map[string]flow {
	if raceDetector { // which makes a value ten times as expensive
		return map[string]flow{"by day": {200, 10, 0.8}, "quiet": {200, 8, 0}}
	}
	return map[string]flow{
		"even":      {200, 0, 0},
		"quiet":     {200, 8, 0},
		"rough":     {200, 60, 0},
		"by day":    {200, 10, 0.8},
		"rough day": {200, 25, 0.5},
	}
}

// outage shows a flow that ends at `end`, and returns what was told from then on.
func outage(t *testing.T, f flow, counter bool, step time.Duration, end, days float64) ([]told, *Detector, time.Time) {
	t.Helper()
	c := DefaultConfig()
	c.Counter = counter
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 5))
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	at := func(day float64) time.Time { return start.Add(time.Duration(day * 24 * float64(time.Hour))) }
	var out []told
	total := 0.0
	for now := start; now.Before(at(days)); now = now.Add(step) {
		v := f.level*(1+f.swing*math.Sin(2*math.Pi*(now.Sub(start).Hours()-9)/24)) + f.noise*r.NormFloat64()
		if v = max(v, 1); !now.Before(at(end)) {
			v = 0
		}
		if counter {
			total += v * step.Seconds()
			v = total
		}
		if k := d.Observe(now, v).Kind; k != NoKind {
			for _, f := range d.Findings() {
				if f.Kind == k && f.Changed == now.Unix() && !now.Before(at(end)) {
					out = append(out, told{now, f})
				}
			}
		}
	}
	return out, d, at(end)
}

// Requests that fall to nothing at once are a drop by a hundred percent, at once,
// and stay one: no value that has not moved, no rhythm that was lost, no new level.
func TestAFallToNothingIsADropAndStaysOne(t *testing.T) {
	ends := []float64{4.6, 12.1, 12.6} // in the first week; in the night; by day
	if raceDetector {
		ends = ends[:1]
	}
	for name, f := range flows() {
		for _, counter := range []bool{false, true} {
			for _, end := range ends {
				name := fmt.Sprintf("%s, counter %v, day %v", name, counter, end)
				out, d, at := outage(t, f, counter, 5*time.Minute, end, end+2)
				if len(out) != 1 || out[0].Kind != Drop {
					t.Errorf("%s: told %+v, want one drop", name, out)
					continue
				}
				within := 15 * time.Minute
				if f.swing > 0 && end == 12.1 { // the second Saturday night: little flows, and how little is not known well
					within = 70 * time.Minute
				}
				if late := out[0].at.Sub(at); late > within {
					t.Errorf("%s: told after %v", name, late)
				}
				if on := time.Unix(out[0].Onset, 0).Sub(at); on.Abs() > 15*time.Minute {
					t.Errorf("%s: onset misses by %v", name, on)
				}
				last := d.Findings()[len(d.Findings())-1]
				if change, ok := last.Change(); !last.Open() || last.Kind != Drop || !ok || change > -0.999 {
					t.Errorf("%s: two days later %+v, want an open drop of 100 %%", name, last)
				}
				if got := text.Default().Render(text.English, time.UTC, last.Sentence("requests")); testing.Verbose() {
					t.Log(name, got)
				}
			}
		}
	}
}

// What has been at nothing for a week is switched off: one finding in all.
func TestNothingIsNormalAfterAWeek(t *testing.T) {
	for _, name := range []string{"by day", "quiet"}[:quiet()/2] {
		out, d, _ := outage(t, flows()[name], false, 5*time.Minute, 12.6, 30)
		if len(out) != 2 || out[0].Kind != Drop || out[1].Form != LevelShift || out[0].ID != out[1].ID || out[1].Now != 0 {
			t.Errorf("%s: told %+v, want a drop that becomes the level", name, out)
		} else if stood := out[1].at.Sub(out[0].at); stood < 7*24*time.Hour || stood > 9*24*time.Hour {
			t.Errorf("%s: it became the level after %v", name, stood)
		}
		if last := d.Findings()[len(d.Findings())-1]; last.Open() {
			t.Errorf("%s: at the end %+v is told", name, last)
		}
	}
}

// A value that stops where it was is frozen, also beside nothing.
func TestAValueThatStopsWhereItWasIsFrozen(t *testing.T) {
	d, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(6, 6))
	kinds := feed(t, d, 12*288+40, func(i int) float64 {
		if i >= 12*288 {
			return 203
		}
		return 200 + 8*r.NormFloat64()
	})
	if f := d.Findings(); len(kinds) != 1 || f[0].Form != Frozen || f[0].Now != 203 {
		t.Errorf("told %+v, want one frozen value", f)
	}
}
