package dashboards

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"monitord/checks"
)

// fakeLogs answers with what it has, and notes what it was asked.
type fakeLogs struct {
	rules []LogRule
	files []LogFile
	lines []LogLine
	found LogFound
	err   error
	asked LogFilter
	seek  LogSearch
}

func (f *fakeLogs) Rules(context.Context) ([]LogRule, error) { return f.rules, f.err }
func (f *fakeLogs) Files(context.Context) ([]LogFile, error) { return f.files, f.err }
func (f *fakeLogs) Lines(_ context.Context, ask LogFilter) ([]LogLine, error) {
	f.asked = ask
	return f.lines[:min(len(f.lines), ask.Limit)], f.err
}
func (f *fakeLogs) Search(_ context.Context, seek LogSearch) (LogFound, error) {
	f.seek = seek
	return f.found, f.err
}

// evilLine is what a program may write into a log.
const evilLine = "</code></div><script>alert(1)</script>\x1b[31m\x1b]0;x\x07\u202Ereverse\u2066\x00\xff\xfe' OR 1=1 --"

func logHouse() *house {
	h := newHouse()
	s := h.service("db1/log[oom]", checks.Critical, 10*time.Minute)
	s.Evidence = []byte("before one\nbefore " + evilLine + "\nkernel: Out of memory")
	h.service("web1/log[oom]", checks.Warning, time.Minute)
	h.service("web1/http", checks.OK, time.Hour)
	critical := checks.Critical
	h.logs = &fakeLogs{
		rules: []LogRule{
			{Name: "quiet", Place: "logs.yaml:3", Item: "quiet", Hits: make([]int64, LogDays), CostNanos: -1},
			{Name: "only <b>counted", Hits: []int64{0, 4, 1234567}, CostNanos: 1840, Last: start.Add(-time.Minute), LastText: evilLine, Timeouts: 3},
			{Name: "oom", Item: "oom", Hits: []int64{1, 0, 2}, CostNanos: 0.41, Suspended: true, Last: start.Add(-time.Hour), LastText: "kernel: Out of memory"},
		},
		files: []LogFile{
			{Host: "a1", Path: "/var/log/fine", Lines: 12345},
			{Host: "web1", Path: "/var/log/good"}, {Host: "web1", Path: "/var/log/" + evilLine, Lag: 2 << 20, Behind: 95 * time.Second, LostBytes: 18 << 10, Fault: "permission denied " + evilLine},
		},
		lines: []LogLine{{ID: 7, At: start.Add(-9 * time.Minute), Host: "db1", File: "/var/log/kern.log", Program: "kernel", Severity: "critical", Rule: "oom", Text: evilLine, Service: h.services[0].Service, State: &critical, Incident: 1}},
	}
	return h
}

// safe fails when a page holds what a line would do to it.
func safe(t *testing.T, page string) {
	t.Helper()
	wantNotIn(t, page, "<script>alert", "\x1b", "\x00", "\x07", "\u202E", "\u2066", "<b>counted")
	if !utf8.ValidString(page) {
		t.Error("the page is not UTF-8")
	}
}

func TestThePageOfLogsShowsRulesLinesAndFiles(t *testing.T) {
	h := logHouse()
	code, page := get(t, h.pages(t), "/logs")
	if code != 200 {
		t.Fatal(code)
	}
	safe(t, page)
	wantIn(t, page, "1 rule has found a problem; 1234569 lines matched today", "0.41 ns", "1.84 µs", "1,234,567", "only &lt;b&gt;counted", "logs.yaml:3",
		"and on 1 other host", `href="/incidents/1"`, "suspended", "&lt;/code&gt;&lt;/div&gt;&lt;script&gt;alert(1)", "/var/log/kern.log kernel", "2 MiB", "1 min 35 s", "18 KiB", "permission denied", "12,345",
		`data-keep="files-web1" open`, `data-keep="files-a1">`)
	oom, quiet := strings.Index(page, `rule=oom`), strings.Index(page, `rule=quiet`)
	if oom < 0 || quiet < 0 || oom > quiet {
		t.Error("what is raised does not stand first")
	}
	if n := strings.Count(page, `class="today"`); n != 2*3 { // for wide and for narrow screens
		t.Errorf("%d rules have a bar for today", n)
	}
	if _, page := get(t, h.pages(t), "/logs?lang=ja"); !strings.Contains(page, "1 件の規則が問題を検出しています") || !strings.Contains(page, "ほか 1 台") {
		t.Error("not in Japanese")
	}
}

