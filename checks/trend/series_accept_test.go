//go:build accept

package trend

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/checks/trend/trendcsv"
	"monitord/checks/trend/trendgen"
	"monitord/internal/accept"
)

// TestAcceptSeries back-tests forecasts on the public series and on our family
// of saw-teeth, and dates the change points that people marked.
func TestAcceptSeries(t *testing.T) {
	dir := shared(t, "series")
	c := &accept.Count{Set: "series", W: os.Stdout}
	changePoints(t, c, filepath.Join(dir, "tcpd"))
	in, all := 0, 0
	files, err := filepath.Glob(filepath.Join(dir, "prophet", "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no series in %s: %v", dir, err)
	}
	for _, path := range files {
		a, b := backTest(t, readSeries(t, path))
		fmt.Printf("accept: series: forecast %-36s %d of %d in the 80 %% interval: %.0f %%\n", filepath.Base(path), a, b, 100*float64(a)/float64(max(1, b)))
		in, all = in+a, all+b
	}
	covered(c, "public series", in, all)
	in, all = 0, 0
	for seed := range uint64(12) {
		a, b := backTestLimit(t, seed)
		in, all = in+a, all+b
	}
	covered(c, "saw-teeth, date of a limit", in, all)
	share := 100 * float64(in) / float64(max(1, all))
	fmt.Printf("%s figure=%.1f\n", c.Line(), share)
	if c.Failed > 0 {
		t.Error(c.Line())
	}
}

// covered wants the truth in the 80 % interval 75 to 85 times of a hundred.
func covered(c *accept.Count, what string, in, all int) {
	share := 100 * float64(in) / float64(max(1, all))
	fmt.Printf("accept: series: %s: %d of %d in the 80 %% interval: %.1f %%\n", what, in, all, share)
	if share >= 75 && share <= 85 {
		c.Pass()
	} else {
		c.Fail("%s: %.1f %%, want 75 to 85", what, share)
	}
}

func readSeries(t *testing.T, path string) (rows []trendcsv.Row) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = trendcsv.Read(f, nil, func(r trendcsv.Row) bool {
		if r.Timed && !math.IsNaN(r.Value) {
			rows = append(rows, r)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(rows, func(a, b trendcsv.Row) int { return a.At.Compare(b.At) })
	return rows
}

// backTest asks from the second half on, some sixty times, for the value one to
// fourteen slots ahead, and looks whether the truth is in the interval.
func backTest(t *testing.T, rows []trendcsv.Row) (in, all int) {
	t.Helper()
	d, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	means, counts := map[int64]float64{}, map[int64]float64{}
	width := int64(max(3600, rows[1].At.Unix()-rows[0].At.Unix()))
	for _, r := range rows {
		slot := floorDiv(r.At.Unix(), width)
		counts[slot]++
		means[slot] += (r.Value - means[slot]) / counts[slot]
	}
	every := max(1, len(rows)/2/60)
	for i, r := range rows {
		d.Observe(r.At, r.Value)
		if i < len(rows)/2 || i%every != 0 {
			continue
		}
		for _, p := range d.Cone(time.Duration(14*width)*time.Second, 14) {
			if truth, ok := means[floorDiv(p.At.Unix(), width)]; ok {
				all++
				if truth >= p.P10 && truth <= p.P90 {
					in++
				}
			}
		}
	}
	return in, all
}

// backTestLimit asks every seven hours for the date of 65 %, which each filling
// passes, and looks whether the next passing is between p10 and p90.
func backTestLimit(t *testing.T, seed uint64) (in, all int) {
	s := mustMake(t, trendgen.Options{Family: "sawtooth", Seed: 900 + seed, Days: 60})
	d, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	const level = 65
	for i, at := range s.Times {
		d.Observe(at, s.Values[i])
		if i < 10*288 || i%84 != 0 || s.Values[i] >= level-2 {
			continue
		}
		next := slices.IndexFunc(s.Values[i:], func(v float64) bool { return v >= level })
		f := d.Forecast(level)
		if next < 0 || !f.Enough {
			continue
		}
		all++
		truth := s.Times[i+next]
		if !f.P10.IsZero() && !truth.Before(f.P10) && (f.P90.IsZero() || !truth.After(f.P90)) {
			in++
		}
	}
	return in, all
}

// changePoints dates shifts of level in the annotated series. A marked point
// counts as found within five places; the figure printed is F1 against each
// annotator, averaged, with the beginning as a point, as the data set has it.
func changePoints(t *testing.T, c *accept.Count, dir string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "annotations.json"))
	if err != nil {
		t.Fatal(err)
	}
	var marks map[string]map[string][]int
	if err := json.Unmarshal(raw, &marks); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum, n := 0.0, 0.0
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		if marks[name] == nil {
			continue
		}
		got := changesIn(t, path)
		f1 := 0.0
		for _, m := range marks[name] {
			f1 += fOne(got, m) / float64(len(marks[name]))
		}
		fmt.Printf("accept: series: change points %-18s F1 %.2f, found %v\n", name, f1, got)
		sum, n = sum+f1, n+1
	}
	fmt.Printf("accept: series: change points: mean F1 %.3f over %.0f series\n", sum/n, n)
	if sum/n >= 0.6 {
		c.Pass()
	} else {
		c.Fail("mean F1 %.3f, want 0.6", sum/n)
	}
}

// changesIn shows a series to a detector, a value a day, and asks for the dates.
func changesIn(t *testing.T, path string) (at []int) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Series []struct{ Raw []*float64 }
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	d, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, v := range s.Series[0].Raw {
		if v != nil {
			d.Observe(start.AddDate(0, 0, i), *v)
		}
	}
	for _, change := range d.Changes() {
		at = append(at, int(change.Sub(start).Hours()/24+0.5))
	}
	return at
}

func fOne(got, want []int) float64 {
	got, want = append([]int{0}, got...), append([]int{0}, want...)
	hits := 0
	used := map[int]bool{}
	for _, w := range want {
		for i, g := range got {
			if !used[i] && g-w <= 5 && w-g <= 5 {
				used[i] = true
				hits++
				break
			}
		}
	}
	p, r := float64(hits)/float64(len(got)), float64(hits)/float64(len(want))
	if hits == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}
