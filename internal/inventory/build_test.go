package inventory

import (
	"bytes"
	"errors"
	"net/mail"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"monitord/checks"
	"monitord/examples"
	"monitord/internal/config"
)

// Fakes of the kinds of check, with the keys that the tests need.
type (
	fakeHTTP struct {
		URL      string `yaml:"url"`
		Contains string `yaml:"contains"`
	}
	fakeTCP struct {
		Port uint16 `yaml:"port"`
	}
	fakeNone   struct{}
	fakeMetric struct {
		Expr     string        `yaml:"expr"`
		Item     string        `yaml:"item"`
		Warning  *checks.Range `yaml:"warning"`
		Critical *checks.Range `yaml:"critical"`
		Recovery *checks.Range `yaml:"recovery"`
		Unit     string        `yaml:"unit"`
		Lookback time.Duration `yaml:"lookback"`
		NoData   string        `yaml:"no_data"`
	}
)

func (c *fakeHTTP) Validate() error {
	if !strings.HasPrefix(c.URL, "http") {
		return config.Faultf("url", "not a URL (got %q)", c.URL)
	}
	return nil
}

func (c *fakeTCP) Validate() error {
	if c.Port == 0 {
		return config.Faultf("port", "it is missing")
	}
	return nil
}
func (*fakeNone) Validate() error { return nil }
func (c *fakeMetric) Validate() error {
	if c.Expr == "" {
		return config.Faultf("expr", "it is missing")
	}
	return nil
}

func fakeTypes() []checks.Type {
	return []checks.Type{
		{Name: "http", NewConfig: func() checks.Config { return &fakeHTTP{} }},
		{Name: "tcp", NewConfig: func() checks.Config { return &fakeTCP{} }},
		{Name: "ping", NewConfig: func() checks.Config { return &fakeNone{} }},
		{Name: "probe", NewConfig: func() checks.Config { return &fakeNone{} }},
		{Name: "metric", NewConfig: func() checks.Config { return &fakeMetric{NoData: "unknown"} }},
	}
}

func build(t *testing.T, yaml string, enrolled ...string) (*Inventory, error) {
	t.Helper()
	l, err := config.Parse([]config.File{{Name: "m.yaml", Data: []byte(yaml)}}, Section(mailKind()))
	if err != nil {
		return nil, err
	}
	cfg, err := config.Get[*Config](l, "inventory")
	if err != nil {
		t.Fatal(err)
	}
	return Build(cfg, fakeTypes(), enrolled)
}

// mailKind is the mail channel as far as contacts know it.
func mailKind() ChannelKind {
	return ChannelKind{Name: "mail", Within: time.Minute, Forms: []string{"short"}, Address: func(to string) error {
		if a, err := mail.ParseAddress(to); err != nil || a.Address != to {
			return errors.New("not a mail address")
		}
		return nil
	}}
}

