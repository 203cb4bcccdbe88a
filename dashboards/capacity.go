package dashboards

import (
	"math"
	"net/http"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/text"
	"monitord/internal/trendwatch"
)

// capacityData is the page of limits.
type capacityData struct {
	Says     string
	Note     string // of series that are not judged
	Q        string
	Rows     []limitRow // with a date
	Far      []limitRow // not in sight, or too little data
	Pictures []figure
	More     int
}

// limitRow is one limit.
type limitRow struct {
	Name    string // host/item
	HostURL string
	Host    string
	Item    string
	Now     string
	Limit   string
	When    string // in words
	Between string
	OrderBy string
	Overdue bool
	W       float64 // share that is used, of 100
}

func (p *Pages) capacity(w http.ResponseWriter, r *http.Request) {
	if p.Trends == nil {
		p.notFound(w, r)
		return
	}
	v := p.view(w, r, "capacity")
	v.Title = v.say(text.M("page.capacity.title"))
	rows, _ := v.rows()
	v.strip(rows)
	c := p.Trends.Capacity()
	d := capacityData{Q: cut(r.FormValue("q"), 200), Says: v.say(capacitySays(c))}
	if c.Left > 0 {
		d.Note = v.say(text.M("page.capacity.left", text.Int("n", c.Left)))
	}
	words := strings.Fields(strings.ToLower(d.Q))
	for i := range c.Limits {
		l := &c.Limits[i]
		if !hasAll(l.Service, words) {
			continue
		}
		if len(d.Rows)+len(d.Far) == maxRows {
			d.More++
			continue
		}
		row := v.limitRow(l)
		if l.Reached || l.Enough && !l.P10.IsZero() {
			d.Rows = append(d.Rows, row)
			if len(d.Pictures) < maxTrends {
				d.Pictures = append(d.Pictures, v.trendFigure(l.Service, row.Name, l.Forecast, true))
			}
		} else {
			d.Far = append(d.Far, row)
		}
	}
	alone(d.Pictures)
	v.Data = d
	v.render(w, "capacity.html", http.StatusOK)
}

func hasAll(s checks.Service, words []string) bool {
	name := strings.ToLower(s.Host + "/" + s.Item)
	for _, w := range words {
		if !strings.Contains(name, w) {
			return false
		}
	}
	return true
}

// capacitySays answers what comes next.
func capacitySays(c trendwatch.Capacity) text.Message {
	n := text.Int("n", len(c.Limits))
	little := 0
	for i := range c.Limits {
		if !c.Limits[i].Enough {
			little++
		}
	}
	switch {
	case len(c.Limits) == 0:
		return text.M("page.capacity.none")
	case c.Limits[0].Reached:
		return text.M("page.capacity.says_reached", text.Str("name", limitName(&c.Limits[0])), n)
	case c.Limits[0].Enough && !c.Limits[0].P50.IsZero():
		return text.M("page.capacity.says_next", text.Str("name", limitName(&c.Limits[0])), text.Time("at", c.Limits[0].P50), n)
	}
	if judged := len(c.Limits) - little; judged > 0 {
		return text.M("page.capacity.says_far", text.Int("n", judged))
	}
	return text.M("page.capacity.says_little", n)
}

func limitName(l *trendwatch.Limit) string {
	return cut(l.Service.Host, 60) + " " + cut(l.Service.Item, 60)
}