func TestLinesAreFilteredAndPaged(t *testing.T) {
	h := logHouse()
	p := h.pages(t)
	get(t, p, "/logs?host=db1&rule=oom&severity=error&text=Out+of&from=2026-11-22T01:00&to=2026-11-22T02:30&before=99")
	want := LogFilter{Host: "db1", Rule: "oom", Severity: "error", Text: "Out of", Since: time.Date(2026, 11, 21, 16, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 21, 17, 30, 0, 0, time.UTC), Before: 99, Limit: maxLines + 1}
	got := h.logs.asked
	got.Since, got.Until = got.Since.UTC(), got.Until.UTC()
	if got != want {
		t.Errorf("asked for %+v; want %+v", got, want)
	}
	get(t, p, "/logs?severity=nonsense&from=never&before=x")
	if h.logs.asked != (LogFilter{Limit: maxLines + 1}) {
		t.Errorf("nonsense became %+v", h.logs.asked)
	}
	h.logs.lines = nil
	for i := range maxLines + 20 {
		h.logs.lines = append(h.logs.lines, LogLine{ID: int64(1000 - i), At: start, Host: "web1", Rule: []string{"oom", "a&b=c"}[min(i/80, 1)], Text: fmt.Sprint("line ", i)})
	}
	_, page := get(t, p, "/logs?host=a%26b")
	wantIn(t, page, "/logs?before=901&amp;host=a%26b#lines", "The newest 100 lines", "77 more lines of oom on web1", `rule=a%26b%3Dc`)
	h.logs.lines = nil
	if _, page := get(t, p, "/logs?text=x"); !strings.Contains(page, "No line that matched is like this") || !strings.Contains(page, `href="/logs#lines"`) {
		t.Error("an empty answer does not say so")
	}
}

func TestAPageOfLogsThatAreNotWatched(t *testing.T) {
	h := newHouse()
	for _, path := range []string{"/logs", "/logs/search", "/api/monitord/logs"} {
		if code, _ := get(t, h.pages(t), path); code != 404 {
			t.Errorf("%s without logs: %d", path, code)
		}
	}
	if _, page := get(t, h.pages(t), "/"); strings.Contains(page, `href="/logs"`) {
		t.Error("the navigation has a page that is not there")
	}
	h.logs = &fakeLogs{}
	_, page := get(t, h.pages(t), "/logs")
	wantIn(t, page, "No logs are watched yet", "No line has matched yet", "match: Out of memory", `href="/logs" aria-current="page"`)
	h.logs.err = errStore
	if code, page := get(t, h.pages(t), "/logs"); code != 200 || !strings.Contains(page, "disk I/O error") {
		t.Errorf("a store that does not answer: %d", code)
	}
	if code, _ := get(t, h.pages(t), "/api/monitord/logs"); code != 503 {
		t.Errorf("API of a store that does not answer: %d", code)
	}
}

func TestHugeLinesAreCut(t *testing.T) {
	h := logHouse()
	h.logs.lines = []LogLine{{ID: 1, At: start, Host: "db1", Rule: "x", Text: "begin " + strings.Repeat("x", 1<<20) + " end", Cut: true}, {ID: 2, At: start, Host: "db1", Rule: "y", Folded: 58114}}
	h.logs.rules[0].LastText, h.logs.rules[0].Last = strings.Repeat("長", 1<<20), start
	h.logs.files[0].Path = strings.Repeat("/p", 1<<19)
	h.services[0].Evidence = []byte(strings.Repeat("y", 1<<20) + "\n" + strings.Repeat("z", 1<<20))
	for _, path := range []string{"/logs", "/incidents/1"} {
		code, page := get(t, h.pages(t), path)
		if code != 200 || len(page) > 120_000 {
			t.Errorf("%s: %d, %d bytes", path, code, len(page))
		}
	}
	_, page := get(t, h.pages(t), "/logs")
	wantIn(t, page, "begin xxx", "xxx end […]", "58114 more lines like this were not kept")
}

func TestTheIncidentShowsTheLineThatRaisedItAndThoseAround(t *testing.T) {
	h := logHouse()
	opened := start.Add(-10 * time.Minute)
	h.logs.lines = []LogLine{
		{ID: 3, At: opened.Add(time.Minute), Host: "db1", Rule: "late", Text: "after it"},
		{ID: 2, At: opened, Host: "db1", Rule: "oom", Text: "at it " + evilLine},
		{ID: 1, At: opened.Add(-time.Minute), Host: "db1", Rule: "early", Text: "before it"},
	}
	_, page := get(t, h.pages(t), "/incidents/1")
	safe(t, page)
	wantIn(t, page, "The line and what stood before it", `<p class="hit"><span class="sr">The line that raised it:</span><bdi>kernel: Out of memory</bdi></p>`, "<p><bdi>before one</bdi></p>")
	wantNotIn(t, page, "What the peer said")
	if want := (LogFilter{Host: "db1", Since: opened.Add(-aroundSpan), Until: opened.Add(aroundSpan), Limit: maxAround + 1}); h.logs.asked != want {
		t.Errorf("asked for %+v; want %+v", h.logs.asked, want)
	}
	last := 0
	for _, part := range []string{"before it", "at it", "The incident opened", "after it"} {
		i := strings.Index(page, part)
		if i < last {
			t.Errorf("%q stands at %d, before %d", part, i, last)
		}
		last = i
	}
	h.logs.lines = nil
	if _, page := get(t, h.pages(t), "/incidents/1"); strings.Contains(page, "Log lines around") {
		t.Error("a pane without lines")
	}
}

