package trend

import (
	"testing"

	"monitord/checks/trend/trendgen"
)

// TestAQuietHostIsLeftAlone runs two weeks of an idle and a busy host; the set
// trends of make accept runs months of many.
func TestAQuietHostIsLeftAlone(t *testing.T) {
	hosts, days := []bool{false, true}, 15
	if raceDetector {
		hosts, days = hosts[1:], 10
	}
	for _, busy := range hosts {
		var told []told
		for _, s := range trendgen.Host(busy, 5, days)[:2*quiet()-1] {
			c := DefaultConfig()
			if s.Limit == s.Limit { // not NaN
				c.Limit, c.Below, c.Only = &s.Limit, s.Below, []Kind{Limit}
			}
			out, _ := watch(t, s.Series, c)
			told = append(told, out...)
		}
		if len(told) > 1 {
			t.Errorf("busy %v: told %+v, want one finding at most", busy, told)
		}
	}
}

// Values that come every minute are judged by means of five minutes: two
// minutes far off are no finding, twenty are.
func TestWhatIsOverInTwoMinutesIsNoFinding(t *testing.T) {
	for minutes, want := range map[int]int{2: 0, 20: 1} {
		d, err := New(DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		s := mustMake(t, trendgen.Options{Family: "flat", Seed: 4, Step: 60e9, Days: 12})
		told := 0
		for i, at := range s.Times {
			v := s.Values[i]
			if n := i - (len(s.Times) - 300); n >= 0 && n < minutes {
				v += 60
			}
			if d.Observe(at, v).Kind != NoKind {
				told++
			}
		}
		if told != want {
			t.Errorf("%d minutes: %d findings, want %d", minutes, told, want)
		}
	}
}
