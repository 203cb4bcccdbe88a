//go:build accept

package perfdata

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"monitord/checks"
	"monitord/internal/accept"
)

// plain is a second reading of the guidelines' form, by pattern and of whole
// words only: the oracle of this test.
var plain = regexp.MustCompile(`^(?:'([^']+)'|([^'=]+))=(-?[0-9.]+)([a-zA-Z%]*)(?:;([^;]*))?(?:;([^;]*))?(?:;([^;]*))?(?:;([^;]*))?;?$`)

// readListed reads TEXT<tab>WHY lines: perfdata that is none.
func readListed(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("accept-listed.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		if text, _, ok := strings.Cut(line, "\t"); ok && !strings.HasPrefix(line, "#") {
			out = append(out, text)
		}
	}
	return out
}

func readJSON(t *testing.T, dir, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatalf("accept: perfdata: %v", err)
	}
}

// TestAcceptPerfdata compares each word of each example with the oracle.
func TestAcceptPerfdata(t *testing.T) {
	dir, err := accept.Data("nagios")
	if errors.Is(err, accept.ErrNoShared) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var examples []struct{ Perfdata string }
	var runs []struct {
		Cmd    []string
		Exit   int
		Stdout string
	}
	readJSON(t, dir, "perfdata_from_plugin_tests.json", &examples)
	readJSON(t, dir, "plugin_runs.json", &runs)
	c := &accept.Count{Set: "perfdata", W: os.Stdout}
	listed := readListed(t)
	for _, e := range examples {
		compare(c, e.Perfdata, listed)
	}
	for _, r := range runs {
		out := Split(r.Stdout)
		text, perf, _ := strings.Cut(strings.TrimSuffix(r.Stdout, "\n"), "|")
		equal(c, strings.Join(r.Cmd, " "), out.Text, strings.TrimSpace(text))
		compare(c, perf, listed)
	}
	os.Stdout.WriteString(c.Line() + "\n")
	if c.Failed > 0 || c.Passed == 0 {
		t.Fail()
	}
}

func equal(c *accept.Count, where string, got, want any) {
	if got == want {
		c.Pass()
	} else {
		c.Fail("%s: got %v, want %v", where, got, want)
	}
}

func compare(c *accept.Count, perf string, listed []string) {
	values, _ := Parse(perf)
	for _, word := range strings.Fields(perf) {
		i := slices.IndexFunc(values, func(v Value) bool {
			return strings.HasPrefix(word, v.Label+"=") || strings.HasPrefix(word, "'"+v.Label+"'=")
		})
		m := plain.FindStringSubmatch(word)
		remnant := slices.ContainsFunc(listed, func(l string) bool {
			return word == l || strings.HasSuffix(word, ";"+l) || strings.Contains(word, `=\d+`) && l == `\d+`
		})
		switch {
		case m == nil && i < 0 && remnant:
			c.List()
		case i < 0:
			c.Fail("%q: %s is not read", perf, word)
		default:
			if m == nil || remnant { // the value stands before the remnant
				m = plain.FindStringSubmatch(word[:strings.LastIndex(word, ";")])
				c.List()
			}
			if m == nil {
				c.Fail("%q: the oracle cannot read %s", perf, word)
				continue
			}
			compareWord(c, word, m, values[i])
		}
	}
}

// compareWord compares label, value, limits and bounds.
func compareWord(c *accept.Count, word string, m []string, v Value) {
	equal(c, word+" label", v.Label, m[1]+m[2])
	scale := map[string]float64{"ms": 0.001, "%": 0.01, "KB": 1024, "MB": 1 << 20}[m[4]]
	if scale == 0 {
		scale = 1
	}
	want, err := strconv.ParseFloat(m[3], 64)
	if err != nil {
		c.Fail("%s: %v", word, err)
	}
	equal(c, word+" value", v.Value, want*scale)
	equal(c, word+" unit", v.UOM, m[4])
	for i, got := range []*checks.Range{v.Warn, v.Crit} {
		if m[5+i] == "" {
			equal(c, word+" limit", got == nil, true)
			continue
		}
		r, err := checks.ParseRange(m[5+i])
		if err != nil || got == nil {
			c.Fail("%s: limit %q: got %v, %v", word, m[5+i], got, err)
			continue
		}
		equal(c, word+" limit", *got, checks.Range{Start: r.Start * scale, End: r.End * scale, Inside: r.Inside})
	}
	for i, got := range []*float64{v.Min, v.Max} {
		if m[7+i] == "" {
			equal(c, word+" bound", got == nil, true)
			continue
		}
		want, err := strconv.ParseFloat(m[7+i], 64)
		if err != nil || got == nil {
			c.Fail("%s: bound %q: got %v, %v", word, m[7+i], got, err)
			continue
		}
		equal(c, word+" bound", *got, want*scale)
	}
}
