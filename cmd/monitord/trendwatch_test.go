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
	yaml := "trends: {rules: [{name: a, expr: 'sum(x'}, {name: b, expr: x, limit: 'max by'}, {name: c, expr: x, limit: 1e9}, {name: d, off: true, expr: '('}]}\n"
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readInventory(file, nil)
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, want := range []string{"trends.rules[0].expr: is no PromQL", "trends.rules[1].limit: is no PromQL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "rules[2]") || strings.Contains(err.Error(), "rules[3]") {
		t.Errorf("too much is refused: %v", err)
	}
}

func TestTheDefaultRulesForTrendsArePromQL(t *testing.T) {
	for _, r := range trendwatch.DefaultRules() {
		if err := tsdb.CheckExpr(r.Expr); err != nil {
			t.Errorf("rule %s: %v", r.Name, err)
		}
	}
}
