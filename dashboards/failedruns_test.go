package dashboards

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"monitord/checks"
	"monitord/internal/text"
)

// hostile is what a peer may send to harm a page or a terminal.
const hostile = "</pre><script>alert(1)</script>\n\x00\xff\xfe\x1b[2J\u202Eevil\n' OR 1=1 --"

func withRuns() *house {
	h := newHouse()
	h.service("web1/http", checks.Critical, 10*time.Minute)
	h.failed = []FailedRun{
		{Event: 4, At: start.Add(-11 * time.Minute), State: checks.Warning, Reason: checks.ReasonThreshold, Summary: text.Verbatim("the first one"),
			Took: 2 * time.Second, Phases: []checks.Phase{{Name: "dns", Took: time.Millisecond}, {Name: "<b>body", Took: 1999 * time.Millisecond}}},
		{Event: 9, At: start.Add(-10 * time.Minute), State: checks.Critical, Hard: true, Reason: checks.ReasonStatus, Summary: text.Verbatim("<i>500</i>"),
			Took: time.Second, Evidence: []byte(hostile)},
	}
	return h
}

func TestThePageOfAnIncidentShowsWhatItsFailingRunsLeft(t *testing.T) {
	h := withRuns()
	code, page := get(t, h.pages(t), "/incidents/1")
	if code != 200 {
		t.Fatal(code)
	}
	if want := "web1/http 17:44:20 17:54:20"; len(h.runsAsked) != 1 || h.runsAsked[0] != want {
		t.Errorf("asked for %q, want %q", h.runsAsked, want)
	}
	for _, want := range []string{"The failing runs", "the first one", "dns 1 ms", "&lt;b&gt;body", "&lt;/pre&gt;&lt;script&gt;alert(1)", "&lt;i&gt;500", `data-keep="run-9"`, "02:44:20"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script>alert", "<i>500", "<b>body", "\x00", "\x1b", "\u202E"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if !utf8.ValidString(page) {
		t.Error("the page is not UTF-8")
	}
	if first, last := strings.Index(page, "the first one"), strings.Index(page, "&lt;i&gt;500"); first < last {
		t.Error("the newest run is not the first one shown")
	}
	if _, page := get(t, h.pages(t), "/incidents/1?lang=ja"); !strings.Contains(page, "失敗した検査の記録") {
		t.Error("not in Japanese")
	}
}

func TestTheAPIGivesOneIncidentWithItsFailingRuns(t *testing.T) {
	h := withRuns()
	p := h.pages(t)
	code, body := get(t, p, "/api/monitord/incidents/1")
	var got struct {
		ID         int64  `json:"id"`
		Service    string `json:"service"`
		FailedRuns []struct {
			Event    int64   `json:"event"`
			State    string  `json:"state"`
			Hard     bool    `json:"hard"`
			Reason   string  `json:"reason"`
			Took     float64 `json:"took_seconds"`
			Evidence string  `json:"evidence"`
			Phases   []struct {
				Name string  `json:"name"`
				Took float64 `json:"took_seconds"`
			} `json:"phases"`
		} `json:"failed_runs"`
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || code != 200 {
		t.Fatalf("%d, %v: %s", code, err, body)
	}
	if got.ID != 1 || got.Service != "web1/http" || len(got.FailedRuns) != 2 {
		t.Fatalf("%+v", got)
	}
	one, two := got.FailedRuns[0], got.FailedRuns[1]
	if one.Event != 4 || one.State != "WARNING" || one.Took != 2 || len(one.Phases) != 2 || one.Phases[0].Took != 0.001 {
		t.Errorf("%+v", one)
	}
	if want := strings.ReplaceAll(hostile, "\xff\xfe", "\uFFFD"); two.Evidence != want || !two.Hard || two.Reason != "status" {
		t.Errorf("%+v, want evidence %q", two, want)
	}
	if !utf8.ValidString(body) || strings.ContainsAny(body, "\x00\x1b") {
		t.Errorf("raw bytes in %q", body)
	}
	if code, _ := get(t, p, "/api/monitord/incidents/77"); code != 404 {
		t.Errorf("an unknown incident is %d", code)
	}
	_, described := get(t, p, "/api/monitord/openapi.json")
	var doc struct {
		Paths      map[string]any
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(described), &doc); err != nil || doc.Paths["/api/monitord/incidents/{id}"] == nil {
		t.Fatalf("not described: %v", err)
	}
	var raw struct {
		Runs []map[string]any `json:"failed_runs"`
	}
	if err := json.Unmarshal([]byte(body), &raw); err != nil {
		t.Fatal(err)
	}
	for _, run := range raw.Runs {
		for name := range run {
			if doc.Components.Schemas["FailedRun"].Properties[name] == nil {
				t.Errorf("%s is not described", name)
			}
		}
	}
}

func TestWithoutKeptRunsThePageIsWhole(t *testing.T) {
	h := newHouse()
	h.service("web1/http", checks.Critical, 10*time.Minute)
	if code, page := get(t, h.pages(t), "/incidents/1"); code != 200 || strings.Contains(page, "The failing runs") {
		t.Errorf("%d", code)
	}
}
