package trend

import (
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
)

// told is a finding as it was when it began or changed its kind.
type told struct {
	at time.Time
	Finding
}

// watch shows a series to a new detector.
func watch(t testing.TB, s trendgen.Series, c Config) ([]told, *Detector) {
	t.Helper()
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var out []told
	for i, at := range s.Times {
		v := d.Observe(at, s.Values[i])
		if v.Score < 0 || v.Score > 1 {
			t.Fatalf("score %v at %v", v.Score, at)
		}
		if v.Kind == NoKind {
			continue
		}
		for _, f := range d.Findings() {
			if f.Kind == v.Kind && f.Changed == at.Unix() {
				out = append(out, told{at, f})
			}
		}
	}
	return out, d
}

func mustMake(t testing.TB, o trendgen.Options) trendgen.Series {
	t.Helper()
	s, err := trendgen.Make(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// configOf is what a family is, as its operator would say.
func configOf(s trendgen.Series) Config {
	c := DefaultConfig()
	c.Counter = s.Name == "counter"
	if s.Name == "sawtooth" {
		c.Limit = &s.Limit
	}
	return c
}
