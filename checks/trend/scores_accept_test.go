//go:build accept

package trend

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
	"monitord/internal/accept"
)

// labelled is a made-up file with one to three known events, as the benchmark's
// files are: windows around their beginnings, together a tenth of the file.
func labelled(t *testing.T, family string, seed uint64) nabFile {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0x6c6162))
	o := trendgen.Options{Family: family, Seed: seed, Step: 5 * time.Minute, Days: 14}
	switch {
	case family == "rate":
		o.Step, o.Days = time.Hour, 68
	case family == "mentions":
		o.Days = 28
	case family == "temperature" && seed%2 == 0:
		o.Step, o.Days = time.Hour, 160
	}
	o.Start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(7*24)) * time.Hour)
	n := 1 + r.IntN(3)
	for i := range n {
		part := 0.2 + 0.75*(float64(i)+0.2+0.6*r.Float64())/float64(n)
		o.Events = append(o.Events, drawEvent(r, o, part))
	}
	s := mustMake(t, o)
	f := nabFile{name: fmt.Sprintf("%s %d", family, seed), category: family, at: s.Times, x: s.Values}
	half, end := len(s.Times)/20/n, -1
	for _, e := range o.Events {
		i, _ := slices.BinarySearchFunc(s.Times, e.At, time.Time.Compare)
		i = min(i, len(s.Times)-1)
		if a, b := max(end+1, i-half), min(len(s.Times)-1, i+half); a < b {
			f.windows = append(f.windows, [2]int{a, b})
			end = b
		}
	}
	return f
}

// drawEvent is an event of any kind that the family can have, so far into the series.
func drawEvent(r *rand.Rand, o trendgen.Options, part float64) trendgen.Event {
	kinds := []string{trendgen.Surge, trendgen.Freeze, trendgen.Drop, trendgen.Zero, trendgen.Shift, trendgen.Variance, trendgen.Flatten, trendgen.Phase}
	if !slices.Contains([]string{"daily", "weekly", "count", "mentions", "occupancy"}, o.Family) {
		kinds = kinds[:6] // no rhythm to lose
	}
	whole := o.Days * 24
	e := trendgen.Event{What: kinds[r.IntN(len(kinds))], At: o.Start.Add(time.Duration(part * whole * float64(time.Hour)))}
	hours := (2 + 8*r.Float64()) * o.Step.Hours()
	switch e.What {
	case trendgen.Surge, trendgen.Drop:
		e.Size = 5 + 7*r.Float64()
		if slices.Contains([]string{"mentions", "batch", "bursty", "spiky"}, o.Family) {
			e.Size *= 2
		}
		if r.IntN(2) == 0 {
			hours *= 4
		}
	case trendgen.Zero, trendgen.Freeze:
		hours *= 4
	case trendgen.Shift:
		e.Size, hours = 3+4*r.Float64(), whole*0.2
		if r.IntN(2) == 0 {
			e.Size = -e.Size
		}
	case trendgen.Variance:
		e.Size, hours = 3+2*r.Float64(), whole*0.1
	default:
		e.Size, hours = 6, 36
	}
	e.Until = e.At.Add(time.Duration(hours * float64(time.Hour)))
	return e
}

// acceptScores judges the score by the benchmark's rules on made-up series. What
// is wanted is what the weakest of four sets of seeds gave, less a little: they
// differ by ten points.
func acceptScores(t *testing.T, c *accept.Count) {
	var files []nabFile
	for _, family := range slices.Concat(trendgen.Families(), trendgen.Operated()) {
		if family == "sawtooth" || family == "counter" {
			continue
		}
		for seed := range uint64(12) {
			files = append(files, labelled(t, family, judging+700+seed))
		}
	}
	at := newNested(t, files, []setting{oneSetting()}).fixedAt(0.5)
	for _, family := range slices.Sorted(maps.Keys(at[0])) {
		fmt.Printf("accept: trends: score at 0.5 %-12s %6.1f %6.1f %6.1f\n", family, at[0][family], at[1][family], at[2][family])
	}
	if got := at[0]["all"]; got >= 45 {
		c.Pass()
	} else {
		c.Fail("score on made-up series %.1f, want 45", got)
	}
}
