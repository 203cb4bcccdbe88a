package logs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"monitord/checks"
)

func TestALimitTellsTheFirstOfEachInterval(t *testing.T) {
	p := play(t, yamlRules(t, `
- match: 'fail (\S+)'
  threshold: {type: limit, count: 2, within: 60s, by: $1}
`), Options{}, Deps{})
	p.say("fail a", "fail a", "fail a", "fail b")
	p.want("match fail a; match fail a; match fail b")
	p.wait(59 * time.Second)
	p.say("fail a")
	p.want("")
	p.wait(2 * time.Second)
	p.say("fail a", "fail a", "fail a")
	p.want("match fail a; match fail a")
}

func TestAThresholdSlides(t *testing.T) {
	p := play(t, yamlRules(t, `
- match: 'fail from (?P<ip>\S+)'
  by: $ip
  threshold: {count: 3, within: 60s}
  state: critical
`), Options{}, Deps{})
	p.say("fail from x")
	p.wait(50 * time.Second)
	p.say("fail from x", "fail from y")
	p.want("")
	p.wait(20 * time.Second) // the first one is out of the window by now
	p.say("fail from x")
	p.want("")
	p.wait(5 * time.Second)
	p.say("fail from x")
	p.want("match fail from x")
	p.say("fail from x", "fail from x")
	p.want("") // what was told does not count again
	p.say("fail from x")
	p.want("match fail from x")
}

func TestBothTellsOnceAnInterval(t *testing.T) {
	p := play(t, yamlRules(t, `
- match: fail
  threshold: {type: both, count: 2, within: 60s}
`), Options{}, Deps{})
	p.say("fail")
	p.want("")
	p.say("fail", "fail", "fail", "fail")
	p.want("match fail")
	p.wait(61 * time.Second)
	p.say("fail")
	p.want("")
	p.say("fail")
	p.want("match fail")
}

func TestAThrottleSaysHowManyItSaw(t *testing.T) {
	p := play(t, yamlRules(t, `
- match: disk
  throttle: 10m
`), Options{}, Deps{})
	p.say("Nov 25 10:00:00 disk full", "Nov 25 10:00:01 disk full", "Nov 25 10:00:02 disk gone")
	p.want("match Nov 25 10:00:00 disk full; match Nov 25 10:00:02 disk gone")
	p.wait(11 * time.Minute)
	p.say("Nov 25 10:11:00 disk full")
	p.want("match Nov 25 10:11:00 disk full (seen 3 times)")
}

const downUp = `
- match: 'link (\S+) down'
  without: 'link (\S+) up'
  within: 30s
  by: $1
  exec: [/bin/page, "$1"]
  state: warning
`

func TestAPairIsToldWhenTheSecondDoesNotCome(t *testing.T) {
	p := play(t, yamlRules(t, downUp), Options{}, Deps{})
	p.say("link eth0 down", "link eth1 down")
	p.wait(10 * time.Second)
	p.say("link eth1 up")
	p.wait(19 * time.Second)
	p.want("")
	p.wait(time.Second)
	if len(p.told) != 1 || p.told[0].Actions[0].Argv[1] != "eth0" || !p.told[0].At.Equal(base.Add(30*time.Second)) {
		t.Fatalf("told %+v", p.told)
	}
	p.want("missing link eth0 down")
	p.wait(time.Hour)
	p.want("")
}

func TestAPairSurvivesARestart(t *testing.T) {
	rules := yamlRules(t, downUp)
	before := play(t, rules, Options{}, Deps{})
	before.say("link eth0 down", "link eth1 down")
	snapshot, err := before.tracker.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	p := play(t, rules, Options{}, Deps{})
	if err := p.tracker.Restore(snapshot, base); err != nil {
		t.Fatal(err)
	}
	p.say("link eth1 up")
	p.wait(31 * time.Second)
	if len(p.told) != 1 || string(p.told[0].Line.Text) != "link eth0 down" || p.told[0].State != checks.Warning {
		t.Fatalf("told %+v", p.told)
	}
	changed := play(t, yamlRules(t, strings.Replace(downUp, "30s", "40s", 1)), Options{}, Deps{})
	if err := changed.tracker.Restore(snapshot, base); err != nil {
		t.Fatal(err)
	}
	changed.wait(time.Hour)
	changed.want("") // another rule begins anew
	for _, bad := range []string{"", "{", `{"version":99}`} {
		if err := p.tracker.Restore([]byte(bad), base); err == nil {
			t.Errorf("%q was restored", bad)
		}
	}
}

