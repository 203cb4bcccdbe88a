package dashboards

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/text"
)

type hostData struct {
	Name        string
	Group       string
	Counts      []count
	Alive       string
	AliveKey    string
	AliveSince  string
	Facts       []fact
	Rows        []hostService
	Says        string
	Quiet       quiet
	Downtimes   []string // those that hold, in words
	NewDowntime string   // where one is planned; empty when it cannot be
	Values      bool     // whether any check has measured something
	Controls    bool     // whether any row has something to do
	Range       string
	RangeSays   string
	Ranges      []rangeLink
	Device      *device // nil: the host is none
	Pictures    []figure
	Interfaces  []figure
	Filesystems []filesystem
}

type fact struct{ Name, Value string }

// hostService is a service's row on its host's page.
type hostService struct {
	problem
	Bar   bar
	Spark spark
	Can   controls
}

type filesystem struct {
	Mount, Device, Kind string
	Size, Free, Used    string
	Ratio               float64 // used, of 1
	W                   float64 // the same, of 100, for the bar
}

func (p *Pages) host(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "hosts")
	name := r.PathValue("name")
	rows, k := v.rows()
	if _, ok := slices.BinarySearch(k.hosts, name); !ok {
		p.notFound(w, r)
		return
	}
	v.strip(rows)
	mine := slices.DeleteFunc(rows, func(p problem) bool { return p.Service.Host != name })
	d := hostData{Name: cut(name, 120), Group: cut(k.group[name], 80), Counts: v.counts(mine)}
	v.Title = cut(name, 60)
	d.AliveKey, d.Alive, d.AliveSince = v.alive(name)
	d.Facts = v.facts(r.Context(), name)
	kinds, unit := p.deviceKinds(name), rateUnitOf(r.FormValue("unit"))
	d.Device = v.deviceOf(r.Context(), name, mine, kinds, r.FormValue("if"), unit)
	d.Rows = v.hostServices(r.Context(), name, listed(mine, kinds), kinds)
	for _, row := range d.Rows {
		d.Values, d.Controls = d.Values || row.Spark.Path != "", d.Controls || row.Can.Any()
	}
	d.Says, d.Quiet = v.say(hostSays(mine)), quietOf(mine)
	d.Downtimes = v.runningDowntimes(r.Context(), func(one Downtime) bool { return v.covers(one, checks.Service{Host: name}) || one.Service.Host == name })
	if v.CanWrite && p.AddDowntime != nil {
		d.NewDowntime = "/downtimes?host=" + queryEscape(name) + "#new"
	}
	v.hostPictures(r, name, &d, kinds, unit)
	d.Filesystems = v.filesystems(r.Context(), name)
	v.Data = d
	v.render(w, "host.html", http.StatusOK)
}

// hostSays answers what is the matter with a host.
func hostSays(rows []problem) text.Message {
	open, taken := broken(rows)
	switch {
	case len(rows) == 0:
		return text.M("page.host.nothing_checked")
	case len(open) > 0:
		return text.M("page.host.broken", text.Str("check", open[0].Check), text.Str("state", open[0].Word), text.Str("age", open[0].Age), text.Int("n", len(open)))
	case len(taken) > 0:
		return text.M("page.host.taken", text.Int("n", len(taken)))
	}
	for _, p := range rows {
		if p.sign == signPending {
			return text.M("page.host.pending")
		}
	}
	return text.M("page.host.calm", text.Int("n", len(rows)))
}

// listed are the services of the list: a quiet row of a table is not told twice.
func listed(rows []problem, kinds map[string]string) []problem {
	return slices.DeleteFunc(slices.Clone(rows), func(p problem) bool {
		return inTable(p.Service, kinds) && !p.Bad() && !p.soft() && p.AckedBy == ""
	})
}

// hostServices adds 24 hours of history and of the measured value to each row;
// what tables show has its curves there.
func (v *view) hostServices(ctx context.Context, host string, rows []problem, kinds map[string]string) []hostService {
	selector := fmt.Sprintf("{host=%q}", host)
	for name, kind := range kinds {
		if slices.Contains(tableKinds, kind) {
			selector = fmt.Sprintf("%s,check!=%q}", selector[:len(selector)-1], name)
		}
	}
	values, err := v.p.QueryRange(ctx, "avg_over_time(monitord_check_value"+selector+"[10m])", v.Now.Add(-day), v.Now, 10*time.Minute)
	if err != nil {
		v.fail("values", err)
	}
	list := make([]hostService, 0, len(rows))
	for i, p := range rows {
		h := hostService{problem: p, Can: v.controls(&p)}
		if i < maxHistories {
			h.Bar = v.history(ctx, []checks.Service{p.Service})
		}
		h.Spark = sparkline(firstValue(values, p.Service), v.Now.Add(-day), v.Now)
		list = append(list, h)
	}
	return list
}

