package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/alerting/oncall"
	"monitord/checks"
	"monitord/dashboards"
	"monitord/graphs"
	"monitord/internal/inventory"
	"monitord/internal/rota"
	"monitord/internal/text"
)

// scene is one made-up installation.
type scene struct {
	inv       *inventory.Inventory
	services  []alerting.ServiceState
	hosts     []alerting.HostState
	incidents []alerting.Incident
	events    []dashboards.Event
	now       time.Time
	downtimes []dashboards.Downtime
	acts      []failover.Record // newest first
	rules     []dashboards.LogRule
	followed  []dashboards.LogFile
	lines     []dashboards.LogLine // newest first
	kept      []dashboards.KeptLine
	frozen    failover.Freeze
	foreseen  *foreseen // nil: no series is judged
	young     bool      // it has data of the last 40 seconds only
	broken    bool      // the store and the journal do not answer
}

var errBroken = errors.New("read journal /var/lib/monitord/journal.db: disk I/O error")

// Who has frozen the actions, and why.
const (
	freezer      = "当番 一"
	freezeReason = "ラック移設中 / moving racks until six"
)

// scenes by name.
var scenes = map[string]func() *scene{"night": night, "storm": storm, "calm": calm, "hostile": hostile, "empty": empty, "broken": brokenStore, "missed": missed, "first": first, "frozen": frozen, "device": devices, "trends": trends}

func newScene() *scene {
	zone := time.FixedZone("JST", 9*3600)
	s := &scene{now: time.Now(), inv: &inventory.Inventory{Language: text.English, Zone: zone}}
	s.people(zone)
	return s
}

// people is who is told: a desk, two administrators in turns, their boss.
func (s *scene) people(zone *time.Location) {
	for _, name := range []string{"boss", "dba1", "dba2", "noc"} {
		s.inv.Contacts = append(s.inv.Contacts, inventory.Contact{Name: name, Zone: zone, Channels: []inventory.Channel{
			{Kind: "mail", To: name + "@example.net"}, {Kind: "phone", To: "+81312345678", Rings: true}}})
	}
	s.inv.Rotas = []rota.Rota{{Name: "dba", Zone: zone, Layers: []rota.Layer{{
		Turns: []rota.Turn{{Member: "dba1", For: 24 * time.Hour}, {Member: "dba2", For: 24 * time.Hour}}, Start: time.Date(2026, 11, 2, 9, 0, 0, 0, zone)}}}}
	s.inv.Escalations = []inventory.Escalation{{Name: "night", Steps: []inventory.Step{
		{To: []string{"noc"}}, {To: []string{"dba"}, Channel: "phone", After: 10 * time.Minute, Repeat: 10 * time.Minute, Times: 3}, {To: []string{"boss"}, After: 40 * time.Minute}}}}
}

// told is the ledger of an incident that nobody has taken.
func (s *scene) told(in *alerting.Incident) {
	esc := &s.inv.Escalations[0]
	in.Telling.Progress = oncall.Begin(esc, in.Opened)
	in.Telling.Take(esc, s.now, false)
	in.Notified = []alerting.Delivery{
		{Contact: "noc", Channel: "mail", To: "noc@example.net", Kind: alerting.KindProblem, Queued: in.Opened, Sent: in.Opened.Add(time.Second), Attempts: 1, Answer: "250 2.0.0 queued as 4B1F", State: alerting.MessageSent, Step: 1, Round: 1},
		{Contact: "dba1", Channel: "phone", To: "+81312345678", Kind: alerting.KindProblem, Queued: in.Opened.Add(10 * time.Minute), Attempts: 1, Answer: "486 busy here", State: alerting.MessageFailed, Step: 2, Round: 1},
	}
}

