package dashboards

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/text"
	"monitord/internal/trendwatch"
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
	Brief   string // the same for a row that has little room
	Opened  string
	Lasted  string
	Open    bool
	Closed  string
	AckedBy string
	AckedAt string
	Told    int
	Behind  int // services that cannot be judged because of it
	Marks   []mark
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
	row.Word = v.say(text.Message{ID: row.WordID()})
	row.Why, row.Brief = v.why(in.Summary), v.why(trendwatch.Short(in.Summary))
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
	row.Told, row.Behind = len(in.Notified), in.Behind
	if in.Missed && in.State == checks.OK {
		row.sign = signMissed
		row.Word = v.say(text.Message{ID: row.WordID()})
	}
	if in.Flapping {
		row.Marks = append(row.Marks, mark{"flapping", "flapping", v.say(text.M("mark.flapping")), ""})
	}
	return row
}

// incidentData is the page that wakes somebody.
type incidentData struct {
	incidentRow
	Now          *problem // the service now; nil when it is gone
	Says         string
	Cause        string     // what this incident explains; empty when it explains only itself
	Held         []heldLine // who has it until when, and the downtimes that hold
	Marked       []string   // flapping and the like, in words
	Symptoms     []problem
	RestSymptoms []problem // folded away
	MoreSymptoms int       // not listed
	Evidence     string
	Found        []string  // of a series: what is found of it
	Rule         string    // of a series: what it is judged by
	Raised       *raisedBy // the line that raised it, in place of Evidence
	Around       *around   // matched lines of its host when it opened
	Phases       []phaseRow
	Measured     []measuredRow
	Told         []toldRow
	Next         []nextRow // who will be told while nobody takes it
	Timeline     []eventRow
	Failed       []failedRow // newest first
	Acts         []actRow    // newest first
	Picture      *figure     // nil: what lines raise has no values
	Can          controls
}

// heldLine says who or what keeps an incident from being told.
type heldLine struct{ Glyph, Says string }

// measuredRow is one value of the last run with its limits.
type measuredRow struct{ Name, Value, Limits string }

type phaseRow struct {
	Name string
	Took string
	X, W float64 // share of the whole run, of 100
	Last bool    // of a run that timed out: the one that hung
}

type toldRow struct {
	At, Who, How, Kind, Answer string
	Glyph, Word                string // how far it has come
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
			v.incidentNow(r.Context(), &d, &s, k)
		}
	}
	d.Cause = v.cause(in)
	v.symptoms(&d, in, rows)
	d.Says = v.say(incidentSays(in, v.Now))
	for _, n := range in.Notified {
		d.Told = append(d.Told, v.told(n))
	}
	d.Next = v.ahead(in, d.Now != nil && d.Now.Downtime)
	list, err := p.Events(r.Context(), EventFilter{Incident: in.ID, Limit: 200})
	if err != nil {
		v.fail("events", err)
	}
	for _, e := range list {
		d.Timeline = append(d.Timeline, v.eventRow(e))
	}
	d.Failed = v.failedRows(r.Context(), in)
	d.Around = v.around(r.Context(), in)
	d.Acts = v.actsOf(r.Context(), in)
	if in.Service.Check != checks.LogCheck {
		span := incidentRange(in, v.Now)
		if v.p.ofTrend(in.Service) {
			span = v.p.trendSpan(in.Service)
		}
		picture := v.serviceFigure(in.Service, span, d.Name)
		picture.Wide = picture.sized(540, 300) // its column is narrower than half a page
		d.Picture = &picture
	}
	v.Data = d
	v.render(w, "incident.html", http.StatusOK)
}

// incidentNow adds what is known of the service itself.
func (v *view) incidentNow(ctx context.Context, d *incidentData, s *alerting.ServiceState, k *known) {
	now := v.problem(s, k)
	d.Now = &now
	d.Phases, d.Measured = v.phases(s), v.measured(s)
	if d.Raised = raisedLine(s.Service, s.Evidence); d.Raised == nil {
		d.Evidence = evidenceText(s.Evidence)
	}
	v.found(d, s.Service)
	if !d.Open {
		return
	}
	d.Can = v.controls(&now)
	if s.Ack != nil {
		d.AckedBy = cut(s.Ack.By, 40)
		d.Held = append(d.Held, heldLine{"ack", v.say(ackSays(s.Ack))})
	}
	planned := false
	for _, says := range v.runningDowntimes(ctx, func(one Downtime) bool { return v.covers(one, s.Service) }) {
		d.Held = append(d.Held, heldLine{"down", says})
		planned = true // its downtimes are listed by name
	}
	for _, m := range now.Marks {
		if m.Key != "downtime" || !planned {
			d.Marked = append(d.Marked, m.Says)
		}
	}
}

// ackSays puts an acknowledgement into words: who, since when, until what.
func ackSays(a *alerting.Ack) text.Message {
	args := []text.Arg{text.Str("who", cut(a.By, 40)), text.Time("at", a.At)}
	says := "page.acked.recovery"
	switch {
	case !a.Until.IsZero() && a.Sticky:
		says, args = "page.acked.until", append(args, text.Time("until", a.Until))
	case !a.Until.IsZero():
		says, args = "page.acked.until_worse", append(args, text.Time("until", a.Until))
	case !a.Sticky:
		says = "page.acked.worse"
	}
	whole := text.M(says, args...)
	if a.Reason == "" {
		return whole
	}
	return text.M("page.acked.reason", text.Sub("says", whole), text.Str("reason", cut(a.Reason, 200)))
}

