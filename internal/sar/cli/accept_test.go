//go:build accept

package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"monitord/internal/accept"
	"monitord/internal/sar"
)

// expectation is one expected.json: option → tables, an error, or (local
// recordings) a list of tables without their options.
type expectation struct {
	Interval  json.Number     `json:"interval_seconds"`
	Requested float64         `json:"interval_requested"`
	Slack     float64         `json:"slack_seconds"`
	Sar       json.RawMessage `json:"sar"`
}

type expectedTable struct {
	Columns []string            `json:"columns"`
	Rows    []map[string]string `json:"rows"`
	Error   string              `json:"error"`
}

// TestAcceptSysstat compares every value that sysstat printed with ours.
func TestAcceptSysstat(t *testing.T) {
	dir, err := accept.Data("sysstat")
	if errors.Is(err, accept.ErrNoShared) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*", "expected.json"))
	if len(files) == 0 {
		t.Fatalf("accept: sysstat: no case under %s", dir)
	}
	c := &accept.Count{Set: "sysstat", W: os.Stdout}
	rules := readListed(t, filepath.Join("..", "accept-listed.txt"))
	for _, file := range files {
		caseDir := filepath.Dir(file)
		name := filepath.Base(filepath.Dir(caseDir)) + "/" + filepath.Base(caseDir)
		acceptCase(t, &comparison{Count: c, name: name, rules: rules}, caseDir, file)
	}
	os.Stdout.WriteString(c.Line() + "\n")
	if c.Failed > 0 || c.Passed == 0 {
		t.Fail()
	}
}

// comparison is one case.
type comparison struct {
	*accept.Count
	name   string
	rules  []listedRule
	local  bool
	slack  float64 // local: seconds in which sar and the trees may differ
	period float64
}

func acceptCase(t *testing.T, c *comparison, dir, file string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want expectation
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	before, err := readSnapshot(os.DirFS(filepath.Join(dir, "before")))
	if err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	after, err := readSnapshot(os.DirFS(filepath.Join(dir, "after")))
	if err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	var options map[string]json.RawMessage
	if json.Unmarshal(want.Sar, &options) != nil {
		c.acceptLocal(t, want, before, after)
		return
	}
	if got := newReport(before, after, nil, nil).Seconds; got != want.Interval {
		// The file writes a float: 38.5 is 38.50.
		g, _ := got.Float64()
		w, _ := want.Interval.Float64()
		if math.Abs(g-w) > 1e-9 {
			c.Fail("%s: interval %s, want %s", c.name, got, want.Interval)
		}
	}
	for _, option := range slices.Sorted(mapsKeys(options)) {
		c.option(option, options[option], before, after)
	}
}

func mapsKeys(m map[string]json.RawMessage) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// option compares the tables of one option, which is written as arguments.
func (c *comparison) option(option string, raw json.RawMessage, before, after *sar.Snapshot) {
	want := decodeTables(raw)
	cmd, err := parseArgs(append(strings.Fields(option), "1"))
	if err != nil {
		c.Fail("%s: %s: %v", c.name, option, err)
		return
	}
	cmd.request.Partitions = true // recorded with sadc -S XDISK
	cmd.request.Layout = layoutOf(want)
	got, _ := cmd.request.Tables(before, after, nil)
	if len(want) == 1 && want[0].Error != "" {
		if len(got) > 0 {
			c.Fail("%s: %s: got a table, want %q", c.name, option, want[0].Error)
		} else {
			c.Pass()
		}
		return
	}
	if len(got) != len(want) {
		c.Fail("%s: %s: got %d tables, want %d", c.name, option, len(got), len(want))
		return
	}
	for i := range want {
		c.table(option, got[i], want[i])
	}
}

func decodeTables(raw json.RawMessage) []expectedTable {
	var list []expectedTable
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var one expectedTable
	if json.Unmarshal(raw, &one) != nil {
		return nil
	}
	return []expectedTable{one}
}

