package dashboards

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/checks/trend"
	"monitord/graphs"
	"monitord/internal/text"
	"monitord/internal/trendwatch"
)

// foreseen is a fake of what is judged: a disk that fills, traffic that lost its
// rhythm, memory that is far from its limit, a disk of yesterday.
type foreseen struct{ left int }

func trendOf(host, item string) checks.Service {
	return checks.Service{Host: host, Check: trendwatch.Check, Item: item}
}

func (f foreseen) limits() []trendwatch.Limit {
	soon := trend.Forecast{Enough: true, P10: start.Add(40 * time.Hour), P50: start.Add(60 * time.Hour), P90: start.Add(90 * time.Hour)}
	return []trendwatch.Limit{
		{Service: trendOf("db1", "filesystem /var"), Rule: "filesystem", Unit: trendwatch.UnitRatio, Now: .83, Limit: 1, Lead: 30 * day, At: start, Forecast: soon},
		{Service: trendOf("web1", "free swap"), Unit: trendwatch.UnitBytes, Now: 1 << 30, Below: true, Lead: day, At: start, Forecast: trend.Forecast{Enough: true, P10: start.Add(99 * day)}},
		{Service: trendOf("web1", "memory"), Unit: trendwatch.UnitRatio, Now: .4, Limit: 1, At: start, Forecast: trend.Forecast{Enough: true, Until: start.Add(120 * day)}},
		{Service: trendOf("new1", "filesystem <b>"), Unit: trendwatch.UnitRatio, Now: .1, Limit: 1, At: start},
	}
}

func (f foreseen) Capacity() trendwatch.Capacity {
	return trendwatch.Capacity{Limits: f.limits(), Series: 40, Left: f.left}
}

func (f foreseen) Series(host string) []trendwatch.Brief {
	if host != "db1" {
		return nil
	}
	return []trendwatch.Brief{
		{Service: trendOf("db1", "filesystem /var"), Limited: true, Open: true, Forecast: f.limits()[0].Forecast},
		{Service: trendOf("db1", "eth0 in"), Open: true},
		{Service: trendOf("db1", "load")},
	}
}

func (f foreseen) View(s checks.Service, from, to time.Time, step, ahead time.Duration, count int) (trendwatch.View, bool) {
	v := trendwatch.View{Brief: trendwatch.Brief{Service: s, Rule: "traffic-in"}, Expr: "rate(x[5m])", Last: start, Now: 100}
	switch s.Item {
	case "filesystem /var":
		limit := 1.0
		v.Brief = trendwatch.Brief{Service: s, Limited: true, Unit: trendwatch.UnitRatio, Forecast: f.limits()[0].Forecast}
		v.Limit, v.Now = &limit, .83
		for i := range count {
			p := .83 + .003*float64(i)
			v.Cone = append(v.Cone, trend.Point{At: start.Add(ahead * time.Duration(i+1) / time.Duration(count)), P10: p - .01, P50: p, P90: p + .01})
		}
		v.Findings = []trend.Finding{{ID: 1, Kind: trend.Limit, Form: trend.Approach, Severity: 1, Onset: start.Add(-50 * time.Hour).Unix()}}
	case "eth0 in", "load", "Gi1/0/2 in":
		for at := from; step > 0 && !at.After(to); at = at.Add(step) {
			v.Band = append(v.Band, trendwatch.Band{At: at, Band: trend.Band{Low: -5, Centre: 100, High: 200}})
		}
		v.Findings = []trend.Finding{{ID: 2, Kind: trend.Pattern, Form: trend.RhythmLost, Severity: 2, Onset: start.Add(-2 * time.Hour).Unix()}}
	default:
		return v, false
	}
	return v, true
}

func (f foreseen) Values(_ context.Context, _ checks.Service, from, to time.Time, step time.Duration) ([]trendwatch.Point, error) {
	var out []trendwatch.Point
	for at := from; !at.After(to); at = at.Add(step) {
		out = append(out, trendwatch.Point{At: at, Value: .8})
	}
	return out, nil
}

