package dashboards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/text"
)

// acting is a fake of the room that acts.
type acting struct {
	records []failover.Record
	frozen  failover.Freeze
	did     []string
	err     error
	asked   failover.Filter
}

func (a *acting) acts() *Acts {
	do := func(format string, args ...any) error {
		a.did = append(a.did, fmt.Sprintf(format, args...))
		return a.err
	}
	return &Acts{
		Any: func() bool { return true },
		List: func(_ context.Context, f failover.Filter) ([]failover.Record, error) {
			a.asked = f
			return a.records, a.err
		},
		Approve: func(_ context.Context, id, who string) error { return do("approve %s %s", id, who) },
		Rearm: func(_ context.Context, action, host, who string) error {
			return do("rearm %s %s %s", action, host, who)
		},
		Frozen:   func() failover.Freeze { return a.frozen },
		Freeze:   func(_ context.Context, who, reason string) error { return do("freeze %s %s", who, reason) },
		Unfreeze: func(_ context.Context, who string) error { return do("unfreeze %s", who) },
	}
}

func record(p failover.Progress) failover.Record {
	return failover.Record{
		Request: failover.Request{ID: "takeover-1", Action: "takeover", Service: checks.Service{Host: "db1", Check: "pgsql"}, Incident: 1},
		Kind:    "heartbeat", Progress: p, Wanted: start.Add(-time.Minute), Started: start.Add(-59 * time.Second), Ended: start.Add(-55 * time.Second),
		Trigger: failover.Trigger{Failed: start.Add(-80 * time.Second), Hard: start.Add(-60 * time.Second)},
		Text:    text.M("action.failed", text.Str("why", "<b>exit code 4</b>")),
		Premises: []failover.Premise{
			{Name: "state", Holds: true, From: "server", At: start.Add(-62 * time.Second), Text: text.M("guard.state", text.Str("service", "db1/pgsql"), text.Str("state", "CRITICAL"))},
			{Name: "peers", From: "probe db2", At: start.Add(-59 * time.Second), Text: text.Verbatim("db2 is ill")},
		},
		Outcome: failover.Outcome{Output: []byte("no quorum\x1b[31m\n")},
	}
}

func TestAnIncidentShowsWhatWasDoneWithPremisesAndStages(t *testing.T) {
	h, a := newHouse(), &acting{records: []failover.Record{record(failover.ProgressFailed)}}
	h.acts = a.acts()
	h.service("db1/pgsql", checks.Critical, time.Minute)
	p := h.pages(t)
	_, body := get(t, p, "/incidents/1")
	wantIn(t, body, "FAILED", "takeover", "1 of 2 premises fails", "db1/pgsql is CRITICAL", "probe db2", "db2 is ill", "3 s old",
		"<dt>detect</dt><dd>20 s</dd>", "<dt>decide</dt><dd>1 s</dd>", "<dt>act</dt><dd>4 s</dd>", "no quorum", "&lt;b&gt;exit code 4")
	wantNotIn(t, body, "\x1b", "<b>exit code 4")
	if a.asked.Incident != 1 {
		t.Errorf("asked for %+v", a.asked)
	}
	_, body = get(t, p, "/incidents/1?lang=ja")
	wantIn(t, body, "失敗", "前提条件 2 件中 1 件を満たしていません", "検知")
}

func TestAnIncidentAboutAnActionShowsThatAction(t *testing.T) {
	h, a := newHouse(), &acting{records: []failover.Record{record(failover.ProgressRefused)}}
	h.acts = a.acts()
	h.service("db1/action[takeover]", checks.Critical, time.Minute)
	_, body := get(t, h.pages(t), "/incidents/1")
	wantIn(t, body, "NOT DONE", "db2 is ill")
	if a.asked.Action != "takeover" || a.asked.Host != "db1" || a.asked.Since.IsZero() {
		t.Errorf("asked for %+v", a.asked)
	}
}

func TestWhatWaitsIsApprovedAndWhatIsInDoubtReArmedByWhoMayWrite(t *testing.T) {
	h, a := newHouse(), &acting{records: []failover.Record{record(failover.ProgressWaiting), record(failover.ProgressUnknown)}}
	h.acts = a.acts()
	p := h.pages(t)
	_, body := get(t, p, "/actions")
	wantIn(t, body, "1 request waits for approval", `action="/actions/takeover-1/approve"`, `action="/actions/rearm"`, `action="/actions/freeze"`)
	for path, fields := range map[string][]string{
		"/actions/takeover-1/approve": nil, "/actions/rearm": {"action", "takeover", "host", "db1"}, "/actions/freeze": {"reason", "moving racks"},
	} {
		before := len(a.did)
		if got := post(p, path, append(fields, "csrf", "wrong")...).Code; got != http.StatusForbidden || len(a.did) != before {
			t.Errorf("%s: a foreign form answers %d", path, got)
		}
		h.canWrite = false
		if got := post(p, path, fields...).Code; got != http.StatusForbidden || len(a.did) != before {
			t.Errorf("%s: without the right it answers %d", path, got)
		}
		h.canWrite = true
		if got := post(p, path, fields...).Code; got != http.StatusSeeOther || len(a.did) != before+1 {
			t.Errorf("%s: our own form answers %d", path, got)
		}
	}
	post(p, "/actions/freeze", "off", "1")
	slices.Sort(a.did)
	if want := []string{"approve takeover-1 duty", "freeze duty moving racks", "rearm takeover db1 duty", "unfreeze duty"}; !slices.Equal(a.did, want) {
		t.Errorf("%v", a.did)
	}
	a.err = fmt.Errorf("%w: the time to approve it is over", ErrRefused)
	w := post(p, "/actions/takeover-1/approve")
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "time to approve") {
		t.Errorf("%d", w.Code)
	}
	h.canWrite = false
	_, body = get(t, p, "/actions")
	wantNotIn(t, body, `method="post"`)
}

