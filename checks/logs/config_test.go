package logs

import (
	"strings"
	"testing"

	"monitord/checks"
)

func TestAWorkingRuleIsTwoLines(t *testing.T) {
	p := play(t, yamlRules(t, "- match: Critical\n  exec: [/usr/local/bin/page, $0]\n"), Options{}, Deps{})
	p.say("all well", "Critical: disk")
	if len(p.told) != 1 || strings.Join(p.told[0].Actions[0].Argv, "|") != "/usr/local/bin/page|Critical: disk" || p.told[0].Rule != "Critical" {
		t.Errorf("told %+v", p.told)
	}
	p = play(t, yamlRules(t, "logs:\n  rules:\n    - match: Critical\n      state: critical\n"), Options{}, Deps{})
	p.say("Critical: disk")
	if len(p.told) != 1 || p.told[0].State != checks.Critical || p.told[0].Service != "Critical" {
		t.Errorf("told %+v", p.told)
	}
}

func TestEveryFaultOfRulesIsReportedAtOnce(t *testing.T) {
	_, err := ParseYAML("r.yaml", []byte(`rules:
  - match: '('
  - mach: x
  - match: x
    ignore: y
  - match: x
    exec: [$0]
  - match: x
    exec: ["/bin/x", "$user"]
  - match: x
    state: broken
  - match: x
    without: y
  - expect: x
  - match: x
    threshold: {type: often, count: 0, within: 0s}
  - match: x
    samples: [{name: "a b", value: "1", unit: m}]
  - match: x
    only_if: {}
  - match: x
    timezone: Mars
    when: 9:0
  - match: x
    distinct: $1
    count: 1
    within: 1m
  - match: ''
  - match: {a: b}
  - match: x
    clear: y
  - match: x
    files: ["["]
  - match: x
    severity: loud
  - match: x
    exec: [sh, -c, "echo $0"]
`))
	if err == nil {
		t.Fatal("no fault")
	}
	got := err.Error()
	for _, want := range []string{
		"r.yaml:2:12: rules[0].match: ",
		"r.yaml:3:5: rules[1].mach: unknown key (did you mean match?)",
		"rules[2]: a rule has exactly one of match, ignore and expect (got 2)",
		"rules[3].exec: the program's name comes from the line",
		"rules[4].exec: $user stands for nothing",
		"rules[5].state: got broken; want warning, critical or unknown",
		"rules[6].within: it needs match, and a time of at least 1s",
		"rules[7].every: how often must the line come?",
		"rules[8].threshold.type: got often; want limit, threshold or both",
		"rules[8].threshold.count: got 0",
		"rules[8].threshold.within: got 0s",
		"rules[9].samples[0].name: ",
		"rules[9].samples[0].value: ",
		"rules[9].samples[0].unit: got m; want one of ",
		"rules[10].only_if: it has exactly one of query and service",
		"rules[11].when: ",
		"rules[12].count: how many different values?",
		"rules[13].match: the expression is empty",
		"rules[14].match: wrong type",
		"rules[15]: service, clear and clear_after belong to state",
		"rules[16].files[0]: ",
		"rules[17].severity: ",
		"rules[18].exec: the line would become a part of the shell's script",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no fault %q in\n%s", want, got)
		}
	}
}

func TestNamesTellRulesApart(t *testing.T) {
	rules := yamlRules(t, "- match: x\n- match: x\n")
	if rules[0].Name != "x" || rules[1].Name != "x (2)" {
		t.Errorf("names %q %q", rules[0].Name, rules[1].Name)
	}
	_, err := Compile(yamlRules(t, "- {name: a, match: x}\n- {name: a, match: y}\n"), Options{})
	if err == nil || !strings.Contains(err.Error(), `name "a" is taken`) {
		t.Errorf("got %v", err)
	}
}

func TestPlaceholdersOfTemplates(t *testing.T) {
	names := []string{"", "ip", ""}
	f := filling{line: []byte("10.0.0.1 x"), caps: []int{0, 10, 0, 8, -1, -1}, names: names}
	for in, want := range map[string]string{"$0": "10.0.0.1 x", "$*": "10.0.0.1 x", "a$1b": "a10.0.0.1b", "${ip}s": "10.0.0.1s", "$ip": "10.0.0.1", "$2": "", "$$1": "$1", "$9": "", "": ""} {
		got, err := parseTemplate(in, names)
		if err != nil || got.fill(f) != want {
			t.Errorf("%s: %q %v; want %q", in, got.fill(f), err, want)
		}
	}
	for _, bad := range []string{"$", "$x", "${ip", "${}", "$-"} {
		if _, err := parseTemplate(bad, names); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestRulesAreReadFromTheServersConfiguration(t *testing.T) {
	rules, err := ParseYAML("c.yaml", []byte("hosts: {}\nlogs:\n  files: [{path: /var/log/syslog}]\n  rules:\n  - {match: x, state: critical}\n"))
	if err != nil || len(rules) != 1 || rules[0].Name != "x" {
		t.Errorf("got %v, %v", rules, err)
	}
	if _, err := ParseYAML("c.yaml", []byte("logs:\n  rules:\n  - {match: x, stat: critical}\n")); err == nil || !strings.Contains(err.Error(), "c.yaml:3:") {
		t.Errorf("an unknown key: %v", err)
	}
	if _, err := ParseYAML("c.yaml", []byte("logs:\n  files: []\n")); err == nil {
		t.Error("no rules are no fault")
	}
}
