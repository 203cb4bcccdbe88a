package trend

import (
	"slices"
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
)

// TestEventsOfKnownKindAreFoundAndNamed runs one series a family and case; the
// set trends of make accept runs many (suite_accept_test.go).
func TestEventsOfKnownKindAreFoundAndNamed(t *testing.T) {
	cases := suiteCases()
	if testing.Short() || raceDetector {
		cases = []suiteCase{cases[1], cases[11]}
	}
	missed, all := 0, 0
	for _, c := range cases {
		for i, family := range c.families {
			if (i+len(c.name))%2 == 0 {
				continue
			}
			s := mustMake(t, trendgen.Options{Family: family, Seed: 17, Days: 29, Events: []trendgen.Event{c.at()}})
			all++
			if got, _ := firstAfter(t, s, c); got == NoKind {
				missed++
				t.Logf("%s under %s: nothing told", family, c.name)
			} else if !slices.Contains(c.kinds, got) {
				t.Errorf("%s under %s: told as %s, want one of %v", family, c.name, got, c.kinds)
			}
		}
	}
	if missed*10 > all {
		t.Errorf("%d of %d events were missed", missed, all)
	}
}

// firstAfter is the first finding of the event, and how late it was.
func firstAfter(t testing.TB, s trendgen.Series, c suiteCase) (Kind, time.Duration) {
	out, _ := watch(t, s, configOf(s))
	begin := c.at().At
	for _, f := range out {
		if late := f.at.Sub(begin); late >= 0 && late <= c.within {
			return f.Kind, late
		}
	}
	return NoKind, 0
}

func TestAStrongerEventIsNotHiddenByAnEarlierOne(t *testing.T) {
	for _, family := range []string{"daily", "flat"} {
		at := eventDay()
		s := mustMake(t, trendgen.Options{Family: family, Seed: 3, Days: 28, Events: []trendgen.Event{
			{What: trendgen.Surge, At: at, Until: at.Add(time.Hour), Size: 8},
			{What: trendgen.Surge, At: at.Add(3 * time.Hour), Until: at.Add(4 * time.Hour), Size: 16},
		}})
		out, _ := watch(t, s, DefaultConfig())
		if len(out) != 2 || out[0].Kind != Surge || out[1].Kind != Surge {
			t.Errorf("%s: told %+v, want two surges", family, out)
		}
	}
}

func TestALevelThatStaysBecomesNormalUnderTheSameNumber(t *testing.T) {
	s := mustMake(t, trendgen.Options{Family: "flat", Seed: 5, Days: 30, Events: []trendgen.Event{{What: trendgen.Shift, At: eventDay(), Size: 4}}})
	out, d := watch(t, s, DefaultConfig())
	if len(out) != 2 || out[0].Kind != Surge || out[1].Kind != Pattern || out[0].ID != out[1].ID || out[1].Form != LevelShift {
		t.Fatalf("told %+v, want a surge that becomes a shift of level", out)
	}
	if on := time.Unix(out[1].Onset, 0).Sub(eventDay()).Abs(); on > 2*time.Hour {
		t.Errorf("onset misses by %v", on)
	}
	if f := d.Findings()[0]; f.Open() {
		t.Errorf("a day later it is still told: %+v", f)
	}
	band, ok := d.Band(s.Times[len(s.Times)-1])
	if mid := s.Values[len(s.Values)-1]; !ok || mid < band.Low || mid > band.High {
		t.Errorf("band %+v does not hold %v", band, mid)
	}
}

// A disk that was cleaned three times is expected to be cleaned again; before
// that, a limit two days ahead is worth a word.
func TestADiskThatIsAlwaysCleanedIsLeftAlone(t *testing.T) {
	s := mustMake(t, trendgen.Options{Family: "sawtooth", Seed: 9, Days: 56})
	out, d := watch(t, s, configOf(s))
	if d.s.Teeth.N < 5 {
		t.Fatalf("%d cleanings seen, want more", d.s.Teeth.N)
	}
	fourth := time.Unix(d.s.Teeth.Done[d.s.Teeth.N-3].End, 0)
	for _, f := range out {
		if f.at.After(fourth) {
			t.Errorf("told %+v after the third cleaning", f)
		}
	}
	if f := d.Forecast(s.Limit); !f.P50.IsZero() || !f.Cleaned {
		t.Errorf("forecast %+v, want a limit that is not in sight", f)
	}
}

// quiet is for how many families there is time: the race detector makes a value
// ten times as expensive.
func quiet() int {
	if raceDetector {
		return 2
	}
	return 4
}

func TestQuietFamiliesTellNothing(t *testing.T) {
	for _, family := range []string{"daily", "count", "weekly", "quantum"}[:quiet()] {
		s := mustMake(t, trendgen.Options{Family: family, Seed: 9, Days: 30})
		if out, _ := watch(t, s, configOf(s)); len(out) > 0 {
			t.Errorf("%s: told %+v", family, out)
		}
	}
}
