package dashboards

import (
	"bytes"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// view is what every page knows of the request it answers.
type view struct {
	p        *Pages
	Lang     text.Lang
	Zone     *time.Location
	Theme    string // light, dark or system
	Now      time.Time
	Path     string // of the page, for the language and theme links
	Query    string // its query without lang and theme, with a trailing & if any
	Nav      string // the entry of the navigation that this page belongs to
	Title    string
	Who      string
	CanWrite bool
	CSRF     string
	Strip    *problem // the worst problem that nobody has taken
	Frozen   string   // that actions are frozen, since when and by whom; empty: they are not
	Fault    string   // what could not be read; empty when all could
	Still    bool     // an answer to one question: it is not read again by itself
	Data     any

	incidents map[int64]alerting.Incident // the open ones
}

func (p *Pages) view(w http.ResponseWriter, r *http.Request, nav string) *view {
	v := &view{p: p, Now: p.Now(), Path: r.URL.EscapedPath(), Nav: nav, Zone: time.UTC, Theme: "system", Lang: text.English}
	if inv := p.Inventory(); inv != nil {
		v.Zone, v.Lang = inv.Zone, inv.Language
	}
	v.Lang = chooseLang(w, r, v.Lang)
	v.Theme = chooseTheme(w, r)
	q := r.URL.Query()
	q.Del("lang")
	q.Del("theme")
	if v.Query = q.Encode(); v.Query != "" {
		v.Query += "&"
	}
	v.Who, v.CanWrite = p.Identity(r)
	v.CSRF = p.CSRF(r)
	v.Frozen = v.frozen()
	v.loadIncidents(r)
	return v
}

// loadIncidents reads who has taken what. Without it a page still shows states.
func (v *view) loadIncidents(r *http.Request) {
	v.incidents = map[int64]alerting.Incident{}
	open, err := v.p.Incidents(r.Context(), true)
	if err != nil {
		v.fail("incidents", err)
	}
	for _, in := range open {
		v.incidents[in.ID] = in
	}
}

// fail notes what could not be read, for the page and the log.
func (v *view) fail(what string, err error) {
	v.p.Logger.Warn("page is incomplete", logkeys.Component, "dashboards", logkeys.Path, v.Path, logkeys.Reason, what, logkeys.Err, err)
	v.Fault = cut(err.Error(), 300)
}

// say writes a message in the reader's language and zone.
func (v *view) say(m text.Message) string { return v.p.Text.Render(v.Lang, v.Zone, m) }

// ago is how long before now, in whole seconds: a page does not count milliseconds.
func (v *view) ago(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return text.FormatDur(v.Lang, max(v.Now.Sub(t).Round(time.Second), 0))
}

// clock is a moment of today, with the date when it is another day's.
func (v *view) clock(t time.Time) string {
	t, now := t.In(v.Zone), v.Now.In(v.Zone)
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04:05")
	}
	return text.FormatTime(v.Lang, t)
}

// clockShort is a moment to the minute, with the date unless it is today or in
// the next 18 hours.
func (v *view) clockShort(t time.Time) string {
	t, now := t.In(v.Zone), v.Now.In(v.Zone)
	soon := t.After(now) && t.Sub(now) < 18*time.Hour
	if soon || t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return text.FormatTime(v.Lang, t)
}

// Stamp is the page's own time, for the header.
func (v *view) Stamp() string {
	return text.FormatTime(v.Lang, v.Now.In(v.Zone)) + " " + v.Now.In(v.Zone).Format("MST")
}

// Clock is the page's own time, short.
func (v *view) Clock() string { return v.Now.In(v.Zone).Format("15:04") }

// ClockSeconds is the page's own time to the second.
func (v *view) ClockSeconds() string { return v.Now.In(v.Zone).Format("15:04:05") }

// UnixMilli is the page's own time for the script.
func (v *view) UnixMilli() int64 { return v.Now.UnixMilli() }

// OffsetMinutes is the zone's distance from UTC now, for the script's clock.
func (v *view) OffsetMinutes() int {
	_, sec := v.Now.In(v.Zone).Zone()
	return sec / 60
}

// BeatMillis is the ring's turn, for the script.
func (v *view) BeatMillis() int64 { return v.p.Beat.Milliseconds() }

// Style, Code and Built tell a template of the bundled files.
func (v *view) Style() string { return v.p.assets.Style }

// Code is the path of the script.
func (v *view) Code() string { return v.p.assets.Code }

// Built reports whether the web part was built.
func (v *view) Built() bool { return v.p.assets.Built() }

// Planned reports whether there is a page of downtimes.
func (v *view) Planned() bool { return v.p.Downtimes != nil }

// Measured reports whether there is a page of availability.
func (v *view) Measured() bool { return v.p.Availability != nil }

// Logged reports whether there is a page of logs.
func (v *view) Logged() bool { return v.p.Logs != nil }

// Foreseen reports whether trends are judged.
func (v *view) Foreseen() bool { return v.p.Trends != nil }

// Version is the server's.
func (v *view) Version() string { return v.p.Version }

// render writes a page. It renders into memory first: half a page would look
// like a whole one.
func (v *view) render(w http.ResponseWriter, name string, status int) {
	var buf bytes.Buffer
	if err := v.p.templates[v.Lang].ExecuteTemplate(&buf, name, v); err != nil {
		v.p.Logger.Error("page cannot be drawn", logkeys.Component, "dashboards", logkeys.Path, v.Path, logkeys.Err, err)
		http.Error(w, "the page cannot be drawn; the server's log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Language", string(v.Lang))
	w.Header().Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	if v.Lang == text.Japanese {
		io.WriteString(w, text.KeepDates(buf.String()))
		return
	}
	w.Write(buf.Bytes())
}

func (p *Pages) notFound(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "")
	v.Title = v.say(text.M("page.notfound.title"))
	v.render(w, "notfound.html", http.StatusNotFound)
}

// funcs are the words of the templates of one language.
func (p *Pages) funcs(lang text.Lang) template.FuncMap {
	return template.FuncMap{
		"t": func(id string, pairs ...any) string {
			m := text.Message{ID: id}
			for i := 0; i+1 < len(pairs); i += 2 {
				m.Args = append(m.Args, argOf(pairs[i].(string), pairs[i+1]))
			}
			return p.Text.Render(lang, nil, m)
		},
		"g": func(name string) template.HTML {
			return template.HTML(`<svg class="g" aria-hidden="true"><use href="#s-` + template.HTMLEscapeString(name) + `"/></svg>`)
		},
		"cut":   cut,
		"lines": func(s string) []string { return strings.Split(s, "\n") },
	}
}

func argOf(name string, value any) text.Arg {
	switch x := value.(type) {
	case int:
		return text.Int(name, x)
	case int64:
		return text.Int(name, x)
	case uint64:
		return text.Int(name, x)
	case time.Duration:
		return text.Dur(name, x)
	case string:
		return text.Str(name, x)
	}
	return text.Str(name, "")
}
