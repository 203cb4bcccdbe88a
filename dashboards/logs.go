package dashboards

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/text"
)

// logsData is the page of logs.
type logsData struct {
	Says   string
	Rules  []ruleRow
	Files  []hostFiles
	FilesN int
	Lines  lineList
	Filter lineFilter
	Search searchForm
}

// ruleRow is one rule.
type ruleRow struct {
	sign
	Word      string
	Name      string
	LinesURL  string // its lines
	Place     string
	Service   string // log[ITEM]; "" when it raises none
	URL       string // of the incident, or of the service's host
	Others    int    // hosts besides on which it is raised
	Last, Age string
	Text      string
	Hits      hitBars
	Today     string
	Cost      string
	Troubled  string // why its expression is not tried, or not always
	Suspended bool
}

func (p *Pages) logs(w http.ResponseWriter, r *http.Request) {
	if p.Logs == nil {
		p.notFound(w, r)
		return
	}
	v := p.view(w, r, "logs")
	v.Title = v.say(text.M("page.logs.title"))
	rows, _ := v.rows()
	v.strip(rows)
	d := logsData{Filter: v.lineFilter(r), Search: v.searchForm(r)}
	rules, err := p.Logs.Rules(r.Context())
	if err != nil {
		v.fail("log rules", err)
	}
	d.Rules = v.ruleRows(rules)
	for _, one := range rules {
		d.Filter.Rules = append(d.Filter.Rules, option{Value: one.Name, Word: cut(one.Name, 60), Current: one.Name == d.Filter.filter.Rule})
	}
	files, err := p.Logs.Files(r.Context())
	if err != nil {
		v.fail("followed files", err)
	}
	d.Files, d.FilesN = v.hostFiles(files), len(files)
	d.Lines = v.lines(r, d.Filter)
	d.Says = v.say(logsSay(d.Rules, rules, d.Files))
	v.Data = d
	v.render(w, "logs.html", http.StatusOK)
}

// option is one choice of a select.
type option struct {
	Value, Word string
	Current     bool
}

// logsSay answers what the logs say now.
func logsSay(rows []ruleRow, rules []LogRule, files []hostFiles) text.Message {
	raised, today := 0, int64(0)
	for _, row := range rows {
		if row.Bad() {
			raised++
		}
	}
	for _, r := range rules {
		if n := len(r.Hits); n > 0 {
			today += r.Hits[n-1]
		}
	}
	troubled := 0
	for _, h := range files {
		if h.Bad {
			troubled++
		}
	}
	switch {
	case len(rules) == 0 && len(files) == 0:
		return text.M("page.logs.none")
	case len(rules) == 0:
		return text.M("page.logs.no_rules", text.Int("hosts", len(files)))
	case raised > 0:
		return text.M("page.logs.raised", text.Int("n", raised), text.Int("lines", today))
	case troubled > 0:
		return text.M("page.logs.troubled", text.Int("n", troubled), text.Int("lines", today))
	}
	return text.M("page.logs.calm", text.Int("n", len(rules)), text.Int("lines", today))
}

// ruleRows lists rules: what is raised first, then as in the configuration.
func (v *view) ruleRows(rules []LogRule) []ruleRow {
	raised := map[string][]alerting.ServiceState{}
	for _, s := range v.p.Services() {
		if s.Service.Check == checks.LogCheck {
			raised[s.Service.Item] = append(raised[s.Service.Item], s)
		}
	}
	rows := make([]ruleRow, 0, len(rules))
	for i := range rules {
		rows = append(rows, v.ruleRow(&rules[i], raised[rules[i].Item]))
	}
	slices.SortStableFunc(rows, func(a, b ruleRow) int { return min(a.rank, signOK.rank) - min(b.rank, signOK.rank) })
	return rows
}

func (v *view) ruleRow(r *LogRule, services []alerting.ServiceState) ruleRow {
	row := ruleRow{sign: signOK, Name: cut(r.Name, 120), Place: cut(r.Place, 80), LinesURL: logsURL("rule", r.Name), Text: cut(legible(r.LastText), 240), Suspended: r.Suspended}
	if r.Item == "" {
		row.Word = v.say(text.M("page.logs.only_counted"))
	} else {
		v.ruleService(&row, r, services)
		row.Word = v.say(text.M(row.WordID()))
	}
	if !r.Last.IsZero() {
		row.Last, row.Age = v.clockShort(r.Last), v.ago(r.Last)
	}
	row.Hits = v.hitBars(r.Hits)
	if n := len(r.Hits); n > 0 {
		row.Today = text.FormatCount(r.Hits[n-1])
	}
	row.Cost = costWords(r.CostNanos)
	switch {
	case r.Suspended:
		row.Troubled = v.say(text.M("page.logs.suspended"))
	case r.Timeouts > 0:
		row.Troubled = v.say(text.M("page.logs.timeouts", text.Int("n", r.Timeouts)))
	}
	return row
}

// ruleService finds the worst of the services that a rule has raised.
func (v *view) ruleService(row *ruleRow, r *LogRule, services []alerting.ServiceState) {
	row.Service = cut(checks.LogCheck+" "+r.Item, 60)
	for i := range services {
		s := &services[i]
		g := judge(s)
		if g.Bad() && row.Bad() {
			row.Others++
		}
		if row.URL != "" && g.rank >= row.rank {
			continue
		}
		row.URL = hostURL(s.Service.Host)
		if g.rank < signOK.rank {
			row.sign = g
		}
		if s.Incident != 0 {
			row.URL = incidentURL(s.Incident)
		}
	}
}

// costWords writes what a line costs: nanoseconds, or larger when it is slow.
func costWords(nanos float64) string {
	switch {
	case nanos < 0 || math.IsNaN(nanos):
		return "–"
	case nanos >= 1e6:
		return text.FormatNum(nanos/1e6) + " ms"
	case nanos >= 1e3:
		return text.FormatNum(nanos/1e3) + " µs"
	}
	return text.FormatNum(nanos) + " ns"
}

// hitBars is a small bar for each day.
type hitBars struct {
	Bars  []hitBar
	Label string // the same in words
}

// hitBar is one day, in a box of 8 × 24.
type hitBar struct {
	X     int
	Y, H  float64
	Title string
	Today bool
}

// hitBars draws hits a day. The highest day fills the height; a day with few
// shows at least a line.
func (v *view) hitBars(hits []int64) hitBars {
	var b hitBars
	most, total := int64(0), int64(0)
	for _, n := range hits {
		most, total = max(most, n), total+n
	}
	for i, n := range hits {
		h := 0.
		if n > 0 {
			h = max(22*float64(n)/float64(most), 1.5)
		}
		date := v.Now.In(v.Zone).AddDate(0, 0, i-len(hits)+1)
		b.Bars = append(b.Bars, hitBar{X: 8 * i, Y: 23 - h, H: h, Today: i == len(hits)-1,
			Title: v.say(text.M("page.logs.hits.day", text.Str("date", date.Format("01-02")), text.Int("n", n)))})
	}
	b.Label = v.say(text.M("page.logs.hits.label", text.Int("days", len(hits)), text.Int("n", total), text.Int("most", most)))
	return b
}

// logsURL is the page of logs with one filter.
func logsURL(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&b, "%c%s=%s", "?&"[min(i, 1)], pairs[i], queryEscape(pairs[i+1]))
	}
	return "/logs" + b.String()
}