func (v *view) limitRow(l *trendwatch.Limit) limitRow {
	row := limitRow{Name: limitName(l), Host: cut(l.Service.Host, 60), Item: cut(l.Service.Item, 60), HostURL: hostURL(l.Service.Host) + "?range=7d#trends"}
	value := func(x float64) string {
		return text.FormatArg(v.Lang, v.Zone, l.Unit.Arg("v", x))
	}
	if l.Unit == trendwatch.UnitBytesPerSecond || l.Unit == trendwatch.UnitPerSecond {
		value = func(x float64) string { return v.say(*l.Unit.Arg("v", x).Msg) }
	}
	row.Now, row.Limit = value(l.Now), value(l.Limit)
	if u := l.Used(); !math.IsNaN(u) {
		row.W = max(0, min(100, 100*u))
	}
	switch {
	case !l.Enough:
		row.When = v.say(text.M("page.capacity.little"))
	case l.Reached:
		row.When = v.say(text.M("page.capacity.reached"))
	case l.P10.IsZero():
		row.When = v.say(text.M("page.capacity.far"))
	case l.P50.IsZero():
		row.When = v.say(text.M("page.capacity.unlikely", text.Str("at", v.date(l.P10))))
	default:
		row.When = v.date(l.P50)
		row.Between = v.between(l.P10, l.P90)
	}
	if by := l.OrderBy(); !by.IsZero() {
		row.OrderBy, row.Overdue = v.date(by), !by.After(v.Now)
		if row.Overdue {
			row.OrderBy = v.say(text.M("page.capacity.overdue", text.Str("at", row.OrderBy)))
		}
	}
	return row
}

// date is a day within a month, and with its hour within two days.
func (v *view) date(t time.Time) string {
	t = t.In(v.Zone)
	if away := t.Sub(v.Now).Abs(); away < 2*day {
		return text.FormatTime(v.Lang, t)
	}
	if t.Year() != v.Now.In(v.Zone).Year() {
		return v.say(text.M("page.capacity.day", text.Str("day", dayLabel(v.Lang, t)), text.Str("year", t.Format("2006"))))
	}
	return dayLabel(v.Lang, t)
}

// between are two dates without what they have in common; the second may be zero:
// not in sight.
func (v *view) between(from, to time.Time) string {
	first, last := v.date(from), v.say(text.M("page.capacity.far"))
	if !to.IsZero() {
		last = v.date(to)
	}
	if first == last {
		return first
	}
	from, to = from.In(v.Zone), to.In(v.Zone)
	switch {
	case from.Year() != to.Year():
	case from.YearDay() == to.YearDay():
		last = to.Format("15:04")
	case from.Year() == v.Now.In(v.Zone).Year():
	case v.Lang == text.Japanese: // the year is said once
		last = dayLabel(v.Lang, to)
	default:
		first = dayLabel(v.Lang, from)
	}
	return first + " – " + last
}

// The JSON of limits: names are fixed by openapi.json.
type apiLimit struct {
	Service  string     `json:"service"`
	Host     string     `json:"host"`
	Item     string     `json:"item"`
	Rule     string     `json:"rule"`
	Unit     string     `json:"unit"`
	Now      float64    `json:"now"`
	Limit    float64    `json:"limit"`
	Below    bool       `json:"below"`
	At       time.Time  `json:"at"`
	Enough   bool       `json:"enough"`
	Reached  bool       `json:"reached"`
	Cleaned  bool       `json:"cleaned"`
	P10      *time.Time `json:"p10"` // null: not in sight
	P50      *time.Time `json:"p50"`
	P90      *time.Time `json:"p90"`
	Lead     float64    `json:"lead_seconds"`
	OrderBy  *time.Time `json:"order_by"`
	Sentence string     `json:"sentence"`
}

func (p *Pages) apiCapacity(w http.ResponseWriter, r *http.Request) {
	if p.Trends == nil {
		p.answer(w, http.StatusNotFound, map[string]string{"error": "trends are not judged here"})
		return
	}
	v := p.view(nil, r, "")
	c := p.Trends.Capacity()
	host := r.FormValue("host")
	list := []apiLimit{}
	for i := range c.Limits {
		l := &c.Limits[i]
		if host != "" && l.Service.Host != host {
			continue
		}
		list = append(list, apiLimit{
			Service: l.Service.String(), Host: l.Service.Host, Item: l.Service.Item, Rule: l.Rule, Unit: string(l.Unit), Now: l.Now, Limit: l.Limit, Below: l.Below,
			At: l.At.UTC(), Enough: l.Enough, Reached: l.Reached, Cleaned: l.Cleaned, P10: when(l.P10), P50: when(l.P50), P90: when(l.P90),
			Lead: l.Lead.Seconds(), OrderBy: when(l.OrderBy()), Sentence: v.say(l.Sentence()),
		})
	}
	p.answer(w, http.StatusOK, map[string]any{"limits": list, "series": c.Series, "left": c.Left})
}
