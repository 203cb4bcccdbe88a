package trend

import (
	"math"
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
)

// After a collapse the days before it say nothing of when the rest goes: no date
// days ahead, and no word of a limit that is not reached yet.
func TestAfterACollapseTheLimitIsAnHourAway(t *testing.T) {
	p := trendgen.Swap(2)
	c := DefaultConfig()
	c.Limit, c.Below = &p.Limit, true
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range p.Times {
		d.Observe(at, p.Values[i])
		if at.Before(p.Moment["collapse"].Add(time.Hour)) {
			continue
		}
		fc := d.Forecast(p.Limit)
		if left := fc.P50.Sub(at); !fc.Near || fc.Reached || left <= 0 || left > time.Hour {
			t.Fatalf("at %v: forecast %+v, want within the hour", at, fc)
		}
		f := d.s.find(Limit)
		if f == nil || f.Form != Near || f.Severity != 2 || f.Sentence("swap").ID != "trend.limit-brink" {
			t.Fatalf("at %v: %+v, want a limit that is near, critical", at, f)
		}
	}
}

// A disk with three hundredths left that fills as it always did has a date, and is
// not said to be full; when it is, noise does not take that back.
func TestADiskIsFullWhenItIsFull(t *testing.T) {
	p := trendgen.Disk(1)
	c := DefaultConfig()
	c.Limit = &p.Limit
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	full := p.Moment["full"]
	for i, at := range p.Times {
		d.Observe(at, p.Values[i])
		f := d.s.find(Limit)
		switch {
		case f == nil:
		case at.Before(full):
			if f.reached() || f.P50 == 0 {
				t.Fatalf("at %v, before it is full: %+v", at, f)
			}
		case at.After(full.Add(2 * time.Hour)):
			if !f.reached() || f.Severity != 2 {
				t.Fatalf("at %v, when it is full: %+v", at, f)
			}
		}
	}
}

// What has been nearly full for weeks has no date, and says so.
func TestNextToNothingLeftIsSaidWithoutADate(t *testing.T) {
	limit := 100.0
	c := DefaultConfig()
	c.Limit = &limit
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	feed(t, d, 45*288, func(i int) float64 { return min(98, 40+float64(i)*0.03) })
	f := d.s.find(Limit)
	if f == nil || f.Sentence("disk").ID != "trend.limit-near" || f.Severity != 2 {
		t.Errorf("told %+v, want a limit that is near, critical", f)
	}
}

// A disk that wobbles at its limit is one incident until there is room again, be it
// full from the first day on or since last night.
func TestAWobbleAtTheLimitIsOneFinding(t *testing.T) {
	for name, from := range map[string]float64{"always": 99.75, "filled": 60} {
		for _, pace := range []float64{3, 40, 200}[:quiet()-1] { // steps of five minutes
			limit := 100.0
			c := DefaultConfig()
			c.Limit = &limit
			d, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			kinds := feed(t, d, 17*288, func(i int) float64 {
				switch {
				case i >= 16*288: // somebody cleans
					return 80
				case i >= 3*288:
					return min(100, 99.75+0.4*math.Sin(float64(i)/pace))
				}
				return from
			})
			f := d.Findings()
			if len(kinds) != 1 || len(f) != 1 || f[0].Kind != Limit {
				t.Errorf("%s, pace %v: told %+v, want one limit", name, pace, f)
				continue
			}
			cleaned := time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC).Unix()
			if f[0].Open() || f[0].Ended < cleaned || f[0].Ended > cleaned+7*3600 {
				t.Errorf("%s, pace %v: %+v, want over within hours of the clean-up", name, pace, f[0])
			}
		}
	}
}
