package trendwatch

import (
	"strings"
	"testing"
	"time"

	"monitord/internal/config"
)

func TestFaultsOfTheConfigurationAreAllNamed(t *testing.T) {
	c := DefaultConfig()
	raw := `
max_series: 0
rules:
  - {name: "a b", expr: g}
  - {name: x, unit: miles, limit: 5, warn: 1h, critical: 2h, step: 90s}
  - {name: x, expr: g, below: true, kinds: [limit], item: "a {b"}
`
	err := config.DecodeBytes("t", []byte(raw), &c)
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{"max_series", `rules[0].name: got "a b"`, "rules[1].expr: is missing", `rules[1].unit: got "miles"`, "rules[1].warn", "rules[1].step: got 1m30s",
		`rules[2].name: got "x" twice`, "rules[2].limit: is missing", "rules[2].kinds: has limit", "rules[2].item: got"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q:\n%v", want, err)
		}
	}
}

func TestTheDefaultRulesAreSoundAndCanBeReplacedAndLeftOut(t *testing.T) {
	c := DefaultConfig()
	c.Rules = []RuleConfig{{Name: "load", Off: true}, {Name: "memory", Expr: "m", Limit: "9"}}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	rules, err := Compile(c, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if len(rules.list) != len(DefaultRules())-1 {
		t.Errorf("%d rules", len(rules.list))
	}
	for _, r := range rules.list {
		if r.Name == "load" || r.Name == "memory" && r.Expr != "m" {
			t.Errorf("rule %s: %s", r.Name, r.Expr)
		}
	}
	for _, r := range DefaultRules() {
		if faults := r.faults(); len(faults) > 0 {
			t.Errorf("default rule %s: %v", r.Name, faults)
		}
	}
	for _, step := range []time.Duration{time.Second, -time.Minute} {
		if _, err := Compile(one(RuleConfig{Name: "r", Expr: "g", Step: step}), time.UTC); err == nil {
			t.Errorf("a step of %s was taken", step)
		}
	}
	if rules, err := Compile(Config{}, time.UTC); err != nil || len(rules.list) != 0 {
		t.Errorf("switched off: %v, %v", rules.list, err)
	}
}

func TestNamesOfSeries(t *testing.T) {
	f := func(item string, labels map[string]string, want string) {
		t.Helper()
		r := &rule{RuleConfig: RuleConfig{Name: "r", Item: item}}
		if got := r.item(labels); got != want {
			t.Errorf("%q", got)
		}
	}
	f("filesystem {mountpoint}", map[string]string{"mountpoint": "/var\n/x"}, "filesystem /var /x")
	f("", map[string]string{"host": "a", "b": "2", "a": "1", "__name__": "g"}, "r a=1 b=2")
	f("requests {job}", map[string]string{}, "requests")
	f("{x}", map[string]string{"x": strings.Repeat("語", 500)}, strings.Repeat("語", maxItem-1)+"…")
}
