package dashboards

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// deviceHouse is a house with one switch of n ports.
func deviceHouse(t *testing.T, n int) *house {
	t.Helper()
	h := newHouse()
	var list []inventory.Check
	for _, kind := range []string{kindAgent, kindInterfaces, kindStorage, "sensors"} {
		list = append(list, inventory.Check{Host: "sw1", Name: "my-" + kind, Type: kind, Interval: time.Minute})
	}
	h.inv.Hosts = []inventory.Host{{Name: "sw1", Checks: list}}
	h.hosts = []alerting.HostState{{Host: "sw1", Known: true, Up: true}}
	add := func(check, item string, state checks.State, m text.Message, perf ...checks.Perf) {
		s := h.service("sw1/"+check, state, time.Hour)
		s.Service.Item, s.Summary, s.Perf = item, m, perf
	}
	add("my-snmp-agent", "", checks.OK, text.M("snmp-agent.up", text.Dur("up", 49*time.Hour), text.Str("descr", "RouterOS <b>"), text.Str("name", "core.example.net")))
	for i := range n {
		add("my-interfaces", fmt.Sprintf("Gi1/0/%d", n-i), checks.OK, text.Verbatim("up"), checks.Perf{Label: "in", Value: 125e5, Unit: checks.UnitBytes}, checks.Perf{Label: "out", Value: 1e6, Unit: checks.UnitBytes}, checks.Perf{Label: "errors", Value: .5}, checks.Perf{Label: "discards"})
	}
	add("my-storage", "flash:", checks.OK, text.Verbatim("full"), checks.Perf{Label: "size", Value: 1 << 30}, checks.Perf{Label: "share", Value: .25}, checks.Perf{Label: "free", Value: 3 << 28})
	add("my-sensors", "Fan 1", checks.OK, text.Verbatim("4200 rpm"))
	h.points = func(expr string, at time.Time) []checks.Point {
		if !strings.Contains(expr, "ifHighSpeed") {
			return nil
		}
		labels := func(name string) map[string]string {
			return map[string]string{"__name__": name, "ifName": "Gi1/0/2", "ifIndex": "10102", "ifAlias": "uplink 東京"}
		}
		return []checks.Point{{Labels: labels("ifHighSpeed"), Value: 1000}, {Labels: labels("ifAdminStatus"), Value: 1}, {Labels: labels("ifOperStatus"), Value: 1}}
	}
	return h
}

func TestADevicesPageHasItsTables(t *testing.T) {
	h := deviceHouse(t, 12)
	_, body := get(t, h.pages(t), "/hosts/sw1")
	wantIn(t, body, "core.example.net", "RouterOS &lt;b&gt;", "12 interfaces, 1 up.", `href="/hosts/sw1/interfaces/Gi1%2F0%2F2"`, "uplink 東京", "1 Gb/s", "100 Mb/s", "8 Mb/s", "10 %",
		"flash:", "25 %", "768 MiB", `href="/hosts/sw1/services/my-storage%5Bflash:%5D"`, "Fan 1", "4200 rpm")
	if strings.Index(body, ">Gi1/0/2<") > strings.Index(body, ">Gi1/0/10<") {
		t.Error("Gi1/0/10 stands before Gi1/0/2")
	}
	wantNotIn(t, body, "/graph/sw1/cpu.svg")
	for _, q := range h.asked {
		if strings.Contains(q, "monitord_check_value") && !strings.Contains(q, `check!="my-interfaces"`) {
			t.Errorf("the curves of every interface are read twice: %s", q)
		}
	}
	_, body = get(t, h.pages(t), "/hosts/sw1?unit=bytes&if=UPLINK")
	wantIn(t, body, "11.9 MiB/s")
	if n := strings.Count(body, "data-find="); n != 12 {
		t.Errorf("%d rows, want all of them, for the script", n)
	}
	if n := strings.Count(body, `" hidden><td`); n != 11 {
		t.Errorf("%d rows are hidden, want 11", n)
	}
}

