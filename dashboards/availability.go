package dashboards

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
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
		d.Says = v.Title // nothing is claimed
		v.availChoices(&d, month)
	default:
		d.Mode = report.Mode.String()
		v.availChoices(&d, month)
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
