//go:build accept

package trend

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// nested holds the points of every file under every setting of the grid.
type nested struct {
	files  []nabFile
	points [][][]nabPoint // setting, file
}

func newNested(t *testing.T, files []nabFile, settings []setting) *nested {
	n := &nested{files: files}
	for _, p := range settings {
		id := 0
		var all [][]nabPoint
		for i := range files {
			all = append(all, nabPoints(files[i].scores(t, p), files[i].windows, id))
			id += len(files[i].windows)
		}
		n.points = append(n.points, all)
	}
	return n
}

// nabGrid asks the two questions that a setting answers: how fast (all spans
// half, as they are, twice), and how soon a series may be told of again (the
// same). The one setting stands first.
func nabGrid() (out []setting) {
	for _, spans := range []float64{1, 0.5, 2} {
		for _, rest := range []float64{1, 0.5, 2} {
			p := oneSetting()
			for _, w := range []*float64{&p.Short, &p.Pattern, &p.Sustain, &p.Moves, &p.Mid, &p.Drift, &p.Slow} {
				*w /= spans
			}
			p.Rest, p.RestShare = p.Rest*rest, p.RestShare*rest
			out = append(out, p)
		}
	}
	return out
}

// pick gathers the points of files under a setting, and counts their windows.
func (n *nested) pick(setting int, files []int) (pts []nabPoint, windows int) {
	for _, i := range files {
		pts = append(pts, n.points[setting][i]...)
		windows += len(n.files[i].windows)
	}
	return pts, windows
}

// validate is the mean over splits, stratified by category, and both directions:
// the setting (unless it is fixed) that is best on one half over the three
// profiles, and each profile's threshold there, judged on the other half. It is
// by profile and category; "all" is what counts.
func (n *nested) validate(fixed bool) []map[string]float64 {
	const splits = 20
	sum, times := make([]map[string]float64, len(nabProfiles())), map[string]float64{}
	for k := range sum {
		sum[k] = map[string]float64{}
	}
	for split := range splits {
		halves := n.halves(uint64(split))
		for side := range 2 {
			setting := 0
			if !fixed {
				setting = n.best(halves[side])
			}
			for k, profile := range nabProfiles() {
				pts, w := n.pick(setting, halves[side])
				threshold, _ := nabBest(pts, w, profile)
				for c, files := range n.categories(halves[1-side]) {
					if pts, w = n.pick(setting, files); w > 0 {
						sum[k][c] += nabAt(pts, w, profile, threshold)
						times[c] += 1 / float64(len(sum))
					}
				}
			}
		}
	}
	for _, by := range sum {
		for c := range by {
			by[c] /= times[c]
		}
	}
	return sum
}

// best is the setting that is best on files over the three profiles.
func (n *nested) best(files []int) (setting int) {
	most := -1e9
	for s := range n.points {
		sum := 0.0
		for _, p := range nabProfiles() {
			pts, w := n.pick(s, files)
			_, score := nabBest(pts, w, p)
			sum += score
		}
		if sum > most {
			most, setting = sum, s
		}
	}
	return setting
}

// categories divides files; "all" is all of them.
func (n *nested) categories(files []int) map[string][]int {
	by := map[string][]int{}
	for _, i := range files {
		by[n.files[i].category] = append(by[n.files[i].category], i)
		by["all"] = append(by["all"], i)
	}
	return by
}

func (n *nested) halves(seed uint64) (out [2][]int) {
	r := rand.New(rand.NewPCG(seed, 1))
	by := map[string][]int{}
	var names []string
	for i := range n.files {
		c := n.files[i].category
		if by[c] == nil {
			names = append(names, c)
		}
		by[c] = append(by[c], i)
	}
	for _, c := range names {
		r.Shuffle(len(by[c]), func(i, j int) { by[c][i], by[c][j] = by[c][j], by[c][i] })
		for i, f := range by[c] {
			side := (i + int(r.Uint32()&1)) % 2
			out[side] = append(out[side], f)
		}
	}
	return out
}

// every is the numbers of all files.
func (n *nested) every() (out []int) {
	for i := range n.files {
		out = append(out, i)
	}
	return out
}

// fixedAt is the scores of the one setting at a threshold, by profile and category.
func (n *nested) fixedAt(threshold float64) []map[string]float64 {
	out := make([]map[string]float64, len(nabProfiles()))
	for k, p := range nabProfiles() {
		out[k] = map[string]float64{}
		for c, files := range n.categories(n.every()) {
			if pts, w := n.pick(0, files); w > 0 {
				out[k][c] = nabAt(pts, w, p, threshold)
			}
		}
	}
	return out
}

// printScores writes a line a category: the three profiles.
func printScores(title string, by []map[string]float64) {
	for _, c := range slices.Sorted(maps.Keys(by[0])) {
		fmt.Printf("accept: nab %-34s %-22s %6.1f %6.1f %6.1f\n", title, c, by[0][c], by[1][c], by[2][c])
	}
}
