//go:build accept

package trend

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/checks/trend/trendcsv"
	"monitord/internal/accept"
)

var only = flag.String("accept.only", "", "run this set only")

// shared finds a set's data, or skips.
func shared(t *testing.T, set string) string {
	t.Helper()
	if *only != "" && *only != set {
		t.Skip("another set was asked for")
	}
	dir, err := accept.Data(set)
	if errors.Is(err, accept.ErrNoShared) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	return dir
}

// nabFile is one series of the benchmark.
type nabFile struct {
	name, category string
	at             []time.Time
	x              []float64
	stamps, texts  []string
	windows        [][2]int
}

func nabFiles(t *testing.T, dir string) []nabFile {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "public", "combined_windows.json"))
	if err != nil {
		t.Fatal(err)
	}
	var labels map[string][][2]string
	if err := json.Unmarshal(raw, &labels); err != nil {
		t.Fatal(err)
	}
	var out []nabFile
	for name, windows := range labels {
		in, err := os.Open(filepath.Join(dir, "public", "data", name))
		if err != nil {
			t.Fatal(err)
		}
		f := nabFile{name: name, category: filepath.Dir(name)}
		first := map[int64]int{}
		err = trendcsv.Read(in, nil, func(r trendcsv.Row) bool {
			if _, seen := first[r.At.Unix()]; !seen {
				first[r.At.Unix()] = len(f.x)
			}
			f.at, f.x = append(f.at, r.At), append(f.x, r.Value)
			f.stamps, f.texts = append(f.stamps, r.Stamp), append(f.texts, r.Text)
			return true
		})
		in.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range windows {
			a, _ := trendcsv.ParseTime(w[0], nil)
			b, _ := trendcsv.ParseTime(w[1], nil)
			f.windows = append(f.windows, [2]int{first[a.Unix()], first[b.Unix()]})
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b nabFile) int { return strings.Compare(a.name, b.name) })
	return out
}

// scores judges one file, whole detector included.
func (f *nabFile) scores(t *testing.T, p setting) []float64 {
	t.Helper()
	d, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	d.set = p
	out := make([]float64, len(f.x))
	for i, at := range f.at {
		out[i] = d.Observe(at, f.x[i]).Score
	}
	return out
}

// nabLeastNested is the target of the nested cross-validation, standard profile.
const nabLeastNested = 65

// TestAcceptNab scores the public half by the benchmark's own scorer, and by
// halves: the threshold, and once the setting too, is chosen on one half of the
// files and judged on the other.
func TestAcceptNab(t *testing.T) {
	dir := shared(t, "nab")
	files := nabFiles(t, dir)
	c := &accept.Count{Set: "nab", W: os.Stdout}
	results := t.TempDir()
	for i := range files {
		writeScores(t, results, &files[i], files[i].scores(t, oneSetting()))
	}
	out, err := exec.CommandContext(t.Context(), "python3", filepath.Join(dir, "score.py"), results, "--labels", filepath.Join(dir, "public", "combined_windows.json")).CombinedOutput()
	if err != nil {
		t.Fatalf("score.py: %v\n%s", err, out)
	}
	for line := range bytes.Lines(out) {
		fmt.Printf("accept: nab best threshold on these files: %s", line)
	}
	n := newNested(t, files, nabGrid())
	printScores("at 0.5:", n.fixedAt(0.5))
	own, cv := n.validate(true), n.validate(false)
	printScores("threshold from the other half:", own)
	printScores("setting, too:", cv)
	if got := cv[0]["all"]; got >= nabLeastNested {
		c.Pass()
	} else {
		c.Fail("cross-validated, setting and threshold, %.1f, want %v", got, nabLeastNested)
	}
	fmt.Printf("%s figure=%.1f\n", c.Line(), cv[0]["all"])
	if c.Failed > 0 {
		t.Error(c.Line())
	}
}

func writeScores(t *testing.T, dir string, f *nabFile, scores []float64) {
	t.Helper()
	path := filepath.Join(dir, f.name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"timestamp", "value", "anomaly_score"}}
	for i := range scores {
		rows = append(rows, []string{f.stamps[i], f.texts[i], strconv.FormatFloat(scores[i], 'f', 6, 64)})
	}
	if err := errors.Join(w.WriteAll(rows), os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

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