func TestEveryPageAndTheWallSayThatActionsAreFrozen(t *testing.T) {
	h, a := newHouse(), &acting{frozen: failover.Freeze{By: "noc", Reason: "<moving racks>", At: start.Add(-2 * time.Hour)}}
	h.acts = a.acts()
	h.service("db1/pgsql", checks.OK, time.Minute)
	p := h.pages(t)
	for _, path := range []string{"/", "/wall", "/actions", "/incidents"} {
		_, body := get(t, p, path)
		wantIn(t, body, "ACTIONS FROZEN since 00:54 by noc: &lt;moving racks&gt;")
	}
	_, body := get(t, p, "/wall")
	wantIn(t, body, `action="/actions/freeze"`, `name="off"`)
	h.canWrite = false
	_, body = get(t, p, "/wall")
	wantIn(t, body, "ACTIONS FROZEN")
	wantNotIn(t, body, "<form")
	a.frozen = failover.Freeze{}
	_, body = get(t, p, "/wall")
	wantNotIn(t, body, "ACTIONS FROZEN", "w-band")
}

func TestWithoutActionsThereIsNothingOfThem(t *testing.T) {
	h := newHouse()
	p := h.pages(t)
	for path, want := range map[string]int{"/actions": 404, "/api/monitord/actions": 404, "/api/monitord/actions/freeze": 404, "/wall": 200} {
		code, body := get(t, p, path)
		if code != want {
			t.Errorf("%s: %d", path, code)
		}
		wantNotIn(t, body, "w-band", `href="/actions"`)
	}
	if got := post(p, "/actions/freeze").Code; got != http.StatusNotFound {
		t.Errorf("%d", got)
	}
}

func TestTheAPIOfActionsIsWhatItsDescriptionSays(t *testing.T) {
	h, a := newHouse(), &acting{records: []failover.Record{record(failover.ProgressDone)}}
	h.acts = a.acts()
	a.records[0].ApproveBy, a.records[0].Closed, a.records[0].Undone, a.records[0].Error = start, start, "x", "y"
	p := h.pages(t)
	var doc struct {
		Paths      map[string]any `json:"paths"`
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	_, body := get(t, p, "/api/monitord/openapi.json")
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"actions", "actions/{id}/approve", "actions/freeze"} {
		if doc.Paths["/api/monitord/"+path] == nil {
			t.Errorf("%s is not described", path)
		}
	}
	_, body = get(t, p, "/api/monitord/actions?incident=1&action=takeover")
	var answer struct{ Actions []map[string]any }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Actions) != 1 || a.asked.Incident != 1 {
		t.Fatalf("%s: %v", body, err)
	}
	for name := range answer.Actions[0] {
		if doc.Components.Schemas["Action"].Properties[name] == nil {
			t.Errorf("%s is not described", name)
		}
	}
	call := func(method, path, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("X-CSRF-Token", "token")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for _, c := range []struct{ method, path, body, did string }{
		{"POST", "/api/monitord/actions/takeover-1/approve", "", "approve takeover-1 duty"},
		{"POST", "/api/monitord/actions/freeze", `{"reason":"audit"}`, "freeze duty audit"},
		{"DELETE", "/api/monitord/actions/freeze", "", "unfreeze duty"},
	} {
		code, _ := call(c.method, c.path, c.body)
		if code != http.StatusOK || a.did[len(a.did)-1] != c.did {
			t.Errorf("%s %s: %d, did %v", c.method, c.path, code, a.did)
		}
		h.canWrite = false
		if code, _ := call(c.method, c.path, c.body); code != http.StatusForbidden {
			t.Errorf("%s %s without the right: %d", c.method, c.path, code)
		}
		h.canWrite = true
	}
	a.err = errors.New("disk full")
	if code, _ := call("DELETE", "/api/monitord/actions/freeze", ""); code != http.StatusServiceUnavailable {
		t.Errorf("%d", code)
	}
	a.frozen = failover.Freeze{By: "noc", At: start}
	if _, body := call("GET", "/api/monitord/actions/freeze", ""); !strings.Contains(body, `"frozen":true`) {
		t.Error(body)
	}
}