func (s *scene) host(name, group string) *scene {
	h := inventory.Host{Name: name, Address: "192.0.2.10", Templates: []string{"linux"}, Parents: []string{"sw1"}, Vars: map[string]string{}}
	if group != "" {
		h.Groups = []string{group}
	}
	s.inv.Hosts = append(s.inv.Hosts, h)
	slices.SortFunc(s.inv.Hosts, func(a, b inventory.Host) int { return strings.Compare(a.Name, b.Name) })
	s.hosts = append(s.hosts, alerting.HostState{Host: name, Known: true, Up: true, Since: s.now.Add(-41 * 24 * time.Hour)})
	for _, c := range []struct {
		check, item string
		m           text.Message
		perf        checks.Perf
	}{
		{"alive", "", text.Verbatim("last word 4 s ago"), checks.Perf{Label: "age", Value: 4, Unit: checks.UnitSeconds}},
		{"filesystem", "/", text.Verbatim("47 % used"), checks.Perf{Label: "used", Value: .47, Unit: checks.UnitRatio, Warn: &checks.Range{End: .8}, Crit: &checks.Range{End: .9}}},
		{"load", "", text.Verbatim("0.42, 0.61, 0.55 on 8 cores"), checks.Perf{Label: "load", Value: .05, Warn: &checks.Range{End: 1}, Crit: &checks.Range{End: 2}}},
		{"memory", "", text.Verbatim("61 % used, swap 3 %"), checks.Perf{Label: "used", Value: .61, Unit: checks.UnitRatio}},
		{"clock", "", text.Verbatim("offset 0.08 ms"), checks.Perf{Label: "offset", Value: 8e-5, Unit: checks.UnitSeconds}},
	} {
		s.add(checks.Service{Host: name, Check: c.check, Item: c.item}, checks.OK, 41*24*time.Hour, c.m, c.perf)
	}
	return s
}

func (s *scene) add(svc checks.Service, st checks.State, age time.Duration, m text.Message, perf ...checks.Perf) *alerting.ServiceState {
	state := alerting.ServiceState{
		Service: svc, State: st, HardState: st, Hard: true, Attempt: 3, MaxAttempts: 3, Since: s.now.Add(-age), HardSince: s.now.Add(-age),
		LastCheck: s.now.Add(-12 * time.Second), NextCheck: s.now.Add(48 * time.Second), Took: 14 * time.Millisecond, Summary: m, Perf: perf,
	}
	if st != checks.OK {
		id := int64(2200 + len(s.incidents))
		state.Incident = id
		in := alerting.Incident{ID: id, Service: svc, State: st, Opened: s.now.Add(-age), Summary: m}
		s.told(&in)
		s.incidents = append(s.incidents, in)
		s.events = append(s.events, dashboards.Event{ID: int64(len(s.events)), At: s.now.Add(-age), Kind: "state", Host: svc.Host, Service: svc, State: &st, Incident: id, Text: m})
	}
	s.services = append(s.services, state)
	return &s.services[len(s.services)-1]
}

func (s *scene) taken(who string) {
	in := &s.incidents[len(s.incidents)-1]
	in.AckedBy, in.AckedAt = who, s.now.Add(-time.Minute)
	for i := range s.services {
		if s.services[i].Service == in.Service {
			s.services[i].Marks |= alerting.MarkAcknowledged
			s.services[i].Ack = &alerting.Ack{By: who, Reason: "機器交換中", At: in.AckedAt, Until: s.now.Add(3 * time.Hour)}
		}
	}
	s.events = append(s.events, dashboards.Event{ID: int64(len(s.events)), At: in.AckedAt, Kind: "ack", Service: in.Service, Incident: in.ID, Text: text.Verbatim(who)})
}

// first is the first minute of `make run`: one healthy host in no group.
func first() *scene {
	s := newScene().host("myserver", "")
	s.young = true
	return s
}

func standard() *scene {
	s := newScene()
	for _, h := range [][2]string{
		{"db1", "東京/db"}, {"db2", "東京/db"}, {"app1", "東京/app"}, {"app2", "東京/app"}, {"mail1", "東京/mail"}, {"東京-web3", "東京/web"}, {"東京-web12", "東京/web"},
		{"大阪-sw2", "大阪/net"}, {"大阪-core", "大阪/net"}, {"lb1", "東京/lb"}, {"backup1", "東京/backup"}, {"大阪-nas1", "大阪/nas"}, {"店舗1", "名古屋/店舗"}, {"edge1", "cloud/edge"}, {"edge2", "cloud/edge"}, {"dns1", "cloud/dns"}, {"print1", "社内/印刷"}, {"tel1", "本社/電話"},
	} {
		s.host(h[0], h[1])
	}
	return s
}

