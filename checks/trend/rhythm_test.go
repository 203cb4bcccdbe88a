package trend

import (
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
)

// The end of a rhythm is one finding under one name, of a gauge as of a counter:
// no slide and no drop before it, and none anew on each of the days after it. In
// these series an hour of noise looked like a fall.
func TestTheEndOfARhythmIsOneFindingUnderOneName(t *testing.T) {
	end := eventDay().Add(-7 * time.Hour)
	for _, c := range []struct {
		family string
		seed   uint64
	}{{"counter", 4117}, {"weekly", 4101}, {"counter", 4123}, {"daily", 4103}, {"count", 4101}}[:quiet()+quiet()/4] {
		s := mustMake(t, trendgen.Options{Family: c.family, Seed: c.seed, Days: 31, Events: []trendgen.Event{{What: trendgen.Flatten, At: end}}})
		out, d := watch(t, s, configOf(s))
		if len(out) != 1 || out[0].Form != RhythmLost {
			t.Errorf("%s %d: told %+v, want one lost rhythm", c.family, c.seed, out)
			continue
		}
		if late := out[0].at.Sub(end); late < 0 || late > 12*time.Hour {
			t.Errorf("%s %d: told %v after the end", c.family, c.seed, late)
		}
		if out[0].Period != 24 {
			t.Errorf("%s %d: period %d, want a day", c.family, c.seed, out[0].Period)
		}
		if d.s.find(Pattern) == nil {
			t.Errorf("%s %d: nothing is told any more five days later", c.family, c.seed)
		}
	}
}

// A rhythm that comes back ends its finding; one that is missed for two weeks is
// none any more, and its absence no news.
func TestALostRhythmComesBackOrIsForgotten(t *testing.T) {
	if raceDetector {
		t.Skip("short under the race detector: nothing here runs beside anything")
	}
	end := eventDay().Add(-7 * time.Hour)
	for days, over := range map[float64]bool{4: true, 12: false, 20: true} {
		e := trendgen.Event{What: trendgen.Flatten, At: end}
		if days == 4 {
			e.Until = end.AddDate(0, 0, 2)
		}
		s := mustMake(t, trendgen.Options{Family: "daily", Seed: 7, Days: 25 + days, Events: []trendgen.Event{e}})
		out, d := watch(t, s, DefaultConfig())
		if len(out) != 1 || out[0].Form != RhythmLost || d.Findings()[0].Open() == over {
			t.Errorf("%v days: told %+v, at the end %+v; want one lost rhythm, over: %v", days, out, d.Findings(), over)
		}
	}
}

// A rhythm of five hours is told with its hours, and for a day.
func TestARhythmOfHoursIsToldWithItsHours(t *testing.T) {
	s := mustMake(t, trendgen.Options{Family: "fivehour", Seed: 17, Days: 27, Events: []trendgen.Event{{What: trendgen.Flatten, At: eventDay()}}})
	_, d := watch(t, s, DefaultConfig())
	for _, f := range d.Findings() {
		if f.Form == RhythmLost && f.Period == 5 && f.Ended-f.Found >= 86400 {
			return
		}
	}
	t.Errorf("told %+v, want a lost rhythm of five hours, for a day", d.Findings())
}
