package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/logwatch"
)

// line gives the server a line of web1's log.
func (w *takenServer) line(text string, unauthenticated bool) {
	w.t.Helper()
	err := w.logs.Take(w.t.Context(), []logwatch.Line{{Host: "web1", Source: logwatch.SourceSyslog, Text: text, Received: time.Now(), Unauthenticated: unauthenticated}})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *takenServer) record(n int) failover.Record {
	w.t.Helper()
	var list []failover.Record
	until(w.t, fmt.Sprintf("%d requests that have ended", n), func() bool {
		var err error
		if list, err = w.actor.Records(w.t.Context(), failover.Filter{Action: "restart"}); err != nil {
			w.t.Fatal(err)
		}
		return len(list) == n && list[0].Progress.Final()
	})
	return list[0]
}

// TestALineActsThroughTheGuardOnly also sees that a line that anybody could have
// sent is not enough, and that a person ends what it raised.
func TestALineActsThroughTheGuardOnly(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "restarted")
	w := startTaken(t, fmt.Sprintf(`logs:
  rules: [{name: stuck, match: is stuck, state: critical, action: restart}]
actions: {restart: {when: {rules: true}, do: {exec: [/usr/bin/touch, %s]}, premises: {wait: 0s}}}
`, file))
	service := checks.Service{Host: "web1", Check: alerting.LogCheck, Item: "stuck"}
	w.line("worker is stuck", true)
	r := w.record(1)
	if r.Progress != failover.ProgressRefused || failover.Failing(r.Premises)[0].Name != failover.PremiseSource {
		t.Errorf("a line of anybody: %s %+v", r.Progress, r.Premises)
	}
	for _, bad := range []error{
		w.clearLog(t.Context(), service, "", ""),
		w.clearLog(t.Context(), checks.Service{Host: "web1", Check: "front"}, "boss", ""),
		w.clearLog(t.Context(), checks.Service{Host: "web1", Check: alerting.LogCheck, Item: "other"}, "boss", ""),
	} {
		if bad == nil || errors.Is(bad, logwatch.ErrNotRaised) {
			t.Errorf("cleared: %v", bad)
		}
	}
	if err := w.clearLog(t.Context(), service, "boss", "killed it"); err != nil {
		t.Fatal(err)
	}
	if st, _ := w.engine.Service(service); st.State != checks.OK || st.Incident != 0 {
		t.Errorf("after the end by hand: %+v", st)
	}
	w.line("worker is stuck", false)
	if r := w.record(2); r.Progress != failover.ProgressDone {
		t.Errorf("a line that proves its sender: %s %+v", r.Progress, failover.Failing(r.Premises))
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	events, err := w.journal.Events(t.Context(), alerting.EventFilter{Service: service})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for i := len(events) - 1; i >= 0; i-- {
		if k := events[i].Kind; k == alerting.EventLogMatch || k == alerting.EventLogCleared {
			said = append(said, sentences()(events[i].Sentence()))
		}
	}
	if want := "stuck: worker is stuck|boss ended the problem by hand: killed it|stuck: worker is stuck"; strings.Join(said, "|") != want {
		t.Errorf("journal %q\nwant %q", said, want)
	}
}

// TestAPersonEndsWhatAProbeRaised: the server's own memory does not have it.
func TestAPersonEndsWhatAProbeRaised(t *testing.T) {
	t.Parallel()
	w := startTaken(t, "")
	service := checks.Service{Host: "web1", Check: alerting.LogCheck, Item: "oom"}
	_, err := w.engine.Observe(t.Context(), alerting.Observation{Host: "web1", Check: alerting.LogCheck, At: time.Now(), Builtin: true,
		Results: []checks.Result{{Item: "oom", State: checks.Critical}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.clearLog(t.Context(), service, "boss", ""); err != nil {
		t.Fatal(err)
	}
	if st, _ := w.engine.Service(service); st.State != checks.OK {
		t.Errorf("state %s", st.State)
	}
	if err := w.clearLog(t.Context(), service, "boss", ""); !errors.Is(err, errLogIsWell) {
		t.Errorf("twice: %v", err)
	}
}

func TestActionsOfRulesAreJudgedAtTheirPlace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.yaml")
	for more, want := range map[string]string{
		"logs: {rules: [{match: x, name: x, state: critical, action: other}]}":                                                                                       `c.yaml:2:`,
		"logs: {rules: [{match: x, name: x, state: critical, action: touch}]}\nactions: {touch: {when: {services: [web1/front]}, do: {exec: [/usr/bin/touch, /x]}}}": "rules may not ask for touch",
		"actions: {touch: {when: {rules: true}, do: {exec: [/usr/bin/touch, /x]}}}":                                                                                  "no rule of the section logs names this action",
		"logs: {rules: [{match: x, action: touch}]}\nactions: {touch: {when: {rules: true}, do: {exec: [/usr/bin/touch, /x]}}}":                                      "state: it is missing",
	} {
		text := "hosts: {web1: {address: 127.0.0.1, checks: {front: {type: tcp, port: 80}}}}\n" + more + "\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := loadSettings(path)
		if err == nil {
			_, _, err = s.build(nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %q", more, err, want)
		}
	}
}
