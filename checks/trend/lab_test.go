package trend

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
)

type labFile struct {
	name, cat string
	week      []int64
	x         []float64
	windows   [][2]int
}

func weekSecond(at time.Time) int64 { return ((at.Unix()+3*86400)%604800 + 604800) % 604800 }

// synthetic makes n series with random events, after the benchmark's habits.
func synthetic(n int, seed uint64) []labFile {
	var out []labFile
	steps := []time.Duration{5 * time.Minute, 5 * time.Minute, 5 * time.Minute, 30 * time.Minute, time.Hour}
	lens := []int{4032, 15840, 2400, 5000, 1630}
	fams := trendgen.Families()
	for i := range n {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		k := r.IntN(len(steps))
		fam := fams[i%len(fams)]
		ln := lens[k]
		start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
		var ev []trendgen.Event
		cnt := []int{0, 1, 1, 2, 2, 3, 4}[r.IntN(7)]
		w := 0
		if cnt > 0 {
			w = ln / 10 / cnt
		}
		var wins [][2]int
		whats := []string{trendgen.Surge, trendgen.Surge, trendgen.Drop, trendgen.Zero, trendgen.Shift, trendgen.Variance, trendgen.Freeze, trendgen.Flatten, trendgen.Phase}
		for e := range cnt {
			lo := int(float64(ln) * (0.2 + 0.75*float64(e)/float64(cnt)))
			hi := int(float64(ln) * (0.2 + 0.75*float64(e+1)/float64(cnt)))
			at := lo + w/2 + r.IntN(max(1, hi-lo-w))
			what := whats[r.IntN(len(whats))]
			rhythmic := fam == "daily" || fam == "weekly" || fam == "count" || fam == "counter"
			if !rhythmic && (what == trendgen.Flatten || what == trendgen.Phase) {
				what = trendgen.Surge
			}
			if (fam == "quantum" || fam == "spiky" || fam == "sawtooth") && what == trendgen.Freeze {
				what = trendgen.Shift
			}
			size := 4 + 10*r.Float64()
			dur := 1 + int(float64(w)/2*r.Float64()*r.Float64())
			if what == trendgen.Shift || what == trendgen.Variance {
				size = 3 + 4*r.Float64()
				dur = w/2 + r.IntN(ln/4)
			}
			if what == trendgen.Freeze || what == trendgen.Flatten || what == trendgen.Phase {
				dur = w/4 + r.IntN(w/2+1)
			}
			if r.IntN(2) == 0 && what != trendgen.Surge && what == trendgen.Shift {
				size = -size
			}
			ev = append(ev, trendgen.Event{What: what, At: start.Add(time.Duration(at) * steps[k]), Until: start.Add(time.Duration(at+dur) * steps[k]), Size: size})
			wins = append(wins, [2]int{max(at-w/2, 0), min(at+w/2, ln-1)})
		}
		s, err := trendgen.Make(trendgen.Options{Family: fam, Seed: seed*1000 + uint64(i), Step: steps[k], Days: float64(ln) * steps[k].Hours() / 24, Events: ev})
		if err != nil {
			panic(err)
		}
		f := labFile{name: fmt.Sprint(fam, i), cat: fam, x: s.Values}
		for _, at := range s.Times {
			f.week = append(f.week, weekSecond(at))
		}
		for j := range wins {
			if wins[j][1] >= len(f.x) {
				wins[j][1] = len(f.x) - 1
			}
		}
		f.windows = wins
		out = append(out, f)
	}
	return out
}

