package dashboards

import (
	"cmp"
	"context"
	"math"
	"net/url"
	"slices"

	"monitord/alerting"
	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/text"
)

// The kinds of check that read tables of a device by SNMP, by the names of their
// types. Each item of theirs is a row of a table of the device's page.
const (
	kindAgent      = "snmp-agent"
	kindInterfaces = "interfaces"
	kindStorage    = "storage"
)

// tableKinds are those whose items are shown in tables, in the page's order.
var tableKinds = []string{kindInterfaces, kindStorage, "processors", "sensors", "ups", "printer", "ucd"}

// device is what a host's page shows of a device that is asked by SNMP.
type device struct {
	Interfaces []interfaceRow
	Shown      int    // interfaces that the filter leaves
	Says       string // how many there are, and how many are up
	Q          string
	Address    string // of the page, for the filter and the unit
	Unit       string // what in and out are counted in
	Bytes      bool
	Storage    []storageRow
	Parts      []partTable
	Pictures   []figure
}

// storageRow is one area of memory or disk.
type storageRow struct {
	problem
	Label            string
	Link             string
	Size, Free, Used string
	Ratio            float64
	W                float64
}

// partTable is the rows of one other kind: processors, sensors, supplies, UPS.
type partTable struct {
	Title string
	Bars  bool // any of them is a share
	Rows  []partRow
}

type partRow struct {
	problem
	Label string
	Link  string
	Share bool
	W     float64 // of 100
}

// deviceKinds are the checks of a host that read tables by SNMP: kinds by the
// checks' names. It is empty for other hosts.
func (p *Pages) deviceKinds(host string) map[string]string {
	kinds := map[string]string{}
	inv := p.Inventory()
	if inv == nil {
		return kinds
	}
	if h, ok := inv.Host(host); ok {
		for _, c := range h.Checks {
			if c.Type == kindAgent || slices.Contains(tableKinds, c.Type) {
				kinds[c.Name] = c.Type
			}
		}
	}
	return kinds
}

// inTable reports whether a service is a row of a device's table.
func inTable(s checks.Service, kinds map[string]string) bool {
	return s.Item != "" && slices.Contains(tableKinds, kinds[s.Check])
}

// deviceOf gathers a device's tables. It is nil for a host that is none.
func (v *view) deviceOf(ctx context.Context, host string, rows []problem, kinds map[string]string, q string, u rateUnit) *device {
	if len(kinds) == 0 {
		return nil
	}
	d := &device{Q: cut(q, 200), Address: hostURL(host), Unit: v.unitWord(u), Bytes: u.bytes}
	states := v.p.statesOf(host)
	byKind := map[string][]problem{}
	for _, p := range rows {
		if inTable(p.Service, kinds) {
			byKind[kinds[p.Service.Check]] = append(byKind[kinds[p.Service.Check]], p)
		}
	}
	d.Interfaces = v.interfaceRows(ctx, host, byKind[kindInterfaces], states, u)
	d.Says = v.say(interfacesSay(d.Interfaces))
	d.Shown = hideInterfaces(d.Interfaces, q)
	v.interfaceSparks(ctx, host, d.Interfaces)
	d.Storage = v.storageRows(byKind[kindStorage], states)
	for _, kind := range tableKinds[2:] {
		if list := byKind[kind]; len(list) > 0 {
			d.Parts = append(d.Parts, v.partTable(kind, list, states))
		}
	}
	return d
}

// statesOf are the states of a host's services.
func (p *Pages) statesOf(host string) map[checks.Service]*alerting.ServiceState {
	states := map[checks.Service]*alerting.ServiceState{}
	all := p.Services()
	for i := range all {
		if all[i].Service.Host == host {
			states[all[i].Service] = &all[i]
		}
	}
	return states
}

// perf is a measured value of a service; NaN when there is none.
func perf(s *alerting.ServiceState, label string) float64 {
	if s != nil {
		for _, p := range s.Perf {
			if p.Label == label {
				return p.Value
			}
		}
	}
	return math.NaN()
}

