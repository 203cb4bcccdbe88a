package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monitord/internal/trendwatch"
	"monitord/tsdb"
)

func TestARuleForTrendsThatIsNoPromQLIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "monitord.yaml")
	yaml := `trends:
  rules:
    - {name: a, expr: 'sum(x'}
    - {name: b, expr: x, limit: 'max by', item: 'a {n'}
    - {name: c, expr: x, limit: 1e9}
    - {name: d, off: true, expr: '('}
    - name: e
      expr: 'x[5m]'
      limit: inf
    - {name: f, expr: "5"}
    - {name: g, expr: x, limit: 5 * 2}
`
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readInventory(file, nil)
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, want := range []string{
		file + ":3:23: trends.rules[0].expr: is no PromQL for series: line 1, column 6 (its end): unclosed left parenthesis (try it on the running server: monitord query 'EXPR')",
		file + ":4:33: trends.rules[1].limit: is no PromQL for series: line 1, column 7 (its end): unexpected end of input",
		file + `:4:49: trends.rules[1].item: got "a {n"`, // all at once
		file + ":8:13: trends.rules[4].expr: is no PromQL for series: got a range of samples; want one value at a time",
		file + ":9:14: trends.rules[4].limit: got inf; want a finite number",
		file + ":10:23: trends.rules[5].expr: is no PromQL for series: got one number that is of no host; want series with a label host or instance: a selector, such as node_load5,",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "rules[2]") || strings.Contains(err.Error(), "rules[3]") || strings.Contains(err.Error(), "rules[6]") {
		t.Errorf("too much is refused: %v", err)
	}
}

func TestTheDefaultRulesForTrendsArePromQL(t *testing.T) {
	for _, r := range trendwatch.DefaultRules() {
		if err := tsdb.CheckSeries(r.Expr); err != nil {
			t.Errorf("rule %s: %v", r.Name, err)
		}
	}
}