func foresight(t *testing.T, left int) *Pages {
	t.Helper()
	h := newHouse()
	h.service("db1/trend[filesystem /var]", checks.Warning, time.Hour)
	p := h.pages(t)
	p.Trends = foreseen{left}
	return p
}

func TestCapacityListsLimitsByDateAndWhenToOrder(t *testing.T) {
	p := foresight(t, 7)
	code, body := get(t, p, "/capacity")
	if code != 200 {
		t.Fatalf("%d", code)
	}
	for _, want := range []string{"db1 filesystem /var is next, at about Tue 24 Nov 14:54 (4 limits are watched)", "7 series are not judged", "83 %", "Sat 24 Oct",
		"hardly; ", "not in sight", "too little data", "filesystem &lt;b&gt;", `href="/capacity" aria-current="page"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Index(body, "/var</bdi>") > strings.Index(body, "memory</bdi>") {
		t.Error("what comes first is not first")
	}
	if _, body = get(t, p, "/capacity?q=swap&lang=ja"); strings.Contains(body, "/var</bdi>") || !strings.Contains(body, "見込み薄（早ければ") {
		t.Error("the filter or the language does not hold")
	}
	_, body = get(t, p, "/hosts/db1")
	for _, want := range []string{`id="trends"`, "reached at about Tue 24 Nov<", "name=db1%2Ftrend%5Bfilesystem"} {
		if !strings.Contains(body, want) {
			t.Errorf("the host's page lacks %q", want)
		}
	}
	p.Trends = nil
	for _, path := range []string{"/capacity", "/api/monitord/capacity"} {
		if code, _ := get(t, p, path); code != 404 {
			t.Errorf("%s without trends: %d", path, code)
		}
	}
}

func TestCapacityIsThereForPrograms(t *testing.T) {
	_, body := get(t, foresight(t, 0), "/api/monitord/capacity?host=db1&lang=en")
	var a struct {
		Limits []apiLimit
		Series int
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatal(err)
	}
	if len(a.Limits) != 1 || a.Series != 40 {
		t.Fatalf("%+v", a)
	}
	l := a.Limits[0]
	if l.Service != "db1/trend[filesystem /var]" || l.P50 == nil || !l.OrderBy.Equal(l.P10.Add(-30*day)) || !strings.HasPrefix(l.Sentence, "filesystem /var reaches 100 % at about ") {
		t.Errorf("%+v", l)
	}
}

// pictured is the picture of an address, as it is handed to be drawn.
func pictured(t *testing.T, p *Pages, path string) *graphs.Picture {
	t.Helper()
	var got *graphs.Picture
	draw := p.Draw
	p.Draw = func(w io.Writer, pic *graphs.Picture, format string, width, height int) error {
		got = pic
		return draw(w, pic, format, width, height)
	}
	defer func() { p.Draw = draw }()
	if code, body := get(t, p, path); code != 200 || got == nil {
		t.Fatalf("%s: %d %.200s", path, code, body)
	}
	return got
}

func TestAPictureOfALimitHasItsDateItsForecastAndItsOnset(t *testing.T) {
	p := foresight(t, 0)
	pic := pictured(t, p, "/graph/service?name=db1/trend%5Bfilesystem%20/var%5D&range=3h")
	if pic.End.Sub(pic.Now) < 60*time.Hour || pic.Now.Sub(pic.Start) < limitSpan {
		t.Errorf("from %v over %v to %v: the limit is not on it", pic.Start, pic.Now, pic.End)
	}
	if len(pic.Bands) != 0 || len(pic.Cones) != 1 || len(pic.Thresholds) != 1 || pic.Max != 1 {
		t.Fatalf("%+v", pic)
	}
	if th := pic.Thresholds[0]; th.Label != "limit 100 % · Tue 24 Nov" || th.More != "(Mon 23 Nov 18:54 – Wed 25 Nov)" || !th.From.Equal(start.Add(40*time.Hour)) || !th.At.Equal(start.Add(60*time.Hour)) {
		t.Errorf("the limit: %+v", th)
	}
	cone := pic.Cones[0].Points
	if last := cone[len(cone)-1]; last.Mid < 1 || last.High > 1 || len(cone) == 81 {
		t.Errorf("the forecast goes on after the limit: %d points, the last %+v", len(cone), last)
	}
	if len(pic.Events) != 1 || pic.Events[0].Kind != graphs.EventOnset || !pic.Events[0].End.IsZero() || pic.Events[0].Label != "fills since Fri 20 Nov" {
		t.Errorf("events %+v", pic.Events)
	}
}

func TestPicturesOfLoadAndInterfacesShowWhatIsNormal(t *testing.T) {
	p := foresight(t, 0)
	pic := pictured(t, p, "/graph/db1/net-eth0.svg?range=24h")
	if len(pic.Bands) != 1 || pic.Bands[0].Layer != 0 || pic.Bands[0].Points[0].High != 1600 || pic.Bands[0].Points[0].Low != 0 {
		t.Errorf("bands %+v", pic.Bands)
	}
	if len(pic.Events) == 0 || !pic.Events[0].Severe {
		t.Errorf("events %+v", pic.Events)
	}
	if pic = pictured(t, p, "/graph/db1/load.svg?range=24h"); len(pic.Bands) != 1 || pic.Bands[0].Layer != 1 || math.Abs(pic.Bands[0].Points[0].Mid-100) > 1e-9 {
		t.Errorf("bands %+v", pic.Bands)
	}
	if pic = pictured(t, p, "/graph/db1/net-eth9.svg?range=24h"); len(pic.Bands) != 0 {
		t.Error("a band of an interface that nobody judges")
	}
}

func TestWhatIsNormalOfAnInterfaceIsInTheUnitOfItsPicture(t *testing.T) {
	p := deviceHouse(t, 3).pages(t)
	p.Trends = foreseen{}
	for unit, high := range map[string]float64{"": 1600, "bytes": 200} {
		pic := pictured(t, p, "/graph/sw1/net-Gi1%2F0%2F2.svg?range=24h&unit="+unit)
		if len(pic.Bands) != 1 || pic.Bands[0].Points[0].High != high {
			t.Errorf("unit %q: bands %+v, want up to %v", unit, pic.Bands, high)
		}
	}
}

func TestATrendsPageHasTheSpansThatTellItsStory(t *testing.T) {
	p := foresight(t, 0)
	_, body := get(t, p, "/hosts/db1/services/trend%5Bfilesystem%20%2Fvar%5D")
	if strings.Contains(body, "range=24h") || !strings.Contains(body, "range=7d") || !strings.Contains(body, "range=31d") {
		t.Error("a limit's page shows a day, or lacks a week or a month")
	}
	_, body = get(t, p, "/hosts/db1")
	for item, span := range map[string]string{"filesystem": "31d", "eth0": "7d"} {
		if !strings.Contains(body, "name=db1%2Ftrend%5B"+item) || !strings.Contains(body, "&amp;range="+span) {
			t.Errorf("%s is not shown over %s", item, span)
		}
	}
}

func TestTwoDatesAreSaidWithoutWhatTheyShare(t *testing.T) {
	p := foresight(t, 0)
	v := &view{p: p, Now: start, Zone: time.FixedZone("JST", 9*3600)}
	for _, c := range []struct {
		from, to time.Time
		en, ja   string
	}{
		{start.Add(2 * time.Hour), start.Add(3 * time.Hour), "Sun 22 Nov 04:54 – 05:54", "11月22日(日) 04:54 – 05:54"},
		{start.Add(9 * day), start.Add(9*day + time.Hour), "Tue 1 Dec", "12月1日(火)"},
		{start.Add(9 * day), time.Time{}, "Tue 1 Dec – not in sight", "12月1日(火) – 見込みなし"},
		{start.Add(60 * day), start.Add(62 * day), "Thu 21 Jan – Sat 23 Jan 2027", "2027年1月21日(木) – 1月23日(土)"},
		{start.Add(30 * day), start.Add(62 * day), "Tue 22 Dec – Sat 23 Jan 2027", "12月22日(火) – 2027年1月23日(土)"},
	} {
		v.Lang = text.English
		if got := v.between(c.from, c.to); got != c.en {
			t.Errorf("%q, want %q", got, c.en)
		}
		v.Lang = text.Japanese
		if got := v.between(c.from, c.to); got != c.ja {
			t.Errorf("%q, want %q", got, c.ja)
		}
	}
}

func TestAMailsPictureShowsTheStoryOfItsTrend(t *testing.T) {
	p := foresight(t, 0)
	for item, span := range map[string]time.Duration{"filesystem /var": 31 * day, "eth0 in": 7 * day} {
		var got *graphs.Picture
		p.Draw = func(_ io.Writer, pic *graphs.Picture, _ string, _, _ int) error {
			got = pic
			return nil
		}
		if err := p.ServicePNG(t.Context(), io.Discard, trendOf("db1", item), 600, 280, text.Japanese); err != nil {
			t.Fatal(err)
		}
		if shown := got.Now.Sub(got.Start); shown < span || shown > span+4*time.Hour {
			t.Errorf("%s: the mail's picture shows %s, want %s", item, shown, span)
		}
		if name, at := got.Zone.String(), got.Words.Normal; name != "JST" || at != "通常の範囲" {
			t.Errorf("%s: the picture is in %s and says %q", item, name, at)
		}
	}
}

// An incident of a trend tells what was found in the reader's language and zone;
// nobody said anything.
func TestAnIncidentOfATrendTellsWhatWasFoundInTheReadersZone(t *testing.T) {
	h := newHouse()
	h.inv.Zone = time.FixedZone("JST", 9*3600)
	s := h.service("db1/trend[eth0 in]", checks.Critical, time.Hour)
	s.Summary = text.M("trend.limit", text.Str("series", "x"), text.Ratio("limit", 1), text.Ratio("now", .8), text.Time("p10", start), text.Time("p50", start.Add(9*day)), text.Time("p90", start.Add(20*day)))
	h.incidents[0].Summary = s.Summary
	p := h.pages(t)
	p.Trends = foreseen{}
	_, body := get(t, p, "/incidents/1?lang=en")
	wantIn(t, body, "What was found", "<p><bdi>eth0 in lost its rhythm since Sun 22 Nov 00:54", "Rule traffic-in: rate(x[5m])", "x reaches 100\u00a0% at about Tue 1 Dec 02:54")
	wantNotIn(t, body, "What the peer said")
	_, body = get(t, p, "/incidents/1?lang=ja")
	wantIn(t, body, "検出の詳細", "<p><bdi>eth0 in の周期的な変化が "+text.KeepDates("11月22日(日)")+" 00:54 から", "規則 traffic-in: rate(x[5m])")
	wantNotIn(t, body, "12月1日(火)") // each date is kept together
	for _, list := range []string{"/", "/services", "/incidents", "/hosts/db1"} {
		_, body = get(t, p, list+"?lang=en")
		wantIn(t, body, `<span class="clip">About Tue 1 Dec 02:54: at 100`+"\u00a0%, now 80")
		_, body = get(t, p, list+"?lang=ja")
		wantIn(t, body, `<span class="clip">`+text.KeepDates("12月1日(火)")+" 02:54 ごろ 100\u00a0% に到達見込み。")
	}
}

// On the first day nothing can be said; the page does not call that safety.
func TestTooLittleDataIsNoSafety(t *testing.T) {
	limits := func(enough ...bool) (c trendwatch.Capacity) {
		for _, e := range enough {
			l := trendwatch.Limit{}
			l.Enough = e
			c.Limits = append(c.Limits, l)
		}
		return c
	}
	for want, c := range map[string]trendwatch.Capacity{
		"Too little data yet to say: 2 limits are watched":         limits(false, false),
		"No limit is likely to be reached soon (1 judged)":         limits(true, false),
		"No limit is judged yet: values of a few hours are needed": limits(),
	} {
		if got := text.Default().Render(text.English, time.UTC, capacitySays(c)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
