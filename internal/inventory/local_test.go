package inventory

import (
	"bytes"
	"strings"
	"testing"

	"monitord/checks"
	"monitord/internal/config"
)

// A kind of check that judges the machine it runs on runs on the host itself,
// and on the server's only when somebody wrote that.
func TestAKindThatJudgesItsMachineRunsOnTheProbe(t *testing.T) {
	const yaml = `
templates: {t: {checks: {there: {type: here, run_on: server}}}}
hosts:
  a: {templates: [t], checks: {own: {type: here}, asked: {type: there}, sent: {type: there, run_on: probe}}}
`
	l, err := config.Parse([]config.File{{Name: "m.yaml", Data: []byte(yaml)}}, Section())
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Get[*Config](l, "inventory")
	if err != nil {
		t.Fatal(err)
	}
	none := func() checks.Config { return &fakeNone{} }
	kinds := append(fakeTypes(), checks.Type{Name: "here", Local: true, NewConfig: none}, checks.Type{Name: "there", NewConfig: none})
	inv, err := Build(cfg, kinds, nil)
	if err != nil {
		t.Fatalf("a host without a probe must be no fault: %v", err)
	}
	h, _ := inv.Host("a")
	got := map[string]string{}
	for _, c := range h.Checks {
		got[c.Name] = c.RunOn
	}
	for name, want := range map[string]string{"own": RunProbe, "there": RunServer, "asked": RunServer, "sent": RunProbe, "ping": RunServer} {
		if got[name] != want {
			t.Errorf("%s runs on %q, want %q", name, got[name], want)
		}
	}
	effective, err := inv.Show("a")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := effective.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "checks.own.run_on") && strings.Join(strings.Fields(line), " ") != "checks.own.run_on probe default" {
			t.Errorf("shown as %q", line)
		}
	}
}

// What another host's probe runs depends on that probe: while it is away there is
// one problem, not one for each device behind it.
func TestACheckOnAnothersProbeDependsOnThatProbe(t *testing.T) {
	const yaml = `
hosts:
  gw1: {alive: here, checks: {here: {type: there}, probe: {type: probe}}}
  gw2: {alive: here, checks: {here: {type: there}}}
  sw1: {alive: none, checks: {a: {type: there, run_on: gw1}, b: {type: there, run_on: gw2}, c: {type: there, run_on: probe}}}
`
	l, err := config.Parse([]config.File{{Name: "m.yaml", Data: []byte(yaml)}}, Section())
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Get[*Config](l, "inventory")
	if err != nil {
		t.Fatal(err)
	}
	none := func() checks.Config { return &fakeNone{} }
	inv, err := Build(cfg, []checks.Type{{Name: "there", NewConfig: none}, {Name: "probe", NewConfig: none}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]CheckRef{"a": {"gw1", "probe"}, "b": {"gw2", "here"}, "c": {}} {
		c, ok := inv.Check(CheckRef{"sw1", name})
		if !ok {
			t.Fatalf("no check %s", name)
		}
		var got CheckRef
		for _, d := range inv.Requires(c) {
			got = d.Of[0]
		}
		if got != want {
			t.Errorf("%s (on the probe of %q) requires %q, want %q", name, c.Probe, got, want)
		}
	}
}