func calm() *scene {
	s := standard()
	s.calmLogs()
	closed := s.now.Add(-31 * time.Hour)
	s.incidents = append(s.incidents, alerting.Incident{ID: 2100, Service: checks.Service{Host: "db1", Check: "pgsql"}, State: checks.Critical, Opened: closed.Add(-8 * time.Minute), Closed: closed, Summary: text.Verbatim("no answer")})
	return s
}

func night() *scene {
	s := calm()
	st := s.add(checks.Service{Host: "db1", Check: "pgsql"}, checks.Critical, 190*time.Second, text.Verbatim("no answer: connect timeout after 10 s"), checks.Perf{Label: "time", Value: 10, Unit: checks.UnitSeconds, Warn: &checks.Range{End: .04}, Crit: &checks.Range{End: .15}})
	st.Reason, st.Phases = checks.ReasonTimeout, []checks.Phase{{Name: "dns", Took: 2 * time.Millisecond}, {Name: "connect", Took: 10 * time.Second}}
	st.Evidence = []byte("02:48:11 kernel: ata3.00: failed command: READ FPDMA QUEUED\n02:49:02 kernel: md/raid1:md0: Disk failure on sdb1\n02:51:10 postgres: could not fsync file\n")
	in := &s.incidents[len(s.incidents)-1]
	in.Notified = []alerting.Delivery{
		{Contact: "当番 一", Channel: "mail", To: "duty1@example.net", Kind: "problem", Queued: in.Opened, Sent: in.Opened.Add(2 * time.Second), Attempts: 1, Answer: "250 2.0.0 Ok: queued as 4F1A2"},
		{Contact: "当番 二", Channel: "mail", To: "duty2@example.net", Kind: "problem", Queued: in.Opened.Add(time.Minute), Attempts: 2, Answer: "451 4.7.1 try again later"},
	}
	s.events = append(s.events,
		dashboards.Event{ID: 90, At: in.Opened.Add(2 * time.Second), Kind: "notify", Host: "db1", Service: in.Service, Incident: in.ID, Text: text.Verbatim("mail 当番 一 <duty1@example.net>: 250 Ok")},
		dashboards.Event{ID: 91, At: in.Opened.Add(-2 * time.Minute), Kind: "log", Host: "db1", Service: in.Service, Incident: in.ID, Text: text.Verbatim("kernel: ata3.00: failed command: READ FPDMA QUEUED")},
		dashboards.Event{ID: 92, At: in.Opened.Add(-9 * time.Hour), Kind: "config", Text: text.Verbatim("configuration read: 18 hosts")})
	s.add(checks.Service{Host: "mail1", Check: "filesystem", Item: "/home"}, checks.Warning, 232*time.Minute, text.Verbatim("93 % used, limit 90 %"))
	s.add(checks.Service{Host: "東京-web3", Check: "http"}, checks.Warning, 38*time.Minute, text.Verbatim("2.4 s, limit 1 s"))
	b := s.add(checks.Service{Host: "backup1", Check: "夜間バックアップ"}, checks.OK, 90*24*time.Hour, text.Verbatim("212 GiB in 38 min"))
	b.LastCheck, b.Marks = s.now.Add(-26*time.Hour), alerting.MarkMissed
	s.add(checks.Service{Host: "大阪-sw2", Check: "ping"}, checks.Critical, 76*time.Minute, text.Verbatim("no answer, 5 of 5 lost"))
	s.taken("網 担当")
	s.behind(40)
	s.add(checks.Service{Host: "lb1", Check: "証明書"}, checks.Warning, 48*time.Hour, text.Verbatim("expires in 12 days"))
	s.taken("Web 担当")
	soft := s.add(checks.Service{Host: "app2", Check: "http"}, checks.OK, 9*time.Hour, text.Verbatim("503 Service Unavailable"))
	soft.Hard, soft.State, soft.Attempt, soft.Since = false, checks.Critical, 1, s.now.Add(-20*time.Second)
	flap := s.add(checks.Service{Host: "edge1", Check: "bgp", Item: "AS64500"}, checks.Warning, 25*time.Minute, text.Verbatim("3 of 4 sessions up"))
	flap.Marks, flap.FlapPercent, flap.FlapSince = alerting.MarkFlapping, 38.2, s.now.Add(-17*time.Minute)
	s.add(checks.Service{Host: "app1", Check: "ntp"}, checks.OK, 3*24*time.Hour, text.Verbatim("offset 0.2 ms")).Marks = alerting.MarkHung
	s.plan()
	s.watchLogs()
	return s
}

