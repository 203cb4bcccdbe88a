package dashboards

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// pictureRequest is what a picture's address asks for.
type pictureRequest struct {
	format        string
	span          time.Duration
	width, height int
	theme         graphs.Theme
	title         bool
	unit          rateUnit // of traffic
	v             *view
}

// parsePicture reads range, size, theme, lang and title.
func (p *Pages) parsePicture(r *http.Request, format string) (pictureRequest, error) {
	q := pictureRequest{format: format, span: day, width: 656, height: 300, title: r.FormValue("title") != "no", unit: rateUnitOf(r.FormValue("unit"))}
	q.v = &view{p: p, Now: p.Now(), Path: r.URL.Path, Zone: time.UTC, Lang: text.English}
	if inv := p.Inventory(); inv != nil {
		q.v.Zone, q.v.Lang = inv.Zone, inv.Language
	}
	q.v.Lang = chooseLang(nil, r, q.v.Lang)
	if r.FormValue("theme") == "dark" {
		q.theme = graphs.Dark
	}
	if s := r.FormValue("range"); s != "" {
		span, ok := ranges[s]
		if !ok {
			d, err := time.ParseDuration(s)
			if err != nil || d < time.Minute || d > 10*366*day {
				return q, fmt.Errorf("range %q: want 15m, 3h, 24h, 7d, 31d, 366d or a duration of at least 1m", cut(s, 40))
			}
			span = d
		}
		q.span = span
	}
	if s := r.FormValue("size"); s != "" {
		ws, hs, _ := strings.Cut(s, "x")
		w, errW := strconv.Atoi(ws)
		h, errH := strconv.Atoi(hs)
		if errW != nil || errH != nil || w < 120 || h < 80 || w > 4000 || h > 3000 {
			return q, fmt.Errorf("size %q: want WIDTHxHEIGHT, from 120x80 to 4000x3000", cut(s, 40))
		}
		q.width, q.height = w, h
	}
	return q, nil
}

func (q *pictureRequest) asker(ctx context.Context, host string) *asker {
	step := stepOf(q.span)
	end := q.v.Now.Truncate(step)
	return &asker{ctx: ctx, p: q.v.p, host: host, start: end.Add(-q.span).Truncate(step), end: end, step: step}
}

func (q *pictureRequest) word(id string) string { return q.v.say(text.Message{ID: id}) }

