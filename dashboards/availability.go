package dashboards

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"monitord/alerting/availability"
	"monitord/checks"
	"monitord/internal/text"
)

// availData is the page of availability: everything in one month, or one
// service or tree over twelve.
type availData struct {
	Says   string
	Note   string // of what is not known
	Month  string // such as 2026-11
	Months []choice
	Prev   choice // no URL: there is none
	Next   choice
	Modes  []choice // planned downtime counted or not
	Mode   string
	Q      string
	Trees  []availTree
	Rows   []availRow // that failed, or of which nothing is known
	Calm   []availRow // that did not fail
	// CalmAll is how many there are; More counts the rows that did not fit.
	CalmAll, More int
	All           int
	One           string // the service or tree that is shown alone
	Host          string // link to the page of its host
	ByTime        []availRow
	Tree          bool   // One is a tree
	Back          string // to the page of everything
}

// choice is one of several that a reader may take.
type choice struct {
	URL     string
	Value   string
	Word    string
	Current bool
}

// availRow is one line: a service, or a month of one.
type availRow struct {
	Name     string
	URL      string
	Percent  string // – when nothing is known
	Computed string // of a tree
	Whole    bool   // never down
	Bar      bar
	Count    int // of failures
	Carried  bool
	Down     string
	MTTR     string
	MTBF     string
	Planned  string // left out
	NotKnown string
	Why      string // of what is not known, in words
}

// availTree is one tree.
type availTree struct {
	availRow
	Box *availBox // nil when the page has no room for it
}

// availBox is one node of a tree.
type availBox struct {
	availRow
	Kind string
	Word string // what of its members is needed
	Of   []availBox
}

// maxBoxes bounds the nodes of trees that one page draws.
const maxBoxes = 300

// monthsBack is how many months the page of one service or tree has.
const monthsBack = 12

// nothing stands where there is no figure.
const nothing = "–"

func (p *Pages) availability(w http.ResponseWriter, r *http.Request) {
	if p.Availability == nil {
		p.notFound(w, r)
		return
	}
	v := p.view(w, r, "availability")
	v.Title = v.say(text.M("page.availability.title"))
	rows, _ := v.rows()
	v.strip(rows)
	d := availData{Q: cut(r.FormValue("q"), 200), Mode: r.FormValue("downtime")}
	month, err := availability.ParseSpan(r.FormValue("month"), "", "", v.Now, v.Zone)
	if err != nil {
		v.Fault = err.Error()
		month, _ = availability.ParseSpan("", "", "", v.Now, v.Zone)
	}
	ask, err := askAvailability(r, month)
	if err != nil {
		p.notFound(w, r)
		return
	}
	d.Tree, d.One = ask.Tree != "", ask.Tree
	if ask.Service != (checks.Service{}) {
		d.One, d.Host = ask.Service.String(), hostURL(ask.Service.Host)
	}
	if d.One != "" {
		year, first, _ := month.From.In(v.Zone).Date()
		ask.Span.From = time.Date(year, first-monthsBack+1, 1, 0, 0, 0, 0, v.Zone)
	}
	report, err := p.Availability(r.Context(), ask)
	switch {
	case errors.Is(err, availability.ErrUnknown):
		p.notFound(w, r)
		return
	case err != nil:
		v.fail("availability", err)
		report = &availability.Report{Span: month, Zone: v.Zone, Months: availability.Months(month, v.Zone)}
	}
	d.Mode = report.Mode.String()
	v.availChoices(&d, month)
	if d.One != "" {
		v.availOne(&d, report)
	} else {
		v.availReport(&d, report, month)
	}
	v.Data = d
	v.render(w, "availability.html", http.StatusOK)
}

// askAvailability reads which services and trees are asked for, and how.
func askAvailability(r *http.Request, span availability.Span) (availability.Ask, error) {
	ask := availability.Ask{Span: span, Host: r.FormValue("host"), Tree: r.FormValue("tree")}
	var err error
	if s := r.FormValue("service"); s != "" {
		ask.Service, err = checks.ParseService(s)
	}
	if m := r.FormValue("downtime"); m != "" {
		ask.Mode = new(availability.Mode)
		if wrong := ask.Mode.UnmarshalText([]byte(m)); wrong != nil {
			err = errors.Join(err, errors.New("downtime: "+wrong.Error()))
		}
	}
	named := 0
	for _, set := range []bool{ask.Host != "", ask.Tree != "", ask.Service != checks.Service{}} {
		if set {
			named++
		}
	}
	if named > 1 {
		err = errors.Join(err, errors.New("got several of host, service and tree; want one of them"))
	}
	return ask, err
}

// availURL is the page with other choices.
func (d *availData) availURL(month, mode, service, tree, q string) string {
	form := url.Values{}
	for _, kv := range [][2]string{{"month", month}, {"downtime", mode}, {"service", service}, {"tree", tree}, {"q", q}} {
		if kv[1] != "" {
			form.Set(kv[0], kv[1])
		}
	}
	return "/availability?" + form.Encode()
}

