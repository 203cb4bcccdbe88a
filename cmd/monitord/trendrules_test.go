package main

import (
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"monitord/collectors/host"
	"monitord/internal/trendwatch"
)

// sinkNames notes which names a collector sends.
type sinkNames map[string]bool

func (s sinkNames) Add(name string, _ float64, _ ...string) { s[name] = true }

// What the default rules ask of a host, our own probe sends.
func TestTheProbeSendsWhatTheDefaultRulesAskFor(t *testing.T) {
	sent := sinkNames{}
	for _, c := range host.New(host.Options{Proc: "../../collectors/host/testdata/linux-6.18/proc", Now: time.Now}) {
		if err := c.Collect(t.Context(), sent); err != nil {
			t.Errorf("%s: %v", c.Name(), err)
		}
	}
	asked := 0
	names := regexp.MustCompile(`\bnode_[A-Za-z0-9_]+`)
	for _, r := range trendwatch.DefaultRules() {
		for _, name := range names.FindAllString(r.Expr+" "+r.Limit, -1) {
			asked++
			if !sent[name] {
				t.Errorf("rule %s asks for %s, which the probe does not send; it sends %v", r.Name, name, slices.Sorted(maps.Keys(sent)))
			}
		}
	}
	if asked < 15 {
		t.Errorf("only %d names were found in the rules", asked)
	}
}
