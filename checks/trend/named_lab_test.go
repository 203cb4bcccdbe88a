package trend

import (
	"fmt"
	"math"
	"os"
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
)

type told struct {
	at time.Time
	k  Kind
	f  Finding
}

func runNamed(t *testing.T, s trendgen.Series, c Config) ([]told, *Detector) {
	t.Helper()
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var out []told
	for i, at := range s.Times {
		if v := d.Observe(at, s.Values[i]); v.Kind != NoKind {
			fs := d.Findings()
			out = append(out, told{at, v.Kind, fs[len(fs)-1]})
		}
	}
	return out, d
}

func TestLabPictures(t *testing.T) {
	if os.Getenv("PIC") == "" {
		t.Skip("short")
	}
	fmt.Println("bytes", Bytes())
	for seed := range uint64(3) {
		for _, p := range trendgen.Pictures(seed) {
			c := DefaultConfig()
			if !math.IsNaN(p.Limit) {
				c.Limit, c.Below = &p.Limit, p.Below
			}
			fmt.Println("==", p.Name, seed, p.Moment)
			out, d := runNamed(t, p.Series, c)
			for _, o := range out {
				fmt.Println("   ", o.at.Format("Jan 2 15:04"), o.k, o.f.Form, o.f.Severity, "onset", time.Unix(o.f.Onset, 0).UTC().Format("Jan 2 15:04"), "size", o.f.Size, "was", o.f.Was, "now", o.f.Now)
			}
			for _, f := range d.Findings() {
				fmt.Println("    end:", f.ID, f.Kind, f.Form, f.Severity, time.Unix(f.Onset, 0).UTC().Format("Jan 2 15:04"), time.Unix(f.Changed, 0).UTC().Format("Jan 2 15:04"), f.Open())
			}
			if p.Mate != nil {
				q := p.Series
				q.Values = p.Mate
				out, _ := runNamed(t, q, c)
				fmt.Println("mate", out)
			}
		}
	}
}

func TestLabNamed(t *testing.T) {
	if os.Getenv("NAMED") == "" {
		t.Skip("short")
	}
	day := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 25).Add(10 * time.Hour)
	type caseT struct {
		name string
		e    []trendgen.Event
	}
	cases := []caseT{
		{"clean", nil},
		{"surge 6s 1h", []trendgen.Event{{What: trendgen.Surge, At: day, Until: day.Add(time.Hour), Size: 6}}},
		{"surge 10s 2h", []trendgen.Event{{What: trendgen.Surge, At: day, Until: day.Add(2 * time.Hour), Size: 10}}},
		{"surge 4s 4h", []trendgen.Event{{What: trendgen.Surge, At: day, Until: day.Add(4 * time.Hour), Size: 4}}},
		{"drop 8s 1h", []trendgen.Event{{What: trendgen.Drop, At: day, Until: day.Add(time.Hour), Size: 8}}},
		{"zero 2h", []trendgen.Event{{What: trendgen.Zero, At: day, Until: day.Add(2 * time.Hour)}}},
		{"shift +3s", []trendgen.Event{{What: trendgen.Shift, At: day, Size: 3}}},
		{"shift -3s", []trendgen.Event{{What: trendgen.Shift, At: day, Size: -3}}},
		{"shift +2s", []trendgen.Event{{What: trendgen.Shift, At: day, Size: 2}}},
		{"variance x3", []trendgen.Event{{What: trendgen.Variance, At: day, Size: 3}}},
		{"variance x.25", []trendgen.Event{{What: trendgen.Variance, At: day, Size: .25}}},
		{"freeze", []trendgen.Event{{What: trendgen.Freeze, At: day}}},
		{"flatten", []trendgen.Event{{What: trendgen.Flatten, At: day.Add(-7 * time.Hour)}}},
		{"phase 6h", []trendgen.Event{{What: trendgen.Phase, At: day, Size: 6}}},
		{"slide 6s/d", []trendgen.Event{{What: trendgen.Slide, At: day, Size: 6}}},
		{"surge 6s then 12s", []trendgen.Event{{What: trendgen.Surge, At: day, Until: day.Add(time.Hour), Size: 6}, {What: trendgen.Surge, At: day.Add(3 * time.Hour), Until: day.Add(4 * time.Hour), Size: 14}}},
	}
	fams := trendgen.Families()
	if f := os.Getenv("FAM"); f != "" {
		fams = []string{f}
	}
	for _, c := range cases {
		for _, fam := range fams {
			const n = 8
			found, delay, false_ := 0, 0.0, 0
			kinds := map[string]int{}
			fk := map[string]int{}
			for seed := range uint64(n) {
				s, err := trendgen.Make(trendgen.Options{Family: fam, Seed: 100 + seed, Events: c.e})
				if err != nil {
					t.Fatal(err)
				}
				cfg := DefaultConfig()
				cfg.Counter = fam == "counter"
				out, _ := runNamed(t, s, cfg)
				got := false
				for _, o := range out {
					if len(c.e) == 0 || o.at.Before(c.e[0].At) {
						false_++
						fk[o.k.String()+"/"+o.f.Form.String()]++
						if os.Getenv("FAM") != "" && len(c.e) == 0 {
							fmt.Println(seed, o.at.Format("Jan 2 15:04"), o.k, o.f.Form, "onset", time.Unix(o.f.Onset, 0).UTC().Format("Jan 2 15:04"), "size", o.f.Size, "was", o.f.Was, "now", o.f.Now)
						}
						continue
					}
					if o.at.Sub(c.e[0].At) < 36*time.Hour {
						if !got {
							found++
							delay += o.at.Sub(c.e[0].At).Minutes()
						}
						got = true
						kinds[o.k.String()+"/"+o.f.Form.String()]++
					}
				}
			}
			fmt.Printf("%-16s %-9s %d/%d delay %4.0f  false %d %v  %v\n", c.name, fam, found, n, delay/float64(max(1, found)), false_, fk, kinds)
		}
	}
}
