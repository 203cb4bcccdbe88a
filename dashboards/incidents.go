package dashboards

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// incidentRow is one incident in a list or at the head of its page.
type incidentRow struct {
	sign
	ID      int64
	URL     string
	Name    string
	Host    string
	HostURL string
	Group   string
	Word    string
	Why     string
	Opened  string
	Lasted  string
	Open    bool
	Closed  string
	AckedBy string
	AckedAt string
	Told    int
}

type incidentsData struct {
	Open   []incidentRow
	Closed []incidentRow
	Says   string
}

func (p *Pages) incidents(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "incidents")
	v.Title = v.say(text.M("page.incidents.title"))
	rows, k := v.rows()
	v.strip(rows)
	list, err := p.Incidents(r.Context(), false)
	if err != nil {
		v.fail("incidents", err)
	}
	d := incidentsData{}
	for _, in := range list {
		if in.Closed.IsZero() {
			continue // the open ones come complete from v.incidents
		}
		d.Closed = append(d.Closed, v.incidentRow(in, k))
	}
	for _, in := range v.incidents {
		d.Open = append(d.Open, v.incidentRow(in, k))
	}
	slices.SortFunc(d.Open, func(a, b incidentRow) int {
		if c := a.rank - b.rank; c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
	d.Closed = d.Closed[:min(len(d.Closed), maxRows)]
	d.Says = v.say(incidentsSay(len(d.Open), len(d.Closed)))
	v.Data = d
	v.render(w, "incidents.html", http.StatusOK)
}

func incidentsSay(open, closed int) text.Message {
	switch {
	case open > 0:
		return text.M("page.incidents.open", text.Int("n", open))
	case closed > 0:
		return text.M("page.incidents.none_open", text.Int("n", closed))
	}
	return text.M("page.incidents.never")
}

func (v *view) incidentRow(in alerting.Incident, k *known) incidentRow {
	row := incidentRow{sign: signOf(in.State), ID: in.ID, URL: incidentURL(in.ID), Name: cut(in.Service.Host, 60) + "/" + cut(serviceLabel(in.Service), 60)}
	row.Host, row.HostURL, row.Group = cut(in.Service.Host, 60), hostURL(in.Service.Host), cut(k.group[in.Service.Host], 60)
	row.Word, row.Why = v.say(text.Message{ID: row.WordID()}), cut(v.say(in.Summary), 240)
	row.Opened, row.Open = text.FormatTime(v.Lang, in.Opened.In(v.Zone)), in.Closed.IsZero()
	end := v.Now
	if !row.Open {
		end = in.Closed
		row.Closed = text.FormatTime(v.Lang, in.Closed.In(v.Zone))
	}
	row.Lasted = text.FormatDur(v.Lang, max(end.Sub(in.Opened).Round(time.Second), 0))
	row.AckedBy = cut(in.AckedBy, 40)
	if !in.AckedAt.IsZero() {
		row.AckedAt = v.clock(in.AckedAt)
	}
	row.Told = len(in.Notified)
	return row
}

// incidentData is the page that wakes somebody.
type incidentData struct {
	incidentRow
	Now      *problem // the service now; nil when it is gone
	Says     string
	Evidence []string
	Phases   []phaseRow
	Told     []toldRow
	Timeline []eventRow
	Picture  figure
	CanAck   bool
	CanCheck bool
	Full     string // the service's whole name, for the form
}

type phaseRow struct {
	Name string
	Took string
	X, W float64 // share of the whole run, of 100
	Last bool    // of a run that timed out: the one that hung
}

type toldRow struct {
	At, Who, How, Kind, Answer string
	Sent                       bool
}

func (p *Pages) incident(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "incidents")
	in, ok := v.find(r)
	if !ok {
		p.notFound(w, r)
		return
	}
	rows, k := v.rows()
	d := incidentData{incidentRow: v.incidentRow(in, k)}
	v.Title = d.Name
	for _, s := range p.Services() {
		if s.Service == in.Service {
			now := v.problem(&s, k)
			d.Now = &now
			d.Evidence, d.Phases = evidenceLines(s.Evidence), v.phases(&s)
		}
	}
	_ = rows
	d.Says = v.say(incidentSays(in, v.Now))
	for _, n := range in.Notified {
		d.Told = append(d.Told, v.told(n))
	}
	list, err := p.Events(r.Context(), EventFilter{Incident: in.ID, Limit: 200})
	if err != nil {
		v.fail("events", err)
	}
	for _, e := range list {
		d.Timeline = append(d.Timeline, v.eventRow(e))
	}
	d.Picture = v.serviceFigure(in.Service, incidentRange(in, v.Now), d.Name)
	d.CanAck = d.Open && d.AckedBy == "" && v.CanWrite && p.Acknowledge != nil
	d.CanCheck, d.Full = d.Open && v.CanWrite && p.CheckNow != nil, in.Service.String()
	v.Data = d
	v.render(w, "incident.html", http.StatusOK)
}

