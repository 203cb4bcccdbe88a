package dashboards

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/text"
)

func TestTheHomePageAnswersFromTheData(t *testing.T) {
	cases := []struct {
		name   string
		fill   func(*house)
		en, ja string
	}{
		{"nothing is checked", func(*house) {}, "Nothing is checked yet.", "まだ何も検査していません。"},
		{"all is well", func(h *house) { h.service("db1/load", checks.OK, time.Hour) }, "Nothing: no fault in 1 service.", "何も壊れていません。1 サービスに障害なし。"},
		{"one fault", func(h *house) { h.service("db1/load", checks.Warning, time.Hour) }, "1 fault that nobody has taken.", "未対応の障害 1 件。"},
		{"one taken", func(h *house) { h.service("db1/load", checks.Warning, time.Hour); h.taken("網 担当") }, "1 fault, all in hand.", "障害 1 件、すべて対応中。"},
		{"both", func(h *house) {
			h.service("db1/load", checks.Warning, time.Hour)
			h.taken("網 担当")
			h.service("db1/pgsql", checks.Critical, time.Minute)
			h.service("db1/ssh", checks.Critical, time.Minute)
		}, "2 faults that nobody has taken, 1 in hand.", "未対応の障害 2 件、対応中 1 件。"},
	}
	for _, c := range cases {
		h := newHouse()
		c.fill(h)
		p := h.pages(t)
		_, en := get(t, p, "/?lang=en")
		_, ja := get(t, p, "/?lang=ja")
		t.Log(c.name)
		wantIn(t, en, `<html lang="en"`, c.en)
		wantIn(t, ja, `<html lang="ja"`, c.ja)
	}
}

func TestUnhandledComesFirstThenSeverityThenTheLongest(t *testing.T) {
	h := newHouse()
	h.service("a/ok", checks.OK, 9*time.Hour)
	h.service("b/taken", checks.Critical, 8*time.Hour)
	h.taken("somebody")
	h.service("c/young", checks.Critical, time.Minute)
	h.service("d/warn", checks.Warning, 7*time.Hour)
	h.service("e/old", checks.Critical, time.Hour)
	h.service("f/unknown", checks.Unknown, 30*time.Hour)
	missed := h.service("g/missed", checks.OK, time.Hour)
	missed.LastCheck, missed.Marks = start.Add(-time.Hour), alerting.MarkMissed
	_, body := get(t, h.pages(t), "/services?lang=en")
	body = body[strings.Index(body, "<tbody>"):]
	last := -1
	for _, name := range []string{"old", "young", "warn", "missed", "unknown", "taken", "ok"} {
		at := strings.Index(body, "<bdi>"+name+"</bdi>")
		if at < last {
			t.Errorf("%s is out of order", name)
		}
		last = at
	}
	wantIn(t, body, "MISSED")
}

func TestAMissedFaultStaysAFault(t *testing.T) {
	for _, c := range []struct {
		state checks.State
		marks alerting.Marks
		want  sign
	}{
		{checks.Critical, alerting.MarkMissed, signCritical}, // it must not look smaller
		{checks.Unknown, alerting.MarkMissed, signMissed},
		{checks.OK, alerting.MarkMissed, signMissed},
		{checks.OK, alerting.MarkFlapping | alerting.MarkHung | alerting.MarkDowntime, signOK},
		{checks.Critical, alerting.MarkUnreachable | alerting.MarkMissed, signUnreachable},
	} {
		s := alerting.ServiceState{HardState: c.state, State: c.state, LastCheck: start, Marks: c.marks}
		if got := judge(&s); got != c.want {
			t.Errorf("%s with %s is shown as %s, want %s", c.state, c.marks, got.Key, c.want.Key)
		}
	}
}

func TestEveryPageSaysWhenSomethingCouldNotBeRead(t *testing.T) {
	h := newHouse()
	h.service("db1/load", checks.Critical, time.Hour)
	h.err = errStore
	p := h.pages(t)
	for _, path := range []string{"/", "/hosts/db1", "/incidents", "/events", "/hosts", "/services"} {
		code, body := get(t, p, path+"?lang=en")
		if code != http.StatusOK {
			t.Errorf("%s: status %d", path, code)
		}
		wantIn(t, body, "could not be read", errStore.Error())
	}
	_, body := get(t, p, "/wall?lang=en")
	wantIn(t, body, "incomplete")
	if code, _ := get(t, p, "/graph/db1/cpu.svg"); code != http.StatusServiceUnavailable {
		t.Errorf("a picture without its store answers %d, want 503", code)
	}
	if code, _ := get(t, p, "/api/monitord/incidents"); code != http.StatusServiceUnavailable {
		t.Errorf("the API without its journal answers %d, want 503", code)
	}
}

func TestHostileNamesAreOnlyText(t *testing.T) {
	h := newHouse()
	for _, name := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "\u202Eevil", strings.Repeat("長", 10000), "a\x00b"} {
		h.services = append(h.services, alerting.ServiceState{
			Service: checks.Service{Host: name, Check: `<b>c</b>`, Item: `'"><svg onload=alert(1)>`}, State: checks.Critical, HardState: checks.Critical, Hard: true, LastCheck: start, HardSince: start,
			Summary: text.Verbatim(`<i>why</i>` + strings.Repeat("x", 20000)), Evidence: []byte("<script>\x00\xff"),
		})
	}
	p := h.pages(t)
	for _, path := range []string{"/", "/hosts", "/services", "/wall", "/hosts/" + url.PathEscape(h.services[0].Service.Host)} {
		code, body := get(t, p, path)
		if code != http.StatusOK {
			t.Errorf("%s: status %d", path, code)
		}
		wantNotIn(t, body, "<script>alert", "<img src=x", "<svg onload", "<b>c</b>", "<i>why", "\u202E", "\x00")
		// Addresses carry whole names; everything that is read is cut.
		if rest := hrefs.ReplaceAllString(body, ""); strings.Contains(rest, strings.Repeat("長", 130)) || strings.Contains(rest, strings.Repeat("x", 400)) {
			t.Errorf("%s: a long name is not cut", path)
		}
	}
}

