package inventory

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestChecksAreJudgedAsWritten(t *testing.T) {
	inv := mustBuild(t, `
periods:
  work: {zone: Asia/Tokyo, times: ["monday 09:00-17:00"], exclude: [holidays]}
  holidays: {times: [january 1]}
hosts:
  sw1: {address: 192.0.2.1, alive: ping}
  rack: {address: 192.0.2.2, alive: none, parents: [sw1]}
  db1: {address: 192.0.2.3, parents: [rack], alive: ping, checks: {sql: {type: tcp, port: 5432}}}
  web1:
    address: 192.0.2.4
    alive: ping
    parents: [sw1]
    checks:
      front: {type: http, url: "http://x/", interval: 30s, confirm_after: 2m, recover_after: 5m, volatile: true, freshness: 10m, flap_low: 10, flap_high: 60,
              notify_on: [critical, recovery], notify_changes: all, notify_period: work, check_period: work, depends_on: [db1/sql, {of: [db1/ping, sw1/ping], at_least: 2}, ping]}
      quiet: {type: http, url: "http://x/", flapping: false, freshness: 0s}
`)
	j := inv.mustCheck(t, "web1", "front").Judge
	if j.NotifyPeriod.Name() != "work" || j.CheckPeriod != j.NotifyPeriod {
		t.Errorf("periods %q and %q", j.NotifyPeriod.Name(), j.CheckPeriod.Name())
	}
	j.NotifyPeriod, j.CheckPeriod = nil, nil
	want := Judge{ConfirmAfter: 2 * time.Minute, RecoverAfter: 5 * time.Minute, Volatile: true, Freshness: 10 * time.Minute, FlapLow: 10, FlapHigh: 60,
		NotifyOn: NotifyCritical | NotifyRecovery, EveryChange: true,
		DependsOn: []Dependency{{[]CheckRef{{"db1", "sql"}}, 1}, {[]CheckRef{{"db1", "ping"}, {"sw1", "ping"}}, 2}, {[]CheckRef{{"web1", "ping"}}, 1}}}
	if !reflect.DeepEqual(j, want) {
		t.Errorf("got  %+v\nwant %+v", j, want)
	}
	if q := inv.mustCheck(t, "web1", "quiet").Judge; q.FlapHigh != 0 || q.Freshness != 0 {
		t.Errorf("quiet: %+v", q)
	}
	if p := inv.mustCheck(t, "web1", "ping").Judge; p.Freshness != 3*time.Minute+9500*time.Millisecond || p.FlapHigh != 20 || p.FlapLow != 5 {
		t.Errorf("defaults: %+v", p)
	}
	db := inv.mustCheck(t, "db1", "ping")
	if got := inv.Requires(&db); !reflect.DeepEqual(got, []Dependency{{[]CheckRef{{"sw1", "ping"}}, 1}}) {
		t.Errorf("db1/ping requires %+v: a parent without an alive check is passed over", got)
	}
}

func TestFaultsOfJudgingAreFound(t *testing.T) {
	check := func(keys string) string { return "hosts: {a: {alive: none, checks: {c: {type: ping, " + keys + "}}}}" }
	for in, want := range map[string]string{
		check("confirm_after: 2d"):                                   "hosts.a.checks.c.confirm_after: out of range",
		check("freshness: -1s"):                                      "hosts.a.checks.c.freshness: out of range",
		check("flap_low: 30"):                                        "hosts.a.checks.c.flap_high: the limits of flapping do not fit",
		check("notify_on: [bad]"):                                    "hosts.a.checks.c.notify_on[0]: unknown word",
		check("notify_changes: some"):                                "hosts.a.checks.c.notify_changes: unknown word",
		check("notify_period: work"):                                 "hosts.a.checks.c.notify_period: unknown period",
		check("depends_on: [b/x]"):                                   "unknown check (got \"b/x\"; want host/check)",
		check("depends_on: [{of: [c], at_least: 2}]"):                "hosts.a.checks.c.depends_on[0]: not a dependency",
		check("depends_on: [c]"):                                     "checks depend on each other in a circle (a/c → a/c)",
		"periods: {a: {times: [moonday]}}":                           "m.yaml:1:23: periods.a.times[0]: unknown day",
		"periods: {a: {exclude: [b]}, b: {exclude: [a]}}\nhosts: {}": "periods exclude each other in a circle",
		// The alive check decides over all others of its host: it cannot wait for one.
		"hosts: {a: {alive: p, checks: {p: {type: ping, depends_on: [q]}, q: {type: ping}}}}": "a circle (a/p → a/q → a/p)",
	} {
		if _, err := build(t, in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", in, err, want)
		}
	}
}
