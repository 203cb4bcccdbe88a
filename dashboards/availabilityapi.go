package dashboards

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"monitord/alerting/availability"
)

// The JSON of availability: names are fixed by openapi.json.
type apiFigures struct {
	Availability *float64           `json:"availability"` // null: nothing is known
	UpSeconds    float64            `json:"up_seconds"`
	DownSeconds  float64            `json:"down_seconds"`
	Failures     int                `json:"failures"`
	Carried      bool               `json:"carried,omitempty"` // the first had begun before
	MTBFSeconds  *float64           `json:"mtbf_seconds"`      // null: no failure
	MTTRSeconds  *float64           `json:"mttr_seconds"`
	Planned      float64            `json:"planned_seconds"` // left out
	NotKnown     float64            `json:"not_known_seconds"`
	Why          map[string]float64 `json:"not_known,omitempty"` // seconds by reason
}

type apiMonth struct {
	Month string    `json:"month"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
}

type apiAvailableService struct {
	Service string       `json:"service"`
	Host    string       `json:"host"`
	Check   string       `json:"check"`
	Item    string       `json:"item,omitempty"`
	Total   apiFigures   `json:"total"`
	Months  []apiFigures `json:"months"` // as months of the report
}

type apiTree struct {
	Tree   string         `json:"tree"`
	Total  apiTreeNode    `json:"total"`
	Months []apiTreeMonth `json:"months"`
}

type apiTreeNode struct {
	Kind     string        `json:"kind"` // service, series, parallel or need
	Service  string        `json:"service,omitempty"`
	Need     int           `json:"need,omitempty"`
	Measured apiFigures    `json:"measured"`
	Computed *float64      `json:"computed"` // null: of a member nothing is known
	Of       []apiTreeNode `json:"of,omitempty"`
}

type apiTreeMonth struct {
	Measured apiFigures `json:"measured"`
	Computed *float64   `json:"computed"`
}

// The bounds of one answer. A figure takes about 300 bytes.
const (
	availLimit      = 1000    // services, where nobody says otherwise
	maxAvailFigures = 200_000 // services times months
)

func (p *Pages) apiAvailability(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, err error) { p.answer(w, status, map[string]string{"error": err.Error()}) }
	if p.Availability == nil {
		refuse(http.StatusNotFound, errors.New("availability is not measured here"))
		return
	}
	zone := time.UTC
	if inv := p.Inventory(); inv != nil {
		zone = inv.Zone
	}
	span, err := availability.ParseSpan(r.FormValue("month"), r.FormValue("since"), r.FormValue("until"), p.Now(), zone)
	if err != nil {
		refuse(http.StatusBadRequest, err)
		return
	}
	ask, err := askAvailability(r, span)
	limit := availLimit
	if s := r.FormValue("limit"); err == nil && s != "" {
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 {
			err = errors.New("limit: want how many services, 1 or more")
		}
	}
	if err != nil {
		refuse(http.StatusBadRequest, err)
		return
	}
	report, err := p.Availability(r.Context(), ask)
	switch {
	case errors.Is(err, availability.ErrUnknown):
		refuse(http.StatusNotFound, err)
	case err != nil:
		p.unavailable(w, r, err)
	case min(limit, len(report.Services))*(len(report.Months)+1) > maxAvailFigures:
		refuse(http.StatusBadRequest, errors.New("limit: too many services for so many months; ask for fewer of either"))
	default:
		p.answer(w, http.StatusOK, availableJSON(report, limit))
	}
}

func availableJSON(r *availability.Report, limit int) map[string]any {
	months := make([]apiMonth, 0, len(r.Months))
	for _, m := range r.Months {
		months = append(months, apiMonth{m.Name, m.From.UTC(), m.To.UTC()})
	}
	list := slices.Clone(r.Services)
	slices.SortStableFunc(list, worstFirst)
	services := []apiAvailableService{}
	for _, s := range list[:min(limit, len(list))] {
		one := apiAvailableService{Service: s.Service.String(), Host: s.Service.Host, Check: s.Service.Check, Item: s.Service.Item, Total: figuresJSON(s.Total), Months: []apiFigures{}}
		for _, f := range s.Months {
			one.Months = append(one.Months, figuresJSON(f))
		}
		services = append(services, one)
	}
	trees := []apiTree{}
	for _, t := range r.Trees {
		one := apiTree{Tree: t.Name, Total: nodeJSON(t.Total), Months: []apiTreeMonth{}}
		for _, m := range t.Months {
			one.Months = append(one.Months, apiTreeMonth{figuresJSON(m.Measured), chanceJSON(m)})
		}
		trees = append(trees, one)
	}
	return map[string]any{
		"from": r.Span.From.UTC(), "to": r.Span.To.UTC(), "zone": r.Zone.String(), "down": r.Level.String(), "downtime": r.Mode.String(),
		"months": months, "found": len(list), "services": services, "trees": trees,
	}
}

func figuresJSON(f availability.Figures) apiFigures {
	a := apiFigures{
		UpSeconds: f.Up.Seconds(), DownSeconds: f.Down.Seconds(), Failures: f.Failures, Carried: f.Carried,
		Planned: f.Planned.Seconds(), NotKnown: f.NotKnown().Seconds(),
	}
	if v, ok := f.Availability(); ok {
		a.Availability = &v
	}
	seconds := func(d time.Duration, ok bool) *float64 {
		if !ok {
			return nil
		}
		s := d.Seconds()
		return &s
	}
	a.MTBFSeconds, a.MTTRSeconds = seconds(f.MTBF()), seconds(f.MTTR())
	for cond, d := range f.Why() {
		if d > 0 {
			if a.Why == nil {
				a.Why = map[string]float64{}
			}
			a.Why[cond.String()] = d.Seconds()
		}
	}
	return a
}

func chanceJSON(r availability.Result) *float64 {
	if !r.Computed {
		return nil
	}
	return &r.Chance
}

func nodeJSON(r availability.Result) apiTreeNode {
	n := apiTreeNode{Kind: r.Node.Kind.String(), Need: r.Node.Need, Measured: figuresJSON(r.Measured), Computed: chanceJSON(r)}
	if r.Node.Kind == availability.Leaf {
		n.Service = r.Node.Service.String()
	}
	for _, m := range r.Of {
		n.Of = append(n.Of, nodeJSON(m))
	}
	return n
}