func TestLongNamesAreCutInTheMiddle(t *testing.T) {
	for in, want := range map[string]string{"東京-web3/http": "東京-w…http", "abc": "abc", "0123456789": "0123…6789"} {
		if got := cut(in, 9); got != want {
			t.Errorf("cut(%q, 9) = %q, want %q", in, got, want)
		}
	}
	if got := cut(strings.Repeat("é", 1<<20), 10); got != "ééééé…éééé" {
		t.Errorf("cut of a megabyte = %q", got)
	}
}

func TestTheLanguageIsChosenByAddressCookieBrowserAndConfiguration(t *testing.T) {
	h := newHouse()
	p := h.pages(t)
	for _, c := range []struct{ path, cookie, accept, want string }{
		{"/", "", "", "en"},
		{"/", "", "fr;q=1, ja-JP;q=0.9, en", "ja"},
		{"/", "lang=ja", "en", "ja"},
		{"/?lang=en", "lang=ja", "ja", "en"},
		{"/?lang=xx", "", "", "en"},
	} {
		_, body := get(t, p, c.path, "Cookie", c.cookie, "Accept-Language", c.accept)
		wantIn(t, body, `<html lang="`+c.want+`"`)
	}
	h.inv.Language = text.Japanese
	_, body := get(t, p, "/")
	wantIn(t, body, `<html lang="ja"`)
}

func TestPagesThatDoNotExistSaySo(t *testing.T) {
	p := newHouse().pages(t)
	for _, path := range []string{"/hosts/nobody", "/incidents/77", "/incidents/x", "/capacity", "/graph/db1/nothing.svg", "/graph/db1/cpu.exe", "/assets/0/app.js"} {
		if code, _ := get(t, p, path); code != http.StatusNotFound {
			t.Errorf("%s answers %d, want 404", path, code)
		}
	}
	for _, path := range []string{"/graph/db1/cpu.svg?range=never", "/graph/db1/cpu.svg?size=99999x9", "/graph/service?name=x"} {
		if code, _ := get(t, p, path); code != http.StatusBadRequest {
			t.Errorf("%s answers %d, want 400", path, code)
		}
	}
}

func TestTheAPISpeaksTheNamesOfItsDescription(t *testing.T) {
	h := newHouse()
	h.service("db1/pgsql", checks.Critical, time.Minute)
	h.hosts = []alerting.HostState{{Host: "db1", Known: true, Up: true, Since: start}}
	ok := checks.Critical
	h.events = []Event{{ID: 1, At: start, Kind: "state", Service: h.services[0].Service, State: &ok, Incident: 1, Text: text.Verbatim("x")}}
	h.downtimes = []Downtime{{ID: 1, Host: "db1", Who: "a", Reason: "b", Start: start, End: start.Add(time.Hour), Flexible: true, Duration: time.Hour, Rule: "FREQ=DAILY", Running: true, Ended: start}}
	h.services[0].Marks = alerting.MarkFlapping | alerting.MarkAcknowledged
	h.services[0].FlapPercent, h.services[0].Ack = 42, &alerting.Ack{By: "x", Reason: "y", At: start, Until: start.Add(time.Hour)}
	h.incidents[0].Behind, h.incidents[0].Missed, h.incidents[0].Flapping = 1, true, true
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
	for path, schema := range map[string]string{"services": "Service", "hosts": "Host", "incidents": "Incident", "events": "Event", "downtimes": "Downtime"} {
		if doc.Paths["/api/monitord/"+path] == nil {
			t.Errorf("the description lacks %s", path)
		}
		_, body := get(t, p, "/api/monitord/"+path)
		var answer map[string][]map[string]any
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if len(answer[path]) != 1 {
			t.Fatalf("%s: %d entries, want 1", path, len(answer[path]))
		}
		for name := range answer[path][0] {
			if doc.Components.Schemas[schema].Properties[name] == nil {
				t.Errorf("%s: %s is not described", path, name)
			}
		}
	}
}

func TestTheAPICountsTheServicesOfEachHost(t *testing.T) {
	h := newHouse()
	h.service("db1/pgsql", checks.Critical, time.Minute)
	h.service("db1/load", checks.OK, time.Minute)
	h.service("web1/http", checks.OK, time.Minute)
	h.hosts = []alerting.HostState{{Host: "db1", Known: true, Up: false}, {Host: "idle", Known: true, Up: true}, {Host: "web1"}}
	_, body := get(t, h.pages(t), "/api/monitord/hosts")
	var answer struct{ Hosts []apiHost }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range answer.Hosts {
		got = append(got, fmt.Sprint(one.Host, one.State, one.Services))
	}
	want := []string{"db1DOWNmap[critical:1 ok:1]", "idleUPmap[]", "web1UNKNOWNmap[ok:1]"}
	if !slices.Equal(got, want) {
		t.Errorf("hosts %q, want %q", got, want)
	}
}