func mustBuild(t *testing.T, yaml string, enrolled ...string) *Inventory {
	t.Helper()
	inv, err := build(t, yaml, enrolled...)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func (inv *Inventory) mustCheck(t *testing.T, host, name string) Check {
	t.Helper()
	h, ok := inv.Host(host)
	if !ok {
		t.Fatalf("no host %s", host)
	}
	for _, c := range h.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %s/%s", host, name)
	return Check{}
}

func TestWithoutConfigurationAnEnrolledProbeGetsTheEmbeddedDefault(t *testing.T) {
	inv := mustBuild(t, "", "web1")
	h, _ := inv.Host("web1")
	var names []string
	for _, c := range h.Checks {
		names = append(names, c.Name)
	}
	if diff := cmp.Diff([]string{"clock", "filesystem", "load", "memory", "probe", "swap"}, names); diff != "" {
		t.Error(diff)
	}
	if h.Alive != "probe" || h.Address != "" || h.Vars == nil || len(inv.Escalations) != 0 {
		t.Errorf("%+v", h)
	}
	fs := inv.mustCheck(t, "web1", "filesystem").Config.(*fakeMetric)
	if !strings.Contains(fs.Expr, `{host="web1"}`) || strings.Contains(fs.Expr, "{{") || fs.Warning.String() != "0.85" || fs.Item != "mountpoint" {
		t.Errorf("%+v", fs)
	}
}

func TestTheInterfaceExampleIsUnderstood(t *testing.T) {
	inv := mustBuild(t, `
language: en
timezone: Asia/Tokyo
hosts:
  sw1: {address: 192.0.2.1}
  web1: {address: 192.0.2.10, groups: [tokyo/web], parents: [sw1], templates: [linux, web], alive: ping, vars: {path: /check.html}}
templates:
  web: {checks: {front: {type: http, url: "http://{{address}}{{path}}", contains: OK, interval: 60s, timeout: 10s, max_attempts: 3, retry_interval: 10s}}}
contacts: {noc: {language: ja, channels: [{mail: noc@example.net}]}}
escalations: [{match: {groups: [tokyo], severity: critical}, steps: [{to: noc, after: 0s}]}]
`)
	front := inv.mustCheck(t, "web1", "front")
	if front.Config.(*fakeHTTP).URL != "http://192.0.2.10/check.html" || front.Source != "m.yaml:8" || front.ID() != "web1/front" {
		t.Errorf("%+v %+v", front, front.Config)
	}
	if front.Timeout >= front.RetryInterval || front.Timeout != 9500*time.Millisecond {
		t.Errorf("timeout %s", front.Timeout)
	}
	if h, _ := inv.Host("web1"); h.Alive != "ping" || !h.In("tokyo") || h.In("tok") {
		t.Errorf("%+v", h)
	}
	if got := *inv.Escalations[0].Match.Severity; got != checks.Critical {
		t.Error(got)
	}
	if inv.Contacts[0].Zone.String() != "Asia/Tokyo" || inv.Contacts[0].Language != "ja" {
		t.Errorf("%+v", inv.Contacts[0])
	}
}

func TestLaterLayersWin(t *testing.T) {
	inv := mustBuild(t, `
templates:
  a: {vars: {v: a, only: a}, checks: {x: {type: http, url: "http://a/{{v}}", contains: a, interval: 5m}, gone: {type: ping}}}
  b: {vars: {v: b}, checks: {x: {contains: b}}}
  linux: {checks: {load: {warning: "9"}, swap: null}}
groups:
  g: {vars: {v: g}, checks: {x: {max_attempts: 7}}}
  g/h: {vars: {w: gh}, templates: [a], alive: none}
hosts:
  one: {groups: [g/h], templates: [b], checks: {gone: null, y: {type: tcp, port: 1}}}
  two: {groups: [g], templates: [a], checks: {x: {type: tcp, port: 22}}, alive: "tcp:80"}
`, "probed")
	x := inv.mustCheck(t, "one", "x")
	if got := x.Config.(*fakeHTTP); got.URL != "http://a/g" || got.Contains != "b" || x.Interval != 5*time.Minute || x.MaxAttempts != 7 {
		t.Errorf("%+v %+v", x, got)
	}
	one, _ := inv.Host("one")
	if one.Alive != "" || one.Vars["w"] != "gh" || one.Vars["only"] != "a" || len(one.Checks) != 2 || one.Address != "one" {
		t.Errorf("%+v", one)
	}
	if diff := cmp.Diff([]string{"a", "b"}, one.Templates); diff != "" {
		t.Error(diff)
	}
	if two := inv.mustCheck(t, "two", "x"); two.Config.(*fakeTCP).Port != 22 || two.Interval == 5*time.Minute {
		t.Errorf("a check of another type keeps nothing of the one below: %+v", two)
	}
	if h, _ := inv.Host("two"); h.Alive != "tcp-80" || inv.mustCheck(t, "two", "tcp-80").Config.(*fakeTCP).Port != 80 {
		t.Errorf("%+v", h)
	}
	if got := inv.mustCheck(t, "probed", "load").Config.(*fakeMetric); got.Warning.String() != "9" || got.Critical.String() != "5" {
		t.Errorf("%+v", got)
	}
	if h, _ := inv.Host("probed"); len(h.Checks) != 5 {
		t.Errorf("swap is still there: %+v", h.Checks)
	}
}

func TestEveryFaultOfAnInventoryHasItsPlace(t *testing.T) {
	cases := map[string]struct {
		in, want string
		faults   int // 0 means 1
	}{
		"unknown macro":     {"hosts: {a: {checks: {x: {type: http, url: 'http://{{pth}}'}}}}", "m.yaml:1:43: hosts.a.checks.x.url: unknown macro {{pth}} (want one of address, host, group)", 0},
		"type":              {"hosts: {a: {checks: {x: {type: htp}}}}", "m.yaml:1:32: hosts.a.checks.x: unknown type of check (got \"htp\"; want one of http, metric, ping, probe, tcp)", 0},
		"no type":           {"hosts: {a: {checks: {x: {url: y}}}}", "the check has no type", 0},
		"key":               {"hosts: {a: {checks: {x: {type: http, ulr: y, url: http}}}}", "m.yaml:1:38: hosts.a.checks.x.ulr: unknown key (did you mean url?)", 0},
		"own rule":          {"hosts: {a: {checks: {x: {type: http, url: y}}}}", "m.yaml:1:43: hosts.a.checks.x.url: not a URL", 0},
		"missing":           {"hosts:\n  a:\n    checks:\n      x: {type: tcp}", "m.yaml:4:10: hosts.a.checks.x.port: it is missing", 0},
		"timeout":           {"hosts: {a: {checks: {x: {type: ping, timeout: 90s}}}}", "m.yaml:1:47: hosts.a.checks.x.timeout: longer than the interval (got 1m30s; want at most 1m)", 0},
		"timeout and retry": {"hosts: {a: {checks: {x: {type: ping, timeout: 20s}}}}", "longer than the retry_interval (got 20s; want at most 10s)", 0},
		"place":             {"hosts: {a: {checks: {x: {type: tcp, port: 1, run_on: sever}}}}", "m.yaml:1:54: hosts.a.checks.x.run_on: unknown place (got \"sever\"; want server, probe, or the host whose probe runs the check)", 0},
		"run_on":            {"hosts: {a: {checks: {x: {type: metric, expr: e, run_on: probe}}}}", "it cannot run on a probe", 0},
		"parent":            {"hosts: {a: {parents: [b]}}", "m.yaml:1:23: hosts.a.parents[0]: unknown host (got \"b\")", 0},
		"cycle":             {"hosts: {a: {parents: [b]}, b: {parents: [c]}, c: {parents: [a]}}", "hosts hang behind each other in a circle (a → b → c → a)", 0},
		"self":              {"hosts: {a: {parents: [a]}}", "(a → a)", 0},
		"host name":         {"hosts: {a/b: {}}", "m.yaml:1:9: hosts.a/b: the name holds '/'", 0},
		"check name":        {"hosts: {a: {checks: {'x[1]': {type: ping}}}}", "the name holds '['", 0},
		"long name":         {"hosts: {" + strings.Repeat("a", 254) + ": {}}", "the name is too long", 0},
		"address":           {"hosts: {a: {address: 'x:80'}}", "m.yaml:1:22: hosts.a.address: not an address", 0},
		"template":          {"hosts: {a: {templates: [linus]}}", "m.yaml:1:25: hosts.a.templates[0]: unknown template (got \"linus\"; want one of linux, snmp-linux, ", 0},
		"alive":             {"hosts: {a: {alive: pin}}", "m.yaml:1:20: hosts.a.alive: no such check", 0},
		"alive port":        {"hosts: {a: {alive: 'tcp:0'}}", "not a port", 0},
		"group":             {"hosts: {a: {groups: ['x//y']}}", "m.yaml:1:22: hosts.a.groups[0]: group path", 0},
		"var":               {"hosts: {a: {vars: {host: x}}}", "m.yaml:1:26: hosts.a.vars.host: a variable cannot be called host", 0},
		"contact":           {"contacts: {a: {channels: [{mail: a@b}]}}\nescalations: [{steps: [{to: b}]}]", "m.yaml:2:29: escalations[0].steps[0].to: unknown contact (got \"b\"; want one of a)", 0},
		"mail":              {"contacts: {a: {channels: [{mail: 'A <a@b>'}]}}", "m.yaml:1:34: contacts.a.channels[0].mail: not a mail address", 0},
		"mail header":       {"contacts: {a: {channels: [{mail: \"a@b\\r\\nBcc: x@y\"}]}}", "not a mail address", 0},
		"channel":           {"contacts: {a: {channels: [{male: a@b}]}}", "m.yaml:1:27: contacts.a.channels[0]: a channel needs one kind and its address", 1},
		"no channel":        {"contacts: {a: {}}", "a contact needs a channel", 0},
		"empty contact":     {"contacts: {a: }", "a contact needs a channel", 0},
		"steps":             {"escalations: [{match: {}}]", "an escalation tells nobody", 0},
		"severity":          {"contacts: {a: {channels: [{mail: a@b}]}}\nescalations: [{match: {severity: bad}, steps: [{to: a}]}]", "not a severity", 0},
		"match host":        {"contacts: {a: {channels: [{mail: a@b}]}}\nescalations: [{match: {hosts: [h]}, steps: [{to: a}]}]", "m.yaml:2:32: escalations[0].match.hosts[0]: unknown host", 0},
		"match group":       {"contacts: {a: {channels: [{mail: a@b}]}}\nescalations: [{match: {groups: [h]}, steps: [{to: a}]}]", "no host is in this group", 0},
		"language":          {"language: fr", "m.yaml:1:11: language: language \"fr\": want en or ja", 0},
		"zone":              {"timezone: Mars/Base", "m.yaml:1:11: timezone: unknown time zone", 0},
		"top key":           {"host: {a: {}}", "m.yaml:1:1: host: unknown key (did you mean hosts?)", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := build(t, c.in)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got  %v\nwant %s", err, c.want)
			}
			if faults, ok := errors.AsType[config.Faults](err); !ok || len(faults) != max(1, c.faults) {
				t.Errorf("%d faults: %v", len(faults), err)
			}
		})
	}
}

