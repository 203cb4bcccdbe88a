package dashboards

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"monitord/internal/text"
)

const (
	// searchTime bounds how long a search may take; what was found until then is
	// shown, with a link that goes on.
	searchTime = 5 * time.Second
	// maxFound is how many lines an answer shows.
	maxFound = 200
	// searchSpan is how far back a search goes when nothing is said.
	searchSpan = time.Hour
)

// searchForm is what was asked for.
type searchForm struct {
	Host, File, Expr, From, To string
	Fold                       bool
	Asked                      bool
	search                     LogSearch
}

// searchForm reads the form. The first look at it has the last hour filled in.
func (v *view) searchForm(r *http.Request) searchForm {
	if r.URL.Path != "/logs/search" {
		return searchForm{From: v.local(v.Now.Add(-searchSpan)), Host: cut(r.FormValue("host"), 200)}
	}
	s := LogSearch{Host: r.FormValue("host"), File: r.FormValue("file"), Expr: r.FormValue("expr"), Fold: r.FormValue("fold") != "",
		Since: v.moment(r.FormValue("from")), Until: v.moment(r.FormValue("to")), From: r.FormValue("next"), Limit: maxFound}
	f := searchForm{Host: cut(s.Host, 200), File: cut(s.File, 200), Expr: cut(s.Expr, 500), Fold: s.Fold, Asked: r.URL.Query().Has("expr"), search: s}
	f.From, f.To = v.local(s.Since), v.local(s.Until)
	if !f.Asked {
		f.From = v.local(v.Now.Add(-searchSpan))
	}
	return f
}

// next is where the search goes on.
func (f searchForm) next(place string) string {
	q := url.Values{"expr": {f.search.Expr}, "next": {place}}
	for i, value := range []string{f.search.Host, f.search.File, f.From, f.To} {
		if value != "" {
			q.Set([]string{"host", "file", "from", "to"}[i], value)
		}
	}
	if f.Fold {
		q.Set("fold", "1")
	}
	return "/logs/search?" + q.Encode()
}

// searchData is the page of a search.
type searchData struct {
	Form  searchForm
	Hosts []string
	Says  string
	Notes []string
	Fault string // what is wrong with what was asked for
	Rows  []keptRow
	Next  string // the link that goes on; "" when all was read
}

type keptRow struct {
	At, Host, HostURL, File, Text string
	Break                         bool // another host or file than the line before
}

func (p *Pages) logSearch(w http.ResponseWriter, r *http.Request) {
	if p.Logs == nil {
		p.notFound(w, r)
		return
	}
	v := p.view(w, r, "logs")
	v.Title, v.Still = v.say(text.M("page.logs.search.title")), true
	rows, _ := v.rows()
	v.strip(rows)
	d := searchData{Form: v.searchForm(r), Hosts: v.lineFilter(r).Hosts, Says: v.say(text.M("page.logs.search.hint"))}
	status := http.StatusOK
	if d.Form.Asked && !v.search(r.Context(), &d) {
		status = http.StatusUnprocessableEntity
	}
	v.Data = d
	v.render(w, "logsearch.html", status)
}

// search fills in what was found; false when the question cannot be answered.
func (v *view) search(ctx context.Context, d *searchData) bool {
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	found, err := v.p.Logs.Search(ctx, d.Form.search)
	if errors.Is(err, ErrRefused) {
		d.Says, d.Fault = v.say(text.M("page.logs.search.refused")), cut(err.Error(), 300)
		return false
	}
	if err != nil {
		v.fail("kept logs", err)
	}
	last := keptRow{}
	for _, l := range found.Lines {
		row := keptRow{At: v.stampOf(l.At), Host: cut(l.Host, 60), HostURL: hostURL(l.Host), File: cut(l.File, 120), Text: lineText(l.Text, l.Cut)}
		row.Break = row.Host != last.Host || row.File != last.File
		last = row
		d.Rows = append(d.Rows, row)
	}
	if found.Next != "" {
		d.Next = d.Form.next(found.Next)
	}
	d.Says = v.say(foundSays(len(d.Rows), &found))
	if found.Late {
		d.Notes = append(d.Notes, v.say(text.M("page.logs.search.late", text.Dur("span", searchTime), text.Bytes("read", float64(found.Read)))))
	}
	if found.Damaged > 0 {
		d.Notes = append(d.Notes, v.say(text.M("page.logs.search.damaged", text.Int("n", found.Damaged))))
	}
	return true
}

func foundSays(n int, f *LogFound) text.Message {
	switch {
	case !f.Keeps:
		return text.M("page.logs.search.none_kept")
	case n == 0 && f.Next == "":
		return text.M("page.logs.search.no_match")
	case f.Next != "":
		return text.M("page.logs.search.first", text.Int("n", n))
	}
	return text.M("page.logs.search.all", text.Int("n", n))
}

// stampOf is a moment to the millisecond, with the date: lines of a log are
// compared by it.
func (v *view) stampOf(t time.Time) string {
	return t.In(v.Zone).Format("2006-01-02 15:04:05.000")
}
