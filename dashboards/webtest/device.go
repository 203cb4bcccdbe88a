package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/dashboards"
	"monitord/graphs"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// Names of the scene of devices.
const (
	switchHost = "大阪-sw1"
	oddPort    = "Backup link/南棟 #2 [50%]"
)

// port is one interface of the made-up switch.
type port struct {
	name, alias string
	speed       float64 // Mbit/s
	admin, oper float64
	load        float64 // share of the speed, at most
	errors      float64
	seed        int
}

// ports are those of a switch with 48 ports and four uplinks.
func ports() []port {
	var list []port
	users := []string{"desk 2F", "会議室 A", "ap-2f-03", "printer", "phone", "camera 入口", ""}
	for i := range 48 {
		p := port{name: fmt.Sprintf("Gi1/0/%d", i+1), alias: users[i%len(users)], speed: 1000, admin: 1, oper: 1, load: math.Pow(math.Mod(float64(i)*.37, 1), 3) * .6, seed: 20 + i}
		if p.alias != "" {
			p.alias = fmt.Sprintf("%s %d", p.alias, i+1)
		}
		switch {
		case i == 6:
			p.oper, p.alias = 2, "nas 裏面"
		case i == 11:
			p.errors = 4.2
		case i%9 == 8:
			p.admin, p.oper, p.alias = 2, 2, ""
		case i%11 == 10:
			p.oper = 2
		}
		list = append(list, p)
	}
	return append(list, port{"Te1/1/1", "uplink core-a, 光 12号", 10000, 1, 1, .62, 0, 3}, port{"Te1/1/2", "uplink core-b", 10000, 1, 1, .21, 0, 4},
		port{"Vlan10", "社内", 1000, 1, 1, .3, 0, 5}, port{oddPort, `<b>bold</b> "quoted" & long: ` + strings.Repeat("説明", 20), 100, 1, 1, .93, 0, 6})
}

// devices is a switch with 48 ports and a UPS.
func devices() *scene {
	s := newScene()
	var list []inventory.Check
	for name, kind := range map[string]string{"agent": "snmp-agent", "ports": "interfaces", "storage": "storage", "cpu": "processors", "sensors": "sensors", "ups": "ups"} {
		list = append(list, inventory.Check{Host: switchHost, Name: name, Type: kind, Interval: time.Minute})
	}
	s.inv.Hosts = []inventory.Host{{Name: switchHost, Address: "192.0.2.20", Groups: []string{"大阪/net"}, Templates: []string{"switch"}, Vars: map[string]string{}, Checks: list}}
	s.hosts = []alerting.HostState{{Host: switchHost, Known: true, Up: true, Since: s.now.Add(-41 * 24 * time.Hour)}}
	age := 41 * 24 * time.Hour
	of := func(check, item string) checks.Service {
		return checks.Service{Host: switchHost, Check: check, Item: item}
	}
	s.add(of("agent", ""), checks.OK, age, text.M("snmp-agent.up", text.Dur("up", age), text.Str("descr", "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E3"), text.Str("name", "osaka-sw1.example.net")))
	s.add(of("ports", ""), checks.OK, age, text.M("interfaces.summary", text.Int("rows", 52), text.Dur("took", 310*time.Millisecond)))
	s.add(of("cpu", ""), checks.OK, age, text.Verbatim("mean 14 % of 2, busiest 19 %"), checks.Perf{Label: "mean", Value: .14, Unit: checks.UnitRatio})
	for _, p := range ports() {
		s.port(of("ports", p.name), p)
	}
	for _, one := range []struct {
		name       string
		size, used float64
	}{{"Processor", 390e6, 92e6}, {"I/O", 40e6, 29e6}, {"flash:", 122e6, 104e6}} {
		share := one.used / one.size
		s.add(of("storage", one.name), checks.OK, age, text.M("storage.used", text.Ratio("share", share), text.Bytes("used", one.used), text.Bytes("size", one.size), text.Bytes("free", one.size-one.used)),
			checks.Perf{Label: "size", Value: one.size, Unit: checks.UnitBytes}, checks.Perf{Label: "used", Value: one.used, Unit: checks.UnitBytes},
			checks.Perf{Label: "share", Value: share, Unit: checks.UnitRatio}, checks.Perf{Label: "free", Value: one.size - one.used, Unit: checks.UnitBytes})
	}
	s.add(of("sensors", "SW#1, Sensor#1, GREEN"), checks.OK, age, text.Verbatim("38 °C"), checks.Perf{Label: "value", Value: 38, UOM: "°C"})
	s.add(of("sensors", "SW#1, Fan#1"), checks.OK, age, text.Verbatim("4,200 rpm"), checks.Perf{Label: "value", Value: 4200})
	s.add(of("sensors", "Te1/1/1 受光"), checks.Warning, 3*time.Hour, text.Verbatim("-17.2 dBm, limit -16"), checks.Perf{Label: "value", Value: -17.2})
	s.add(of("ups", "battery"), checks.OK, age, text.Verbatim("98 % charged, 42 min left"), checks.Perf{Label: "charge", Value: .98, Unit: checks.UnitRatio})
	s.add(of("ups", "load"), checks.OK, age, text.Verbatim("31 % load"), checks.Perf{Label: "load", Value: .31, Unit: checks.UnitRatio})
	return s
}

