package rota

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"monitord/internal/timeperiod"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func period(t *testing.T, z *time.Location, lines ...string) *timeperiod.Period {
	t.Helper()
	var rules []timeperiod.Rule
	for _, l := range lines {
		r, err := timeperiod.ParseRule(l)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	return timeperiod.New("p", z, rules)
}

const week = 7 * 24 * time.Hour

func weekly(z *time.Location, members ...string) *Rota {
	r := &Rota{Zone: z, Layers: []Layer{{Start: time.Date(2026, 11, 2, 9, 0, 0, 0, z)}}}
	for _, m := range members {
		r.Layers[0].Turns = append(r.Layers[0].Turns, Turn{m, week})
	}
	return r
}

func TestAWeeklyTurnFollowsTheWallThroughChangesOfTheClock(t *testing.T) {
	z := zone(t, "Europe/London") // clocks go forward on 28 March 2027, back on 31 October 2027
	r := weekly(z, "a", "b")
	for _, c := range []struct{ at, want string }{
		{"2026-11-02 09:00:00", "a"}, {"2026-11-09 08:59:59", "a"}, {"2026-11-09 09:00:00", "b"},
		{"2026-11-02 08:59:59", "b"}, // before the first turn the rotation ran too
		{"2027-03-29 08:59:59", "a"}, {"2027-03-29 09:00:00", "b"},
		{"2027-11-01 08:59:59", "b"}, {"2027-11-01 09:00:00", "a"}, {"2027-11-08 09:00:00", "b"},
	} {
		at, err := time.ParseInLocation(time.DateTime, c.at, z)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.At(at); got != c.want {
			t.Errorf("%s: got %s, want %s", c.at, got, c.want)
		}
	}
}

func TestLayersOverridesAndCustomTurns(t *testing.T) {
	z := zone(t, "Asia/Tokyo")
	r := weekly(z, "a")
	r.Layers = append(r.Layers,
		Layer{Turns: []Turn{{"b", 3 * 24 * time.Hour}, {"c", 4 * 24 * time.Hour}}, Start: time.Date(2026, 11, 2, 0, 0, 0, 0, z), During: period(t, z, "monday 22:00-24:00", "tuesday 00:00-06:00", "friday 22:00-24:00")},
		Layer{Turns: []Turn{{"d", week}}, Start: time.Date(2026, 11, 2, 0, 0, 0, 0, z), During: period(t, z, "2026-11-03")})
	r.Overrides = []Override{{"e", time.Date(2026, 11, 6, 23, 0, 0, 0, z), time.Date(2026, 11, 7, 0, 0, 0, 0, z)}}
	for at, want := range map[string]string{
		"2026-11-02 21:59:59": "a", "2026-11-02 22:00:00": "b", "2026-11-03 01:00:00": "d",
		"2026-11-06 22:30:00": "c", "2026-11-06 23:00:00": "e", "2026-11-07 00:00:01": "a",
	} {
		when, _ := time.ParseInLocation(time.DateTime, at, z)
		if got := r.At(when); got != want {
			t.Errorf("%s: got %s, want %s", at, got, want)
		}
	}
	from := time.Date(2026, 11, 2, 12, 0, 0, 0, z)
	if got := r.Until(from); !got.Equal(time.Date(2026, 11, 2, 22, 0, 0, 0, z)) {
		t.Errorf("until %s", got)
	}
	if got := fmt.Sprint(r.Members()); got != "[a b c d e]" {
		t.Errorf("members %s", got)
	}
	if hole, found := r.Hole(from, from.Add(400*24*time.Hour)); found {
		t.Errorf("a hole at %s below a layer without a period", hole)
	}
}

func TestHolesAreFoundToTheSecond(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	day, night := period(t, z, "monday 09:00-17:00", "tuesday 09:00-17:00"), period(t, z, "monday 00:00-09:00", "monday 17:00-24:00", "tuesday 00:00-09:00", "tuesday 17:01-24:00")
	one := func(name string, during *timeperiod.Period) Layer {
		return Layer{Turns: []Turn{{name, week}}, Start: time.Date(2026, 11, 2, 0, 0, 0, 0, z), During: during}
	}
	r := &Rota{Zone: z, Layers: []Layer{one("a", day), one("b", night)}}
	monday := time.Date(2026, 11, 2, 0, 0, 0, 0, z)
	hole, found := r.Hole(monday, monday.Add(week))
	if want := time.Date(2026, 11, 3, 17, 0, 1, 0, z); !found || !hole.Equal(want) {
		t.Errorf("hole at %s, want %s", hole, want)
	}
	r.Overrides = []Override{{"c", hole, hole.Add(time.Hour)}}
	if hole, _ := r.Hole(monday, monday.Add(week)); !hole.Equal(time.Date(2026, 11, 4, 0, 0, 0, 0, z)) {
		t.Errorf("next hole at %s", hole)
	}
}

// Whatever the periods are, Hole agrees with looking at every half minute.
func TestHolesAgreeWithLookingEverywhere(t *testing.T) {
	z := zone(t, "America/New_York")
	rnd := rand.New(rand.NewPCG(7, 7))
	from := time.Date(2026, 10, 30, 0, 0, 0, 0, z) // clocks go back on 1 November
	to := from.Add(5 * 24 * time.Hour)
	days := []string{"friday", "saturday", "sunday", "monday", "tuesday", "wednesday"}
	clock := func(quarter int) string { return fmt.Sprintf("%02d:%02d", quarter/4, quarter%4*15) }
	holes := 0
	for range 60 {
		r := &Rota{Zone: z}
		for l := range 1 + rnd.IntN(4) {
			var lines []string
			for _, d := range days {
				a, b := max(0, rnd.IntN(60)-40), min(96, 80+rnd.IntN(60))
				lines = append(lines, d+" "+clock(a)+"-"+clock(b))
			}
			if rnd.IntN(3) == 0 {
				lines = append(lines, "2026-11-01 00:00-24:00")
			}
			r.Layers = append(r.Layers, Layer{Turns: []Turn{{fmt.Sprint(l), week}}, Start: from, During: period(t, z, lines...)})
		}
		var want time.Time
		for at := from; !at.After(to); at = at.Add(5 * time.Minute) { // turns change at quarters of an hour
			if r.At(at) == "" {
				want = at
				break
			}
		}
		got, found := r.Hole(from, to)
		if found != !want.IsZero() || found && (got.After(want) || r.At(got) != "") {
			t.Fatalf("hole at %s (%v), every five minutes say %s", got, found, want)
		}
		if found {
			holes++
		}
	}
	if holes == 0 || holes == 60 {
		t.Errorf("%d of 60 have a hole: the test proves nothing", holes)
	}
}
