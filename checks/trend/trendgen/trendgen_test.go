package trendgen

import (
	"math"
	"testing"
	"time"
)

func TestEveryFamilyIsTheSameEachTimeAndFinite(t *testing.T) {
	for _, family := range append(Families(), Operated()...) {
		a, err := Make(Options{Family: family, Seed: 5, Days: 3})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Make(Options{Family: family, Seed: 5, Days: 3})
		if err != nil {
			t.Fatal(err)
		}
		if family != "occupancy" && len(a.Values) != 3*288 || len(a.Times) != len(a.Values) {
			t.Errorf("%s: %d values", family, len(a.Values))
		}
		for i, v := range a.Values {
			if math.IsNaN(v) || math.IsInf(v, 0) || v != b.Values[i] {
				t.Fatalf("%s: value %d is %v and %v", family, i, v, b.Values[i])
			}
		}
	}
	if _, err := Make(Options{Family: "nobody"}); err == nil {
		t.Error("an unknown family is made")
	}
}

func TestAnEventChangesTheSeriesFromItsTimeOn(t *testing.T) {
	at := monday.Add(30 * time.Hour)
	for what, want := range map[string]float64{Surge: 100, Drop: -100, Shift: 100} {
		plain, err := Make(Options{Family: "flat", Seed: 2, Days: 3})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Make(Options{Family: "flat", Seed: 2, Days: 3, Events: []Event{{What: what, At: at, Until: at.Add(time.Hour), Size: 20}}})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range s.Values {
			on := !s.Times[i].Before(at) && s.Times[i].Before(at.Add(time.Hour))
			if diff := v - plain.Values[i]; on && math.Abs(diff-want) > 1e-9 || !on && diff != 0 {
				t.Fatalf("%s: value %d differs by %v", what, i, diff)
			}
		}
	}
	s, err := Make(Options{Family: "daily", Seed: 2, Days: 3, Events: []Event{{What: Freeze, At: at}}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.Values); s.Values[n-1] != s.Values[n-200] {
		t.Error("a frozen series moves")
	}
}

func TestPicturesHaveTheirMoments(t *testing.T) {
	for _, p := range Pictures(1) {
		if len(p.Values) == 0 || len(p.Values) != len(p.Times) {
			t.Errorf("%s: %d values, %d times", p.Name, len(p.Values), len(p.Times))
		}
		for name, at := range p.Moment {
			if at.Before(p.Times[0]) || at.After(p.Times[len(p.Times)-1]) {
				t.Errorf("%s: %s is at %v", p.Name, name, at)
			}
		}
	}
	if d := Disk(1); d.Moment["full"].IsZero() || !d.Moment["cleaned"].Before(d.Moment["full"]) {
		t.Errorf("the disk: %v", d.Moment)
	}
}

func TestAHostIsTheSameEachTimeAndKeepsItsLimits(t *testing.T) {
	a, b := Host(true, 3, 2), Host(true, 3, 2)
	for k, s := range a {
		if len(s.Values) != 2*1440 || len(s.Times) != len(s.Values) {
			t.Errorf("%s: %d values", s.Name, len(s.Values))
		}
		for i, v := range s.Values {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 || v != b[k].Values[i] {
				t.Fatalf("%s: value %d is %v and %v", s.Name, i, v, b[k].Values[i])
			}
			if !math.IsNaN(s.Limit) && (s.Below && v <= s.Limit || !s.Below && v >= s.Limit) {
				t.Fatalf("%s: value %d, %v, is at the limit %v", s.Name, i, v, s.Limit)
			}
		}
	}
}