func TestASearchIsAnsweredOnce(t *testing.T) {
	h := logHouse()
	h.logs.found = LogFound{Keeps: true, Late: true, Read: 3 << 20, Damaged: 2, Next: "0001-000001.logz:12:3", Lines: []KeptLine{
		{At: start, Host: "db1", File: "/var/log/a", Text: evilLine}, {At: start, Host: "db1", File: "/var/log/a", Text: strings.Repeat("x", 1<<20), Cut: true}, {At: start, Host: "web1", File: "/var/log/a", Text: "three"}}}
	p := h.pages(t)
	code, page := get(t, p, "/logs/search?expr=a%7Cb&host=db1&file=a*&fold=1&from=2026-11-22T01:00")
	if code != 200 {
		t.Fatal(code)
	}
	safe(t, page)
	if s := h.logs.seek; s.Expr != "a|b" || s.Host != "db1" || s.File != "a*" || !s.Fold || s.Limit != maxFound || s.Since.IsZero() {
		t.Errorf("asked for %+v", s)
	}
	wantIn(t, page, "3 lines, and there may be more", `data-still="true"`, "5 s", "3 MiB", "2 pieces of the kept logs", "2026-11-22 02:54:20.000", "&lt;script&gt;alert(1)")
	wantNotIn(t, page, `http-equiv="refresh"`)
	if n := strings.Count(page, `class="lg-src"`); n != 2 {
		t.Errorf("%d headings, want one for each file", n)
	}
	next, err := url.Parse(strings.ReplaceAll(between(page, `<p class="foot-note"><a class="btn" href="`, `"`), "&amp;", "&"))
	if err != nil || next.Query().Get("next") != h.logs.found.Next || next.Query().Get("expr") != "a|b" || next.Query().Get("fold") != "1" {
		t.Fatalf("more is at %v, %v", next, err)
	}
	get(t, p, next.String())
	if h.logs.seek.From != h.logs.found.Next {
		t.Errorf("went on at %q", h.logs.seek.From)
	}
	h.logs.seek = LogSearch{}
	if _, page := get(t, p, "/logs/search"); h.logs.seek != (LogSearch{}) || !strings.Contains(page, "2026-11-22T01:54") {
		t.Error("the empty form searches, or has not the last hour")
	}
	h.logs.err = fmt.Errorf("%w: expression: missing )", ErrRefused)
	if code, page := get(t, p, "/logs/search?expr=("); code != 422 || !strings.Contains(page, "missing )") {
		t.Errorf("a wrong expression: %d", code)
	}
}

// between is what stands between two texts.
func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

func TestTheAPIGivesLogsAsDescribed(t *testing.T) {
	h := logHouse()
	p := h.pages(t)
	code, body := get(t, p, "/api/monitord/logs?host=db1&severity=error&limit=5&since=2026-11-21T16:00:00Z&before=12")
	if code != 200 || !utf8.ValidString(body) || strings.ContainsAny(body, "\x00\x1b") {
		t.Fatalf("%d: %q", code, body)
	}
	if a := h.logs.asked; a.Host != "db1" || a.Limit != 5 || a.Before != 12 || a.Since.IsZero() || a.Severity != "error" {
		t.Errorf("asked for %+v", a)
	}
	var got map[string][]map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if len(got["rules"]) != 3 || len(got["files"]) != 3 || len(got["lines"]) != 1 || got["lines"][0]["service"] != "db1/log[oom]" || got["rules"][0]["cost_seconds_per_line"] != nil || got["rules"][1]["cost_seconds_per_line"] != 1.84e-6 {
		t.Errorf("%v", got)
	}
	_, described := get(t, p, "/api/monitord/openapi.json")
	var doc struct {
		Paths      map[string]any
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(described), &doc); err != nil || doc.Paths["/api/monitord/logs"] == nil {
		t.Fatalf("not described: %v", err)
	}
	for what, schema := range map[string]string{"rules": "LogRule", "files": "LogFile", "lines": "LogLine"} {
		for _, one := range got[what] {
			for name := range one {
				if doc.Components.Schemas[schema].Properties[name] == nil {
					t.Errorf("%s of %s is not described", name, schema)
				}
			}
		}
	}
	for _, bad := range []string{"severity=bad", "since=x", "until=x", "before=x", "before=-1"} {
		if code, _ := get(t, p, "/api/monitord/logs?"+bad); code != 400 {
			t.Errorf("%s: %d", bad, code)
		}
	}
}
