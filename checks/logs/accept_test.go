//go:build accept

package logs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monitord/internal/accept"
)

var onlyCase = flag.String("accept.only", "", "run this set only")

// failCase is one line of the set: what fail2ban's expressions say of a line.
type failCase struct {
	Filter        string            `json:"filter"`
	LineNo        int               `json:"line_no"`
	Text          string            `json:"text"` // the line without its date
	Prefix        *string           `json:"prefregex"`
	Expressions   []string          `json:"failregex"`
	SelfContained bool              `json:"self_contained"`
	Groups        map[string]string `json:"groups"` // nil: not recorded
	Expect        struct {
		Match bool   `json:"match"`
		Host  string `json:"host"`
	} `json:"expect"`
}

// TestAcceptFail2ban decides each case that needs no other line, through the
// whole engine: literals, RE2 and the fallback.
func TestAcceptFail2ban(t *testing.T) {
	if *onlyCase != "" && *onlyCase != "fail2ban" {
		t.Skip("another set was asked for")
	}
	dir, err := accept.Data("fail2ban")
	if errors.Is(err, accept.ErrNoShared) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	c := &accept.Count{Set: "fail2ban", W: os.Stdout}
	files, err := filepath.Glob(filepath.Join(dir, "cases*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", dir, err)
	}
	listed := listedCases(t)
	seen := 0
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(raw))
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			var k failCase
			if err := json.Unmarshal(lines.Bytes(), &k); err != nil {
				t.Fatal(err)
			}
			seen++
			decideCase(t, c, k, listed)
		}
	}
	os.Stdout.WriteString(c.Line() + "\n")
	if c.Failed > 0 || c.Passed < seen/2 {
		t.Error(c.Line())
	}
}

// listedCases reads which filters are not decided, and why.
func listedCases(t *testing.T) map[string]string {
	raw, err := os.ReadFile("testdata/fail2ban.listed")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if name, why, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && name[0] != '#' {
			out[name] = why
		}
	}
	return out
}

func decideCase(t *testing.T, c *accept.Count, k failCase, listed map[string]string) {
	name := fmt.Sprintf("%s:%d", k.Filter, k.LineNo)
	if !k.SelfContained {
		if listed["not self-contained"] == "" {
			c.Fail("%s needs other lines, and nothing lists that", name)
		}
		c.List()
		return
	}
	text, groups, ok := k.Text, map[string]string{}, true
	var err error
	if k.Prefix != nil {
		var before map[string]string
		before, ok, err = find(t, text, *k.Prefix)
		if content, has := before["content"]; has {
			text = content
		}
		for g, v := range before {
			groups[g] = v
		}
	}
	if err == nil && ok {
		var found map[string]string
		found, ok, err = find(t, text, k.Expressions...)
		for g, v := range found {
			groups[g] = v
		}
		// fail2ban's words for lines that are found and are no failure: <F-NOFAIL>
		// tells of one to come, <F-MLFGAINED> of a success.
		ok = ok && found["nofail"] == "" && found["mlfgained"] == ""
	}
	switch {
	case err != nil && listed[k.Filter] != "":
		c.List()
	case err != nil:
		c.Fail("%s: %v", name, err)
	case ok != k.Expect.Match:
		c.Fail("%s: match is %v, want %v: %q", name, ok, k.Expect.Match, k.Text)
	default:
		for g, v := range k.Groups {
			if groups[g] != v {
				c.Fail("%s: group %s is %q, want %q", name, g, groups[g], v)
				return
			}
		}
		c.Pass()
	}
}

// find runs expressions as rules of one set, the first that matches counts.
func find(t *testing.T, text string, sources ...string) (map[string]string, bool, error) {
	var rules []*Rule
	for i, source := range sources {
		p, err := compilePattern(source, "")
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", source, err)
		}
		r := plainRule(fmt.Sprint(i), p)
		r.stop = true
		rules = append(rules, r)
	}
	set, err := Compile(rules, Options{KeepCR: true})
	if err != nil {
		return nil, false, err
	}
	var groups map[string]string
	found := false
	m := NewMatcher(NewTracker(set, Deps{}, base), Line{}, nil)
	m.Line(t.Context(), Line{Text: []byte(text), Received: base}, func(m *Match) bool {
		groups, found = m.Groups, true
		return true
	})
	return groups, found, nil
}
