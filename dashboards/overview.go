package dashboards

import (
	"net/http"

	"monitord/internal/text"
)

// overviewData is the home page.
type overviewData struct {
	Services   int
	Hosts      int
	Broken     []problem
	Taken      []problem
	Soft       []problem // not confirmed: shown, counted nowhere
	Quiet      quiet
	BrokenSays string
	LastClosed string // when nothing is broken: since when that is so
	Units      []unit
	UnitsSay   string
	LoadSpan   string // the heading of the load curves
	Grouped    bool   // whether any host is in a group
	Pending    int
	More       int // problems that did not fit
	Duties     []dutyRow
}

// maxProblems is how many problems the home page lists; the rest is counted.
const maxProblems = 40

func (p *Pages) overview(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "overview")
	v.Title = v.say(text.M("page.overview.title"))
	rows, k := v.rows()
	v.strip(rows)
	d := overviewData{Services: len(rows), Hosts: len(k.hosts), Grouped: len(k.group) > 0}
	d.Broken, d.Taken = broken(rows)
	d.Quiet = quietOf(rows)
	for _, row := range rows {
		if row.soft() && !row.Downtime && len(d.Soft) < maxProblems {
			d.Soft = append(d.Soft, row)
		}
	}
	d.BrokenSays = v.say(brokenSays(len(d.Broken), len(d.Taken), len(d.Soft), d.Quiet.Unreachable, len(rows)))
	for _, row := range rows {
		if row.sign == signPending {
			d.Pending++
		}
	}
	if len(d.Broken)+len(d.Taken) == 0 {
		d.LastClosed = v.lastClosed(r)
	}
	d.Duties = v.duties()
	d.Units = units(rows, k)
	d.UnitsSay = v.say(unitsSay(d.Units, d.Grouped))
	if len(d.Broken) > maxProblems {
		d.More, d.Broken = len(d.Broken)-maxProblems, d.Broken[:maxProblems]
	}
	d.Taken = d.Taken[:min(len(d.Taken), maxProblems)]
	if len(d.Units) > maxProblems {
		d.Units = d.Units[:maxProblems]
	}
	d.LoadSpan = v.say(text.Message{ID: "page.load." + v.fill(r.Context(), d.Units)})
	v.Data = d
	v.render(w, "overview.html", http.StatusOK)
}

// brokenSays answers "what is broken?" from the counts.
func brokenSays(open, taken, soft, unreachable, all int) text.Message {
	switch {
	case all == 0:
		return text.M("page.broken.nothing_checked")
	case open == 0 && taken == 0 && soft > 0:
		return text.M("page.broken.only_soft", text.Int("n", soft))
	case open == 0 && taken == 0 && unreachable > 0:
		return text.M("page.broken.unreachable", text.Int("n", unreachable))
	case open == 0 && taken == 0:
		return text.M("page.broken.none", text.Int("n", all))
	case open == 0:
		return text.M("page.broken.only_taken", text.Int("n", taken))
	case taken == 0:
		return text.M("page.broken.only_open", text.Int("n", open))
	}
	return text.M("page.broken.both", text.Int("n", open), text.Int("taken", taken))
}

// unitsSay answers "is everything in its steady state?".
func unitsSay(list []unit, grouped bool) text.Message {
	ok, pending := 0, 0
	for _, u := range list {
		switch {
		case u.Worst.sign == signOK:
			ok++
		case u.Worst.sign == signPending:
			pending++
		}
	}
	switch {
	case len(list) == 0:
		return text.M("page.steady.empty")
	case ok+pending < len(list) && grouped:
		return text.M("page.steady.no_groups", text.Int("ok", ok), text.Int("n", len(list)), text.Str("worst", list[0].Name))
	case ok+pending < len(list):
		return text.M("page.steady.no_hosts", text.Int("ok", ok), text.Int("n", len(list)), text.Str("worst", list[0].Name))
	case pending > 0:
		return text.M("page.steady.pending", text.Int("n", pending))
	case grouped:
		return text.M("page.steady.yes_groups", text.Int("n", len(list)))
	}
	return text.M("page.steady.yes_hosts", text.Int("n", len(list)))
}

// lastClosed is when the last incident ended; empty when there never was one.
func (v *view) lastClosed(r *http.Request) string {
	list, err := v.p.Incidents(r.Context(), false)
	if err != nil {
		v.fail("incidents", err)
		return ""
	}
	for _, in := range list {
		if !in.Closed.IsZero() {
			return v.say(text.M("page.broken.last", text.Time("at", in.Closed), text.Str("service", cut(in.Service.String(), 80))))
		}
	}
	return ""
}
