package dashboards

import (
	"net/url"
	"strconv"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// figure is one picture on a page, in the sizes that the page may need.
type figure struct {
	address string // of any size
	Key     string // names it for the script: cpu, io, …
	Title   string
	Link    string // of its title; empty: none
	Unit    string
	Alt     string
	Wide    source
	Narrow  source
	Theme   string // of the page: with system, the browser chooses
	Ranges  []rangeLink
	Alone   bool // it has the width of the page
}

// source is one size of a figure, without its theme.
type source struct {
	URL  string // ends in theme=
	W, H int
}

type rangeLink struct {
	Key, Word, URL string
	Current        bool
}

// ranges are the spans that pictures can have.
var ranges = map[string]time.Duration{"15m": 15 * time.Minute, "1h": time.Hour, "3h": 3 * time.Hour, "24h": day, "7d": 7 * day, "31d": 31 * day, "366d": 366 * day}

// figure makes the sources of one picture. The moment is in the address,
// rounded to what the picture can show, so that it is asked for again only
// when it can differ.
func (v *view) figure(key, base, span, title, unit string) figure {
	step := stepOf(ranges[span])
	f := figure{Key: key, Title: title, Unit: unit, Theme: v.Theme}
	f.address = base + "range=" + span + "&lang=" + string(v.Lang) + "&title=no&v=" + strconv.FormatInt(v.Now.Unix()/max(int64(step.Seconds()), 5), 10)
	f.Wide, f.Narrow = f.sized(656, 300), f.sized(326, 290)
	f.Alt = v.say(text.M("page.figure.alt", text.Str("title", title), text.Sub("range", text.Message{ID: "page.range." + span})))
	return f
}

// sized is the figure in a size of its own.
func (f *figure) sized(w, h int) source {
	return source{URL: f.address + "&size=" + strconv.Itoa(w) + "x" + strconv.Itoa(h) + "&theme=", W: w, H: h}
}

// serviceFigure is the picture of what a service's check measured.
func (v *view) serviceFigure(s checks.Service, span, title string) figure {
	return v.figure("service", "/graph/service?name="+url.QueryEscape(s.String())+"&", span, title, "")
}

// alone gives a figure that is the only one the width of the page.
func alone(list []figure) {
	if len(list) == 1 {
		list[0].Alone, list[0].Wide = true, list[0].sized(1344, 300)
	}
}