// layoutOf tells which sysstat printed the tables from columns that differ.
func layoutOf(tables []expectedTable) sar.Layout {
	for _, t := range tables {
		for _, old := range []string{"%vmeff", "retrans/s"} {
			if slices.Contains(t.Columns, old) {
				return sar.Layout12
			}
		}
		if slices.Contains(t.Columns, "kbmemused") && !slices.Contains(t.Columns, "kbshmem") {
			return sar.Layout12
		}
	}
	return sar.Layout127
}

// acceptLocal compares a list of tables by their columns.
func (c *comparison) acceptLocal(t *testing.T, want expectation, before, after *sar.Snapshot) {
	c.local, c.slack, c.period = true, want.Slack, want.Requested
	tables := decodeTables(want.Sar)
	if len(tables) == 0 {
		t.Fatalf("%s: no table in expected.json", c.name)
	}
	r := sar.Request{Layout: layoutOf(tables), PerCPU: true, Options: sar.Options()}
	got, _ := r.Tables(before, after, nil)
	for _, w := range tables {
		i := slices.IndexFunc(got, func(g sar.Table) bool { return slices.Equal(g.Columns, w.Columns) })
		if i < 0 {
			c.Fail("%s: no table has the columns %v", c.name, w.Columns)
			continue
		}
		g := got[i]
		if w.Columns[0] == "CPU" && len(w.Rows) == 1 {
			g.Rows = g.Rows[:1] // recorded without -P ALL
		}
		c.table(g.Option, g, w)
	}
}

func (c *comparison) table(option string, got sar.Table, want expectedTable) {
	if !slices.Equal(got.Columns, want.Columns) {
		c.Fail("%s: %s: columns %v, want %v", c.name, option, got.Columns, want.Columns)
		return
	}
	if len(got.Rows) != len(want.Rows) {
		c.Fail("%s: %s: got %d rows, want %d", c.name, option, len(got.Rows), len(want.Rows))
		return
	}
	for i, row := range want.Rows {
		for j, column := range want.Columns {
			c.cell(option, row[want.Columns[0]], column, got.Rows[i][j], row[column])
		}
	}
}

func (c *comparison) cell(option, row, column, got, want string) {
	switch {
	case got == want, c.local && c.close(column, got, want):
		c.Pass()
	case slices.ContainsFunc(c.rules, func(r listedRule) bool { return r.covers(c.name, option, column, got, want) }):
		c.List()
	default:
		c.Fail("%s: %s: row %s: %s = %s, want %s", c.name, option, row, column, got, want)
	}
}

// listedRule explains differences: case, option and column as patterns, the
// smallest expected value that it covers (0: any), what we print instead, why.
type listedRule struct {
	name, option, column string
	above                float64
	ours                 string
}

func readListed(t *testing.T, file string) []listedRule {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rules []listedRule
	for i, line := range strings.Split(string(raw), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, " | ")
		if len(f) != 6 || strings.TrimSpace(f[5]) == "" {
			t.Fatalf("%s:%d: want case | option | column | above | ours | reason", file, i+1)
		}
		for j := range f {
			f[j] = strings.TrimSpace(f[j])
		}
		above, err := strconv.ParseFloat(f[3], 64)
		if err != nil {
			t.Fatalf("%s:%d: %v", file, i+1, err)
		}
		rules = append(rules, listedRule{f[0], f[1], f[2], above, f[4]})
	}
	return rules
}

func (r listedRule) covers(name, option, column, got, want string) bool {
	match := func(pattern, s string) bool {
		ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(s, "/", "\x00"))
		return err == nil && ok
	}
	v, err := strconv.ParseFloat(want, 64)
	if r.above > 0 && (err != nil || v < r.above) {
		return false
	}
	return match(r.name, name) && match(r.option, option) && match(r.column, column) && match(cmp.Or(r.ours, "*"), got)
}