func TestASequenceNeedsAllItsLinesInOrderAndInTime(t *testing.T) {
	p := play(t, yamlRules(t, `
- match: 'login (\w+)'
  then: ['sudo (\w+)', '(\w+) adds a user']
  by: $1
  within: 5m
`), Options{}, Deps{})
	p.say("sudo eve", "login eve", "eve adds a user")
	p.want("") // a step is missing
	p.say("sudo eve", "login dan", "eve adds a user")
	p.want("sequence eve adds a user")
	p.say("sudo dan")
	p.wait(6 * time.Minute)
	p.say("dan adds a user")
	p.want("") // too late
}

func TestOneLineMakesOneStepOfASequence(t *testing.T) {
	p := play(t, yamlRules(t, "- match: a\n  then: [a, a]\n  within: 1m\n"), Options{}, Deps{})
	p.say("a")
	p.say("a")
	p.want("")
	p.say("a")
	p.want("sequence a")
}

func TestDistinctValuesAreCounted(t *testing.T) {
	p := play(t, yamlRules(t, `
- match: 'user (?P<user>\w+) failed from (?P<ip>\S+)'
  distinct: $user
  by: $ip
  count: 3
  within: 1m
`), Options{}, Deps{})
	p.say("user a failed from x", "user a failed from x", "user b failed from x", "user c failed from y")
	p.want("")
	p.say("user c failed from x")
	p.want("distinct user c failed from x")
}

func TestAConditionOnAMetricOrAStateDecides(t *testing.T) {
	value, state := 0.0, checks.OK
	asked := 0
	deps := Deps{
		Query: func(context.Context, string, time.Time) ([]checks.Point, error) {
			if asked++; value < 0 {
				return nil, errors.New("the store is away")
			}
			return []checks.Point{{Value: value}}, nil
		},
		StateOf: func(service string) (checks.State, bool) { return state, service == "db1/sql" },
	}
	rules := `
- match: slow
  only_if: {service: db1/sql, state: [critical]}
- match: full
  only_if: {query: 'node_load1 > 5'}
- match: strange
  only_if: {service: db9/sql}
`
	p := play(t, yamlRules(t, rules), Options{}, deps)
	p.say("slow", "full", "full")
	p.want("")
	if asked != 1 {
		t.Errorf("the store was asked %d times for two lines at once", asked)
	}
	state = checks.Critical
	p.say("slow", "strange")
	if len(p.told) != 2 || p.told[0].Unjudged || !p.told[1].Unjudged {
		t.Errorf("an unknown service must be told as such: %+v", p.told)
	}
	value = -1
	p = play(t, yamlRules(t, rules), Options{}, deps)
	p.say("full")
	if len(p.told) != 1 || !p.told[0].Unjudged {
		t.Errorf("told %+v; what cannot be judged is told", p.told)
	}
}

func TestKeysAreBoundedAndTheOldestGo(t *testing.T) {
	p := play(t, yamlRules(t, `
- match: 'fail (\S+)'
  threshold: {type: limit, count: 1, within: 1h, by: $1}
`), Options{}, Deps{})
	for i := range maxKeys + 5 {
		p.say(fmt.Sprintf("fail %d", i))
	}
	s := p.tracker.Stats().Rules[0]
	if s.DroppedKeys != 5 || s.Told != maxKeys+5 {
		t.Errorf("got %+v; want 5 keys dropped", s)
	}
	p.told = nil
	p.say(fmt.Sprintf("fail %d", maxKeys), "fail 0")
	p.want("match fail 0") // it was forgotten; the other was not
}

func TestAServiceIsRaisedAndCleared(t *testing.T) {
	p := play(t, yamlRules(t, `
- name: raid
  match: 'md(\d) degraded'
  clear: 'md(\d) rebuilt'
  clear_after: 1h
  by: $1
  state: critical
`), Options{}, Deps{})
	p.say("md0 degraded", "md0 rebuilt")
	if len(p.told) != 2 || p.told[0].Service != "raid" || p.told[0].State != checks.Critical || p.told[0].ClearAfter != time.Hour ||
		p.told[1].Kind != KindClear || p.told[1].Service != "raid" || p.told[1].Key != "0" {
		t.Errorf("told %+v", p.told)
	}
}

