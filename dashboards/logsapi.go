package dashboards

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
)

// The JSON of logs: names are fixed by openapi.json.
type apiLogRule struct {
	Rule        string     `json:"rule"`
	Place       string     `json:"place,omitempty"`
	Item        string     `json:"item,omitempty"`
	LastAt      *time.Time `json:"last_at,omitempty"`
	LastText    string     `json:"last_text,omitempty"`
	HitsPerDay  []int64    `json:"hits_per_day"`
	Tries       int64      `json:"tries"`
	CostSeconds *float64   `json:"cost_seconds_per_line,omitempty"`
	Timeouts    int64      `json:"timeouts"`
	Suspended   bool       `json:"suspended"`
}

type apiLogFile struct {
	Host       string  `json:"host"`
	Path       string  `json:"path"`
	Lines      uint64  `json:"lines"`
	LagBytes   int64   `json:"lag_bytes"`
	LagSeconds float64 `json:"lag_seconds"`
	LostBytes  uint64  `json:"lost_bytes"`
	Missing    bool    `json:"missing,omitempty"`
	Error      string  `json:"error,omitempty"`
}

type apiLogLine struct {
	ID       int64         `json:"id"`
	At       time.Time     `json:"at"`
	Host     string        `json:"host"`
	File     string        `json:"file,omitempty"`
	Program  string        `json:"program,omitempty"`
	Severity string        `json:"severity,omitempty"`
	Rule     string        `json:"rule"`
	Text     string        `json:"text"`
	Cut      bool          `json:"cut,omitempty"`
	Service  string        `json:"service,omitempty"`
	State    *checks.State `json:"state,omitempty"`
	Incident int64         `json:"incident,omitempty"`
	Folded   int64         `json:"folded,omitempty"`
}

// maxLinesAPI bounds the lines of one answer.
const maxLinesAPI = 10000

// apiLogs answers with rules, files and matched lines.
func (p *Pages) apiLogs(w http.ResponseWriter, r *http.Request) {
	if p.Logs == nil {
		p.answer(w, http.StatusNotFound, map[string]string{"error": "this server watches no logs"})
		return
	}
	f, fault := logFilterOf(r)
	if fault != "" {
		p.answer(w, http.StatusBadRequest, map[string]string{"error": fault})
		return
	}
	rules, err := p.Logs.Rules(r.Context())
	if err != nil {
		p.unavailable(w, r, err)
		return
	}
	files, err := p.Logs.Files(r.Context())
	if err != nil {
		p.unavailable(w, r, err)
		return
	}
	lines, err := p.Logs.Lines(r.Context(), f)
	if err != nil {
		p.unavailable(w, r, err)
		return
	}
	out := struct {
		Rules []apiLogRule `json:"rules"`
		Files []apiLogFile `json:"files"`
		Lines []apiLogLine `json:"lines"`
	}{[]apiLogRule{}, []apiLogFile{}, []apiLogLine{}}
	for i := range rules {
		out.Rules = append(out.Rules, toAPIRule(&rules[i]))
	}
	for _, f := range files {
		out.Files = append(out.Files, apiLogFile{f.Host, f.Path, f.Lines, f.Lag, f.Behind.Seconds(), f.LostBytes, f.Missing, f.Fault})
	}
	for i := range lines {
		out.Lines = append(out.Lines, toAPILine(&lines[i]))
	}
	p.answer(w, http.StatusOK, out)
}

func toAPIRule(r *LogRule) apiLogRule {
	a := apiLogRule{Rule: r.Name, Place: r.Place, Item: r.Item, LastAt: when(r.Last), LastText: utf8Text(r.LastText), HitsPerDay: append([]int64{}, r.Hits...), Tries: r.Tries, Timeouts: r.Timeouts, Suspended: r.Suspended}
	if r.CostNanos >= 0 {
		seconds := r.CostNanos / 1e9
		a.CostSeconds = &seconds
	}
	return a
}

func toAPILine(l *LogLine) apiLogLine {
	a := apiLogLine{ID: l.ID, At: l.At.UTC(), Host: l.Host, File: l.File, Program: l.Program, Severity: l.Severity, Rule: l.Rule, Text: utf8Text(l.Text), Cut: l.Cut, State: l.State, Incident: l.Incident, Folded: l.Folded}
	if l.Service.Host != "" {
		a.Service = l.Service.String()
	}
	return a
}

// utf8Text replaces bytes that no JSON can carry.
func utf8Text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// logFilterOf reads the parameters; fault says what is wrong with one.
func logFilterOf(r *http.Request) (f LogFilter, fault string) {
	f = LogFilter{Host: r.FormValue("host"), Rule: r.FormValue("rule"), Severity: r.FormValue("severity"), Text: r.FormValue("text"), Limit: maxLines}
	if f.Severity != "" && !slices.Contains(severities, f.Severity) {
		return f, "severity: want one of " + strings.Join(severities, ", ")
	}
	for name, into := range map[string]*time.Time{"since": &f.Since, "until": &f.Until} {
		s := r.FormValue(name)
		if s == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return f, name + ": want a moment such as 2026-11-22T02:51:10Z"
		}
		*into = at
	}
	if s := r.FormValue("before"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 {
			return f, "before: want the id of a line"
		}
		f.Before = n
	}
	if n, err := strconv.Atoi(r.FormValue("limit")); err == nil && n > 0 {
		f.Limit = min(n, maxLinesAPI)
	}
	return f, ""
}