// shown is the service and the tree that is shown alone.
func (d *availData) shown() (service, tree string) {
	if d.Tree {
		return "", d.One
	}
	return d.One, ""
}

// availChoices fills in what a reader may look at instead.
func (v *view) availChoices(d *availData, month availability.Span) {
	year, m, _ := month.From.In(v.Zone).Date()
	d.Month = monthValue(year, m)
	service, tree := d.shown()
	nowYear, now, _ := v.Now.In(v.Zone).Date()
	pick := func(year int, m time.Month) choice {
		at := time.Date(year, m, 1, 0, 0, 0, 0, time.UTC)
		value := monthValue(at.Year(), at.Month())
		return choice{URL: d.availURL(value, d.Mode, service, tree, d.Q), Value: value, Word: v.monthWord(at.Year(), at.Month()), Current: value == d.Month}
	}
	known := false
	for i := range monthsBack + 1 {
		c := pick(nowYear, now-time.Month(i))
		known = known || c.Current
		d.Months = append(d.Months, c)
	}
	if !known {
		d.Months = append(d.Months, pick(year, m))
	}
	d.Prev = pick(year, m-1)
	if d.Next = pick(year, m+1); d.Month == monthValue(nowYear, now) {
		d.Next = choice{}
	}
	for _, mode := range []availability.Mode{availability.Counted, availability.Excluded} {
		d.Modes = append(d.Modes, choice{
			URL: d.availURL(d.Month, mode.String(), service, tree, d.Q), Current: mode.String() == d.Mode,
			Word: v.say(text.Message{ID: "page.availability.downtime." + mode.String()}),
		})
	}
	d.Back = d.availURL(d.Month, d.Mode, "", "", "")
}

func monthValue(year int, m time.Month) string {
	return time.Date(year, m, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}

func (v *view) monthWord(year int, m time.Month) string {
	return v.say(text.Message{ID: "page.month." + strconv.Itoa(int(m)), Args: []text.Arg{text.Str("year", strconv.Itoa(year))}})
}

// availReport fills in what was found of everything.
func (v *view) availReport(d *availData, r *availability.Report, month availability.Span) {
	boxes := 0
	for _, t := range r.Trees {
		tree := availTree{availRow: v.availRow(t.Total.Measured, t.Total.Line, month, r.Mode)}
		tree.Name, tree.URL, tree.Computed = cut(t.Name, 80), d.availURL(d.Month, d.Mode, "", t.Name, ""), computed(t.Total)
		if boxes += countBoxes(t.Total); boxes <= maxBoxes {
			box := v.availBox(d, t.Total, month, r.Mode)
			tree.Box = &box
		}
		d.Trees = append(d.Trees, tree)
	}
	list := slices.Clone(r.Services)
	slices.SortStableFunc(list, worstFirst)
	year, m, _ := month.From.In(v.Zone).Date()
	d.All = len(list)
	d.Says, d.Note = v.availSays(list, v.monthWord(year, m))
	words := strings.Fields(strings.ToLower(d.Q))
	list = slices.DeleteFunc(list, func(s availability.Row) bool {
		name := strings.ToLower(s.Service.String())
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(name, w) })
	})
	for _, s := range list {
		_, known := s.Total.Availability()
		calm := known && s.Total.Down == 0
		if calm {
			d.CalmAll++
		}
		if len(d.Rows)+len(d.Calm) == maxRows {
			d.More++
			continue
		}
		row := v.availRow(s.Total, s.Line, month, r.Mode)
		row.Name, row.URL = cut(s.Service.String(), 100), d.availURL(d.Month, d.Mode, s.Service.String(), "", "")
		if calm {
			d.Calm = append(d.Calm, row)
		} else {
			d.Rows = append(d.Rows, row)
		}
	}
}

// availSays answers how available everything was; list is sorted, the worst
// first. note is about those of which nothing is known.
func (v *view) availSays(list []availability.Row, month string) (says, note string) {
	down, unknown := 0, 0
	for _, s := range list {
		if s.Total.Down > 0 {
			down++
		}
		if _, known := s.Total.Availability(); !known {
			unknown++
		}
	}
	name, n := text.Str("month", month), text.Int("n", len(list)-unknown)
	switch {
	case len(list) == 0:
		return v.say(text.M("page.availability.none", name)), ""
	case unknown == len(list):
		return v.say(text.M("page.availability.unknown", name)), ""
	case down == 0:
		says = v.say(text.M("page.availability.whole", name, n))
	default:
		says = v.say(text.M("page.availability.down", name, text.Int("down", down), n, text.Str("worst", cut(list[0].Service.String(), 80)), text.Str("percent", percent(list[0].Total))))
	}
	if unknown > 0 {
		note = v.say(text.M("page.availability.note", text.Int("n", unknown)))
	}
	return says, note
}