// behind puts services behind the latest incident, that cannot be judged now.
func (s *scene) behind(n int) {
	in := &s.incidents[len(s.incidents)-1]
	in.Behind = n
	for i := range n {
		id := checks.Service{Host: fmt.Sprintf("大阪-ap%02d", i+1), Check: "ping"}
		s.inv.Hosts = append(s.inv.Hosts, inventory.Host{Name: id.Host, Groups: []string{"大阪/net"}, Parents: []string{"大阪-sw2"}})
		st := alerting.ServiceState{Service: id, State: checks.Critical, HardState: checks.Critical, Hard: true, Attempt: 3, MaxAttempts: 3, Incident: in.ID,
			Marks: alerting.MarkUnreachable, Since: in.Opened, HardSince: in.Opened, LastCheck: s.now.Add(-9 * time.Second), Summary: text.Verbatim("no answer")}
		s.services = append(s.services, st)
		in.Symptoms = append(in.Symptoms, id)
	}
	slices.SortFunc(s.inv.Hosts, func(a, b inventory.Host) int { return strings.Compare(a.Name, b.Name) })
}

// plan fills the page of downtimes and marks what is in one.
func (s *scene) plan() {
	s.add(checks.Service{Host: "print1", Check: "ipp"}, checks.Critical, 14*time.Minute, text.Verbatim("connection refused"))
	for i := range s.services {
		if s.services[i].Service.Host == "print1" {
			s.services[i].Marks |= alerting.MarkDowntime
		}
	}
	sunday := s.now.AddDate(0, 0, (7-int(s.now.Weekday()))%7+1).Truncate(24 * time.Hour).Add(17 * time.Hour)
	s.downtimes = []dashboards.Downtime{
		{ID: 11, Group: "社内", Who: "設備 担当", Reason: "電源工事", Start: s.now.Add(-20 * time.Minute), End: s.now.Add(126 * time.Minute), Running: true},
		{ID: 12, Host: "db2", Who: "当番 一", Reason: "kernel 6.1.0-28", Start: s.now.Add(5 * time.Hour), End: s.now.Add(6 * time.Hour)},
		{ID: 13, Service: checks.Service{Host: "lb1", Check: "証明書"}, Who: "Web 担当", Start: s.now.Add(time.Hour), End: s.now.Add(9 * time.Hour), Flexible: true, Duration: 30 * time.Minute},
		{ID: 14, Host: "backup1", Who: "当番 二", Reason: "完全バックアップ", Start: sunday, End: sunday.Add(3 * time.Hour), Rule: "FREQ=WEEKLY;BYDAY=SU", Duration: 3 * time.Hour},
		{ID: 15, Host: "tel1", Who: "設備 担当", Reason: "交換機の更新", Start: sunday.Add(2 * time.Hour), End: sunday.Add(4 * time.Hour), Rule: "FREQ=MONTHLY", Duration: 2 * time.Hour},
		{ID: 9, Host: "edge2", Who: "網 担当", Reason: "回線切替", Start: s.now.Add(-5 * time.Hour), End: s.now.Add(-4 * time.Hour), Ended: s.now.Add(-4 * time.Hour)},
	}
}