// firstValue is the first measured value of a service, by its label.
func firstValue(values []Series, s checks.Service) []graphs.Point {
	best, points := "", []graphs.Point(nil)
	for _, series := range values {
		l := series.Labels
		if l["check"] == s.Check && l["item"] == s.Item && (points == nil || l["label"] < best) {
			best, points = l["label"], series.Points
		}
	}
	return points
}

// facts is what is known of a machine; what is not known is left out.
func (v *view) facts(ctx context.Context, name string) []fact {
	var list []fact
	add := func(id, value string) {
		if value != "" {
			list = append(list, fact{v.say(text.Message{ID: "page.fact." + id}), cut(value, 160)})
		}
	}
	if inv := v.p.Inventory(); inv != nil {
		if h, ok := inv.Host(name); ok {
			add("address", h.Address)
			add("groups", strings.Join(h.Groups, ", "))
			add("parents", strings.Join(h.Parents, ", "))
			add("templates", strings.Join(h.Templates, ", "))
		}
	}
	v.agentFacts(name, v.p.deviceKinds(name), add)
	m := v.machine(ctx, name)
	add("system", m.system)
	add("machine", m.size)
	add("up", m.up)
	if v.p.ProbeStatus != nil {
		if st, ok := v.p.ProbeStatus(name); ok {
			add("probe", v.say(text.M("page.fact.probe_says", text.Str("version", cut(st.Version, 30)), text.Str("ago", v.ago(st.LastSeen)), text.Int("dropped", st.Dropped))))
		}
	}
	return list
}

type machine struct{ system, size, up string }

// machine asks the store what the probe told of the machine itself.
func (v *view) machine(ctx context.Context, name string) machine {
	var m machine
	if p := v.ask(ctx, `node_uname_info{host=%q}`, name); len(p) > 0 {
		m.system = strings.TrimSpace(p[0].Labels["sysname"] + " " + p[0].Labels["release"] + " " + p[0].Labels["machine"])
	}
	var parts []string
	if p := v.ask(ctx, `count(count by (cpu) (node_cpu_seconds_total{host=%q}))`, name); len(p) > 0 && p[0].Value > 0 {
		parts = append(parts, v.say(text.M("page.fact.cores", text.Int("n", int(p[0].Value)))))
	}
	if p := v.ask(ctx, `node_memory_MemTotal_bytes{host=%q}`, name); len(p) > 0 {
		parts = append(parts, text.FormatBytes(p[0].Value))
	}
	m.size = strings.Join(parts, ", ")
	if p := v.ask(ctx, `node_boot_time_seconds{host=%q}`, name); len(p) > 0 && p[0].Value > 0 {
		boot := time.Unix(int64(p[0].Value), 0)
		m.up = v.say(text.M("page.fact.up_since", text.Dur("span", v.Now.Sub(boot)), text.Time("at", boot)))
	}
	return m
}

// ask puts one question about a host to the store; format has one %q for it.
func (v *view) ask(ctx context.Context, format, host string) []checks.Point {
	points, err := v.p.Query(ctx, fmt.Sprintf(format, host), v.Now)
	if err != nil {
		v.fail("store", err)
		return nil
	}
	return points
}

