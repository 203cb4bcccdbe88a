package inventory

import (
	"testing"

	"monitord/checks"
	"monitord/examples"
	"monitord/internal/config"
)

// FuzzBuild holds that no configuration panics, and that what is accepted keeps
// the promises of Check.
func FuzzBuild(f *testing.F) {
	f.Add(examples.Basic)
	f.Add("hosts: {a: {parents: [a], alive: 'tcp:1', checks: {x: {type: http, url: 'http://{{a}}'}}}}")
	f.Add("templates: {linux: null}\ngroups: {a: null}\nhosts: {web1: null}\ncontacts: {c: null}\nescalations: [{}]")
	f.Fuzz(func(t *testing.T, yaml string) {
		l, err := config.Parse([]config.File{{Name: "f", Data: []byte(yaml)}}, Section())
		if err != nil {
			return
		}
		cfg, err := config.Get[*Config](l, "inventory")
		if err != nil {
			t.Fatal(err)
		}
		inv, err := Build(cfg, fakeTypes(), []string{"web1"})
		if err != nil {
			return
		}
		for _, h := range inv.Hosts {
			for _, c := range h.Checks {
				if c.Timeout <= 0 || c.Timeout >= c.Interval || c.Timeout >= c.RetryInterval || c.MaxAttempts < 1 || c.Config.Validate() != nil {
					t.Fatalf("%+v", c)
				}
				if s, err := checks.ParseService(c.ID()); err != nil || s.Host != h.Name || s.Check != c.Name {
					t.Fatalf("%s is no service: %v", c.ID(), err)
				}
			}
			if _, err := inv.Show(h.Name); err != nil {
				t.Fatal(err)
			}
		}
	})
}