func storm() *scene {
	s := night()
	s.flood()
	for i, h := range []string{"大阪-core", "app1", "app2", "mail1", "東京-web12", "店舗1", "edge1", "edge2", "dns1"} {
		s.add(checks.Service{Host: h, Check: "http"}, checks.Critical, time.Duration(100-8*i)*time.Second, text.Verbatim("503 Service Unavailable"))
	}
	for i := range 19 {
		s.add(checks.Service{Host: "app1", Check: "swap", Item: fmt.Sprint(i)}, checks.Warning, time.Duration(12+i)*time.Minute, text.Verbatim("81 % used"))
	}
	return s
}

// hostile has names that try to break the page.
func hostile() *scene {
	s := newScene()
	long := strings.Repeat("長い名前-", 2000)
	s.downtimes = []dashboards.Downtime{{ID: 1, Host: long, Who: "<b>who</b>\u202e", Reason: strings.Repeat("<i>W</i>", 200), Start: s.now, End: s.now.Add(time.Hour), Running: true}, {ID: 2, Group: `"><img src=x onerror=alert(1)>`, Rule: strings.Repeat("FREQ;", 99), Start: s.now, End: s.now}}
	for _, name := range []string{long, `<script>alert(1)</script>`, "\u202Edb1\u202D", "مرحبا", `"><img src=x onerror=alert(1)>`, "a/b?c#d%2F", "x\x00y\x07z"} {
		s.host(name, `<b>group</b>`)
		s.add(checks.Service{Host: name, Check: "http", Item: `'"><svg onload=alert(1)>`}, checks.Critical, 3*time.Minute, text.Verbatim(strings.Repeat("<i>W</i>\u202E", 500))).Evidence = []byte("\x00\x01\xff<script>\n" + strings.Repeat("x", 4000))
		s.hostileLogs(name)
		last := &s.services[len(s.services)-1]
		last.Marks, last.Perf = alerting.MarkFlapping|alerting.MarkHung|alerting.MarkMissed, []checks.Perf{{Label: long, Value: math.Inf(1)}}
	}
	return s
}

func empty() *scene { return newScene() }

func brokenStore() *scene {
	s := night()
	s.broken = true
	return s
}

func missed() *scene {
	s := standard()
	for i := range s.services {
		if i%3 == 0 {
			s.services[i].LastCheck = time.Time{}
		}
	}
	return s
}

// madeTrees stand on services of the night.
const madeTrees = `
ショップ: {series: [lb1/alive, {parallel: [東京-web3/http, 東京-web12/load]}, {need: 2, of: [app1/load, app2/http, app1/ntp]}, db1/pgsql]}
mail: mail1/filesystem[/home]
cloud: {parallel: [{series: [edge1/alive, dns1/alive]}, {series: [edge2/alive, dns1/alive]}]}
`

