package inventory

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const people = `
contacts:
  a: {channels: [{mail: a@x}]}
  b: {channels: [{mail: b@x, form: short, within: 5m, hours: day}, {mail: b2@x}], hours: day}
periods: {day: {times: ["monday 09:00-17:00"]}}
`

func TestTeamsRotasAndSteps(t *testing.T) {
	inv := mustBuild(t, people+`
teams: {both: {members: [a, night]}}
rotas: {night: {timezone: Asia/Tokyo, layers: [{members: [a, b], every: 1d, start: 2026-11-02 09:00}], overrides: [{member: b, from: 2026-11-02 09:00, to: 2026-11-02 10:00}]}}
escalations:
  - name: loud
    match: {severity: critical, during: day}
    steps: [{to: [both, b], after: 10m, repeat: 5m, times: 3, until: closed}, {to: a, channel: mail}]
storm: {pages: 5, within: 1m}
`)
	esc := inv.Escalations[0]
	if esc.Name != "loud" || esc.Match.During.Name() != "day" || len(esc.Steps) != 2 || esc.Steps[0].Channel != "mail" {
		t.Errorf("escalation %+v", esc)
	}
	if s := esc.Steps[1]; s.Repeat != 5*time.Minute || s.Times != 3 || !s.UntilClosed || len(s.To) != 2 {
		t.Errorf("step %+v", s)
	}
	if inv.Storm != (Storm{5, time.Minute}) {
		t.Errorf("storm %+v", inv.Storm)
	}
	names := func(list []*Contact) string {
		var s []string
		for _, c := range list {
			s = append(s, c.Name)
		}
		return strings.Join(s, " ")
	}
	tokyo := inv.Rotas[0].Zone
	for at, want := range map[time.Time]string{
		time.Date(2026, 11, 2, 9, 30, 0, 0, tokyo): "a b", time.Date(2026, 11, 2, 11, 0, 0, 0, tokyo): "a", time.Date(2026, 11, 3, 11, 0, 0, 0, tokyo): "a b",
	} {
		if got := names(inv.OnCall("both", at)); got != want {
			t.Errorf("on call at %s: %s, want %s", at, got, want)
		}
	}
	if got := names(inv.Everybody("night")); got != "a b" {
		t.Errorf("everybody %s", got)
	}
	b, _ := inv.Contact("b")
	if ch := b.Channels[0]; ch.Form != "short" || ch.Within != 5*time.Minute || ch.Hours.Name() != "day" || b.Channels[1].Within != time.Minute || b.Hours == nil {
		t.Errorf("channels %+v", b.Channels)
	}
	if d := mustBuild(t, people).Storm; d != (Storm{20, 10 * time.Minute}) {
		t.Errorf("the default bound is %+v", d)
	}
}

func TestFaultsOfPeopleHaveTheirPlace(t *testing.T) {
	lines := strings.Count(people, "\n")
	for name, c := range map[string]struct{ yaml, want string }{
		"hole":         {"rotas: {r: {layers: [{members: [a], during: day}]}}", "rotas.r: nobody is on call at "},
		"rota contact": {"rotas: {r: {layers: [{members: [c], start: 2026-11-02 09:00}]}}", "rotas.r.layers[0].members[0]: unknown contact (got \"c\"; want one of a, b)"},
		"no start":     {"rotas: {r: {layers: [{members: [a, b]}]}}", "rotas.r.layers[0].start: not a moment (got \"\"; want a moment such as 2026-11-02 09:00)"},
		"two ways":     {"rotas: {r: {layers: [{members: [a], turns: [{member: b, for: 1d}]}]}}", "rotas.r.layers[0].turns: stands beside members"},
		"override":     {"rotas: {r: {layers: [{members: [a]}], overrides: [{member: a, from: 2026-11-03 09:00, to: 2026-11-02 09:00}]}}", "rotas.r.overrides[0].to: ends before it begins"},
		"empty rota":   {"rotas: {r: }", "rotas.r: a rota without a layer has nobody"},
		"empty team":   {"teams: {t: }", "teams.t: a team needs members"},
		"member":       {"teams: {t: {members: [x]}}", "teams.t.members[0]: unknown contact or rota (got \"x\"; want one of a, b)"},
		"name twice":   {"teams: {a: {members: [b]}}", "teams.a: the name is taken by a contact or a team"},
		"channel kind": {"escalations: [{steps: [{to: a, channel: fax}]}]", "escalations[0].steps[0].channel: unknown kind of channel (got \"fax\"; want one of mail)"},
		"times":        {"escalations: [{steps: [{to: a, times: 3}]}]", "escalations[0].steps[0].times: it needs repeat"},
		"until":        {"escalations: [{steps: [{to: a, until: never}]}]", "escalations[0].steps[0].until: unknown word (got \"never\"; want acknowledged or closed)"},
		"nobody":       {"escalations: [{steps: [{to: []}]}]", "escalations[0].steps[0].to: the step tells nobody"},
		"same name":    {"escalations: [{name: x, steps: [{to: a}]}, {name: x, steps: [{to: b}]}]", "escalations[1].name: the name is taken"},
		"storm":        {"storm: {pages: -1}", "storm.pages: out of range"},
	} {
		_, err := build(t, people+c.yaml)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v\nwant %s", name, err, c.want)
			continue
		}
		if line := strings.Split(err.Error(), ":")[1]; line != "" && line != "0" && !strings.HasPrefix(err.Error(), fmt.Sprintf("m.yaml:%d:", lines+1)) {
			t.Errorf("%s: place of %v", name, err)
		}
	}
}