// hostGraph answers /graph/HOST/NAME.svg and .png.
func (p *Pages) hostGraph(w http.ResponseWriter, r *http.Request) {
	name, format, ok := cutFormat(r.PathValue("file"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	q, err := p.parsePicture(r, format)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	host := r.PathValue("host")
	a := q.asker(r.Context(), host)
	kind, device, _ := strings.Cut(name, "-")
	pic := q.netPicture(a, device)
	if kind != "net" || pic == nil {
		pic = p.compose(a, name, q.word)
	}
	if pic == nil {
		http.NotFound(w, r)
		return
	}
	pic.Title = cut(host, 40) + "  " + q.word("graph."+kind)
	if pic.Subtitle == "" {
		pic.Subtitle = q.word("graph." + kind + ".unit")
	}
	if device != "" {
		pic.Title = cut(host, 40) + "  " + cut(device, 40)
	}
	switch {
	case name == "load":
		pic.Thresholds = q.loadLimits(host, a)
		q.normal(a, pic, 1, host, "load", 1)
	case kind == "net" && device != "":
		factor := rateUnit{bytes: pic.Unit == graphs.BytesPerSecond}.factor()
		q.normal(a, pic, 0, host, device+" in", factor)
		q.normal(a, pic, 1, host, device+" out", factor)
	}
	if name == "cpu" || name == "io" || name == "memory" || name == "load" {
		pic.Events = append(pic.Events, q.hostEvents(r.Context(), host, a)...)
	}
	p.send(w, r, q, a, pic)
}

func cutFormat(file string) (name, format string, ok bool) {
	for _, f := range []string{"svg", "png"} {
		if name, ok := strings.CutSuffix(file, "."+f); ok {
			return name, f, true
		}
	}
	return "", "", false
}

// compose asks for the data of the picture of that name; nil if there is none such.
func (p *Pages) compose(a *asker, name string, w words) *graphs.Picture {
	if dev, ok := strings.CutPrefix(name, "net-"); ok && dev != "" {
		return a.net(dev, w)
	}
	switch name {
	case "cpu":
		return a.cpu(w)
	case "io":
		return a.io(w)
	case "memory":
		return a.memory(w)
	case "load":
		return a.load(w)
	case "filesystem":
		return a.filesystem(w)
	}
	return nil
}

// loadLimits draws the thresholds of the host's load check, which counts per core.
func (q *pictureRequest) loadLimits(host string, a *asker) []graphs.Threshold {
	cores, err := q.v.p.Query(a.ctx, fmt.Sprintf(`count(count by (cpu) (node_cpu_seconds_total{host=%q}))`, host), q.v.Now)
	if err != nil || len(cores) == 0 {
		return nil
	}
	for _, s := range q.v.p.Services() {
		if s.Service.Host == host && strings.HasPrefix(s.Service.Check, "load") && len(s.Perf) > 0 {
			return q.limits(s.Perf[0], cores[0].Value)
		}
	}
	return nil
}

// limits makes threshold lines of a measured value's ranges, times a factor.
func (q *pictureRequest) limits(perf checks.Perf, factor float64) []graphs.Threshold {
	var list []graphs.Threshold
	for i, r := range []*checks.Range{perf.Warn, perf.Crit} {
		if r == nil || math.IsInf(r.End, 0) {
			continue
		}
		state := []string{"state.warning", "state.critical"}[i]
		label := text.FormatNum(r.End * factor)
		switch perf.Unit {
		case checks.UnitRatio:
			label = text.FormatNum(r.End*100) + " %"
		case checks.UnitBytes:
			label = text.FormatBytes(r.End)
		case checks.UnitSeconds:
			label = text.FormatDur(q.v.Lang, time.Duration(r.End*float64(time.Second)))
		}
		list = append(list, graphs.Threshold{Value: r.End * factor, Label: q.word(state) + " " + label, Severe: i == 1})
	}
	return list
}

// maxMarks bounds the marks above a picture: more would hide each other.
const maxMarks = 12

// hostEvents are the changes of state of a host's services in the picture's time.
func (q *pictureRequest) hostEvents(ctx context.Context, host string, a *asker) []graphs.Event {
	list, err := q.v.p.Events(ctx, EventFilter{Host: host, Kind: "state", Since: a.start, Limit: maxMarks})
	if err != nil {
		return nil // the picture is true without its marks
	}
	slices.SortFunc(list, func(x, y Event) int { return x.At.Compare(y.At) })
	bad := map[checks.Service]bool{}
	var marks []graphs.Event
	for _, e := range list {
		ok := e.State != nil && *e.State == checks.OK
		// That a service is well is news only after it was not: the first
		// result of each would fill the lane.
		if e.State == nil || e.At.Before(a.start) || ok && !bad[e.Service] {
			continue
		}
		bad[e.Service] = !ok
		marks = append(marks, graphs.Event{At: e.At, Kind: eventKind(*e.State), Name: cut(serviceLabel(e.Service), 40)})
	}
	return marks
}

func eventKind(s checks.State) graphs.EventKind {
	switch s {
	case checks.OK:
		return graphs.EventOK
	case checks.Warning:
		return graphs.EventWarning
	case checks.Critical:
		return graphs.EventCritical
	}
	return graphs.EventUnknown
}

// serviceGraph answers /graph/service?name=HOST/CHECK[ITEM].
func (p *Pages) serviceGraph(w http.ResponseWriter, r *http.Request) {
	format := "svg"
	if r.FormValue("format") == "png" {
		format = "png"
	}
	q, err := p.parsePicture(r, format)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s, err := checks.ParseService(r.FormValue("name"))
	if err != nil {
		http.Error(w, "name: want host/check or host/check[item]", http.StatusBadRequest)
		return
	}
	if p.limited(s) {
		q.span = max(q.span, limitSpan)
	}
	a := q.asker(r.Context(), s.Host)
	pic := q.servicePicture(a, s)
	pic.Title = cut(s.String(), 60)
	p.send(w, r, q, a, pic)
}

// servicePicture draws what a service's check measures, in the unit of its
// first value, with its thresholds and its changes of state.
func (q *pictureRequest) servicePicture(a *asker, s checks.Service) *graphs.Picture {
	if q.v.p.ofTrend(s) {
		return q.trendPicture(a, s)
	}
	if pic := q.trafficOf(a, s); pic != nil {
		return pic
	}
	pic := &graphs.Picture{}
	selector := a.of("monitord_check_value", fmt.Sprintf("check=%q", s.Check), fmt.Sprintf("item=%q", s.Item))
	// A check may run once in five minutes: the value holds until the next run.
	list := a.ask(fmt.Sprintf("last_over_time(%s[%s])", selector, promDur(max(a.step, 5*time.Minute))))
	state := q.stateOf(s)
	unit := ""
	if len(list) > 0 {
		slices.SortFunc(list, func(x, y Series) int { return perfPlace(state, x) - perfPlace(state, y) })
		unit = list[0].Labels["unit"]
	}
	pic.Unit = unitOf(unit)
	for _, series := range list {
		if series.Labels["unit"] == unit && len(pic.Layers) < 6 {
			pic.Layers = append(pic.Layers, graphs.Layer{Name: cut(series.Labels["label"], 30), Points: series.Points})
		}
	}
	if len(pic.Layers) == 1 {
		pic.Layers[0].Kind = graphs.Area
	}
	if state != nil && len(state.Perf) > 0 {
		pic.Thresholds = q.limits(state.Perf[0], 1)
	}
	pic.Events = q.serviceEvents(a, s)
	return pic
}

// serviceEvents are a service's changes of state in the picture's time.
func (q *pictureRequest) serviceEvents(a *asker, s checks.Service) []graphs.Event {
	marks, err := q.v.p.History(a.ctx, s, a.start)
	if err != nil {
		return nil // the picture is true without its marks
	}
	var list []graphs.Event
	for _, m := range marks[max(0, len(marks)-maxMarks):] {
		if m.At.After(a.start) {
			list = append(list, graphs.Event{At: m.At, Kind: eventKind(m.State), Name: q.word(signOf(m.State).WordID())})
		}
	}
	return list
}

func (q *pictureRequest) stateOf(s checks.Service) *alerting.ServiceState {
	for _, st := range q.v.p.Services() {
		if st.Service == s {
			return &st
		}
	}
	return nil
}

// perfPlace is where a measured value stands in its result; unknown ones last.
func perfPlace(s *alerting.ServiceState, series Series) int {
	if s != nil {
		for i, p := range s.Perf {
			if p.Label == series.Labels["label"] {
				return i
			}
		}
	}
	return 1 << 20
}

// send draws a picture, or says why it cannot.
func (p *Pages) send(w http.ResponseWriter, r *http.Request, q pictureRequest, a *asker, pic *graphs.Picture) {
	if a.err != nil {
		p.Logger.Warn("picture has no data", logkeys.Component, "dashboards", logkeys.Path, r.URL.Path, logkeys.Err, a.err)
		http.Error(w, q.word("page.graph.unavailable"), http.StatusServiceUnavailable)
		return
	}
	q.finish(a, pic)
	var buf bytes.Buffer
	if err := p.Draw(&buf, pic, q.format, q.width, q.height); err != nil {
		p.Logger.Error("picture cannot be drawn", logkeys.Component, "dashboards", logkeys.Path, r.URL.Path, logkeys.Err, err)
		http.Error(w, q.word("page.graph.unavailable"), http.StatusInternalServerError)
		return
	}
	kind := "image/svg+xml"
	if q.format == "png" {
		kind = "image/png"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", fmt.Sprintf("private, max-age=%d", int(keptFor(a.step, pic).Seconds())))
	// An SVG carries its own style; nothing else may run in it.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.Write(buf.Bytes())
}

// keptFor is how long a browser may show a picture again: one step, but no longer than
// five minutes, since its legend says what is now; and without data only until there
// may be some.
func keptFor(step time.Duration, pic *graphs.Picture) time.Duration {
	for _, l := range pic.Layers {
		if len(l.Points) > 0 {
			return min(step, fiveMinutes)
		}
	}
	return min(step, fineEnd)
}

// finish sets what all pictures of a request share.
func (q *pictureRequest) finish(a *asker, pic *graphs.Picture) {
	pic.Start, pic.Zone, pic.Theme = q.startOf(a, pic), q.v.Zone, q.theme
	if pic.Now.IsZero() { // otherwise it goes on into the future
		pic.End = a.end
	}
	if pic.Gap == 0 {
		pic.Gap = max(3*a.step, sparse)
	}
	pic.Words = graphs.Words{Current: q.word("graph.current"), Min: q.word("graph.min"), Avg: q.word("graph.avg"), Max: q.word("graph.max"), Right: q.word("graph.right"), NoData: q.word("graph.no_data"), Normal: q.word("graph.normal"), Forecast: q.word("graph.forecast")}
	lang := q.v.Lang
	pic.Words.Day = func(t time.Time) string { return dayLabel(lang, t) }
	if lang == text.Japanese {
		pic.Words.Month = func(t time.Time) string {
			return q.v.say(text.M(fmt.Sprintf("page.month.%d", t.Month()), text.Int("year", t.Year())))
		}
	}
	if !q.title {
		pic.Title, pic.Subtitle = "", ""
	}
}

// Bounds of startOf.
const (
	shortSpan = time.Hour       // longer pictures keep their span
	leastSpan = 2 * time.Minute // a picture shows at least so much
)

// startOf is where a picture begins: a short one begins with its first value,
// so that a host's first minutes fill it. A gap after that is shown as one.
func (q *pictureRequest) startOf(a *asker, pic *graphs.Picture) time.Time {
	if q.span > shortSpan {
		return a.start
	}
	first := a.end
	for _, l := range pic.Layers {
		for _, p := range l.Points {
			if !math.IsNaN(p.Value) {
				if p.At.Before(first) {
					first = p.At
				}
				break
			}
		}
	}
	if first.Equal(a.end) { // nothing at all
		return a.start
	}
	return later(a.start, earlier(first, a.end.Add(-leastSpan)))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// dayLabel is a day on the time axis, such as "Sun 22 Nov".
func dayLabel(lang text.Lang, t time.Time) string {
	s := text.FormatTime(lang, t)
	return s[:strings.LastIndexByte(s, ' ')]
}