func (s *scene) deps(beat time.Duration) dashboards.Deps {
	d := dashboards.Deps{
		Services: func() []alerting.ServiceState { return slices.Clone(s.services) },
		Hosts:    func() []alerting.HostState { return slices.Clone(s.hosts) },
		Incidents: func(_ context.Context, open bool) ([]alerting.Incident, error) {
			if s.broken {
				return nil, errBroken
			}
			list := slices.DeleteFunc(slices.Clone(s.incidents), func(in alerting.Incident) bool { return open && !in.Closed.IsZero() })
			slices.Reverse(list)
			return list, nil
		},
		History: s.history,
		Events: func(_ context.Context, f dashboards.EventFilter) ([]dashboards.Event, error) {
			if s.broken {
				return nil, errBroken
			}
			list := slices.DeleteFunc(slices.Clone(s.events), func(e dashboards.Event) bool {
				return (f.Host != "" && e.Host != f.Host) || (f.Kind != "" && e.Kind != f.Kind) || (f.Incident != 0 && e.Incident != f.Incident)
			})
			slices.SortFunc(list, func(a, b dashboards.Event) int { return b.At.Compare(a.At) })
			return list[:min(len(list), max(f.Limit, 1))], nil
		},
		Inventory:      func() *inventory.Inventory { return s.inv },
		QueryRange:     s.queryRange,
		Query:          s.query,
		Now:            time.Now,
		Text:           text.Default(),
		Identity:       func(*http.Request) (string, bool) { return "当番 一", true },
		CSRF:           func(*http.Request) string { return "token" },
		Acknowledge:    func(context.Context, checks.Service, dashboards.AckForm) error { return nil },
		ClearLog:       func(context.Context, checks.Service, string, string) error { return nil },
		Unacknowledge:  func(context.Context, checks.Service, string) error { return nil },
		AddDowntime:    func(context.Context, dashboards.DowntimeForm) (int64, error) { return 16, nil },
		CancelDowntime: func(context.Context, int64, string) error { return nil },
		Downtimes: func(context.Context) ([]dashboards.Downtime, error) {
			if s.broken {
				return nil, errBroken
			}
			return slices.Clone(s.downtimes), nil
		},
		Acts:         s.actions(),
		Logs:         (*sceneLogs)(s),
		CheckNow:     func(context.Context, checks.Service) error { return nil },
		Availability: s.availability,
		ProbeStatus: func(string) (dashboards.Probe, bool) {
			return dashboards.Probe{LastSeen: time.Now().Add(-3 * time.Second), Version: "0.1.0"}, true
		},
		Logger: slog.New(slog.DiscardHandler), Version: "0.1.0", Beat: beat,
	}
	if s.foreseen != nil {
		d.Trends = s.foreseen.watch
	}
	return d
}

func (s *scene) history(_ context.Context, svc checks.Service, since time.Time) ([]alerting.Marker, error) {
	if s.broken {
		return nil, errBroken
	}
	marks := []alerting.Marker{{At: since, State: checks.OK}}
	for _, in := range s.incidents {
		if in.Service == svc && in.Closed.IsZero() {
			if in.Opened.Before(since) {
				return []alerting.Marker{{At: since, State: in.State}}, nil
			}
			marks = append(marks, alerting.Marker{At: in.Opened, State: in.State})
		}
	}
	return marks, nil
}

// wave is a believable curve: a day, an hour, and some noise.
func wave(at time.Time, base, height float64, seed int) float64 {
	x := float64(at.Unix()+int64(seed)*997) / 3600
	noise := math.Abs(math.Mod(math.Sin(float64(at.Unix()/60)*12.9898+float64(seed))*43758.5453, 1))
	return base + height*(.5+.4*math.Sin(x*2*math.Pi/24)+.06*math.Sin(x*7)+.15*noise)
}

