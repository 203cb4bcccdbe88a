package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/collectors/journald"
	"monitord/collectors/kmsg"
	"monitord/collectors/logfile"
	"monitord/dashboards"
	"monitord/internal/logwatch"
)

func TestThePageOfLogsKnowsWhatTheServerDoes(t *testing.T) {
	t.Parallel()
	w, path := logServer(t, "  - {match: Out of memory, name: oom, state: critical, service: oom, clear: memory is fine}\n  - {match: hello, state: warning, service: hello, clear_after: 1h}\n  keep: {enabled: true, min_free: 0}\n")
	appendLog(t, path, "one\nkernel: Out of memory: killed 42\nhello A\nhello B\n")
	w.logService("oom", checks.Critical)
	page := &pageLogs{server: w.server}
	var lines []dashboards.LogLine
	until(t, "three lines in the journal", func() bool {
		var err error
		if lines, err = page.Lines(t.Context(), dashboards.LogFilter{Limit: 10}); err != nil {
			t.Fatal(err)
		}
		return len(lines) == 3
	})
	last := lines[2]
	if last.Rule != "oom" || last.Text != "kernel: Out of memory: killed 42" || last.File != path || *last.State != checks.Critical || last.Incident == 0 || last.Service.Item != "oom" {
		t.Errorf("%+v", last)
	}
	for _, c := range []struct {
		f    dashboards.LogFilter
		want int
	}{
		{dashboards.LogFilter{Rule: "hello"}, 2}, {dashboards.LogFilter{Text: "HELLO b"}, 1}, {dashboards.LogFilter{Host: "other"}, 0},
		{dashboards.LogFilter{Severity: "error"}, 0}, {dashboards.LogFilter{Before: lines[0].ID}, 2}, {dashboards.LogFilter{Since: time.Now().Add(time.Hour)}, 0},
	} {
		c.f.Limit = 10
		if got, err := page.Lines(t.Context(), c.f); err != nil || len(got) != c.want {
			t.Errorf("%+v: %d lines, %v; want %d", c.f, len(got), err, c.want)
		}
	}
	rules, err := page.Rules(t.Context())
	if err != nil || len(rules) != 2 {
		t.Fatalf("%+v, %v", rules, err)
	}
	oom := rules[0]
	if oom.Name != "oom" || oom.Item != "oom" || len(oom.Hits) != dashboards.LogDays || oom.Hits[dashboards.LogDays-1] != 1 || oom.LastText != last.Text || oom.Place == "" {
		t.Errorf("%+v", oom)
	}
	until(t, "the file's numbers", func() bool {
		files, err := page.Files(t.Context())
		return err == nil && len(files) == 1 && files[0].Path == path && files[0].Host == w.ownHost() && files[0].Lines == 4
	})
	until(t, "kept lines", func() bool {
		found, err := page.Search(t.Context(), dashboards.LogSearch{Expr: "HELLO", Fold: true, Limit: 1})
		return err == nil && found.Keeps && len(found.Lines) == 1 && found.Lines[0].Text == "hello A" && found.Next != ""
	})
	first, err := page.Search(t.Context(), dashboards.LogSearch{Expr: "hello", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	rest, err := page.Search(t.Context(), dashboards.LogSearch{Expr: "hello", From: first.Next})
	if err != nil || len(rest.Lines) != 1 || rest.Lines[0].Text != "hello B" || rest.Next != "" {
		t.Errorf("the rest: %+v, %v", rest, err)
	}
	for _, bad := range []dashboards.LogSearch{{Expr: "("}, {From: "x"}, {File: "["}} {
		if _, err := page.Search(t.Context(), bad); !errors.Is(err, dashboards.ErrRefused) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	code, out, errs := grepped(t, "--data", w.data, "Out of")
	if code != 0 || !strings.Contains(out, path+": kernel: Out of memory") {
		t.Errorf("logs grep: %d, %q, %q", code, out, errs)
	}
}

func TestASearchWithoutKeptLogsSaysSo(t *testing.T) {
	t.Parallel()
	w, _ := logServer(t, "  - {match: x, state: warning, service: x, clear_after: 1h}\n")
	found, err := (&pageLogs{server: w.server}).Search(t.Context(), dashboards.LogSearch{})
	if err != nil || found.Keeps {
		t.Errorf("%+v, %v", found, err)
	}
	if d := (dataFlag{Data: w.data}).keptLogsDir(); d != filepath.Join(w.data, "logs", "kept") {
		t.Errorf("kept in %s", d)
	}
}

func TestFilesOfProbesComeFromTheStore(t *testing.T) {
	t.Parallel()
	var points []checks.Point
	for _, host := range []string{"web2", "own", "web1"} {
		for name, value := range map[string]float64{"lines_total": 7, "lost_bytes_total": 512, "lag_bytes": 99, "lag_seconds": 1.5, "readable": 0} {
			points = append(points, checks.Point{Labels: map[string]string{"__name__": "monitord_logfile_" + name, "host": host, "path": "/var/log/syslog"}, Value: value})
		}
	}
	want := dashboards.LogFile{Host: "web1", Path: "/var/log/syslog", Lines: 7, LostBytes: 512, Lag: 99, Behind: 1500 * time.Millisecond, Missing: true}
	if got := filesOfProbes(points, "own"); len(got) != 2 || got[0] != want || got[1].Host != "web2" {
		t.Errorf("%s", fmt.Sprintf("%+v", got))
	}
}

func TestAllSourcesOfThisMachineAreFiles(t *testing.T) {
	t.Parallel()
	got := filesOf("web1", logwatch.Stats{
		Files:    []logfile.FileStats{{Path: "/var/log/a", Lines: 3, LostBytes: 4, Lag: 5, Behind: 6, Fault: "no"}},
		Journald: &journald.Stats{Lines: 7, Fault: "ended"}, Kernel: &kmsg.Stats{Lines: 8},
	})
	want := []dashboards.LogFile{
		{Host: "web1", Path: "/var/log/a", Lines: 3, LostBytes: 4, Lag: 5, Behind: 6, Fault: "no"},
		{Host: "web1", Path: "journald", Lines: 7, Fault: "ended"}, {Host: "web1", Path: "kernel", Lines: 8},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
