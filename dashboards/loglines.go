package dashboards

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"monitord/internal/text"
)

const (
	// maxLines is how many matched lines a page shows; a link leads on.
	maxLines = 100
	// maxLineText is how much of a line a page shows, in characters.
	maxLineText = 600
)

// severities are syslog's names, the worst first (RFC 5424 section 6.2.1).
var severities = []string{"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}

// lineFilter is what a reader asked for, as the form shows it again.
type lineFilter struct {
	Host, Text, From, To string
	Any                  bool // something was asked for
	Older                bool // not the newest lines
	Rules, Severities    []option
	Hosts                []string
	filter               LogFilter
}

// moment reads a browser's moment, or RFC 3339; zero when it is none.
func (v *view) moment(s string) time.Time {
	for _, layout := range []string{localTime, localTime + ":05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, s, v.Zone); err == nil {
			return t
		}
	}
	return time.Time{}
}

// local writes a moment for a form; "" when it is none.
func (v *view) local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(v.Zone).Format(localTime)
}

// lineFilter reads the filter of matched lines.
func (v *view) lineFilter(r *http.Request) lineFilter {
	f := LogFilter{Host: r.FormValue("host"), Rule: r.FormValue("rule"), Text: r.FormValue("text"), Since: v.moment(r.FormValue("from")), Until: v.moment(r.FormValue("to")), Limit: maxLines + 1}
	f.Before, _ = strconv.ParseInt(r.FormValue("before"), 10, 64) // 0 is no bound
	out := lineFilter{Host: cut(f.Host, 200), Text: cut(f.Text, 500), From: v.local(f.Since), To: v.local(f.Until), Older: f.Before > 0}
	for _, name := range severities {
		if name == r.FormValue("severity") {
			f.Severity = name
		}
		out.Severities = append(out.Severities, option{Value: name, Word: v.say(text.Message{ID: "page.logs.severity." + name}), Current: name == f.Severity})
	}
	if inv := v.p.Inventory(); inv != nil {
		for i := range inv.Hosts[:min(len(inv.Hosts), maxRows)] {
			out.Hosts = append(out.Hosts, cut(inv.Hosts[i].Name, 200))
		}
	}
	out.filter = f
	f.Limit, f.Before = 0, 0
	out.Any = f != LogFilter{}
	return out
}

// query writes the filter as a path, with what is given in pairs besides.
func (f lineFilter) query(pairs ...string) string {
	q := url.Values{}
	for i, value := range []string{f.filter.Host, f.filter.Rule, f.filter.Severity, f.filter.Text, f.From, f.To} {
		if value != "" {
			q.Set([]string{"host", "rule", "severity", "text", "from", "to"}[i], value)
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/logs?" + q.Encode() + "#lines"
}

// lineList is matched lines as a page shows them.
type lineList struct {
	Runs  []lineRun
	Says  string
	Older string // where the older ones are; "" when there are none
	Newer string // where the newest ones are
}

// lineRun is lines of one rule on one host, one after the other: the first of
// many are shown, so that a flood does not hide the rest.
type lineRun struct {
	Rows []lineRow
	Rest []lineRow // folded away
	Says string    // how many these are
}

// firstOfRun is how many lines of a run are shown before the rest is folded.
const firstOfRun = 3

// runs cuts a list where the rule or the host changes.
func (v *view) runs(rows []lineRow) []lineRun {
	var out []lineRun
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && rows[j].Host == rows[i].Host && rows[j].Rule == rows[i].Rule {
			j++
		}
		run := lineRun{Rows: rows[i:j]}
		if j-i > firstOfRun+2 {
			run.Rows, run.Rest = rows[i:i+firstOfRun], rows[i+firstOfRun:j]
			run.Says = v.say(text.M("page.logs.run", text.Int("n", len(run.Rest)), text.Str("rule", rows[i].Rule), text.Str("host", rows[i].Host), text.Str("at", rows[j-1].At)))
		}
		out = append(out, run)
		i = j
	}
	return out
}

// lineRow is one line.
type lineRow struct {
	ID                  int64
	At                  string
	Host, HostURL       string
	Source              string // file and programme
	Rule, RuleURL       string
	Severity            string
	Class, Glyph, State string // of the state that it raised
	Service, URL        string
	Text                string
	Folded              string // for how many lines it stands
}

// lines lists what the filter lets through, the newest first.
func (v *view) lines(r *http.Request, f lineFilter) lineList {
	found, err := v.p.Logs.Lines(r.Context(), f.filter)
	if err != nil {
		v.fail("matched lines", err)
	}
	var list lineList
	if len(found) > maxLines {
		found = found[:maxLines]
		list.Older = f.query("before", strconv.FormatInt(found[maxLines-1].ID, 10))
	}
	if f.Older {
		list.Newer = f.query()
	}
	rows := make([]lineRow, 0, len(found))
	for i := range found {
		rows = append(rows, v.lineRow(&found[i]))
	}
	list.Runs = v.runs(rows)
	list.Says = v.say(linesSay(len(found), list.Older != "", f.Any))
	return list
}

func linesSay(n int, more, asked bool) text.Message {
	switch {
	case n == 0 && asked:
		return text.M("page.logs.lines.no_match")
	case n == 0:
		return text.M("page.logs.lines.none")
	case more:
		return text.M("page.logs.lines.newest", text.Int("n", n))
	}
	return text.M("page.logs.lines.says", text.Int("n", n))
}

func (v *view) lineRow(l *LogLine) lineRow {
	row := lineRow{ID: l.ID, At: v.clock(l.At), Host: cut(l.Host, 60), HostURL: hostURL(l.Host), Source: cut(l.File, 80), Rule: cut(l.Rule, 60), RuleURL: logsURL("rule", l.Rule) + "#lines"}
	if l.Program != "" {
		row.Source = strings.TrimSpace(row.Source + " " + cut(l.Program, 40))
	}
	row.Text = lineText(l.Text, l.Cut)
	if l.Folded > 0 {
		row.Folded = v.say(text.M("page.logs.folded", text.Int("n", l.Folded)))
	}
	for _, name := range severities {
		if name == l.Severity {
			row.Severity = v.say(text.Message{ID: "page.logs.severity." + name})
		}
	}
	if l.State != nil {
		s := signOf(*l.State)
		row.Class, row.Glyph, row.State = s.Class(), s.Key, v.say(text.M(s.WordID()))
	}
	if l.Service.Host != "" {
		row.Service, row.URL = cut(serviceLabel(l.Service), 60), hostURL(l.Service.Host)
	}
	if l.Incident != 0 {
		row.URL = incidentURL(l.Incident)
	}
	return row
}

// lineText is a line as a page may show it: its middle goes when it is long.
func lineText(s string, more bool) string {
	if len(s) > 16*maxLineText { // never walk megabytes for a row
		s = s[:8*maxLineText] + s[len(s)-8*maxLineText:]
	}
	s = cut(legible(s), maxLineText)
	if more {
		s += " […]"
	}
	return s
}
