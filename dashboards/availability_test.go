package dashboards

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"monitord/alerting/availability"
	"monitord/checks"
	"monitord/internal/config"
)

// measured makes pages over a past: db1/sql was down for two hours on the third
// of each month, web1/http never, and of new/ping nothing is known.
func measured(t *testing.T) (*Pages, *[]availability.Ask) {
	t.Helper()
	n, err := config.ParseBytes("trees", []byte("shop: {series: [{parallel: [web1/http, new/ping]}, db1/sql]}"))
	if err != nil {
		t.Fatal(err)
	}
	c := availability.Config{Nodes: map[string]*config.Node{"shop": n.Get("shop")}}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	h := newHouse()
	p := h.pages(t)
	var asked []availability.Ask
	p.Availability = func(_ context.Context, ask availability.Ask) (*availability.Report, error) {
		asked = append(asked, ask)
		if h.err != nil || ask.Host == "broken" {
			return nil, errStore
		}
		if ask.Tree != "" && ask.Tree != "shop" {
			return nil, fmt.Errorf("tree %q %w", ask.Tree, availability.ErrUnknown)
		}
		src := availability.Source{Marks: map[checks.Service][]availability.Mark{}, InGroup: func(string, string) bool { return false }, Trees: c.Trees()}
		web, db, fresh := checks.Service{Host: "web1", Check: "http"}, checks.Service{Host: "db1", Check: "sql"}, checks.Service{Host: "new", Check: "ping"}
		for _, s := range []checks.Service{web, db, fresh} {
			if ask.Service == (checks.Service{}) || ask.Service == s {
				src.Marks[s] = []availability.Mark{{At: ask.Span.From, Cond: availability.Up}}
			}
		}
		if src.Marks[fresh] != nil {
			src.Marks[fresh][0].Cond = availability.Unknown
		}
		for _, m := range availability.Months(ask.Span, h.inv.Zone) {
			if src.Marks[db] != nil {
				third := m.From.Add(48 * time.Hour)
				src.Marks[db] = append(src.Marks[db], availability.Mark{At: third, Cond: availability.Down}, availability.Mark{At: third.Add(2 * time.Hour), Cond: availability.Up})
			}
			src.Downtimes = append(src.Downtimes, availability.Downtime{Host: "db1", From: m.From.Add(47 * time.Hour), To: m.From.Add(49 * time.Hour)})
		}
		mode := availability.Counted
		if ask.Mode != nil {
			mode = *ask.Mode
		}
		return availability.Make(ask.Span, h.inv.Zone, mode, availability.LevelCritical, src)
	}
	return p, &asked
}

func TestThePageOfAvailabilitySaysItInASentenceAndInFigures(t *testing.T) {
	p, asked := measured(t)
	code, body := get(t, p, "/availability?month=2026-10")
	if code != 200 {
		t.Fatal(code)
	}
	// 2 h of 744: 99.7311 %, cut.
	wantIn(t, body, "October 2026: 1 of 2 services failed; the worst is db1/sql with 99.731 %.", "Of 1 more service nothing is known.",
		"2 h", "1 service without a failure", "one of 2", "all of 2", `class="rbd parallel"`, `aria-label="down 2 h, up 30 d 22 h"`,
		"/availability?downtime=counted&amp;month=2026-09", "/availability?downtime=counted&amp;month=2026-11", `<option value="2026-10" selected>`, "UNKNOWN 31 d")
	span := (*asked)[0].Span
	if span.From.Format(time.RFC3339) != "2026-10-01T00:00:00+09:00" || span.Len() != 744*time.Hour {
		t.Errorf("asked for %v", span)
	}
	_, body = get(t, p, "/availability?month=2026-10&lang=ja")
	wantIn(t, body, "2026年10月: 2 サービス中 1 件に停止あり。最低は db1/sql の 99.731 %。", "2 件のうち 1 件必要")
	_, body = get(t, p, "/availability?month=2026-10&downtime=excluded&q=db1")
	wantIn(t, body, "99.865 %", "planned downtime 2 h", `value="db1"`)
	wantNotIn(t, body, ">web1/http</bdi></a></td>")
}

func TestOneServiceAndOneTreeAreShownMonthByMonth(t *testing.T) {
	p, asked := measured(t)
	code, body := get(t, p, "/availability?service=db1/sql&month=2026-10")
	wantIn(t, body, "db1/sql: 99.731 % in October 2026.", "November 2025", "Month by month", `href="/hosts/db1"`)
	if span := (*asked)[0].Span; code != 200 || span.From.Format(time.DateOnly) != "2025-11-01" {
		t.Errorf("%d, asked for %v", code, span)
	}
	wantNotIn(t, body, "November 2026.", "October 2025")
	_, body = get(t, p, "/availability?tree=shop&month=2026-10")
	wantIn(t, body, "shop: 99.731 % in October 2026.", `class="rbd series"`, "Computed")
	for path, want := range map[string]int{
		"/availability?tree=nothing": 404, "/availability?service=nonsense": 404, "/availability?service=a/b&tree=shop": 404, "/availability?downtime=x": 404,
		"/availability?month=x": 200, "/availability": 200,
	} {
		if code, body := get(t, p, path); code != want || strings.HasSuffix(path, "month=x") && !strings.Contains(body, "want a month such as 2026-11") {
			t.Errorf("%s: %d; want %d", path, code, want)
		}
	}
}