// worstFirst sorts by availability, the lowest first, then by name; services of
// which nothing is known come last.
func worstFirst(a, b availability.Row) int {
	x, knownA := a.Total.Availability()
	y, knownB := b.Total.Availability()
	switch {
	case knownA != knownB && knownA:
		return -1
	case knownA != knownB:
		return 1
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// availOne fills in one service or tree, month by month, the newest first.
func (v *view) availOne(d *availData, r *availability.Report) {
	service, tree := d.shown()
	for i, m := range slices.Backward(r.Months) {
		var row availRow
		switch {
		case d.Tree && len(r.Trees) > 0:
			t := r.Trees[0].Months[i]
			row = v.availRow(t.Measured, t.Line, m.Span, r.Mode)
			row.Computed = computed(t)
			if len(d.ByTime) == 0 {
				box := v.availBox(d, t, m.Span, r.Mode)
				d.Trees = []availTree{{availRow: row, Box: &box}}
				d.Trees[0].Name = cut(d.One, 80)
			}
		case !d.Tree && len(r.Services) > 0:
			row = v.availRow(r.Services[0].Months[i], r.Services[0].Line, m.Span, r.Mode)
		default:
			continue
		}
		year, month := m.Calendar()
		row.Name, row.URL = v.monthWord(year, month), d.availURL(m.Name, d.Mode, service, tree, "")
		d.ByTime = append(d.ByTime, row)
	}
	if len(d.ByTime) > 0 {
		d.Says = v.say(text.M("page.availability.one", text.Str("name", cut(d.One, 80)), text.Str("month", d.ByTime[0].Name), text.Str("percent", d.ByTime[0].Percent)))
	}
}

func percent(f availability.Figures) string {
	if a, ok := f.Availability(); ok {
		return availability.Percent(a)
	}
	return nothing
}

func computed(r availability.Result) string {
	if r.Computed {
		return availability.Percent(r.Chance)
	}
	return nothing
}

func (v *view) availRow(f availability.Figures, line availability.Timeline, span availability.Span, mode availability.Mode) availRow {
	row := availRow{Percent: percent(f), Whole: f.Down == 0, Count: f.Failures, Carried: f.Carried, MTTR: nothing, MTBF: nothing}
	dur := func(d time.Duration) string { return text.FormatDur(v.Lang, d.Round(time.Second)) }
	row.Down, row.NotKnown = dur(f.Down), nothing
	if d, ok := f.MTTR(); ok {
		row.MTTR = dur(d)
	}
	if d, ok := f.MTBF(); ok {
		row.MTBF = dur(d)
	}
	if f.Planned > 0 {
		row.Planned = dur(f.Planned)
	}
	if n := f.NotKnown(); n > 0 {
		row.NotKnown, row.Why = dur(n), v.whyNotKnown(f)
	}
	row.Bar = v.availBar(line, span, mode, f)
	return row
}

// whyNotKnown names the reasons, the longest first.
func (v *view) whyNotKnown(f availability.Figures) string {
	type part struct {
		cond availability.Cond
		d    time.Duration
	}
	parts := []part{{availability.Absent, f.Absent}, {availability.Missed, f.Missed}, {availability.Unknown, f.Unknown}, {availability.Paused, f.Paused}, {availability.NoResult, f.NoResult}}
	slices.SortStableFunc(parts, func(a, b part) int { return int(min(max(b.d-a.d, -1), 1)) })
	var words []string
	for _, p := range parts {
		if p.d > 0 {
			words = append(words, v.say(text.M("page.availability.part", text.Sub("what", text.Message{ID: "page.availability.cond." + p.cond.String()}), text.Dur("span", p.d))))
		}
	}
	return strings.Join(words, v.say(text.M("page.sep")))
}

func countBoxes(r availability.Result) int {
	n := 1
	for _, m := range r.Of {
		n += countBoxes(m)
	}
	return n
}

func (v *view) availBox(d *availData, r availability.Result, span availability.Span, mode availability.Mode) availBox {
	b := availBox{availRow: v.availRow(r.Measured, r.Line, span, mode), Kind: r.Node.Kind.String()}
	if r.Node.Kind == availability.Leaf {
		s := r.Node.Service.String()
		b.Name, b.URL = cut(s, 80), d.availURL(d.Month, d.Mode, s, "", "")
		return b
	}
	b.Computed = computed(r)
	b.Word = v.say(text.Message{ID: "page.availability.kind." + b.Kind, Args: []text.Arg{text.Int("need", r.Node.Need), text.Int("n", len(r.Node.Of))}})
	for _, m := range r.Of {
		b.Of = append(b.Of, v.availBox(d, m, span, mode))
	}
	return b
}