func nabFiles(t *testing.T) []labFile {
	dir := os.Getenv("NABDIR")
	raw, err := os.ReadFile(filepath.Join(dir, "combined_windows.json"))
	if err != nil {
		t.Skip(err)
	}
	var lab map[string][][2]string
	if err := json.Unmarshal(raw, &lab); err != nil {
		t.Fatal(err)
	}
	var names []string
	for k := range lab {
		names = append(names, k)
	}
	sort.Strings(names)
	var out []labFile
	for _, n := range names {
		fh, err := os.Open(filepath.Join(dir, "data", n))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(fh).ReadAll()
		fh.Close()
		if err != nil {
			t.Fatal(err)
		}
		f := labFile{name: n, cat: filepath.Dir(n)}
		idx := map[int64]int{}
		for i, r := range rows[1:] {
			at, err := time.Parse("2006-01-02 15:04:05", r[0])
			if err != nil {
				t.Fatal(err)
			}
			v, _ := strconv.ParseFloat(r[1], 64)
			if _, ok := idx[at.Unix()]; !ok {
				idx[at.Unix()] = i
			}
			f.week, f.x = append(f.week, weekSecond(at)), append(f.x, v)
		}
		for _, w := range lab[n] {
			a, _ := time.Parse("2006-01-02 15:04:05", w[0][:19])
			b, _ := time.Parse("2006-01-02 15:04:05", w[1][:19])
			f.windows = append(f.windows, [2]int{idx[a.Unix()], idx[b.Unix()]})
		}
		out = append(out, f)
	}
	return out
}

func runLab(fs []labFile, p setting) ([][]nabPoint, int) {
	var out [][]nabPoint
	id := 0
	for _, f := range fs {
		var d score
		sc := make([]float64, len(f.x))
		for i := range f.x {
			sc[i] = d.judge(&p, f.week[i], f.x[i]).Score
		}
		out = append(out, nabPoints(sc, f.windows, id))
		id += len(f.windows)
	}
	return out, id
}

func flat(p [][]nabPoint) []nabPoint {
	var o []nabPoint
	for _, q := range p {
		o = append(o, q...)
	}
	return o
}

func TestLab(t *testing.T) {
	var fs []labFile
	if os.Getenv("NABDIR") != "" {
		fs = nabFiles(t)
	} else if n, _ := strconv.Atoi(os.Getenv("LAB")); n > 0 {
		fs = synthetic(n, 7)
	} else {
		t.Skip("short: no lab")
	}
	show := func(name string, p setting) {
		pts, n := runLab(fs, p)
		all := flat(pts)
		line := fmt.Sprintf("%-28s", name)
		for _, pr := range nabProfiles() {
			th, s := nabBest(all, n, pr)
			line += fmt.Sprintf(" %6.2f@%.3f", s, th)
		}
		line += fmt.Sprintf("  at.5 %6.2f", nabAt(all, n, nabProfiles()[0], 0.5))
		fmt.Println(line)
	}
	base := oneSetting()
	show("base", base)
	for _, v := range labVariants() {
		p := oneSetting()
		v.f(&p)
		show(v.name, p)
	}
}

type labVariant struct {
	name string
	f    func(p *setting)
}

func labVariants() []labVariant {
	return []labVariant{
		{"age.5", func(p *setting) { p.Age = 0.5 }},
		{"level.5", func(p *setting) { p.W[3] = .5 }},
		{"level1.5", func(p *setting) { p.W[3] = 1.5 }},
		{"var.5", func(p *setting) { p.Var = .5 }},
		{"var1", func(p *setting) { p.Var = 1 }},
		{"dev1.5", func(p *setting) { p.W[0] = 1.5 }},
		{"pat1.5", func(p *setting) { p.W[1] = 1.5 }},
		{"sus1.5", func(p *setting) { p.W[2] = 1.5 }},
		{"sus24", func(p *setting) { p.Sustain = 1. / 24 }},
		{"sus6", func(p *setting) { p.Sustain = 1. / 6 }},
		{"short1/2", func(p *setting) { p.Short = .5 }},
		{"short1/5", func(p *setting) { p.Short = .2 }},
		{"pattern1/6", func(p *setting) { p.Pattern = 1. / 6 }},
		{"rest24", func(p *setting) { p.Rest = 24 }},
		{"rest60", func(p *setting) { p.Rest = 60 }},
		{"share.04", func(p *setting) { p.RestShare = .04 }},
		{"share.01", func(p *setting) { p.RestShare = .01 }},
		{"self.3", func(p *setting) { p.Self = .3 }},
		{"self.6", func(p *setting) { p.Self = .6 }},
		{"self1", func(p *setting) { p.Self = 1 }},
		{"slow576", func(p *setting) { p.Slow = 1. / 576 }},
		{"slow144", func(p *setting) { p.Slow = 1. / 144 }},
		{"clock7", func(p *setting) { p.Clock = 1. / 7 }},
	}
}