// incidentRange is the first range that shows the incident from before its start.
func incidentRange(in alerting.Incident, now time.Time) string {
	switch age := now.Sub(in.Opened); {
	case age < 10*time.Minute:
		return "15m"
	case age < 2*time.Hour:
		return "3h"
	case age < 20*time.Hour:
		return "24h"
	}
	return "7d"
}

func incidentSays(in alerting.Incident, now time.Time) text.Message {
	name := text.Str("service", cut(in.Service.String(), 80))
	switch {
	case !in.Closed.IsZero():
		return text.M("page.incident.over", name, text.Dur("span", in.Closed.Sub(in.Opened).Round(time.Second)))
	case in.AckedBy != "":
		return text.M("page.incident.taken", name, text.Str("who", cut(in.AckedBy, 40)))
	}
	return text.M("page.incident.open", name, text.Dur("span", now.Sub(in.Opened).Round(time.Second)))
}

// find is the incident that the path names.
func (v *view) find(r *http.Request) (alerting.Incident, bool) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return alerting.Incident{}, false
	}
	list, err := v.p.Incidents(r.Context(), false)
	if err != nil {
		v.fail("incidents", err)
	}
	if i := slices.IndexFunc(list, func(in alerting.Incident) bool { return in.ID == id }); i >= 0 {
		return list[i], true
	}
	in, ok := v.incidents[id]
	return in, ok
}

// evidenceLines makes what a peer said readable: bytes that are no text are
// shown as dots, long lines are cut.
func evidenceLines(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	b = b[:min(len(b), checks.EvidenceLimit)]
	s := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || (visible(r) < 0 && r != '\r') {
			return '·'
		}
		if r == '\n' {
			return r
		}
		return visible(r)
	}, string(b))
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	lines = lines[:min(len(lines), 40)]
	for i := range lines {
		lines[i] = cut(lines[i], 400)
	}
	return lines
}

// phases lays the steps of the last run one behind the other.
func (v *view) phases(s *alerting.ServiceState) []phaseRow {
	var total time.Duration
	for _, ph := range s.Phases {
		total += ph.Took
	}
	if total <= 0 {
		return nil
	}
	var rows []phaseRow
	at := time.Duration(0)
	for i, ph := range s.Phases {
		rows = append(rows, phaseRow{
			Name: cut(ph.Name, 40), Took: text.FormatDur(v.Lang, ph.Took),
			X: 100 * float64(at) / float64(total), W: max(100*float64(ph.Took)/float64(total), 0.6),
			Last: i == len(s.Phases)-1 && s.Reason == checks.ReasonTimeout,
		})
		at += ph.Took
	}
	return rows
}

func (v *view) told(n alerting.Delivery) toldRow {
	row := toldRow{At: v.clock(n.Queued), Who: cut(n.Contact, 60), How: cut(n.Channel+" "+n.To, 80), Answer: cut(n.Answer, 200), Sent: !n.Sent.IsZero()}
	row.Kind = cut(n.Kind, 30)
	if n.Kind == "problem" || n.Kind == "recovery" {
		row.Kind = v.say(text.Message{ID: "page.told." + n.Kind})
	}
	return row
}

// acknowledge takes an incident for whoever is logged in.
func (p *Pages) acknowledge(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "incidents")
	if !p.mayWrite(w, r, v) {
		return
	}
	in, ok := v.find(r)
	if !ok || p.Acknowledge == nil {
		p.notFound(w, r)
		return
	}
	if err := p.Acknowledge(r.Context(), in.Service, v.Who); err != nil {
		p.Logger.Error("acknowledgement not kept", logkeys.Component, "dashboards", logkeys.Service, in.Service.String(), logkeys.Err, err)
		http.Error(w, v.say(text.M("page.ack.failed")), http.StatusServiceUnavailable)
		return
	}
	http.Redirect(w, r, incidentURL(in.ID), http.StatusSeeOther)
}

// checkNow asks for a run of a check at once.
func (p *Pages) checkNow(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "hosts")
	if !p.mayWrite(w, r, v) {
		return
	}
	s, err := checks.ParseService(r.PostFormValue("service"))
	if err != nil || p.CheckNow == nil {
		p.notFound(w, r)
		return
	}
	if err := p.CheckNow(r.Context(), s); err != nil {
		p.Logger.Warn("check not asked for", logkeys.Component, "dashboards", logkeys.Service, s.String(), logkeys.Err, err)
		http.Error(w, v.say(text.M("page.checknow.failed")), http.StatusServiceUnavailable)
		return
	}
	http.Redirect(w, r, hostURL(s.Host), http.StatusSeeOther)
}

// mayWrite answers with a refusal unless a person who may write sent our form.
func (p *Pages) mayWrite(w http.ResponseWriter, r *http.Request, v *view) bool {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	want := p.CSRF(r)
	same := want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(r.PostFormValue("csrf"))) == 1
	if v.CanWrite && same {
		return true
	}
	v.Title = v.say(text.M("page.refused.title"))
	v.render(w, "refused.html", http.StatusForbidden)
	return false
}
