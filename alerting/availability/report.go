package availability

import (
	"errors"
	"slices"
	"strings"
	"time"

	"monitord/checks"
)

// ErrUnknown says that what was asked for does not exist. What wraps it names it.
var ErrUnknown = errors.New("is not known")

// Ask is what somebody wants to know. At most one of Host, Service and Tree is
// set; none of them is everything.
type Ask struct {
	Span    Span
	Mode    *Mode // nil: as configured
	Host    string
	Service checks.Service
	Tree    string
}

// Source is what is known of a span of time.
type Source struct {
	Marks     map[checks.Service][]Mark // each as History.Marks, with the one in force at the beginning
	Downtimes []Downtime
	InGroup   func(host, group string) bool       // as it is now
	Paused    func(service checks.Service) []Span // nil: every check runs always
	Absent    []Span
	Trees     []Tree // that are asked for
}

// Report is the answer.
type Report struct {
	Span     Span
	Zone     *time.Location
	Mode     Mode
	Level    Level
	Months   []Month   // the parts of Span
	Services []Row     // sorted by name
	Trees    []TreeRow // in the order asked for
}

// Row is one service.
type Row struct {
	Service checks.Service
	Total   Figures
	Months  []Figures // one for each of Report.Months
	Line    Timeline  // not to be changed
}

// TreeRow is one tree.
type TreeRow struct {
	Name   string
	Total  Result
	Months []Result // one for each of Report.Months
}

// Result is what a span came to for a node of a tree.
type Result struct {
	Node     *Node
	Measured Figures  // from the states of its members, moment by moment
	Chance   float64  // computed from the availabilities of its services, 0 to 1
	Computed bool     // whether Chance is known
	Of       []Result // of its members
	Line     Timeline // not to be changed
}

// Make works a report out. Services without marks are those of trees only.
func Make(span Span, zone *time.Location, mode Mode, level Level, src Source) (*Report, error) {
	r := &Report{Span: span, Zone: zone, Mode: mode, Level: level, Months: Months(span, zone)}
	plans := make([][]Span, len(src.Downtimes))
	for i := range src.Downtimes {
		var err error
		if plans[i], err = src.Downtimes[i].Spans(span, zone); err != nil {
			return nil, err
		}
	}
	lines := map[checks.Service]Timeline{}
	figures := map[checks.Service][]Figures{} // of the span, then of each month
	line := func(s checks.Service) Timeline {
		l, ok := lines[s]
		if !ok {
			l = src.history(s, plans).Timeline()
			lines[s], figures[s] = l, r.measure(l)
		}
		return l
	}
	for s := range src.Marks {
		row := Row{Service: s, Line: line(s)}
		row.Total, row.Months = figures[s][0], figures[s][1:]
		r.Services = append(r.Services, row)
	}
	slices.SortFunc(r.Services, func(a, b Row) int { return strings.Compare(a.Service.String(), b.Service.String()) })
	for _, t := range src.Trees {
		for _, s := range t.Root.Services() {
			line(s)
		}
		r.Trees = append(r.Trees, r.tree(t, lines, figures))
	}
	return r, nil
}

func (src *Source) history(s checks.Service, plans [][]Span) History {
	h := History{Marks: src.Marks[s], Absent: src.Absent}
	for i := range src.Downtimes {
		if len(plans[i]) > 0 && src.Downtimes[i].Covers(s, src.InGroup) {
			h.Planned = append(h.Planned, plans[i]...)
		}
	}
	if src.Paused != nil {
		h.Paused = src.Paused(s)
	}
	return h
}

// measure is the figures of the span, then of each month.
func (r *Report) measure(l Timeline) []Figures {
	out := []Figures{l.Figures(r.Span, r.Mode)}
	for _, m := range r.Months {
		out = append(out, l.Figures(m.Span, r.Mode))
	}
	return out
}

func (r *Report) tree(t Tree, lines map[checks.Service]Timeline, figures map[checks.Service][]Figures) TreeRow {
	services := t.Root.Services()
	chances := make([]map[checks.Service]float64, len(r.Months)+1)
	for i := range chances {
		chances[i] = map[checks.Service]float64{}
		for _, s := range services {
			if a, ok := figures[s][i].Availability(); ok {
				chances[i][s] = a
			}
		}
	}
	all := r.results(t.Root, lines, chances)
	return TreeRow{Name: t.Name, Total: all[0], Months: all[1:]}
}

// results is a node's results for the span, then for each month.
func (r *Report) results(n *Node, lines map[checks.Service]Timeline, chances []map[checks.Service]float64) []Result {
	line := n.timeline(lines)
	figures := r.measure(line)
	out := make([]Result, len(figures))
	for i, f := range figures {
		out[i] = Result{Node: n, Measured: f, Line: line}
		out[i].Chance, out[i].Computed = n.Chance(chances[i])
	}
	for _, m := range n.Of {
		for i, below := range r.results(m, lines, chances) {
			out[i].Of = append(out[i].Of, below)
		}
	}
	return out
}
