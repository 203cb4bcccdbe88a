package trend

import (
	"testing"
	"time"

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

// A value a minute: a finding is told, and changes, with a value that was shown,
// and its onset is that of the event to five minutes.
func TestTimesOfFindingsAreThoseOfValues(t *testing.T) {
	for _, offset := range []time.Duration{0, 3 * time.Minute} {
		d, err := New(DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		s := mustMake(t, trendgen.Options{Family: "flat", Seed: 4, Step: time.Minute, Days: 10})
		begin := s.Times[len(s.Times)-400].Truncate(5 * time.Minute).Add(offset)
		var seen Finding
		changes := 0
		for i, at := range s.Times {
			v := s.Values[i]
			if past := at.Sub(begin); past >= 0 && past < time.Hour {
				v += 60
			}
			d.Observe(at, v)
			list := d.Findings()
			if len(list) == 0 || list[0].Changed == seen.Changed {
				continue
			}
			changes++
			if seen = list[0]; seen.Changed != at.Unix() {
				t.Errorf("offset %v: changed %d with the value of %d", offset, seen.Changed, at.Unix())
			}
		}
		if changes < 2 || seen.Open() || seen.Ended != seen.Changed || seen.Found >= seen.Ended {
			t.Fatalf("offset %v: %d changes, at last %+v; want one that began and ended", offset, changes, seen)
		}
		if miss := time.Unix(seen.Onset, 0).Sub(begin); miss.Abs() > 5*time.Minute {
			t.Errorf("offset %v: onset misses by %v", offset, miss)
		}
		if late := time.Unix(seen.Found, 0).Sub(begin); late < 0 || late > 15*time.Minute {
			t.Errorf("offset %v: found after %v", offset, late)
		}
	}
}
