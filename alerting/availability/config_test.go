package availability

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"monitord/checks"
	"monitord/internal/config"
)

func load(t *testing.T, yaml string) (*Config, error) {
	t.Helper()
	l, err := config.Parse([]config.File{{Name: "m.yaml", Data: []byte(yaml)}}, Section())
	if l == nil {
		return nil, err
	}
	c, getErr := config.Get[*Config](l, "availability")
	if getErr != nil {
		t.Fatal(getErr)
	}
	return c, err
}

func TestSampleIsValidAndHasTheDefaults(t *testing.T) {
	c, err := load(t, Sample)
	if err != nil || c.Down != LevelCritical || c.Downtime != Counted || len(c.Trees()) != 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	_, trees, _ := strings.Cut(Sample, "#trees:")
	c, err = load(t, "availability:\n  trees:"+strings.ReplaceAll(trees, "\n  #", "\n  "))
	if err != nil || len(c.Trees()) != 1 || len(c.Trees()[0].Root.Services()) != 6 || c.Trees()[0].Root.Of[2].Need != 2 {
		t.Fatalf("%v", err)
	}
}

func TestReadmeQuotesTheSampleAndItsTreeIsValid(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	if !strings.Contains(readme, "```yaml\n"+Sample+"```\n") {
		t.Error("README.md does not quote sample.yaml as it is")
	}
	_, example, _ := strings.Cut(readme, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if c, err := load(t, example); err != nil || len(c.Trees()) != 1 {
		t.Errorf("the example of README.md: %v", err)
	}
}

func TestWordsOfTheConfiguration(t *testing.T) {
	c, err := load(t, "availability: {down: warning, downtime: excluded, trees: {y: web1/http, b: {parallel: ['web1/filesystem[/var]']}}}")
	if err != nil || c.Down != LevelWarning || c.Downtime != Excluded || len(c.Trees()) != 2 || c.Trees()[0].Name != "b" {
		t.Fatalf("%+v, %v", c, err)
	}
	if c.Down.Cond(checks.Warning) != Down || LevelCritical.Cond(checks.Warning) != Up || LevelCritical.Cond(checks.Unknown) != Unknown {
		t.Error("levels mean something else")
	}
	if c, err = load(t, "{}"); err != nil || len(c.Trees()) != 0 {
		t.Fatalf("nothing written: %+v, %v", c, err)
	}
}

func TestFaultsSayWhereAndWhat(t *testing.T) {
	deep := strings.Repeat("{series: [", 20) + "a/b" + strings.Repeat("]}", 20)
	var bomb strings.Builder
	bomb.WriteString("availability:\n  trees:\n    t0: &t0 {parallel: [a/b, c/d, e/f, g/h]}\n")
	for i := range 8 {
		fmt.Fprintf(&bomb, "    t%d: &t%d {series: [*t%d, *t%d, *t%d, *t%d]}\n", i+1, i+1, i, i, i, i)
	}
	var shared []string
	for i := range 9 {
		shared = append(shared, fmt.Sprintf("{series: [a%d/x, b%d/x]}, {series: [a%d/x, c%d/x]}", i, i, i, i))
	}
	for yaml, want := range map[string]string{
		"availability: {down: bad}":                                                  "m.yaml:1:22: availability.down: got \"bad\"; want critical, or warning",
		"availability: {downtime: sometimes}":                                        "availability.downtime: got \"sometimes\"; want counted or excluded",
		"availability: {tree: {}}":                                                   "did you mean trees?",
		"availability:\n  trees:\n    shop: web1":                                    "m.yaml:3:11: availability.trees.shop: not a service (got \"web1\"; want host/check",
		"availability: {trees: {shop: }}":                                            "availability.trees.shop: is empty",
		"availability: {trees: {shop: [a/b]}}":                                       "availability.trees.shop: wrong type (got a list",
		"availability: {trees: {shop: {}}}":                                          "want exactly one of series, parallel, or need together with of",
		"availability: {trees: {shop: {serie: [a/b]}}}":                              "did you mean series?",
		"availability: {trees: {shop: {series: [a/b], of: [c/d]}}}":                  "want exactly one of",
		"availability: {trees: {shop: {of: [c/d]}}}":                                 "need together with of",
		"availability: {trees: {shop: {need: 1, series: [c/d]}}}":                    "need together with of",
		"availability: {trees: {shop: {series: []}}}":                                "availability.trees.shop.series: has no members",
		"availability: {trees: {shop: {need: 3, of: [a/b, c/d]}}}":                   "m.yaml:1:37: availability.trees.shop.need: out of range (got 3; want 1 to 2",
		"availability: {trees: {shop: {need: 0, of: [a/b, c/d]}}}":                   "out of range (got 0",
		"availability: {trees: {shop: {series: [a/b, {parallel: [c/d, a]}]}}}":       "availability.trees.shop.series[1].parallel[1]: not a service (got \"a\"",
		"availability: {trees: {shop: {parallel: [a/b, a/b]}}}":                      "shop.parallel[1]: a/b stands here twice",
		"availability: {trees: {shop: " + deep + "}}":                                "is nested too deep (want at most 12 levels)",
		"availability: {trees: {' ': a/b}}":                                          "not a name for a tree",
		"availability: {trees: {t: {series: [" + strings.Join(shared, ", ") + "]}}}": "too many services stand in several places (got 9; want at most 8",
		bomb.String(): "the tree is too large (want at most 1000 members)",
	} {
		if _, err := load(t, yaml); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.200s\ngot  %v\nwant %s", yaml, err, want)
		}
	}
}