// isDevice reports whether the scene is the one of devices.
func (s *scene) isDevice() bool { return len(s.inv.Hosts) == 1 && s.inv.Hosts[0].Name == switchHost }

// port adds the service of one interface, as the check says it.
func (s *scene) port(svc checks.Service, p port) {
	speed := text.M("interfaces.speed", text.Str("speed", fmt.Sprintf("%g Mbit", p.speed)))
	switch {
	case p.admin == 2:
		s.add(svc, checks.OK, 80*24*time.Hour, text.M("interfaces.off"))
		return
	case p.oper == 2 && p.alias != "" && strings.HasPrefix(p.alias, "nas"):
		s.add(svc, checks.Critical, 11*time.Minute, text.M("interfaces.down"))
		return
	case p.oper == 2:
		s.add(svc, checks.OK, 80*24*time.Hour, text.M("interfaces.unused"))
		return
	}
	in, out := p.at(s.now, false), p.at(s.now, true)
	state, sentence := checks.OK, text.M("interfaces.traffic", text.Sub("speed", speed), text.Str("in", graphs.BitsPerSecond.Format(8*in)), text.Str("out", graphs.BitsPerSecond.Format(8*out)))
	if p.errors > 0 {
		state, sentence = checks.Warning, text.M("interfaces.errors", text.Num("in", p.errors), text.Num("out", 0))
	}
	s.add(svc, state, 26*time.Hour, sentence, checks.Perf{Label: "in", Value: in, Unit: checks.UnitBytes}, checks.Perf{Label: "out", Value: out, Unit: checks.UnitBytes},
		checks.Perf{Label: "errors", Value: p.errors}, checks.Perf{Label: "discards"})
}

// at is a port's traffic in bytes a second.
func (p port) at(at time.Time, out bool) float64 {
	full := p.speed * 1e6 / 8 * p.load
	if out {
		return wave(at, full*.06, full*.5, p.seed+100) * (1 + .3*math.Sin(float64(at.Unix())/604800*2*math.Pi))
	}
	return wave(at, full*.1, full*.9, p.seed) * (1 + .3*math.Sin(float64(at.Unix())/604800*2*math.Pi))
}

// noPolls is a time in which the switch was not asked, for a gap to be seen.
func noPolls(now, at time.Time) bool {
	ago := now.Sub(at)
	return ago > 7*time.Hour && ago < 8*time.Hour || ago > 200*24*time.Hour
}

var quotedName = regexp.MustCompile(`ifName="((?:[^"\\]|\\.)*)"`)

// portLines answers range queries about the switch's interfaces; ok is false when the
// question is about something else.
func portLines(now time.Time, expr string, start, end time.Time, step time.Duration) (list []dashboards.Series, ok bool) {
	if !strings.Contains(expr, "Octets") {
		return nil, false
	}
	only := quotedName.FindStringSubmatch(expr)
	for _, p := range ports() {
		if len(only) > 0 && only[1] != p.name || p.oper != 1 {
			continue
		}
		s := dashboards.Series{Labels: map[string]string{"ifName": p.name}}
		for at := start; !at.After(end); at = at.Add(step) {
			if !noPolls(now, at) {
				v := p.at(at, strings.Contains(expr, "Out"))
				if len(only) == 0 {
					v += p.at(at, true)
				}
				s.Points = append(s.Points, graphs.Point{At: at, Value: v})
			}
		}
		list = append(list, s)
	}
	return list, true
}

// portFacts answers what an interface is.
func portFacts(expr string, at time.Time) (list []checks.Point, ok bool) {
	if !strings.Contains(expr, "ifHighSpeed") {
		return nil, false
	}
	only := quotedName.FindStringSubmatch(expr)
	for _, p := range ports() {
		if len(only) > 0 && only[1] != p.name {
			continue
		}
		for name, v := range map[string]float64{"ifHighSpeed": p.speed, "ifAdminStatus": p.admin, "ifOperStatus": p.oper} {
			list = append(list, checks.Point{Labels: map[string]string{"__name__": name, "ifName": p.name, "ifAlias": p.alias, "ifIndex": "1"}, At: at, Value: v})
		}
	}
	return slices.Clip(list), true
}
