package actions

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"monitord/alerting/failover"
	"monitord/checks"
)

func TestFaultsAreAllReportedWithTheirPlaces(t *testing.T) {
	for yaml, want := range map[string]string{
		"actions: {a: {}}":                                                                                          "actions.a.do: nothing is to be done",
		"actions: {a: {do: {fake: {}}}}":                                                                            "actions.a.when: no state asks for it",
		"actions: {a b: {when: {checks: [http]}, do: {fake: {}}}}":                                                  "not a name for an action",
		"actions: {a: {when: {checks: [http]}, do: {rm: {}}}}":                                                      "actions.a.do.rm: unknown kind of action (want one of fake, or probe and action)",
		"actions: {a: {when: {checks: [http]}, do: {fake: {}, probe2: {}}}}":                                        "exactly one thing is done (got 2 keys",
		"actions: {a: {when: {checks: [http]}, do: {fake: {x: 1}}}}":                                                "actions.a.do.fake.x: unknown key",
		"actions: {a: {when: {checks: [htp]}, do: {fake: {}}}}":                                                     "actions.a.when.checks[0]: none of these hosts has such a check",
		"actions: {a: {when: {groups: [web]}, do: {fake: {}}}}":                                                     "no state asks for it",
		"actions: {a: {when: {services: [web1/http], groups: [web]}, do: {fake: {}}}}":                              "groups and hosts narrow checks",
		"actions: {a: {when: {checks: [http], groups: [db]}, do: {fake: {}}}}":                                      "actions.a.when.groups[0]: no host is in this group",
		"actions: {a: {when: {checks: [http], hosts: [web9]}, do: {fake: {}}}}":                                     "actions.a.when.hosts[0]: unknown host",
		"actions: {a: {when: {services: [web9/http]}, do: {fake: {}}}}":                                             "actions.a.when.services[0]: unknown host",
		"actions: {a: {when: {services: [web1]}, do: {fake: {}}}}":                                                  "want host/check",
		"actions: {a: {when: {checks: [http], state: unknown}, do: {fake: {}}}}":                                    "is no reason to act",
		"actions: {a: {when: {checks: [http]}, do: {fake: {}}, premises: {confirmed_by: ['{{host}}/x']}}}":          "actions.a.premises.confirmed_by[0]: host web1 has no such check",
		"actions: {a: {when: {checks: [http]}, do: {fake: {}}, premises: {peers: [lb9/ping]}}}":                     "actions.a.premises.peers[0]: unknown host",
		"actions: {a: {when: {checks: [http]}, do: {fake: {}}, premises: {confirmed_by: [lb1/ping], at_least: 2}}}": "premises.at_least: got 2; want 1 to the number of confirmed_by (1)",
		"actions: {a: {when: {checks: [http]}, do: {fake: {}}, premises: {max_age: 0s}}}":                           "premises.max_age: out of range",
		"actions: {a: {when: {checks: [http]}, do: {fake: {}}, premises: {wait: 5m}}}":                              "premises.wait: out of range",
		"actions: {a: {when: {checks: [http]}, do: {fake: {}}, deadline: 1h}}":                                      "deadline: out of range",
		"actions: {a: {when: {checks: [http]}, do: {fake: {}}, budget: {runs: 0}}}":                                 "budget.runs: out of range",
		"actions: {a: {when: {checks: [http]}, do: {fake: {}}, undo: {after_good: 0}}}":                             "undo.after_good: out of range",
		"actions: {a: {when: {checks: [http]}, do: {probe: web9, action: x}}}":                                      "actions.a.do.probe: unknown host",
		"actions: {a: {when: {checks: [http]}, do: {probe: lb1}}}":                                                  "actions.a.do.action: got \"\"; want the name",
		"actions: {a: {when: {checks: [http]}, do: {probe: lb1, action: x, args: [rm]}}}":                           "actions.a.do.args: unknown key",
		"actions: {a: {whn: {}}}": "did you mean when?",
	} {
		_, err := buildPlan(t, yaml, kindOf(newFake()))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "a.yaml:1:") {
			t.Errorf("%s:\n got %v\nwant %s", yaml, err, want)
		}
	}
}

func TestAnActionMeansItsHostsAndWhatItNames(t *testing.T) {
	p, err := buildPlan(t, `actions:
  z: {when: {services: ['web2/http'], state: warning}, do: {probe: '{{host}}', action: restart}, undo: {}, cooldown: 0s}
  a: {when: {checks: [http], groups: [web]}, do: {fake: {}}, premises: {confirmed_by: ['{{host}}/ping', lb1/ping]}}
`, kindOf(newFake()))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Actions) != 2 || p.Actions[0].Name != "a" || len(p.Actions[0].Targets) != 2 {
		t.Fatalf("%+v", p.Actions)
	}
	web2 := p.Actions[0].Targets[1]
	if web2.Host != "web2" || web2.Address != "192.0.2.12" || web2.Confirm[0] != (checks.Service{Host: "web2", Check: "ping"}) || web2.Probe != "" {
		t.Errorf("%+v", web2)
	}
	z := p.Actions[1]
	if z.Targets[0].Probe != "web2" || z.Kind != KindProbe || z.remote != "restart" || z.Config.Undo.AfterGood != 3 || z.Config.Deadline != time.Minute || z.Config.Cooldown != 0 {
		t.Errorf("%+v", z)
	}
}

// once is a kind that cannot be taken back.
type once struct{ *program }

func TestUndoNeedsAKindThatCan(t *testing.T) {
	kind := kindOf(&once{&program{"true"}})
	p, err := buildPlan(t, with("undo: {}"), kind)
	if err != nil {
		t.Fatal(err)
	}
	err = p.Make(failover.Deps{Logger: slog.New(slog.DiscardHandler)}, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "cannot be taken back") {
		t.Error(err)
	}
}
