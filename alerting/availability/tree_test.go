package availability

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/config"
)

// tree reads a tree as configuration has it.
func tree(t testing.TB, yaml string) *Node {
	t.Helper()
	n, err := config.ParseBytes("t.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	root, faults := parseTree(n.Get("t"), "t")
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestComputedFiguresOfSeriesAndParallel(t *testing.T) {
	of := map[checks.Service]float64{service("a/x"): .95, service("b/x"): .95, service("c/x"): .95}
	for yaml, want := range map[string]float64{
		"t: {series: [a/x, b/x]}":                    0.9025,
		"t: {parallel: [a/x, b/x]}":                  0.9975,
		"t: a/x":                                     0.95,
		"t: {need: 2, of: [a/x, b/x, c/x]}":          3*.95*.95*.05 + .95*.95*.95,
		"t: {series: [c/x, {parallel: [a/x, b/x]}]}": .95 * .9975,
		"t: {parallel: [{series: [a/x, c/x]}, {series: [b/x, c/x]}]}":                         .95 * .9975, // c is one event
		"t: {need: 3, of: [a/x, b/x, c/x]}":                                                   .95 * .95 * .95,
		"t: {need: 1, of: [a/x, b/x, c/x]}":                                                   1 - .05*.05*.05,
		"t: {series: [a/x, {series: [a/x, {parallel: [a/x, b/x]}]}]}":                         .95,
		"t: {parallel: [{need: 2, of: [a/x, b/x, c/x]}, {series: [a/x, {parallel: [b/x]}]}]}": 3*.95*.95*.05 + .95*.95*.95,
	} {
		got, ok := tree(t, yaml).Chance(of)
		if !ok || math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, %v; want %v", yaml, got, ok, want)
		}
	}
	if _, ok := tree(t, "t: {parallel: [a/x, z/x]}").Chance(of); ok {
		t.Error("a member without figures gives a figure")
	}
}

// randomTree has n levels at most; members may stand in several places.
func randomTree(r *rand.Rand, names []checks.Service, depth int) *Node {
	if depth == 0 || r.IntN(3) == 0 {
		return &Node{Kind: Leaf, Service: names[r.IntN(len(names))]}
	}
	n := &Node{Kind: Needed}
	for range 1 + r.IntN(4) {
		n.Of = append(n.Of, randomTree(r, names, depth-1))
	}
	n.Need = 1 + r.IntN(len(n.Of))
	return n
}

// up is the plain meaning of a tree.
func (n *Node) up(is func(checks.Service) bool) bool {
	if n.Kind == Leaf {
		return is(n.Service)
	}
	count := 0
	for _, m := range n.Of {
		if m.up(is) {
			count++
		}
	}
	return count >= n.Need
}

var five = []checks.Service{service("a/x"), service("b/x"), service("c/x[1]"), service("c/x[2]"), service("d/x")}

func TestChanceIsTheSumOverAllOutcomes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	for range 300 {
		n := randomTree(r, five, 3)
		of := map[checks.Service]float64{}
		for _, s := range five {
			of[s] = r.Float64()
		}
		want := 0.0
		for outcome := range 1 << len(five) {
			p, bit := 1.0, map[checks.Service]bool{}
			for i, s := range five {
				bit[s] = outcome>>i&1 == 1
				if bit[s] {
					p *= of[s]
				} else {
					p *= 1 - of[s]
				}
			}
			if n.up(func(s checks.Service) bool { return bit[s] }) {
				want += p
			}
		}
		if got, ok := n.Chance(of); !ok || math.Abs(got-want) > 1e-9 {
			t.Fatalf("got %v, %v; want %v", got, ok, want)
		}
	}
}

// slow is a tree's condition from what might be: it is known only when every
// way to fill in what is not known comes to the same.
func (n *Node) slow(of map[checks.Service]Step) Step {
	if n.Kind == Leaf {
		return of[n.Service]
	}
	best, worst, out, why := 0, 0, 0, NoResult
	for _, m := range n.Of {
		s := m.slow(of)
		if s.Cond != Down {
			best++
		}
		if s.Cond == Up {
			worst++
		}
		if s.Planned {
			out++
		}
		if s.Cond > why {
			why = s.Cond
		}
	}
	step := Step{Planned: len(n.Of)-out < n.Need}
	switch {
	case worst >= n.Need && best >= n.Need:
		step.Cond = Up
	case worst < n.Need && best < n.Need:
		step.Cond = Down
	default:
		step.Cond = why
	}
	return step
}