func TestWhatIsWrongOnADeviceStandsInTheListToo(t *testing.T) {
	h := deviceHouse(t, 3)
	h.service("sw1/my-interfaces[Gi1/0/9]", checks.Critical, time.Minute)
	_, body := get(t, h.pages(t), "/hosts/sw1")
	wantIn(t, body, "1 of 4 interfaces needs attention", "my-interfaces Gi1/0/9")
	wantNotIn(t, body, "my-interfaces Gi1/0/1<")
}

func TestAHostWithoutSuchChecksHasNoDevicePart(t *testing.T) {
	h := newHouse()
	h.service("db1/interfaces[eth0]", checks.OK, time.Hour)
	_, body := get(t, h.pages(t), "/hosts/db1")
	wantIn(t, body, "/graph/db1/cpu.svg", "interfaces eth0")
	wantNotIn(t, body, "if-rows")
}

func TestAPageOfAServiceHasFourPictures(t *testing.T) {
	h := deviceHouse(t, 1)
	p := h.pages(t)
	code, body := get(t, p, "/hosts/sw1/services/my-storage%5Bflash:%5D")
	if code != 200 {
		t.Fatalf("answers %d", code)
	}
	for _, span := range longSpans {
		wantIn(t, body, "range="+span)
	}
	wantIn(t, body, "format=png")
	if code, _ := get(t, p, "/hosts/sw1/services/nothing"); code != 404 {
		t.Errorf("a service that is not there answers %d", code)
	}
	if code, _ := get(t, p, "/hosts/sw1/services/my-interfaces%5BGi1%2F0%2F1%5D"); code != 302 {
		t.Errorf("an interface's service answers %d, want its page", code)
	}
}

func TestTheAPIOfInterfacesSaysWhatItsDescriptionSays(t *testing.T) {
	p := deviceHouse(t, 2).pages(t)
	_, body := get(t, p, "/api/monitord/hosts/sw1/interfaces")
	var answer struct{ Interfaces []map[string]any }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Interfaces) != 2 {
		t.Fatalf("%d interfaces", len(answer.Interfaces))
	}
	one := answer.Interfaces[1]
	if one["name"] != "Gi1/0/2" || one["speed_bits_per_second"] != 1e9 || one["usage_ratio"] != .1 || one["link"] != "up" || one["errors_per_second"] != .5 || one["picture"] != "/graph/sw1/net-Gi1%2F0%2F2.png" {
		t.Errorf("%v", one)
	}
	if v, ok := answer.Interfaces[0]["speed_bits_per_second"]; v != nil || !ok {
		t.Errorf("a speed that is not known is %v, want null", v)
	}
	_, described := get(t, p, "/api/monitord/openapi.json")
	for name := range one {
		wantIn(t, described, `"`+name+`"`)
	}
	if code, _ := get(t, p, "/api/monitord/hosts/nobody/interfaces"); code != 404 {
		t.Errorf("a host that is not there answers %d", code)
	}
}

func TestAnUnheardInterfaceHasNoValueOfNow(t *testing.T) {
	h := deviceHouse(t, 1)
	h.services[1].Marks, h.services[1].LastCheck = alerting.MarkMissed, start.Add(-time.Hour)
	_, body := get(t, h.pages(t), "/hosts/sw1")
	wantNotIn(t, body, "100 Mb/s")
}

func TestEveryWordOfADevicesPageIsInTheCatalogue(t *testing.T) {
	known := map[string]bool{}
	for _, id := range text.Default().IDs() {
		known[id] = true
	}
	want := []string{"page.link.off", "page.fact.sysname"}
	for _, kind := range tableKinds {
		want = append(want, "page.device."+kind)
	}
	for _, word := range linkWords[1:] {
		want = append(want, "page.link."+word)
	}
	for _, span := range longSpans {
		want = append(want, "page.long."+span, "page.tab."+span)
	}
	for _, id := range []string{"link", "speed", "in", "out", "usage", "errors", "discards"} {
		want = append(want, "page.if."+id)
	}
	for _, id := range want {
		if !known[id] {
			t.Errorf("%s is not in the catalogue", id)
		}
	}
}
