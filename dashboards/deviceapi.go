package dashboards

import (
	"math"
	"net/http"
	"slices"
	"time"

	"monitord/checks"
)

// apiInterface is one interface of a device; openapi.json fixes the names. A
// figure that is not known is null.
type apiInterface struct {
	Name      string       `json:"name"`
	Service   string       `json:"service"`
	Alias     string       `json:"alias,omitempty"`
	State     checks.State `json:"state"`
	Link      string       `json:"link,omitempty"`
	Speed     *float64     `json:"speed_bits_per_second"`
	In        *float64     `json:"in_bytes_per_second"`
	Out       *float64     `json:"out_bytes_per_second"`
	Usage     *float64     `json:"usage_ratio"`
	Errors    *float64     `json:"errors_per_second"`
	Discards  *float64     `json:"discards_per_second"`
	Summary   string       `json:"summary"`
	Page      string       `json:"page"`
	Picture   string       `json:"picture"`
	LastCheck *time.Time   `json:"last_check,omitempty"`
}

// known64 is a number, or null.
func known64(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// hostNames are the hosts of which something is known, sorted.
func (p *Pages) hostNames() []string {
	names := p.known().hosts
	for _, s := range p.Services() {
		names = append(names, s.Service.Host)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// apiInterfaces answers /api/monitord/hosts/HOST/interfaces.
func (p *Pages) apiInterfaces(w http.ResponseWriter, r *http.Request) {
	v := p.view(nil, r, "")
	host, kinds, states := r.PathValue("name"), p.deviceKinds(r.PathValue("name")), p.statesOf(r.PathValue("name"))
	if _, ok := slices.BinarySearch(p.hostNames(), host); !ok {
		p.answer(w, http.StatusNotFound, map[string]string{"error": "there is no such host"})
		return
	}
	k := p.known()
	var rows []problem
	for s, st := range states {
		if s.Item != "" && kinds[s.Check] == kindInterfaces {
			rows = append(rows, v.problem(st, k))
		}
	}
	out := make([]apiInterface, 0, len(rows))
	for _, row := range v.interfaceRows(r.Context(), host, rows, states, rateUnit{}) {
		f, st := row.measured, states[row.Service]
		one := apiInterface{
			Name: row.Service.Item, Service: row.Service.String(), Alias: row.Alias, State: st.HardState, Link: row.Net,
			In: known64(f.in), Out: known64(f.out), Errors: known64(f.errors), Discards: known64(f.discards),
			Summary: v.say(st.Summary), Page: row.Link, Picture: netAddress(host, row.Service.Item, "png"), LastCheck: when(st.LastCheck),
		}
		if f.speed > 0 {
			one.Speed, one.Usage = known64(f.speed), known64(max(f.in, f.out)*8/f.speed)
		}
		out = append(out, one)
	}
	p.answer(w, http.StatusOK, map[string]any{"interfaces": out})
}