func TestMeasuredFiguresOfTreesAreThoseOfASecondBySecondSimulation(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const limit = 200
	for round := range 200 {
		n := randomTree(r, five, 3)
		histories, lines := map[checks.Service]History{}, map[checks.Service]Timeline{}
		for _, s := range five[:1+r.IntN(5)] { // the others have no result
			histories[s] = randomHistory(r, limit)
			lines[s] = histories[s].Timeline()
		}
		from := r.IntN(limit)
		w := Span{at(time.Duration(from) * time.Second), at(time.Duration(limit) * time.Second)}
		moment := func(t time.Time) Step {
			now := map[checks.Service]Step{}
			for _, s := range five {
				now[s] = histories[s].slow(t)
			}
			return n.slow(now)
		}
		for _, mode := range []Mode{Counted, Excluded} {
			if got, want := n.timeline(lines).Figures(w, mode), slowFigures(w, mode, moment); got != want {
				t.Fatalf("round %d, %s\ngot  %+v\nwant %+v", round, mode, got, want)
			}
		}
	}
}

func TestPlannedWorkOnOneOfTwoIsNoPlanForBoth(t *testing.T) {
	n := tree(t, "t: {parallel: [a/x, b/x]}")
	a := history(0., Up, 1., Down, 3., Up)
	a.Planned = []Span{hours(1, 3)}
	b := history(0., Up, 2., Down, 2.5, Up)
	f := n.timeline(map[checks.Service]Timeline{service("a/x"): a.Timeline(), service("b/x"): b.Timeline()}).Figures(hours(0, 4), Excluded)
	if f.Down != 30*time.Minute || f.Planned != 0 || f.Failures != 1 {
		t.Errorf("%+v", f)
	}
	n = tree(t, "t: {series: [a/x, b/x]}")
	f = n.timeline(map[checks.Service]Timeline{service("a/x"): a.Timeline(), service("b/x"): b.Timeline()}).Figures(hours(0, 4), Excluded)
	if f.Down != 0 || f.Planned != 2*time.Hour {
		t.Errorf("%+v", f)
	}
}

func TestReportOfAMonthByMonthSpan(t *testing.T) {
	z := zone(t, "Asia/Tokyo")
	w := Span{time.Date(2026, 10, 1, 0, 0, 0, 0, z), time.Date(2026, 12, 1, 0, 0, 0, 0, z)}
	night := time.Date(2026, 10, 31, 23, 0, 0, 0, z)
	a, b := service("a/x"), service("b/x")
	src := Source{
		Marks: map[checks.Service][]Mark{
			a: {{w.From.Add(-time.Hour), Up}, {night, Down}, {night.Add(2 * time.Hour), Up}},
			b: {{w.From, Up}},
		},
		Downtimes: []Downtime{{Group: "g", Created: w.From, From: night, To: night.Add(90 * time.Minute)}},
		InGroup:   func(host, group string) bool { return host == "a" && group == "g" },
		Absent:    []Span{{w.From.Add(time.Hour), w.From.Add(2 * time.Hour)}},
		Paused: func(s checks.Service) []Span {
			if s == b {
				return []Span{{w.From, w.From.Add(time.Hour)}}
			}
			return nil
		},
		Trees: []Tree{{"both", tree(t, "t: {series: [a/x, b/x]}")}, {"none", tree(t, "t: gone/x")}},
	}
	r, err := Make(w, z, Counted, LevelCritical, src)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Months) != 2 || len(r.Services) != 2 || len(r.Trees) != 2 {
		t.Fatalf("%+v", r)
	}
	row := r.Services[0]
	if row.Service != a || row.Total.Failures != 1 || row.Months[0].Failures != 1 || row.Months[1].Failures != 1 || !row.Months[1].Carried || row.Total.Down != 2*time.Hour {
		t.Errorf("%+v", row)
	}
	if f := r.Services[1].Total; f.Paused != time.Hour || f.Absent != time.Hour {
		t.Errorf("%+v", f)
	}
	shop := r.Trees[0]
	chance, _ := row.Total.Availability()
	if !shop.Total.Computed || shop.Total.Chance != chance || len(shop.Total.Of) != 2 || shop.Months[0].Measured.Down != time.Hour {
		t.Errorf("%+v", shop)
	}
	if none := r.Trees[1].Total; none.Computed || none.Measured.NoResult != w.Len() {
		t.Errorf("a service that does not exist: %+v", none)
	}
	if r, err = Make(w, z, Excluded, LevelCritical, src); err != nil || r.Services[0].Total.Down != 30*time.Minute || r.Services[0].Total.Planned != 90*time.Minute {
		t.Errorf("%+v, %v", r.Services[0].Total, err)
	}
}
