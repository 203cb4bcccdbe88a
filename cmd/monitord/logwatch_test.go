package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monitord/alerting"
	"monitord/checks"
)

// logService waits until the service of a log has a state.
func (w *takenServer) logService(item string, state checks.State) alerting.ServiceState {
	w.t.Helper()
	var got alerting.ServiceState
	until(w.t, item+" "+state.String(), func() bool {
		got, _ = w.engine.Service(checks.Service{Host: w.ownHost(), Check: alerting.LogCheck, Item: item})
		return got.State == state && !got.LastCheck.IsZero()
	})
	return got
}

func appendLog(t *testing.T, path, text string) {
	t.Helper()
	s := &sandbox{t: t, logs: path}
	s.write(text)
}

// logServer runs a server that follows one file.
func logServer(t *testing.T, rules string) (*takenServer, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.log")
	appendLog(t, path, "before: Out of memory\n")
	w := startTaken(t, fmt.Sprintf("logs:\n  files: [{path: %s}]\n  rules:\n%s", path, rules))
	until(t, "followed", func() bool { return w.logs.Stats(1).Followed.Files == 1 })
	return w, path
}

func TestALineRaisesAServiceAndAnotherEndsIt(t *testing.T) {
	t.Parallel()
	w, path := logServer(t, "  - {match: Out of memory, state: critical, service: oom, clear: memory is fine}\n")
	for i := range 12 {
		appendLog(t, path, fmt.Sprintf("line %d\n", i))
	}
	appendLog(t, path, "kernel: Out of memory: killed 42\n")
	got := w.logService("oom", checks.Critical)
	if !got.Hard || got.Incident == 0 {
		t.Errorf("hard %v, incident %d", got.Hard, got.Incident)
	}
	var want strings.Builder
	for i := 2; i < 12; i++ {
		fmt.Fprintf(&want, "line %d\n", i)
	}
	want.WriteString("kernel: Out of memory: killed 42")
	if string(got.Evidence) != want.String() {
		t.Errorf("evidence %q\nwant %q", got.Evidence, want.String())
	}
	if s := sentences()(got.Summary); s != "kernel: Out of memory: killed 42" {
		t.Errorf("summary %q", s)
	}
	appendLog(t, path, "memory is fine\n")
	if got := w.logService("oom", checks.OK); !got.Hard || got.Incident != 0 {
		t.Errorf("hard %v, incident %d", got.Hard, got.Incident)
	}
	until(t, "14 lines on /metrics", func() bool {
		families, err := w.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "monitord_logfile_lines_total" {
				return f.GetMetric()[0].GetCounter().GetValue() == 14
			}
		}
		return false
	})
}

func TestTimeEndsAProblemAndSoDoesARuleThatIsGone(t *testing.T) {
	t.Parallel()
	w, path := logServer(t, "  - {match: hot, state: warning, service: hot, clear_after: 2s}\n  - {match: bad, state: critical, service: bad, clear: good}\n")
	appendLog(t, path, "hot\nbad\n")
	w.logService("hot", checks.Warning)
	w.logService("bad", checks.Critical)
	w.logService("hot", checks.OK)
	fresh := *w.current().settings
	fresh.Logs.Match.Rules = fresh.Logs.Match.Rules[:1]
	if err := w.reload(&fresh); err != nil {
		t.Fatal(err)
	}
	if got := w.logService("bad", checks.OK); !strings.Contains(sentences()(got.Summary), "no more") {
		t.Errorf("summary %q", sentences()(got.Summary))
	}
}

func TestALineThatDidNotComeIsAService(t *testing.T) {
	t.Parallel()
	w, path := logServer(t, "  - {expect: backup finished, every: 1s, grace: 1s, state: critical, service: backup}\n")
	w.logService("backup", checks.Critical)
	appendLog(t, path, "backup finished\n")
	w.logService("backup", checks.OK)
}

// TestRulesGoOnAfterAReload counts to three across it.
func TestRulesGoOnAfterAReload(t *testing.T) {
	t.Parallel()
	w, path := logServer(t, "  - {match: failed, name: login, state: critical, clear: ok now, threshold: {type: threshold, count: 3, within: 1h}}\n")
	read := func(n uint64) {
		t.Helper()
		until(t, "read", func() bool { return w.logs.Stats(1).Followed.Lines == n })
	}
	appendLog(t, path, "failed\nfailed\n")
	read(2)
	if err := w.reload(w.current().settings); err != nil {
		t.Fatal(err)
	}
	appendLog(t, path, "failed\n")
	w.logService("login", checks.Critical)
}

func TestLogRulesOfTheServerAreJudgedAtTheirPlace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.yaml")
	for rule, want := range map[string]string{
		"{match: x, exec: [/bin/true]}":                                        "the server starts nothing",
		"{match: x, service: x, clear: y}":                                     "state: it is missing",
		"{match: x, state: critical, clear: y}":                                `service: got ""`,
		"{match: x}\n  journald: {from: middle}":                               `from: got "middle"`,
		"{match: x}\n  keep: {max_age: 1m}":                                    "max_age: got 1m",
		"{match: x, state: critical, service: x, journal_lines: -1}":           "journal_lines: got -1",
		"{match: '(', state: critical, service: x, clear_after: 1h}":           "c.yaml:4",
		"{match: x, state: critical, service: x, clear_after: 1h}\n  flies: 1": "unknown key",
	} {
		text := "hosts: {web1: {address: 127.0.0.1}}\nlogs:\n  rules:\n  - " + rule + "\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadSettings(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "c.yaml:") {
			t.Errorf("%s: %v\nwant %q", rule, err, want)
		}
	}
}
