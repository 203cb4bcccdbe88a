//go:build accept

package trend

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
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
	d.set = &p
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