// agentFacts is what a device's agent says about itself: name, description, since
// when it runs.
func (v *view) agentFacts(host string, kinds map[string]string, add func(id, value string)) {
	for _, s := range v.p.statesOf(host) {
		if kinds[s.Service.Check] != kindAgent || s.Service.Item != "" {
			continue
		}
		for _, a := range s.Summary.Args {
			switch a.Name {
			case "name":
				add("sysname", a.Str)
			case "descr":
				add("system", a.Str)
			case "up":
				add("up", text.FormatArg(v.Lang, v.Zone, a))
			}
		}
	}
}

// storageRows lists memory and disks, the fullest first.
func (v *view) storageRows(rows []problem, states map[checks.Service]*alerting.ServiceState) []storageRow {
	var list []storageRow
	for _, p := range rows {
		st := states[p.Service]
		share, size := perf(st, "share"), perf(st, "size")
		r := storageRow{problem: p, Label: cut(p.Service.Item, 80), Link: serviceURL(p.Service), Used: "–", Size: "–", Free: "–", Ratio: -1}
		if !math.IsNaN(share) && !math.IsNaN(size) {
			r.Ratio, r.W = share, max(0, min(100, share*100))
			r.Used, r.Size, r.Free = text.FormatNum(share*100)+" %", text.FormatBytes(size), text.FormatBytes(max(perf(st, "free"), 0))
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b storageRow) int {
		return cmp.Or(cmp.Compare(b.Ratio, a.Ratio), naturally(a.Label, b.Label))
	})
	return list
}

// partTable lists the items of another kind in natural order.
func (v *view) partTable(kind string, rows []problem, states map[checks.Service]*alerting.ServiceState) partTable {
	t := partTable{Title: v.say(text.Message{ID: "page.device." + kind})}
	for _, p := range rows {
		r := partRow{problem: p, Label: cut(p.Service.Item, 80), Link: serviceURL(p.Service)}
		if st := states[p.Service]; st != nil {
			for _, one := range st.Perf {
				if one.Unit == checks.UnitRatio {
					r.Share, r.W, t.Bars = true, max(0, min(100, one.Value*100)), true
					break
				}
			}
		}
		t.Rows = append(t.Rows, r)
	}
	slices.SortStableFunc(t.Rows, func(a, b partRow) int { return naturally(a.Service.Item, b.Service.Item) })
	return t
}

// devicePictures are the busiest interfaces, the processors and the fullest storage.
func (v *view) devicePictures(host string, d *device, kinds map[string]string, span string, u rateUnit) (nets, others []figure) {
	busy := slices.DeleteFunc(slices.Clone(d.Interfaces), func(r interfaceRow) bool { return !(r.busy > 0) })
	slices.SortStableFunc(busy, func(a, b interfaceRow) int { return cmp.Compare(b.busy, a.busy) })
	for _, r := range busy[:min(len(busy), maxInterfaces)] {
		title := r.Label
		if r.Alias != "" {
			title += "  " + r.Alias
		}
		f := v.netFigure(host, r.Service.Item, span, u, title, v.unitWord(u))
		f.Link = r.Link
		nets = append(nets, f)
	}
	for _, s := range v.p.statesOf(host) {
		if kinds[s.Service.Check] == "processors" && s.Service.Item == "" && len(s.Perf) > 0 {
			others = append(others, v.serviceFigure(s.Service, span, v.say(text.M("page.device.processors"))))
		}
	}
	if len(d.Storage) > 0 && d.Storage[0].Ratio >= 0 {
		others = append(others, v.serviceFigure(d.Storage[0].Service, span, v.say(text.M("page.device.storage"))+"  "+d.Storage[0].Label))
	}
	for i := range others {
		others[i].Key += "-" + others[i].Title
	}
	return nets, others
}

// serviceURL is the page of one service.
func serviceURL(s checks.Service) string {
	name := s.Check
	if s.Item != "" {
		name += "[" + s.Item + "]"
	}
	return hostURL(s.Host) + "/services/" + url.PathEscape(name)
}

// interfaceURL is the page of one interface.
func interfaceURL(host, name string) string {
	return hostURL(host) + "/interfaces/" + url.PathEscape(name)
}

// sumLines sums lines moment by moment.
func sumLines(list [][]graphs.Point) []graphs.Point {
	if len(list) == 1 {
		return list[0]
	}
	return add(list...)
}
