package dashboards

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/inventory"
)

// post sends a form with our token unless it has another one.
func post(p *Pages, path string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{"csrf": {"token"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w
}

func TestEveryChangeNeedsOurOwnFormAndARight(t *testing.T) {
	h := newHouse()
	h.service("db1/pgsql", checks.Critical, time.Minute)
	p := h.pages(t)
	plan := []string{"host", "db1", "start", "2026-11-22T03:00", "end", "2026-11-22T04:00"}
	for path, fields := range map[string][]string{
		"/ack": {"service", "db1/pgsql"}, "/unack": {"service", "db1/pgsql"}, "/logs/clear": {"service", "db1/log[oom]", "reason", "memory added"}, "/downtimes": plan, "/downtimes/3/cancel": nil,
	} {
		done := func() int { return len(h.acked) + len(h.planned) + len(h.cancelled) }
		before := done()
		if got := post(p, path, append(fields, "csrf", "wrong")...).Code; got != http.StatusForbidden || done() != before {
			t.Errorf("%s: a foreign form answers %d", path, got)
		}
		h.canWrite = false
		if got := post(p, path, fields...).Code; got != http.StatusForbidden || done() != before {
			t.Errorf("%s: without the right it answers %d", path, got)
		}
		h.canWrite = true
		if got := post(p, path, fields...).Code; got != http.StatusSeeOther || done() != before+1 {
			t.Errorf("%s: our own form answers %d and did %d things", path, got, done()-before)
		}
	}
	if !slices.Contains(h.acked, "db1/pgsql duty") || !slices.Contains(h.acked, "not db1/pgsql duty") || !slices.Equal(h.cancelled, []string{"3 duty"}) {
		t.Errorf("acknowledged %v, cancelled %v", h.acked, h.cancelled)
	}
	h.canWrite = false
	for _, path := range []string{"/incidents/1", "/hosts/db1", "/downtimes"} {
		_, body := get(t, p, path)
		wantNotIn(t, body, `method="post"`)
	}
}

func TestControlsAreHiddenWhenNothingStandsBehindThem(t *testing.T) {
	h := newHouse()
	h.service("db1/pgsql", checks.Critical, time.Minute)
	p := h.pages(t)
	for _, path := range []string{"/incidents/1", "/hosts/db1"} {
		_, body := get(t, p, path)
		wantIn(t, body, `action="/ack"`, "/downtimes?host=db1")
	}
	p.Acknowledge, p.Unacknowledge, p.AddDowntime, p.CancelDowntime, p.Downtimes = nil, nil, nil, nil, nil
	for _, path := range []string{"/incidents/1", "/hosts/db1", "/"} {
		_, body := get(t, p, path)
		wantNotIn(t, body, "/ack", "/downtimes")
	}
	if code, _ := get(t, p, "/downtimes"); code != http.StatusNotFound {
		t.Errorf("the page of downtimes answers %d without them", code)
	}
}

func TestAnAcknowledgementSaysWhyAndUntilWhen(t *testing.T) {
	h := newHouse()
	s := h.service("db1/pgsql", checks.Critical, time.Minute)
	p := h.pages(t)
	w := post(p, "/ack", "service", "db1/pgsql", "reason", "new disk", "for", "4h", "back", "/incidents/1")
	want := AckForm{Who: "duty", Reason: "new disk", Until: start.Add(4 * time.Hour), UntilWorse: true}
	if h.ack != want || w.Header().Get("Location") != "/incidents/1" {
		t.Errorf("took %+v, then went to %q", h.ack, w.Header().Get("Location"))
	}
	post(p, "/ack", "service", "db1/pgsql", "sticky", "1")
	if h.ack.UntilWorse || !h.ack.Until.IsZero() {
		t.Errorf("took %+v; want it kept until the recovery", h.ack)
	}
	s.Marks, s.Ack = alerting.MarkAcknowledged, &alerting.Ack{By: "duty", Reason: "new disk", At: start, Until: start.Add(4 * time.Hour)}
	_, body := get(t, p, "/incidents/1?lang=en")
	wantIn(t, body, "duty has had it since Sun 22 Nov 02:54, until Sun 22 Nov 06:54 or until it gets worse. new disk", `action="/unack"`)
	wantNotIn(t, body, `action="/ack"`)
	_, body = get(t, p, "/services?lang=en")
	wantIn(t, body, "until 06:54", `chip held is-critical`)
}

func TestAFormGoesBackOnlyToOurOwnPages(t *testing.T) {
	h := newHouse()
	h.service("db1/pgsql", checks.Critical, time.Minute)
	p := h.pages(t)
	for back, want := range map[string]string{"/hosts/db1": "/hosts/db1", "//evil.example/": "/", "https://evil.example/": "/", "/\\evil.example": "/", "": "/"} {
		if got := post(p, "/ack", "service", "db1/pgsql", "back", back).Header().Get("Location"); got != want {
			t.Errorf("back to %q goes to %q", back, got)
		}
	}
}

func TestADowntimeIsPlannedInTheZoneOfTheConfiguration(t *testing.T) {
	at := func(s string) time.Time {
		t.Helper()
		moment, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	from, to := at("2026-11-22T03:00:00+09:00"), at("2026-11-22T04:30:00+09:00")
	times := []string{"start", "2026-11-22T03:00", "end", "2026-11-22T04:30"}
	for name, c := range map[string]struct {
		fields []string
		want   DowntimeForm
	}{
		"host":      {append([]string{"host", "db1", "reason", "patch"}, times...), DowntimeForm{Host: "db1", Reason: "patch"}},
		"service":   {append([]string{"host", "db1", "check", "filesystem", "item", "/"}, times...), DowntimeForm{Service: checks.Service{Host: "db1", Check: "filesystem", Item: "/"}}},
		"group":     {append([]string{"group", "東京/db"}, times...), DowntimeForm{Group: "東京/db"}},
		"flexible":  {append([]string{"host", "db1", "flexible", "1", "minutes", "30"}, times...), DowntimeForm{Host: "db1", Flexible: true, Duration: 30 * time.Minute}},
		"recurring": {append([]string{"host", "db1", "rule", "FREQ=DAILY", "rule_text", "FREQ=WEEKLY;BYDAY=SU", "flexible", "1", "minutes", "30"}, times...), DowntimeForm{Host: "db1", Rule: "FREQ=WEEKLY;BYDAY=SU", Duration: 90 * time.Minute}},
	} {
		h := newHouse()
		w := post(h.pages(t), "/downtimes", c.fields...)
		c.want.Who = "duty"
		if w.Code != http.StatusSeeOther || len(h.planned) != 1 {
			t.Errorf("%s: answers %d, planned %v", name, w.Code, h.planned)
			continue
		}
		got := h.planned[0]
		if !got.Start.Equal(from) || !got.End.Equal(to) {
			t.Errorf("%s: from %s to %s", name, got.Start, got.End)
		}
		if got.Start, got.End = c.want.Start, c.want.End; got != c.want {
			t.Errorf("%s: planned %+v, want %+v", name, got, c.want)
		}
	}
}

func TestAFormThatIsWrongComesBackFilledInWithTheReason(t *testing.T) {
	good := map[string]string{"host": "db1", "start": "2026-11-22T03:00", "end": "2026-11-22T04:00", "reason": "new <disk>"}
	for want, change := range map[string]map[string]string{
		"For what?": {"host": ""}, "not both": {"group": "x"}, "From when until when?": {"end": "soon"}, "end before it begins": {"end": "2026-11-22T02:59"},
		"over already": {"start": "2026-11-21T03:00", "end": "2026-11-21T04:00"}, "How many minutes?": {"flexible": "1", "minutes": "-3"},
	} {
		h := newHouse()
		var fields []string
		for k, v := range good {
			if c, ok := change[k]; ok {
				v = c
			}
			fields = append(fields, k, v)
		}
		for k, v := range change {
			fields = append(fields, k, v)
		}
		r := post(h.pages(t), "/downtimes?lang=en", fields...)
		if r.Code != http.StatusUnprocessableEntity || len(h.planned) != 0 {
			t.Errorf("%s: answers %d, planned %v", want, r.Code, h.planned)
		}
		wantIn(t, r.Body.String(), want, "new &lt;disk&gt;")
	}
	h := newHouse()
	h.refuse = fmt.Errorf("add downtime: %w: it never comes", ErrRefused)
	r := post(h.pages(t), "/downtimes?lang=en", "host", "db1", "start", good["start"], "end", good["end"], "rule_text", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
	if r.Code != http.StatusUnprocessableEntity {
		t.Errorf("a rule that never comes answers %d", r.Code)
	}
	wantIn(t, r.Body.String(), "it never comes", "BYMONTHDAY=30")
}

func TestThePageOfDowntimesTellsWhatRunsWhatComesAndWhatRecurs(t *testing.T) {
	h := newHouse()
	h.inv.Hosts = []inventory.Host{{Name: "db1", Groups: []string{"東京/db"}}}
	h.service("db1/pgsql", checks.Critical, time.Minute).Marks = alerting.MarkDowntime
	h.downtimes = []Downtime{
		{ID: 1, Group: "東京", Who: "設備", Reason: "電源工事", Start: start.Add(-time.Hour), End: start.Add(2 * time.Hour), Running: true},
		{ID: 2, Host: "web1", Who: "a", Start: start.Add(time.Hour), End: start.Add(3 * time.Hour), Flexible: true, Duration: 20 * time.Minute},
		{ID: 3, Service: checks.Service{Host: "db1", Check: "backup"}, Who: "b", Start: start.Add(day), End: start.Add(day + time.Hour), Rule: "FREQ=DAILY", Duration: time.Hour},
		{ID: 4, Host: "gone", Who: "c", Start: start.Add(-3 * time.Hour), End: start.Add(time.Hour), Ended: start.Add(-time.Hour)},
	}
	p := h.pages(t)
	_, body := get(t, p, "/downtimes?lang=en")
	wantIn(t, body, "1 downtime is running, 2 to come.", "東京/*", "2 h left", "20 min from the first problem", "every day", "/downtimes/1/cancel", "/downtimes/3/cancel")
	wantNotIn(t, body, "/downtimes/4/cancel")
	for _, path := range []string{"/incidents/1", "/hosts/db1"} {
		_, body = get(t, p, path+"?lang=ja")
		wantIn(t, body, "東京/* は 04:54 まで作業中 (設備)。電源工事")
	}
	h.inv.Hosts[0].Groups = []string{"大阪"}
	_, body = get(t, p, "/hosts/db1")
	wantNotIn(t, body, "電源工事")
}

func TestARuleIsToldInWordsWhenItIsASimpleOne(t *testing.T) {
	h := newHouse()
	p := h.pages(t)
	for rule, want := range map[string][2]string{
		"FREQ=DAILY": {"every day", "毎日"}, "FREQ=WEEKLY;BYDAY=SU": {"every Sunday", "毎週日曜"}, "FREQ=WEEKLY;BYDAY=SA,SU": {"every Saturday, Sunday", "毎週土曜・日曜"},
		"FREQ=WEEKLY;BYDAY=2SU": {"FREQ=WEEKLY;BYDAY=2SU", "FREQ=WEEKLY;BYDAY=2SU"}, "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU": {"FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU"},
	} {
		h.downtimes = []Downtime{{ID: 1, Host: "db1", Who: "a", Start: start, End: start.Add(time.Hour), Rule: rule}}
		for i, lang := range []string{"en", "ja"} {
			_, body := get(t, p, "/downtimes?lang="+lang)
			wantIn(t, body, `<span class="mk">`+want[i]+"</span>")
		}
	}
}

// send asks the API and returns the answer's status and error.
func send(p *Pages, method, path, body string, head ...string) (int, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-CSRF-Token", "token")
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	var answer struct{ Error string }
	json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer.Error
}

func TestTheAPIChangesWhatThePagesChange(t *testing.T) {
	h := newHouse()
	h.service("db1/pgsql", checks.Critical, time.Minute)
	p := h.pages(t)
	const plan = "/api/monitord/downtimes"
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/api/monitord/ack", `{"service":"db1/pgsql","until":"2026-11-22T06:00:00+09:00","until_worse":false}`, 200},
		{"POST", "/api/monitord/ack", `{"service":"db1/pgsql","until":"2026-11-21T06:00:00+09:00"}`, 400},
		{"POST", "/api/monitord/ack", `{"service":"db1"}`, 400},
		{"POST", "/api/monitord/logs/clear", `{"service":"db1/log[oom]","reason":"memory added"}`, 200},
		{"POST", "/api/monitord/logs/clear", `{"service":"db1"}`, 400},
		{"POST", "/api/monitord/ack", `{"service":"db1/pgsql","untli":"x"}`, 400},
		{"DELETE", "/api/monitord/ack?service=db1/pgsql", "", 204},
		{"POST", "/api/monitord/ack", `{"incident":1}`, 200},
		{"POST", "/api/monitord/ack", `{"incident":1,"service":"db1/pgsql"}`, 400},
		{"POST", "/api/monitord/ack", `{"incident":-1}`, 400},
		{"POST", "/api/monitord/ack", `{}`, 400},
		{"DELETE", "/api/monitord/ack?incident=1", "", 204},
		{"DELETE", "/api/monitord/ack?incident=x", "", 400},
		{"DELETE", "/api/monitord/ack", "", 400},
		{"POST", plan, `{"host":"db1","duration_seconds":1800,"reason":"patch"}`, 201},
		{"POST", plan, `{"host":"db1","service":"db1/x","duration_seconds":1800}`, 400},
		{"POST", plan, `{"host":"db1"}`, 400},
		{"POST", plan, `{"host":"db1","duration_seconds":1e300}`, 400},
		{"POST", plan, `{"host":"db1","start":"2026-11-20T06:00:00Z","duration_seconds":60}`, 400},
		{"POST", plan, `{"host":"db1","flexible":true,"duration_seconds":60}`, 400},
		{"POST", plan, `{"service":"db1/pgsql","flexible":true,"end":"2026-11-23T06:00:00Z","duration_seconds":60}`, 201},
		{"DELETE", plan + "/7", "", 204},
		{"DELETE", plan + "/x", "", 400},
	} {
		if got, says := send(p, c.method, c.path, c.body); got != c.want {
			t.Errorf("%s %s %s: %d %s, want %d", c.method, c.path, c.body, got, says, c.want)
		}
	}
	if want := []string{"db1/pgsql duty", "ended db1/log[oom] duty memory added", "not db1/pgsql duty", "1 duty", "not 1 duty"}; !slices.Equal(h.acked, want) {
		t.Errorf("acknowledged %q, want %q", h.acked, want)
	}
	if h.ack.UntilWorse || !h.ack.Until.Equal(start.Add(3*time.Hour+5*time.Minute+40*time.Second)) {
		t.Errorf("took %+v", h.ack)
	}
	if len(h.planned) != 2 || h.planned[0].End.Sub(h.planned[0].Start) != 30*time.Minute || h.planned[0].Who != "duty" || h.planned[1].Duration != time.Minute {
		t.Errorf("planned %+v", h.planned)
	}
	if got, _ := send(p, "POST", plan, `{"host":"db1","duration_seconds":60}`, "X-CSRF-Token", "other"); got != 403 {
		t.Errorf("a session without its token answers %d", got)
	}
	if got, _ := send(p, "POST", plan, `{"host":"db1","duration_seconds":60}`, "Content-Type", "text/plain"); got != 415 {
		t.Errorf("a body that another site can send answers %d", got)
	}
	h.refuse = fmt.Errorf("%w: no such host", ErrRefused)
	if got, says := send(p, "POST", plan, `{"host":"nobody","duration_seconds":60}`); got != 409 || !strings.Contains(says, "no such host") {
		t.Errorf("what is refused answers %d %q", got, says)
	}
	h.refuse = errStore
	if got, says := send(p, "DELETE", plan+"/7", ""); got != 503 || strings.Contains(says, "disk") {
		t.Errorf("a journal that cannot be written answers %d %q", got, says)
	}
	h.canWrite = false
	if got, _ := send(p, "DELETE", plan+"/7", ""); got != 403 {
		t.Errorf("without the right it answers %d", got)
	}
}