func TestALineComesWithThoseBeforeIt(t *testing.T) {
	p := play(t, yamlRules(t, "- match: bad\n"), Options{}, Deps{})
	p.say("1", "2", "3")
	p.say("4", "5", "6", "7", "8", "9", "10", "11", "bad", "bad")
	got := strings.Join(p.told[0].Context, " ")
	if want := "2 3 4 5 6 7 8 9 10 11"; got != want {
		t.Errorf("context %q; want %q", got, want)
	}
	if got := strings.Join(p.told[1].Context, " "); got != "3 4 5 6 7 8 9 10 11 bad" {
		t.Errorf("context %q", got)
	}
	p.told = nil
	p.m.Line(t.Context(), Line{Text: []byte("bad"), Received: base}, p.keep)
	if got := strings.Join(p.told[0].Context, " "); got != "5 6 7 8 9 10 11 bad bad" && got != "4 5 6 7 8 9 10 11 bad bad" {
		t.Errorf("context %q", got)
	}
}

func TestRulesAreRestrictedByFileProgrammeAndSeverity(t *testing.T) {
	rules := yamlRules(t, `
- {name: file, match: x, files: ["/var/log/*.log"]}
- {name: other file, match: x, files: ["mail.*"]}
- {name: program, match: x, programs: [sshd, postfix]}
- {name: severity, match: x, severity: warning}
`)
	got := func(line string) string {
		p := play(t, rules, Options{}, Deps{})
		p.say(line)
		var names []string
		for _, m := range p.told {
			names = append(names, m.Rule)
		}
		return strings.Join(names, ", ")
	}
	for line, want := range map[string]string{
		"Nov 25 10:00:00 h sshd[1]: x":                 "file, program",
		"Nov 25 10:00:00 h postfix/smtp[1]: x":         "file, program",
		"<11>Nov 25 10:00:00 h cron: x":                "file, severity",
		"<14>2026-11-25T10:00:00.1+09:00 h sshd[1]: x": "file, program",
		"sshd x": "file",
	} {
		if g := got(line); g != want {
			t.Errorf("%q: %s; want %s", line, g, want)
		}
	}
}

func TestRulesAreRestrictedByHostAndFacility(t *testing.T) {
	rules := yamlRules(t, `
- {name: host, match: x, hosts: ["web*"]}
- {name: facility, match: x, facilities: [auth, "local*"]}
- {name: both, match: x, hosts: [web1], facilities: [local7]}
`)
	for _, c := range []struct {
		line Line
		want string
	}{
		{Line{Text: []byte("x"), Host: "web1", Facility: "local7"}, "host facility both"},
		{Line{Text: []byte("x"), Host: "db1", Facility: "auth"}, "facility"},
		{Line{Text: []byte("x"), Host: "web2", Facility: "authpriv"}, "host"},
		{Line{Text: []byte("x")}, ""},
		{Line{Text: []byte("Nov 25 10:00:00 web3 sshd[1]: x")}, "host"}, // as the line itself says
	} {
		p := play(t, rules, Options{}, Deps{})
		c.line.Received = base
		p.m.Line(t.Context(), c.line, p.keep)
		var names []string
		for _, m := range p.told {
			names = append(names, m.Rule)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%+v: %s; want %s", c.line, got, c.want)
		}
	}
}

func TestAnIgnoreRuleHidesLinesFromThoseBelow(t *testing.T) {
	p := play(t, yamlRules(t, "- {name: before, match: a}\n- ignore: [b, c]\n- {name: after, match: a}\n"), Options{}, Deps{})
	p.say("a", "ab", "ac")
	var got []string
	for _, m := range p.told {
		got = append(got, m.Rule+" "+m.Message)
	}
	if want := "before a, after a, before ab, before ac"; strings.Join(got, ", ") != want {
		t.Errorf("got %v", got)
	}
}

func TestNumbersBecomeSamplesInBaseUnits(t *testing.T) {
	p := play(t, yamlRules(t, `
- match: 'user=(?P<user>\w+) took (\S+)ms, (?P<size>\S+) MB'
  samples:
    - {name: app_request_seconds, value: $2, unit: ms}
    - {name: app_response_bytes, value: $size, unit: MB}
`), Options{}, Deps{})
	p.say("user=ann took 1,250ms, 2 MB", "user=ann took soonms, 1 MB")
	s := p.told[0].Samples
	if len(s) != 2 || s[0].Value != 1.25 || s[1].Value != 2<<20 || s[0].Labels["user"] != "ann" {
		t.Errorf("samples %+v", s)
	}
	if n := p.tracker.Stats().Rules[0].BadNumbers; n != 1 || len(p.told[1].Samples) != 1 {
		t.Errorf("%d bad numbers; want 1", n)
	}
}