func TestAvailabilityAsJSON(t *testing.T) {
	p, _ := measured(t)
	code, body := get(t, p, "/api/monitord/availability?since=2026-10&until=2026-11-21&limit=2")
	var a struct {
		Zone, Down, Downtime string
		Months               []struct{ Month string }
		Found                int
		Services             []struct {
			Service string
			Total   apiFigures
			Months  []apiFigures
		}
		Trees []struct {
			Tree  string
			Total struct {
				Kind     string
				Measured apiFigures
				Computed *float64
				Of       []struct {
					Kind string
					Need int
				}
			}
			Months []struct{ Measured apiFigures }
		}
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil || code != 200 {
		t.Fatal(code, err, body)
	}
	if a.Zone != "JST" || a.Down != "critical" || a.Downtime != "counted" || len(a.Months) != 2 || a.Found != 3 || len(a.Services) != 2 || a.Services[0].Service != "db1/sql" {
		t.Fatalf("%+v", a)
	}
	db := a.Services[0]
	if len(db.Months) != 2 || db.Total.Failures != 2 || db.Total.DownSeconds != 4*3600 || *db.Total.MTTRSeconds != 2*3600 || *db.Months[0].Availability != 742.0/744 {
		t.Errorf("%+v", db)
	}
	if web := a.Services[1]; web.Service != "web1/http" || web.Total.MTBFSeconds != nil || *web.Total.Availability != 1 {
		t.Errorf("%+v", web)
	}
	shop := a.Trees[0]
	if shop.Total.Kind != "series" || shop.Total.Computed != nil || shop.Total.Measured.Failures != 2 || len(shop.Total.Of) != 2 || shop.Total.Of[0].Need != 1 || len(shop.Months) != 2 {
		t.Errorf("%+v", shop)
	}
	for path, want := range map[string]int{"?month=2026-1": 400, "?limit=0": 400, "?downtime=x": 400, "?service=x": 400, "?tree=nothing": 404, "?host=broken": 503, "?host=a&tree=b": 400} {
		if code, body := get(t, p, "/api/monitord/availability"+path); code != want || !strings.Contains(body, `"error"`) {
			t.Errorf("%s: %d %s; want %d", path, code, body, want)
		}
	}
	p.Availability = nil
	if code, _ := get(t, p, "/api/monitord/availability"); code != 404 {
		t.Error(code)
	}
	code, body = get(t, p, "/availability")
	if code != 404 {
		t.Error(code)
	}
	wantNotIn(t, body, `href="/availability"`)
}

func TestAStoreThatDoesNotAnswerIsSaidOnThePageOfAvailability(t *testing.T) {
	p, _ := measured(t)
	code, body := get(t, p, "/availability?host=broken")
	if code != 200 {
		t.Error(code)
	}
	wantIn(t, body, "disk I/O error")
	wantNotIn(t, body, "no service was watched")
}

func TestABarShowsAShortFaultAtItsPlaceInTheMonth(t *testing.T) {
	p, _ := measured(t)
	v := &view{p: p, Zone: time.UTC, Lang: "en"}
	month := availability.Months(availability.Span{From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)}, time.UTC)[0]
	line := availability.History{Marks: []availability.Mark{
		{At: month.From.Add(24 * time.Hour), Cond: availability.Up},
		{At: month.From.Add(240 * time.Hour), Cond: availability.Down}, {At: month.From.Add(240*time.Hour + time.Second), Cond: availability.Up},
	}}.Timeline()
	got := fmt.Sprint(v.availBar(line, month.Span, availability.Counted, line.Figures(month.Span, availability.Counted)).Parts)
	// 30 days in 288 slots: 9.6 a day; the rest of the month is left blank.
	if want := "[{none url(#h-none) 0 9} {is-ok  9 87} {is-critical  96 1} {is-ok  97 47}]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEveryReasonAndKindHasAWord(t *testing.T) {
	p, _ := measured(t)
	ids := p.Text.IDs()
	known := map[string]bool{}
	for _, id := range ids {
		known[id] = true
	}
	var want []string
	for c := availability.Up; c <= availability.Absent; c++ {
		want = append(want, "page.availability.cond."+c.String())
	}
	for k := availability.Series; k <= availability.Needed; k++ {
		want = append(want, "page.availability.kind."+k.String())
	}
	for m := range 12 {
		want = append(want, fmt.Sprint("page.month.", m+1))
	}
	for _, id := range append(want, "page.availability.downtime.counted", "page.availability.downtime.excluded", "page.availability.cond.planned") {
		if !known[id] {
			t.Errorf("%s is not in the catalogue", id)
		}
	}
}
