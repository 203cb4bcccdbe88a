package dashboards

import (
	"net/http"

	"monitord/checks"
)

// clearLog ends, for whoever is logged in, what a line of a log has raised.
func (p *Pages) clearLog(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "incidents")
	if !p.mayWrite(w, r, v) {
		return
	}
	s, err := checks.ParseService(r.PostFormValue("service"))
	if err != nil || p.ClearLog == nil {
		p.notFound(w, r)
		return
	}
	p.done(w, r, v, p.ClearLog(r.Context(), s, v.Who, cut(r.PostFormValue("reason"), maxReason)), "page.logclear.failed")
}

// apiLogClearForm is the body of POST /api/monitord/logs/clear.
type apiLogClearForm struct {
	Service string `json:"service"`
	Reason  string `json:"reason"`
}

func (p *Pages) apiClearLog(w http.ResponseWriter, r *http.Request) {
	who, ok := p.mayChange(w, r, p.ClearLog != nil)
	var in apiLogClearForm
	if !ok || !p.readJSON(w, r, &in) {
		return
	}
	s, err := checks.ParseService(in.Service)
	if err != nil {
		p.refuse(w, http.StatusBadRequest, "service: "+err.Error())
		return
	}
	if err := p.ClearLog(r.Context(), s, who, cut(in.Reason, maxReason)); err != nil {
		p.failed(w, r, err)
		return
	}
	p.answer(w, http.StatusOK, map[string]string{"service": s.String(), "ended_by": who})
}
