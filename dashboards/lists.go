package dashboards

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"monitord/internal/text"
)

// hostRow is one line of the list of hosts.
type hostRow struct {
	Worst    problem
	Name     string
	URL      string
	Group    string
	Address  string
	Counts   []count
	Services int
	Alive    string // UP, DOWN or not known, in words
	AliveKey string // up, down, unknown
	Since    string
	LastWord string // of its probe
}

type count struct {
	sign
	Word string
	N    int
}

type hostsData struct {
	Rows []hostRow
	Says string
}

func (p *Pages) hosts(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "hosts")
	v.Title = v.say(text.M("page.hosts.title"))
	rows, k := v.rows()
	v.strip(rows)
	byHost := map[string][]problem{}
	for _, row := range rows {
		byHost[row.Service.Host] = append(byHost[row.Service.Host], row)
	}
	d := hostsData{}
	for _, name := range k.hosts {
		d.Rows = append(d.Rows, v.hostRow(name, byHost[name], k))
	}
	slices.SortStableFunc(d.Rows, func(a, b hostRow) int { return order(a.Worst, b.Worst) })
	down := 0
	for _, row := range d.Rows {
		if row.AliveKey == "down" {
			down++
		}
	}
	d.Says = v.say(hostsSay(len(d.Rows), down))
	v.Data = d
	v.render(w, "hosts.html", http.StatusOK)
}

func hostsSay(n, down int) text.Message {
	switch {
	case n == 0:
		return text.M("page.hosts.none")
	case down == 0:
		return text.M("page.hosts.says", text.Int("n", n))
	}
	return text.M("page.hosts.says_down", text.Int("n", n), text.Int("down", down))
}

func (v *view) hostRow(name string, rows []problem, k *known) hostRow {
	h := hostRow{Name: cut(name, 80), URL: hostURL(name), Group: cut(k.group[name], 60), Services: len(rows)}
	h.Worst = problem{sign: signPending, Name: h.Name, Word: v.say(text.M("state.pending"))}
	if len(rows) > 0 {
		h.Worst = rows[0]
	}
	h.Counts = v.counts(rows)
	h.AliveKey, h.Alive, h.Since = v.alive(name)
	if inv := v.p.Inventory(); inv != nil {
		if c, ok := inv.Host(name); ok {
			h.Address = cut(c.Address, 60)
		}
	}
	if v.p.ProbeStatus != nil {
		if st, ok := v.p.ProbeStatus(name); ok {
			h.LastWord = v.ago(st.LastSeen)
		}
	}
	return h
}

// alive is whether a host is up, as a key, a word and since when.
func (v *view) alive(name string) (key, word, since string) {
	key = "unknown"
	for _, h := range v.p.Hosts() {
		if h.Host != name || !h.Known {
			continue
		}
		key, since = "down", v.ago(h.Since)
		if h.Up {
			key = "up"
		}
	}
	return key, v.say(text.Message{ID: "page.host." + key}), since
}

// counts is how many services are in each state, the worst first.
func (v *view) counts(rows []problem) []count {
	var list []count
	for _, s := range []sign{signCritical, signWarning, signMissed, signUnknown, signUnreachable, signPending, signOK} {
		n := 0
		for _, p := range rows {
			if p.sign == s {
				n++
			}
		}
		if n > 0 {
			list = append(list, count{s, v.say(text.Message{ID: s.WordID()}), n})
		}
	}
	return list
}

// maxRows bounds a list on one page; a filter finds the rest.
const maxRows = 500

type servicesData struct {
	Rows   []problem
	All    int
	Found  int
	Counts []count
	Q      string
	State  string
	Says   string
}

func (p *Pages) services(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "services")
	v.Title = v.say(text.M("page.services.title"))
	rows, _ := v.rows()
	v.strip(rows)
	d := servicesData{All: len(rows), Counts: v.counts(rows), Q: cut(r.FormValue("q"), 200), State: r.FormValue("state")}
	d.Rows = filter(rows, r.FormValue("q"), d.State)
	d.Found = len(d.Rows)
	d.Says = v.say(text.M("page.services.says", text.Int("found", d.Found), text.Int("n", d.All)))
	if d.All == 0 {
		d.Says = v.say(text.M("page.broken.nothing_checked"))
	}
	d.Rows = d.Rows[:min(len(d.Rows), maxRows)]
	v.Data = d
	v.render(w, "services.html", http.StatusOK)
}

// filter keeps the rows whose name, group or summary contains every word of q,
// and whose state is the wanted one.
func filter(rows []problem, q, state string) []problem {
	words := strings.Fields(strings.ToLower(q))
	return slices.DeleteFunc(slices.Clone(rows), func(p problem) bool {
		if state != "" && p.Key != state {
			return true
		}
		all := strings.ToLower(p.Service.String() + " " + p.Group + " " + p.Why)
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(all, w) })
	})
}

type eventsData struct {
	Rows  []eventRow
	Host  string
	Kind  string
	Kinds []string
}

type eventRow struct {
	At      string
	Kind    string
	KindKey string
	Glyph   string
	Class   string
	Host    string
	HostURL string
	Name    string
	URL     string
	Text    string
	Word    string // of its state; empty when it has none
}

func (p *Pages) events(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "events")
	v.Title = v.say(text.M("page.events.title"))
	rows, _ := v.rows()
	v.strip(rows)
	d := eventsData{Host: r.FormValue("host"), Kind: r.FormValue("kind")}
	list, err := p.Events(r.Context(), EventFilter{Host: d.Host, Kind: d.Kind, Limit: maxRows})
	if err != nil {
		v.fail("events", err)
	}
	for _, e := range list {
		d.Rows = append(d.Rows, v.eventRow(e))
	}
	v.Data = d
	v.render(w, "events.html", http.StatusOK)
}

// kinds are the kinds of event that have a word and a glyph of their own.
var kinds = map[string]string{"state": "s-ok", "notify": "s-mail", "ack": "s-ack", "log": "s-log", "trap": "s-log", "config": "s-conf", "probe": "s-act", "downtime": "s-down", "action": "s-act", "incident": "s-sign"}

func (v *view) eventRow(e Event) eventRow {
	row := eventRow{At: v.clock(e.At), KindKey: e.Kind, Kind: cut(e.Kind, 30), Glyph: "log", Host: cut(e.Host, 60), HostURL: hostURL(e.Host), Text: cut(v.say(e.Text), 400)}
	if g, ok := kinds[e.Kind]; ok {
		row.Glyph, row.Kind = strings.TrimPrefix(g, "s-"), v.say(text.Message{ID: "page.kind." + e.Kind})
	}
	if e.State != nil {
		s := signOf(*e.State)
		row.Glyph, row.Class, row.Word = s.Key, s.Class(), v.say(text.Message{ID: s.WordID()})
	}
	if e.Service.Host != "" {
		row.Host, row.HostURL, row.Name = cut(e.Service.Host, 60), hostURL(e.Service.Host), cut(serviceLabel(e.Service), 60)
	}
	if e.Incident != 0 {
		row.URL = "/incidents/" + strconv.FormatInt(e.Incident, 10)
	}
	return row
}
