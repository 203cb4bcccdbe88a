package dashboards

import (
	"net/http"
	"strings"

	"monitord/checks"
	"monitord/internal/text"
)

// serviceData is the page of one service or interface: its state, and its picture by
// day, week, month and year.
type serviceData struct {
	Host, HostURL string
	Name          string
	Alias         string
	Facts         []fact
	Rows          []hostService // its services; none for an interface that is only measured
	Controls      bool
	Figures       []longFigure
	Units         []rangeLink // bits or bytes; none where there is no choice
}

// longFigure is a figure with the addresses of its files.
type longFigure struct {
	figure
	SVG, PNG string
}

// longSpans are the pictures of a service's page, as MRTG's users expect them.
var longSpans = []string{"24h", "7d", "31d", "366d"}

// service answers /hosts/HOST/services/CHECK[ITEM].
func (p *Pages) service(w http.ResponseWriter, r *http.Request) {
	host := r.PathValue("name")
	s, err := checks.ParseService(host + "/" + r.PathValue("service"))
	if err != nil || s.Host != host {
		p.notFound(w, r)
		return
	}
	if s.Item != "" && p.deviceKinds(host)[s.Check] == kindInterfaces {
		http.Redirect(w, r, interfaceURL(host, s.Item), http.StatusFound)
		return
	}
	v := p.view(w, r, "hosts")
	d := v.serviceData(r, host, serviceLabel(s), func(one checks.Service) bool { return one == s })
	if len(d.Rows) == 0 {
		p.notFound(w, r)
		return
	}
	spans := longSpans
	if p.ofTrend(s) {
		spans = p.trendSpans(s)
	}
	for _, span := range spans {
		d.Figures = append(d.Figures, long(v.serviceFigure(s, span, v.say(text.Message{ID: "page.long." + span}))))
	}
	v.Data = d
	v.render(w, "service.html", http.StatusOK)
}

// serviceData reads what both pages share.
func (v *view) serviceData(r *http.Request, host, title string, is func(checks.Service) bool) serviceData {
	d := serviceData{Host: cut(host, 80), HostURL: hostURL(host), Name: cut(title, 120)}
	v.Title = cut(title, 50) + " – " + cut(host, 40)
	rows, _ := v.rows()
	v.strip(rows)
	var mine []problem
	for _, row := range rows {
		if is(row.Service) {
			mine = append(mine, row)
		}
	}
	for _, row := range mine {
		one := hostService{problem: row, Can: v.controls(&row)}
		one.Bar = v.history(r.Context(), []checks.Service{row.Service})
		d.Rows, d.Controls = append(d.Rows, one), d.Controls || one.Can.Any()
	}
	return d
}

// long adds the addresses of a figure's files to it.
func long(f figure) longFigure {
	f.Key += "-" + f.Title
	one := longFigure{figure: f}
	plain := strings.Replace(f.address, "&title=no", "", 1)
	one.SVG = plain + "&size=800x360"
	one.PNG = strings.Replace(one.SVG, ".svg?", ".png?", 1)
	if strings.HasPrefix(one.SVG, "/graph/service?") {
		one.PNG = one.SVG + "&format=png"
	}
	return one
}

// networkInterface answers /hosts/HOST/interfaces/NAME.
func (p *Pages) networkInterface(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "hosts")
	host, name := r.PathValue("name"), r.PathValue("interface")
	kinds := p.deviceKinds(host)
	d := v.serviceData(r, host, name, func(s checks.Service) bool {
		return s.Host == host && s.Item == name && kinds[s.Check] == kindInterfaces
	})
	a := &asker{ctx: r.Context(), p: p, host: host}
	n, found := a.findInterface(name)
	if a.err != nil {
		v.fail("interfaces", a.err)
	}
	if len(d.Rows) == 0 && !found && a.err == nil {
		p.notFound(w, r)
		return
	}
	u := rateUnitOf(r.FormValue("unit"))
	d.Alias = cut(n.alias, 120)
	d.Facts = v.interfaceFactList(d.Rows, n, u)
	for _, bytes := range []bool{false, true} {
		one := rateUnit{bytes}
		link := rangeLink{Key: "unit", Word: v.say(text.M("page.unit.bits")), URL: interfaceURL(host, name), Current: u == one}
		if bytes {
			link.Word, link.URL = v.say(text.M("page.unit.bytes")), link.URL+"?unit=bytes"
		}
		d.Units = append(d.Units, link)
	}
	for _, span := range longSpans {
		d.Figures = append(d.Figures, long(v.netFigure(host, name, span, u, v.say(text.Message{ID: "page.long." + span}), v.unitWord(u))))
	}
	v.Data = d
	v.render(w, "service.html", http.StatusOK)
}

// interfaceFactList is what is known of an interface, above its pictures.
func (v *view) interfaceFactList(rows []hostService, n netInterface, u rateUnit) []fact {
	row := v.interfaceRow(problem{sign: signMissed}, nil, n, u)
	if len(rows) > 0 {
		row = v.interfaceRow(rows[0].problem, v.p.statesOf(rows[0].Service.Host)[rows[0].Service], n, u)
	}
	var list []fact
	add := func(id, value string) {
		if value != "" && value != "–" {
			list = append(list, fact{v.say(text.Message{ID: "page.if." + id}), value})
		}
	}
	add("link", row.NetWord)
	add("speed", row.Speed)
	add("in", row.In)
	add("out", row.Out)
	add("usage", row.Usage)
	add("errors", row.Errors)
	add("discards", row.Discards)
	return list
}
