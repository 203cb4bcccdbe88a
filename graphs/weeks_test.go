package graphs

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// TestLongPeriodsAreDrawn draws a week, a month and a year of one point a
// minute or five, noisy, with rare spikes and a gap.
func TestLongPeriodsAreDrawn(t *testing.T) {
	dir := os.Getenv("GRAPHS_LOOK")
	if dir == "" {
		dir = t.TempDir()
	}
	for name, days := range map[string]int{"hour": 0, "week": 7, "month": 31, "year": 365} {
		end := sampleEnd()
		start := end.AddDate(0, 0, -days)
		step := time.Duration(max(1, days/30)) * time.Minute
		if days == 0 {
			start, step = end.Add(-time.Hour), time.Second
		}
		r := rand.New(rand.NewPCG(3, 3))
		var a, b []Point
		for at := start; at.Before(end); at = at.Add(step) {
			h := float64(at.Hour())
			v := 20 + 30*bump(h, 14, 4) + 6*r.Float64()
			if r.IntN(int(end.Sub(start)/step/8)) == 0 {
				v += 60
			}
			if at.Sub(start) > end.Sub(start)*2/5 && at.Sub(start) < end.Sub(start)*3/7 {
				continue
			}
			a, b = append(a, Point{at, v * 1e6}), append(b, Point{at, (10 + 0.5*v) * 1e6})
		}
		p := Picture{Title: name, Subtitle: "eth0", Start: start, End: end, Zone: tokyo, Unit: BitsPerSecond, Theme: Dark,
			Layers: []Layer{{Name: "in", Kind: In, Points: b}, {Name: "out", Points: a}}}
		write(t, dir+"/"+name+".png", p.PNG, [2]int{600, 260})
		write(t, dir+"/"+name+".svg", p.SVG, [2]int{600, 260})
	}
}
