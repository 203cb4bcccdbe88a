package dashboards

import (
	"context"
	"time"

	"monitord/checks"
	"monitord/checks/trend"
	"monitord/internal/text"
	"monitord/internal/trendwatch"
)

// Trends is what the pages ask about the series that are judged.
type Trends interface {
	// Series lists what is judged of a host, what matters first.
	Series(host string) []trendwatch.Brief
	// View is what is known of one series: its normal range from start to end each
	// step, and a forecast of count points up to ahead.
	View(s checks.Service, start, end time.Time, step, ahead time.Duration, count int) (trendwatch.View, bool)
	// Values asks the store for the values of one series.
	Values(ctx context.Context, s checks.Service, start, end time.Time, step time.Duration) ([]trendwatch.Point, error)
	// Capacity lists every limit, the next one first.
	Capacity() trendwatch.Capacity
}

// limitSpan is the least time that a picture of a limit shows: what comes in days
// cannot be seen in hours.
const limitSpan = 7 * day

// ofTrend reports whether a service is a series that trends judge.
func (p *Pages) ofTrend(s checks.Service) bool {
	return p.Trends != nil && s.Check == trendwatch.Check
}

// limited reports whether a service is a series that a limit is judged of.
func (p *Pages) limited(s checks.Service) bool {
	if !p.ofTrend(s) {
		return false
	}
	v, ok := p.Trends.View(s, p.Now(), p.Now(), 0, 0, 0)
	return ok && v.Limited
}

// found lists what is found of a series, and what it is judged by.
func (v *view) found(d *incidentData, s checks.Service) {
	if !v.p.ofTrend(s) {
		return
	}
	known, ok := v.p.Trends.View(s, v.Now, v.Now, 0, 0, 0)
	if !ok {
		return
	}
	for _, m := range known.Sentences() {
		d.Found = append(d.Found, unbreak(v.say(m)))
	}
	d.Rule = v.say(text.M("page.trends.rule", text.Str("rule", known.Rule), text.Str("expr", cut(known.Expr, 1000))))
}

// maxTrends bounds the pictures of trends on a host's page.
const maxTrends = 4

// trendFigures are the series of a host that matter most.
func (v *view) trendFigures(host string) []figure {
	if v.p.Trends == nil {
		return nil
	}
	var list []figure
	defer func() { alone(list) }()
	for _, b := range v.p.Trends.Series(host) {
		if len(list) == maxTrends || !b.Open && !b.Limited {
			break
		}
		list = append(list, v.trendFigure(b.Service, cut(b.Service.Item, 60), b.Forecast, b.Limited))
	}
	return list
}

// trendFigure is one of them, with when its limit comes beside its name.
func (v *view) trendFigure(s checks.Service, title string, f trend.Forecast, limited bool) figure {
	says := ""
	switch {
	case !limited || !f.Enough:
	case f.Reached:
		says = v.say(text.M("page.capacity.reached"))
	case f.P50.IsZero():
		says = v.say(text.M("page.capacity.far"))
	default:
		says = v.say(text.M("page.capacity.about", text.Str("at", v.date(f.P50))))
	}
	fig := v.serviceFigure(s, v.p.trendSpan(s), title)
	fig.Unit = says
	return fig
}

// trendSpan is the time whose picture tells a trend's story: a month for a limit,
// in which what was cleaned up is seen, a day for what came within minutes, a week
// for a rhythm.
func (p *Pages) trendSpan(s checks.Service) string {
	v, _ := p.Trends.View(s, p.Now(), p.Now(), 0, 0, 0)
	if v.Limited {
		return "31d"
	}
	for _, f := range v.Findings {
		if f.Open() && f.Form == trend.Sudden {
			return "24h"
		}
	}
	return "7d"
}

// trendSpans are the pictures of a trend's page.
func (p *Pages) trendSpans(s checks.Service) []string {
	if p.limited(s) {
		return longSpans[1:] // nothing comes within a day that a week does not show better
	}
	return longSpans
}