func (s *scene) queryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]dashboards.Series, error) {
	if s.broken {
		return nil, errBroken
	}
	if s.young {
		start = end.Add(-40 * time.Second)
	}
	if s.isDevice() {
		if list, ok := portLines(s.now, expr, start, end, step); ok {
			return list, nil
		}
		if strings.Contains(expr, "node_") {
			return nil, nil
		}
	}
	if s.foreseen != nil {
		if list, ok := s.foreseen.lines(ctx, expr, start, end, step); ok {
			return list, nil
		}
	}
	line := func(base, height float64, seed int, labels ...string) dashboards.Series {
		out := dashboards.Series{Labels: map[string]string{}}
		for i := 0; i+1 < len(labels); i += 2 {
			out.Labels[labels[i]] = labels[i+1]
		}
		for at := start; !at.After(end); at = at.Add(step) {
			out.Points = append(out.Points, graphs.Point{At: at, Value: wave(at, base, height, seed)})
		}
		return out
	}
	has := func(w string) bool { return strings.Contains(expr, w) }
	switch {
	case len(s.services) == 0:
		return nil, nil
	case has("node_cpu_seconds_total"):
		return []dashboards.Series{line(5, 2, 1, "mode", "idle"), line(.2, 2, 2, "mode", "user"), line(.1, .6, 3, "mode", "system"), line(0, .9, 4, "mode", "iowait"), line(0, .05, 5, "mode", "steal")}, nil
	case has("reads_completed"):
		return []dashboards.Series{line(10, 160, 6)}, nil
	case has("writes_completed"):
		return []dashboards.Series{line(30, 300, 7)}, nil
	case has("time_seconds_total"):
		return []dashboards.Series{line(.1, 1.2, 8)}, nil
	case has("MemTotal"):
		return []dashboards.Series{line(32<<30, 0, 0)}, nil
	case has("MemFree"):
		return []dashboards.Series{line(2<<30, 2<<30, 1)}, nil
	case has("Buffers"):
		return []dashboards.Series{line(.5*(1<<30), .3*(1<<30), 1)}, nil
	case has("Cached"):
		return []dashboards.Series{line(10<<30, 4<<30, 2)}, nil
	case has("Slab"):
		return []dashboards.Series{line(1<<30, 0, 2)}, nil
	case has("SwapTotal"):
		return []dashboards.Series{line(8<<30, 0, 0)}, nil
	case has("SwapFree"):
		return []dashboards.Series{line(6<<30, 1<<30, 3)}, nil
	case has("node_load1[") && has("by (host)"):
		var out []dashboards.Series
		for i, h := range s.inv.Hosts {
			out = append(out, line(.2, 3, 3*i, "host", h.Name))
		}
		return out, nil
	case has("node_load1{"), has("node_load5{"), has("node_load15{"):
		return []dashboards.Series{line(.3, 6, len(expr))}, nil
	case has("receive_bytes"):
		return []dashboards.Series{line(1e6, 9e7, 4)}, nil
	case has("transmit_bytes"):
		return []dashboards.Series{line(1e6, 4e7, 9)}, nil
	case has("monitord_check_value") && has("check="):
		return []dashboards.Series{line(.002, .16, 1, "label", "time", "unit", "seconds")}, nil
	case has("monitord_check_value"):
		var out []dashboards.Series
		for i, c := range []string{"alive", "filesystem", "load", "memory", "clock", "pgsql", "http"} {
			item := ""
			if c == "filesystem" {
				item = "/"
			}
			out = append(out, line(.1, .4, i, "check", c, "item", item, "label", "a"))
		}
		return out, nil
	}
	return nil, nil
}

func (s *scene) query(_ context.Context, expr string, at time.Time) ([]checks.Point, error) {
	if s.broken {
		return nil, errBroken
	}
	if s.young && time.Since(at) > time.Minute {
		return nil, nil
	}
	if s.isDevice() {
		list, _ := portFacts(expr, at)
		return list, nil
	}
	one := func(v float64, labels ...string) checks.Point {
		p := checks.Point{Labels: map[string]string{}, At: at, Value: v}
		for i := 0; i+1 < len(labels); i += 2 {
			p.Labels[labels[i]] = labels[i+1]
		}
		return p
	}
	has := func(w string) bool { return strings.Contains(expr, w) }
	switch {
	case len(s.services) == 0:
		return nil, nil
	case has("uname"):
		return []checks.Point{one(1, "sysname", "Linux", "release", "6.1.0-27-amd64", "machine", "x86_64", "nodename", "db1")}, nil
	case has("cpu_seconds"):
		return []checks.Point{one(8)}, nil
	case has("MemTotal"):
		return []checks.Point{one(32 << 30)}, nil
	case has("boot_time"):
		return []checks.Point{one(float64(at.Add(-13 * time.Hour).Unix()))}, nil
	case has("receive_bytes"):
		return []checks.Point{one(1e9, "device", "eth0")}, nil
	case has("size_bytes"):
		return []checks.Point{one(500e9, "mountpoint", "/", "device", "/dev/sda1", "fstype", "ext4"), one(1.8e12, "mountpoint", "/var/lib/pgsql", "device", "/dev/sdb1", "fstype", "xfs")}, nil
	case has("avail_bytes"):
		return []checks.Point{one(265e9, "mountpoint", "/"), one(.7e12, "mountpoint", "/var/lib/pgsql")}, nil
	}
	return []checks.Point{one(1)}, nil
}