// hostPictures chooses the range and lists the pictures that have data.
func (v *view) hostPictures(r *http.Request, name string, d *hostData, kinds map[string]string, u rateUnit) {
	tabs, device := []string{"15m", "24h", "7d"}, d.Device != nil && len(v.ask(r.Context(), `last_over_time(node_load1{host=%q}[1h])`, name)) == 0
	if device {
		tabs = longSpans
	}
	d.Range = r.FormValue("range")
	if _, ok := ranges[d.Range]; !ok {
		d.Range = "24h"
		if !device {
			d.Range = v.firstRange(r.Context(), name)
		}
	}
	for _, key := range tabs {
		d.Ranges = append(d.Ranges, rangeLink{Key: key, Word: v.say(text.Message{ID: "page.tab." + key}), URL: hostURL(name) + "?" + u.query() + "range=" + key + "#pictures", Current: key == d.Range})
	}
	d.RangeSays = v.say(text.Message{ID: "page.range." + d.Range})
	if device {
		d.Interfaces, d.Pictures = v.devicePictures(name, d.Device, kinds, d.Range, u)
		d.Ranges = slices.DeleteFunc(d.Ranges, func(rangeLink) bool { return len(d.Interfaces)+len(d.Pictures) == 0 })
		return
	}
	base := "/graph/" + url.PathEscape(name) + "/"
	d.Pictures = v.sarFigures(name, d.Range)
	devices := v.interfaces(r.Context(), name)
	for _, dev := range devices {
		d.Interfaces = append(d.Interfaces, v.figure("net-"+dev, base+url.PathEscape("net-"+dev)+".svg?", d.Range, cut(dev, 40), v.say(text.M("graph.net.unit"))))
	}
	if len(d.Interfaces) == 1 { // alone, it has the width of the page
		d.Interfaces[0].Wide = d.Interfaces[0].sized(1344, 300)
	}
}

// sarFigures are the four pictures that sar's tables make.
func (v *view) sarFigures(host, span string) []figure {
	var list []figure
	for _, key := range []string{"cpu", "io", "memory", "load"} {
		title, unit := v.say(text.Message{ID: "graph." + key}), v.say(text.Message{ID: "graph." + key + ".unit"})
		list = append(list, v.figure(key, "/graph/"+url.PathEscape(host)+"/"+key+".svg?", span, title, unit))
	}
	return list
}

// firstRange is a quarter of an hour until there is an hour of data, then a day.
func (v *view) firstRange(ctx context.Context, name string) string {
	old, err := v.p.Query(ctx, fmt.Sprintf(`last_over_time(node_load1{host=%q}[10m])`, name), v.Now.Add(-time.Hour))
	if err != nil {
		v.fail("store", err)
	}
	if len(old) > 0 {
		return "24h"
	}
	return "15m"
}

// maxInterfaces bounds the interface pictures of one page: a host of containers
// has hundreds, and those with traffic come first.
const maxInterfaces = 6

func (v *view) interfaces(ctx context.Context, name string) []string {
	points := v.ask(ctx, `sum by (device) (node_network_receive_bytes_total{host=%q, device!="lo"} > 0)`, name)
	slices.SortFunc(points, func(a, b checks.Point) int { return strings.Compare(a.Labels["device"], b.Labels["device"]) })
	if len(points) > maxInterfaces {
		slices.SortStableFunc(points, func(a, b checks.Point) int { return int(math.Copysign(1, b.Value-a.Value)) })
		points = points[:maxInterfaces]
	}
	var devices []string
	for _, p := range points {
		devices = append(devices, p.Labels["device"])
	}
	return devices
}

// filesystems lists the mounts, the fullest first.
func (v *view) filesystems(ctx context.Context, name string) []filesystem {
	sizes := v.ask(ctx, `node_filesystem_size_bytes{host=%q}`, name)
	free := map[string]float64{}
	for _, p := range v.ask(ctx, `node_filesystem_avail_bytes{host=%q}`, name) {
		free[p.Labels["mountpoint"]] = p.Value
	}
	var list []filesystem
	for _, p := range sizes {
		avail, ok := free[p.Labels["mountpoint"]]
		if !ok || p.Value <= 0 {
			continue
		}
		used := 1 - avail/p.Value
		list = append(list, filesystem{
			Mount: cut(p.Labels["mountpoint"], 80), Device: cut(p.Labels["device"], 60), Kind: cut(p.Labels["fstype"], 20),
			Size: text.FormatBytes(p.Value), Free: text.FormatBytes(avail), Used: text.FormatNum(used*100) + " %", Ratio: used, W: max(0, min(100, used*100)),
		})
	}
	slices.SortFunc(list, func(a, b filesystem) int {
		if a.Ratio != b.Ratio {
			return int(math.Copysign(1, b.Ratio-a.Ratio))
		}
		return strings.Compare(a.Mount, b.Mount)
	})
	return list[:min(len(list), 60)]
}
