//go:build accept

package trend

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
)

// labelled is a made-up file with known events, judged by the benchmark's rules.
func labelled(t *testing.T, family string, seed uint64) nabFile {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0x6c6162))
	step, days := 5*time.Minute, 14.0
	switch {
	case family == "rate":
		step, days = time.Hour, 68
	case family == "mentions":
		days = 28
	case family == "temperature" && seed%2 == 0:
		step, days = time.Hour, 160
	}
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(7*24)) * time.Hour)
	n := 1 + r.IntN(3)
	var events []trendgen.Event
	kinds := []string{trendgen.Surge, trendgen.Freeze, trendgen.Drop, trendgen.Zero, trendgen.Shift, trendgen.Variance, trendgen.Flatten, trendgen.Phase}
	switch family {
	case "flat", "wander", "heavy", "bursty", "rate", "temperature", "fivehour", "batch", "spiky", "quantum":
		kinds = kinds[:6]
	}
	for i := range n {
		at := days * (0.2 + 0.75*(float64(i)+0.2+0.6*r.Float64())/float64(n))
		e := trendgen.Event{What: kinds[r.IntN(len(kinds))], At: start.Add(time.Duration(at * 24 * float64(time.Hour)))}
		long := (2 + 8*r.Float64()) * step.Minutes() / 60
		switch e.What {
		case trendgen.Surge, trendgen.Drop:
			e.Size = 5 + 7*r.Float64()
			if family == "mentions" || family == "batch" || family == "bursty" || family == "spiky" {
				e.Size *= 2
			}
			if r.IntN(2) == 0 {
				long *= 4
			}
		case trendgen.Zero, trendgen.Freeze:
			long *= 4
		case trendgen.Shift:
			e.Size, long = 3+4*r.Float64(), days*24*0.2
			if r.IntN(2) == 0 {
				e.Size = -e.Size
			}
		case trendgen.Variance:
			e.Size, long = 3+2*r.Float64(), days*24*0.1
		case trendgen.Flatten, trendgen.Phase:
			e.Size, long = 6, 24*1.5
		}
		e.Until = e.At.Add(time.Duration(long * float64(time.Hour)))
		events = append(events, e)
	}
	s := mustMake(t, trendgen.Options{Family: family, Seed: seed, Start: start, Step: step, Days: days, Events: events})
	f := nabFile{name: fmt.Sprintf("%s %d", family, seed), category: family, at: s.Times, x: s.Values}
	half := len(s.Times) / 20 / n
	end := -1
	for _, e := range events {
		i := 0
		for i < len(s.Times)-1 && s.Times[i].Before(e.At) {
			i++
		}
		a, b := max(end+1, i-half), min(len(s.Times)-1, i+half)
		if a < b {
			f.kinds = append(f.kinds, e.What)
			f.windows = append(f.windows, [2]int{a, b})
			end = b
		}
	}
	return f
}

func benchFamilies() []string {
	return append([]string{"daily", "weekly", "flat", "wander", "bursty", "count", "heavy", "quantum", "spiky"}, trendgen.Operated()...)
}

func benchFiles(t *testing.T, from uint64, seeds int) (out []nabFile) {
	for _, family := range benchFamilies() {
		for i := range uint64(seeds) {
			out = append(out, labelled(t, family, from+i))
		}
	}
	return out
}

// TestAcceptScores judges the score by the benchmark's rules on made-up series.
func TestAcceptScores(t *testing.T) {
	files := benchFiles(t, 5300, 16)
	vs := map[string]func(p *setting){"": func(*setting) {}}
	for name, f := range variants() {
		vs[name] = f
	}
	for name, f := range vs {
		p := oneSetting()
		f(&p)
		n := &nested{files: files}
		id := 0
		var all [][]nabPoint
		for i := range files {
			all = append(all, nabPoints(files[i].scores(t, p), files[i].windows, id))
			id += len(files[i].windows)
		}
		n.points = append(n.points, all)
		every := make([]int, len(files))
		for i := range every {
			every[i] = i
		}
		if os.Getenv("BYKIND") != "" {
			byKind(files, all)
		}
		line := fmt.Sprintf("%-22s at 0.5:", name)
		for _, pr := range nabProfiles() {
			pts, w := n.pick(0, every)
			th, best := nabBest(pts, w, pr)
			line += fmt.Sprintf(" %5.1f (best %5.1f at %.2f)", nabAt(pts, w, pr, 0.5), best, th)
		}
		fmt.Println(line)
		if os.Getenv("BYFAM") != "" {
			printScores("made up", n.fixedAt(0.5))
		}
	}
}

func variants() map[string]func(p *setting) {
	return map[string]func(p *setting){}
}

func byKind(files []nabFile, all [][]nabPoint) {
	hit, of := map[string]int{}, map[string]int{}
	fp := map[string]int{}
	id := 0
	for i := range files {
		got := map[int]bool{}
		for _, p := range all[i] {
			if p.score >= 0.5 {
				if p.window >= 0 {
					got[p.window] = true
				} else {
					fp[files[i].category]++
				}
			}
		}
		for w := range files[i].windows {
			k := files[i].kinds[w]
			of[k]++
			of[files[i].category]++
			if got[id] {
				hit[k]++
				hit[files[i].category]++
			}
			id++
		}
	}
	for k := range of {
		fmt.Printf("   %-12s %d/%d fp %d\n", k, hit[k], of[k], fp[k])
	}
}
