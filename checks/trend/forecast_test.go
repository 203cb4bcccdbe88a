package trend

import (
	"math/rand/v2"
	"testing"
	"time"

	"monitord/internal/text"
)

// disk fills from 30 % by perDay, with the noise of files that come and go.
func disk(t *testing.T, hours, perDay float64) (*Detector, time.Time) {
	t.Helper()
	limit := 100.0
	c := DefaultConfig()
	c.Limit = &limit
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(8, 8))
	if kinds := feed(t, d, int(hours*12), func(i int) float64 { return 30 + perDay*float64(i)/288 + 0.05*r.NormFloat64() }); len(kinds) > 0 {
		t.Errorf("%v hours, %v a day: told %v", hours, perDay, kinds)
	}
	return d, time.Unix(d.s.Last, 0)
}

// A date is given as far ahead as some four times of what was seen, and "not in
// sight" after a whole day: seventeen hours say nothing of a day in spring.
func TestADateMonthsAheadNeedsAHistory(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		hours, perDay float64
		want          string
		until         time.Duration // the horizon
	}{
		{17, 0.2, "trend.too-little", 3 * day},
		{17, 1, "trend.too-little", 3 * day},
		{17, 30, "trend.limit", 3 * day}, // full in two days
		{48, 0.2, "trend.limit-far", 8*day + 14*time.Hour},
		{48, 1, "trend.limit-far", 8*day + 14*time.Hour},
		{14 * 24, 0.2, "trend.limit-far", 60 * day},
		{14 * 24, 3, "trend.limit", 60 * day}, // full in some ten days
		{28 * 24, 0.8, "trend.limit", 120 * day},
		{40 * 24, 0.2, "trend.limit-far", 120 * day},
	} {
		d, last := disk(t, c.hours, c.perDay)
		f := d.Forecast(100)
		if got := f.Sentence("disk", 100, d.s.Value); got.ID != c.want {
			t.Errorf("%v hours, %v a day: %q, want %s", c.hours, c.perDay, text.Default().Render(text.English, time.UTC, got), c.want)
		}
		if until := f.Until.Sub(last); until > c.until || until < c.until*9/10 {
			t.Errorf("%v hours: looks %v ahead, want %v", c.hours, until, c.until)
		}
		for _, at := range []time.Time{f.P10, f.P50, f.P90} {
			if at.After(f.Until) {
				t.Errorf("%v hours, %v a day: a date beyond the horizon: %+v", c.hours, c.perDay, f)
			}
		}
	}
}
