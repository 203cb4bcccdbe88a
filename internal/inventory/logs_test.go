package inventory

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"monitord/internal/config"
)

const layeredLogs = `templates:
  linux:
    logs:
      files: {syslog: /var/log/syslog, app: {path: "/srv/{{app}}/*.log", encoding: euc-jp}}
      journald: true
      rules:
        oom: {match: Out of memory, state: critical, clear_after: 1h}
        quiet: {ignore: harmless}
        backup: {expect: backup finished, every: 24h, state: critical}
groups:
  tokyo:
    logs:
      rules:
        oom: {state: warning}
hosts:
  web1:
    groups: [tokyo/web]
    templates: [linux]
    vars: {app: shop}
    logs:
      files: {syslog: null}
      journald: {units: [ssh.service]}
      kernel: true
      rules:
        mine: {ignore: ["known one", "known two"]}
        quiet: null
        backup: {match: backup failed, state: warning, clear: backup finished}
`

func TestLogsAreLaidOverEachOtherByName(t *testing.T) {
	inv := mustBuild(t, layeredLogs, "web1")
	h, _ := inv.Host("web1")
	if h.Logs == nil {
		t.Fatal("no logs")
	}
	var names []string
	for _, r := range h.Logs.Match.Rules {
		names = append(names, r.Name)
	}
	// What a host ignores comes before the rules of its templates.
	if d := cmp.Diff([]string{"mine", "backup", "oom"}, names); d != "" {
		t.Error(d)
	}
	oom, backup := h.Logs.Match.Rules[2], h.Logs.Match.Rules[1]
	if oom.State != "warning" || oom.Match.Text != "Out of memory" || oom.ClearAfter != time.Hour {
		t.Errorf("%+v", oom)
	}
	if backup.Expect != nil || backup.Every != 0 {
		t.Errorf("a rule of another kind keeps nothing of the one below: %+v", backup)
	}
	if f := h.Logs.Follow.Files; len(f) != 1 || f[0].Path != "/srv/shop/*.log" || f[0].Encoding != "euc-jp" {
		t.Errorf("%+v", f)
	}
	if j := h.Logs.Journald; !j.Enabled || len(j.Units) != 1 || !h.Logs.Kernel.Enabled {
		t.Errorf("%+v %+v", j, h.Logs.Kernel)
	}
}

// The section of the server is understood here as well.
func TestListsAreNamedByWhatTheySay(t *testing.T) {
	inv := mustBuild(t, `
templates:
  linux: {logs: {files: [/var/log/syslog, {path: /var/log/kern.log}], rules: [{match: a, service: one, state: critical, clear_after: 1h}, {match: b, name: two, state: warning, clear_after: 1h}]}}
hosts: {a: {templates: [linux], logs: {files: {/var/log/syslog: null}, rules: {one: {state: unknown}}}}}
`)
	h, _ := inv.Host("a")
	if f := h.Logs.Follow.Files; len(f) != 1 || f[0].Path != "/var/log/kern.log" {
		t.Errorf("%+v", f)
	}
	if r := h.Logs.Match.Rules; len(r) != 2 || r[0].Service != "one" || r[0].State != "unknown" || r[1].Name != "two" {
		t.Errorf("%+v", r)
	}
	none := mustBuild(t, "templates: {t: {logs: {files: [/var/log/a]}}}\nhosts: {a: {templates: [t], logs: null}, b: {templates: [t], logs: {files: {/var/log/a: null}}}, c: {templates: [t], logs: {}}}")
	for _, h := range none.Hosts {
		if (h.Logs != nil) != (h.Name == "c") {
			t.Errorf("%s: %+v", h.Name, h.Logs)
		}
	}
}

func TestEveryFaultOfLogsHasItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"key":      {"rules: {a: {mach: x}}", "m.yaml:1:32: hosts.a.logs.rules.a.mach: unknown key (did you mean match?)"},
		"pattern":  {"files: [/l], rules: {a: {match: '(', state: critical, clear_after: 1h}}", "hosts.a.logs.rules.a.match: "},
		"state":    {"files: [/l], rules: {a: {match: x, clear_after: 1h}}", "hosts.a.logs.rules.a.state: it is missing"},
		"endless":  {"files: [/l], rules: {a: {match: x, state: critical}}", "hosts.a.logs.rules.a: nothing would end the problem"},
		"service":  {"files: [/l], rules: {'a b': {match: x, state: critical, clear_after: 1h}}", `hosts.a.logs.rules."a b".service: got "a b"`},
		"exec":     {"files: [/l], rules: {a: {match: x, exec: [/bin/true]}}", "a probe starts nothing for a line"},
		"only_if":  {"files: [/l], rules: {a: {match: x, only_if: {query: up}, state: critical, clear_after: 1h}}", "a probe cannot ask the server's store"},
		"nothing":  {"rules: {a: {match: x, state: critical, clear_after: 1h}}", "hosts.a.logs.files: nothing is followed"},
		"relative": {"files: {f: var/log/syslog}", `hosts.a.logs.files.f.path: got "var/log/syslog"`},
		"macro":    {"files: {f: '/l/{{nope}}'}", "hosts.a.logs.files.f.path: unknown macro {{nope}}"},
		"kind":     {"rules: 3", "hosts.a.logs.rules: wrong type"},
		"not map":  {"files: [[a]]", `hosts.a.logs.files.0: wrong type`},
		"whole":    {"unknown: 1", "hosts.a.logs.unknown: unknown key"},
		"journald": {"journald: {max_line: 1}", "hosts.a.logs.journald.max_line: got 1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := build(t, "hosts: {a: {logs: {"+c.in+"}}}")
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "m.yaml:1:") {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestShowNamesTheSourceOfLogs(t *testing.T) {
	e, err := mustBuild(t, layeredLogs, "web1").Show("web1")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := e.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"logs.rules.oom.state", "m.yaml:14", "logs.rules.mine.ignore", `["known one","known two"]`, "logs.files.app.path", "m.yaml:4",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not shown:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "quiet") || strings.Contains(out.String(), "syslog") {
		t.Errorf("what was taken away is shown:\n%s", out.String())
	}
}

// A line more above a rule does not make it another one: it goes on counting.
func TestRulesAreTheSameWhereverTheyStand(t *testing.T) {
	marshal := func(yaml string) string {
		h, _ := mustBuild(t, yaml, "web1").Host("web1")
		raw, err := config.Marshal(*h.Logs)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if d := cmp.Diff(marshal(layeredLogs), marshal("# moved\n\n"+layeredLogs)); d != "" {
		t.Error(d)
	}
}