// cause says what the incident explains: the name, what is wrong and how many
// services are behind it.
func (v *view) cause(in alerting.Incident) string {
	if in.Behind == 0 {
		return ""
	}
	id := "page.cause.open"
	if !in.Closed.IsZero() {
		id = "page.cause.over"
	}
	return v.say(text.M(id, text.Str("cause", cut(in.Service.String(), 80)), text.Int("n", in.Behind)))
}

// firstSymptoms is how many symptoms a page shows before it folds the rest away.
const firstSymptoms = 10

// symptoms lists what cannot be judged because of this incident.
func (v *view) symptoms(d *incidentData, in alerting.Incident, rows []problem) {
	wanted := map[checks.Service]bool{}
	for _, s := range in.Symptoms {
		wanted[s] = true
	}
	for _, row := range rows {
		if wanted[row.Service] {
			d.Symptoms = append(d.Symptoms, row)
		}
	}
	if d.MoreSymptoms = max(in.Behind, len(d.Symptoms)) - len(d.Symptoms); len(d.Symptoms) > firstSymptoms+3 {
		d.Symptoms, d.RestSymptoms = d.Symptoms[:firstSymptoms], d.Symptoms[firstSymptoms:]
	}
}

// measured lists the values of the last run, the days of a certificate among them.
func (v *view) measured(s *alerting.ServiceState) []measuredRow {
	var list []measuredRow
	for _, p := range s.Perf[:min(len(s.Perf), 12)] {
		row := measuredRow{Name: cut(p.Label, 60), Value: v.amount(p.Value, p.Unit)}
		var limits []string
		if p.Warn != nil {
			limits = append(limits, v.say(text.M("page.limit.warning", text.Str("range", v.limit(*p.Warn, p.Unit)))))
		}
		if p.Crit != nil {
			limits = append(limits, v.say(text.M("page.limit.critical", text.Str("range", v.limit(*p.Crit, p.Unit)))))
		}
		row.Limits = strings.Join(limits, v.say(text.M("page.sep")))
		list = append(list, row)
	}
	return list
}

// limit writes when a value is bad, in the value's own unit.
func (v *view) limit(r checks.Range, unit checks.Unit) string {
	low, high := v.amount(r.Start, unit), v.amount(r.End, unit)
	switch {
	case r.Inside:
		return low + " – " + high
	case math.IsInf(r.End, 1):
		return "< " + low
	case r.Start == 0 || math.IsInf(r.Start, -1):
		return "> " + high
	}
	return "< " + low + ", > " + high
}

// amount writes a measured value with its unit.
func (v *view) amount(value float64, unit checks.Unit) string {
	switch unit {
	case checks.UnitSeconds:
		if math.Abs(value) < 9e9 {
			return text.FormatDur(v.Lang, time.Duration(value*float64(time.Second)))
		}
	case checks.UnitBytes:
		return text.FormatBytes(value)
	case checks.UnitRatio:
		return text.FormatNum(value*100) + " %"
	}
	return text.FormatNum(value)
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
	case in.Behind > 0 && in.AckedBy == "":
		return text.M("page.incident.open_behind", name, text.Int("n", in.Behind), text.Dur("span", now.Sub(in.Opened).Round(time.Second)))
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

// evidenceText is what a peer said as one text, its line ends kept.
func evidenceText(b []byte) string { return strings.Join(evidenceLines(b), "\n") }

// evidenceLines makes what a peer said readable: bytes that are no text are
// shown as dots, long lines are cut.
func evidenceLines(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	b = b[:min(len(b), checks.EvidenceLimit)]
	lines := strings.Split(strings.TrimRight(legible(strings.ReplaceAll(string(b), "\r\n", "\n")), "\n"), "\n")
	lines = lines[:min(len(lines), 40)]
	for i := range lines {
		lines[i] = cut(lines[i], 400)
	}
	return lines
}

// legible shows bytes that are no text, and characters that would steer the
// page or a terminal, as dots. Line ends and tabs stay.
func legible(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r != '\n' && r != '\t' && visible(r) < 0 {
			return '·'
		}
		return r
	}, s)
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
	row := toldRow{At: v.clock(n.Queued), Who: cut(n.Contact, 60), How: cut(n.Channel+" "+n.To, 80), Answer: cut(n.Answer, 200)}
	row.Kind = cut(n.Kind, 30)
	switch n.Kind {
	case alerting.KindProblem, alerting.KindRecovery, alerting.KindStorm:
		row.Kind = v.say(text.Message{ID: "page.told." + n.Kind})
	}
	if n.Round > 1 {
		row.Kind = v.say(text.M("page.told.again", text.Str("kind", row.Kind), text.Int("n", n.Round)))
	}
	row.Glyph, row.Word = "pending", "page.told.not_yet"
	switch {
	case n.Passed:
		row.Glyph, row.Word = "unreachable", "page.told.passed"
	case n.State == alerting.MessageSent || n.State == "" && !n.Sent.IsZero():
		row.Glyph, row.Word = "ok", ""
	case n.State == alerting.MessageFailed:
		row.Glyph, row.Word = "critical", "page.told.failed"
	case n.State == alerting.MessageHeld:
		row.Glyph, row.Word = "unreachable", "page.told.held"
	}
	if row.Word != "" {
		row.Word = v.say(text.Message{ID: row.Word})
	}
	return row
}
