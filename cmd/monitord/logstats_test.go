package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStatsAreATableOrJSON(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rules, log := filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "log")
	for path, text := range map[string]string{
		rules: "rules:\n  - {match: Critical, name: crit}\n  - {match: \"x\", name: \"\\x1b[2J正常\"}\n",
		log:   strings.Repeat("Nov 25 00:15:00 h a Critical\n", 1200) + "Nov 27 00:15:00 h a ok\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"logs", "test", "--stats", "--rules", rules, log}, nil, &out, &errs); code != exitOK || errs.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[0], "1,201 lines, ") || lines[1] != " HITS  A DAY   TOLD  TRIED  COST/LINE  RULE" ||
		!strings.HasPrefix(lines[2], "1,200    600  1,200  1,200  ") || !strings.HasSuffix(lines[2], "s  crit") || strings.Contains(lines[3], "\x1b") {
		t.Errorf("%s", &out)
	}
	out.Reset()
	if code := run(t.Context(), []string{"logs", "test", "--stats", "--json", "--rules", rules, log}, nil, &out, &errs); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	var got struct {
		Lines int64
		Rules []ruleJSON
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Lines != 1201 || len(got.Rules) != 2 || got.Rules[0].Hits != 1200 || *got.Rules[0].HitsPerDay != 600 || got.Rules[0].CostSeconds <= 0 || got.Rules[0].Place != rules+":2" {
		t.Errorf("%v: %s", err, &out)
	}
}
