package dashboards

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/graphs"
)

// cutOff is a switch that is down, with services behind it that nobody can judge.
func cutOff(n int) *house {
	h := newHouse()
	h.service("sw1/ping", checks.Critical, 10*time.Minute)
	h.incidents[0].Behind = n
	for i := range n {
		id := checks.Service{Host: fmt.Sprintf("web%02d", i), Check: "http"}
		h.services = append(h.services, alerting.ServiceState{Service: id, State: checks.Critical, HardState: checks.Critical, Hard: true, Incident: 1,
			Marks: alerting.MarkUnreachable, LastCheck: start, HardSince: start.Add(-9 * time.Minute)})
		h.incidents[0].Symptoms = append(h.incidents[0].Symptoms, id)
	}
	return h
}

func TestWhatIsUnreachableIsANumberOnItsCauseAndNeverATile(t *testing.T) {
	h := cutOff(40)
	p := h.pages(t)
	_, wall := get(t, p, "/wall?lang=en")
	if got := strings.Count(wall, `<article class="tile `); got != 1 {
		t.Errorf("%d tiles, want the cause alone", got)
	}
	wantIn(t, wall, "+40", "UNREACHABLE <b>40</b>", `class="wall c1"`)
	_, home := get(t, p, "/?lang=en")
	wantIn(t, home, "1 fault that nobody has taken.", "40 unreachable", "+40")
	_, page := get(t, p, "/incidents/1?lang=en")
	wantIn(t, page, "sw1/ping is the cause; 40 services behind it cannot be judged.", "Behind it: 40", "web39/http")
	_, ja := get(t, p, "/incidents/1?lang=ja")
	wantIn(t, ja, "原因は sw1/ping。その先の 40 サービスは判断できません。")
	_, list := get(t, p, "/services?lang=en&state=unreachable")
	wantIn(t, list, "40 of 41 services.", "cannot be judged behind sw1/ping")
	if strings.Contains(list, `class="hot`) {
		t.Error("what is unreachable is shown as a fault of its own")
	}
	h.services, h.incidents = h.services[1:], nil
	_, wall = get(t, p, "/wall?lang=en")
	wantNotIn(t, wall, "All is well")
	wantIn(t, wall, "40 services cannot be judged")
}

func TestADowntimeIsCountedAndNotCalledAFaultOfNobody(t *testing.T) {
	h := newHouse()
	h.service("db1/pgsql", checks.Critical, time.Hour).Marks = alerting.MarkDowntime
	h.service("db1/load", checks.OK, time.Hour).Marks = alerting.MarkDowntime
	p := h.pages(t)
	_, home := get(t, p, "/?lang=en")
	wantIn(t, home, "1 fault, all in hand.", "2 in downtime", `chip held is-critical`)
	wantNotIn(t, home, `class="strip"`)
	_, wall := get(t, p, "/wall?lang=en")
	wantIn(t, wall, "Everything is in hand", "DOWNTIME <b>2</b>", "tile s1 is-critical held")
}

func TestMarksStandBesideTheState(t *testing.T) {
	h := newHouse()
	s := h.service("db1/pgsql", checks.Critical, time.Hour)
	s.Marks, s.FlapPercent, s.FlapSince = alerting.MarkFlapping|alerting.MarkHung|alerting.MarkMissed, 42, start.Add(-30*time.Minute)
	p := h.pages(t)
	for _, path := range []string{"/", "/services", "/hosts/db1", "/hosts", "/incidents/1"} {
		_, body := get(t, p, path+"?lang=en")
		wantIn(t, body, "mk flapping", "mk hung", "mk missed", "changing too often since Sun 22 Nov 02:24: 42 % of the last results")
	}
	_, body := get(t, p, "/?lang=ja")
	wantIn(t, body, "頻繁に変化", "途絶")
}

func TestASoftProblemIsARowAndCountedNowhere(t *testing.T) {
	h := newHouse()
	s := h.service("db1/http", checks.OK, time.Hour)
	s.State, s.Hard, s.Attempt, s.Since = checks.Critical, false, 1, start.Add(-20*time.Second)
	p := h.pages(t)
	_, body := get(t, p, "/?lang=en")
	wantIn(t, body, "No confirmed fault; 1 service is being checked again.", "1/3", "db1/http", "20 s")
	wantNotIn(t, body, "nobody", `class="hot`)
	h.service("db1/pgsql", checks.Critical, time.Hour)
	_, body = get(t, p, "/?lang=en")
	wantIn(t, body, "1 fault that nobody has taken.", "1/3")
}

func TestTheWallKeepsNumbersAndUnitsTogether(t *testing.T) {
	for in, want := range map[string]string{
		"no answer: connect timeout after 10 s": "no answer: connect timeout after 10\u00A0s", "93 % used, limit 90 %": "93\u00A0% used, limit 90\u00A0%",
		"5 of 5 lost": "5 of 5 lost", "md0 s": "md0\u00A0s", "": "", "expires in 12 days.": "expires in 12\u00A0days.", "a  b": "a  b",
	} {
		if got := unbreak(in); got != want {
			t.Errorf("unbreak(%q) = %q", in, got)
		}
	}
	h := newHouse()
	h.service("db1/pgsql", checks.Critical, 190*time.Second)
	_, body := get(t, h.pages(t), "/wall?lang=en")
	wantIn(t, body, "3\u00A0min\u00A010\u00A0s")
}

func TestTheColumnOfValuesAppearsWithTheFirstValue(t *testing.T) {
	h := newHouse()
	h.service("db1/load", checks.OK, time.Hour)
	p := h.pages(t)
	_, body := get(t, p, "/hosts/db1?lang=en")
	wantNotIn(t, body, ">Value<")
	h.series = func(expr string) []Series {
		if !strings.Contains(expr, "monitord_check_value") {
			return nil
		}
		return []Series{{Labels: map[string]string{"check": "load", "item": ""}, Points: []graphs.Point{{At: start.Add(-time.Hour), Value: 1}, {At: start, Value: 2}}}}
	}
	_, body = get(t, p, "/hosts/db1?lang=en")
	wantIn(t, body, ">Value<")
}

func TestTheIncidentShowsTheEvidenceAsItCame(t *testing.T) {
	h := newHouse()
	s := h.service("db1/http", checks.Critical, time.Hour)
	s.Evidence = []byte("HTTP/1.1 503 Busy\r\nServer: <x>\r\n")
	s.Perf = []checks.Perf{{Label: "certificate", Value: 12 * 86400, Unit: checks.UnitSeconds, Crit: &checks.Range{Start: 14 * 86400, End: math.Inf(1)}}, {Label: "time", Value: .25, Unit: checks.UnitSeconds, Warn: &checks.Range{End: .1}}}
	_, body := get(t, h.pages(t), "/incidents/1?lang=en")
	wantIn(t, body, "<pre class=\"log\"", "HTTP/1.1 503 Busy", "Server: &lt;x&gt;", "12 d", "critical &lt; 14 d", "250 ms", "warning &gt; 100 ms")
}