func TestCheckNamesWhatDoesNotExist(t *testing.T) {
	c, err := load(t, "availability:\n  trees:\n    shop:\n      series:\n        - web1/http\n        - web1/htpt\n        - {parallel: [wbe2/http, web1/http]}\n")
	if err != nil {
		t.Fatal(err)
	}
	known := func(host, check string) bool { return host == "web1" && (check == "" || check == "http") }
	got := fmt.Sprint(c.Check(known))
	for _, want := range []string{
		"m.yaml:6:11: availability.trees.shop.series[1]: unknown check (got \"web1/htpt\"",
		"m.yaml:7:23: availability.trees.shop.series[2].parallel[0]: unknown host (got \"wbe2\"",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
	if err := c.Check(func(string, string) bool { return true }); err != nil {
		t.Error(err)
	}
}

// yaml writes a tree as configuration has it: JSON is YAML.
func (n *Node) yaml() any {
	if n.Kind == Leaf {
		return n.Service.String()
	}
	var list []any
	for _, m := range n.Of {
		list = append(list, m.yaml())
	}
	if n.Kind == Needed {
		return map[string]any{"need": n.Need, "of": list}
	}
	return map[string]any{n.Kind.String(): list}
}

func FuzzTree(f *testing.F) {
	for _, seed := range []string{
		"t: a/b", "t: {series: [lb1/http, {parallel: [web1/http, web2/http]}, {need: 2, of: [db1/sql, db2/sql, db3/sql]}]}",
		"t: &a {series: [x/y, *a]}", "t: {need: 9999999999999999999, of: [a/b]}", "t: {series: [null, [], {}, '', \"a/b[\\u0000]\"]}", "x: &x {parallel: [a/b, c/d]}\nt: {series: [*x, *x, *x]}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := config.ParseBytes("fuzz", raw)
		if err != nil {
			return
		}
		root, faults := parseTree(n.Get("t"), "t")
		if (root == nil) == (len(faults) == 0) {
			t.Fatalf("tree %v and faults %v", root, faults)
		}
		if root == nil {
			return
		}
		again, err := json.Marshal(map[string]any{"t": root.yaml()})
		if err != nil {
			t.Fatal(err)
		}
		of := map[checks.Service]float64{}
		for _, s := range root.Services() {
			of[s] = .5
		}
		p, ok := root.Chance(of)
		if !ok || p < 0 || p > 1 {
			t.Fatalf("%s has the chance %v, %v", again, p, ok)
		}
		second := tree(t, string(again))
		if third, _ := json.Marshal(map[string]any{"t": second.yaml()}); string(third) != string(again) {
			t.Fatalf("%s became %s", again, third)
		}
	})
}