func TestAMistakeInATemplateIsToldOnce(t *testing.T) {
	_, err := build(t, "hosts: {a: {templates: [t]}, b: {templates: [t]}}\ntemplates: {t: {checks: {x: {type: tcp, port: no}}}}")
	faults, _ := errors.AsType[config.Faults](err)
	if len(faults) != 1 || faults[0].Place.Line != 2 {
		t.Error(err)
	}
}

func TestContactsWithoutEscalationsAreAllToldAtOnce(t *testing.T) {
	inv := mustBuild(t, "contacts: {b: {channels: [{mail: b@x}]}, a: {channels: [{mail: a@x}]}}")
	if diff := cmp.Diff([]Escalation{{Name: "everybody", Steps: []Step{{To: []string{"a", "b"}}}}}, inv.Escalations); diff != "" {
		t.Error(diff)
	}
}

func TestMacrosAreNotExpandedTwice(t *testing.T) {
	inv := mustBuild(t, "hosts: {a: {vars: {v: '{{host}}'}, checks: {x: {type: http, url: 'http://{{ v }}'}}}}")
	if got := inv.mustCheck(t, "a", "x").Config.(*fakeHTTP).URL; got != "http://{{host}}" {
		t.Error(got)
	}
}

func TestChecksCompareByWhatTheyAsk(t *testing.T) {
	at := func(yaml string) Check { return mustBuild(t, yaml).mustCheck(t, "a", "x") }
	first := at("hosts: {a: {checks: {x: {type: tcp, port: 1}}}}")
	if moved := at("\n\nhosts: {a: {checks: {x: {type: tcp, port: 1}}}}"); !first.Equal(moved) {
		t.Error("a check that moved in the file is another one")
	}
	for _, other := range []string{"port: 2", "port: 1, interval: 61s", "port: 1, run_on: probe"} {
		if first.Equal(at("hosts: {a: {checks: {x: {type: tcp, " + other + "}}}}")) {
			t.Errorf("%s is not seen as a change", other)
		}
	}
}

func TestShowNamesTheSourceOfEachValue(t *testing.T) {
	inv := mustBuild(t, `hosts:
  web1:
    address: 192.0.2.10
    templates: [web]
    checks: {front: {interval: 30s}}
templates:
  web: {vars: {p: /x}, checks: {front: {type: http, url: "http://{{address}}{{p}}"}}}
`)
	e, err := inv.Show("web1")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := e.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/show.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), out.String()); diff != "" {
		t.Errorf("%s\n%s", diff, out.String())
	}
	if _, err := inv.Show("nobody"); err == nil {
		t.Error("an unknown host is shown")
	}
}

func TestTheExampleIsValid(t *testing.T) {
	inv := mustBuild(t, examples.Basic)
	front := inv.mustCheck(t, "web1", "front")
	if front.MaxAttempts != 5 || front.Config.(*fakeHTTP).URL != "http://192.0.2.10/check.html" {
		t.Errorf("%+v", front)
	}
}
