package dashboards

import (
	"net/http"
	"strconv"
	"time"

	"monitord/alerting/failover"
)

// The JSON of actions: names are fixed by openapi.json.
type apiAction struct {
	ID         string       `json:"id"`
	Action     string       `json:"action"`
	Service    string       `json:"service"`
	Kind       string       `json:"kind"`
	Probe      string       `json:"probe,omitempty"`
	Progress   string       `json:"progress"`
	Text       string       `json:"text"`
	By         string       `json:"by,omitempty"`
	ApprovedBy string       `json:"approved_by,omitempty"`
	Incident   int64        `json:"incident,omitempty"`
	DryRun     bool         `json:"dry_run,omitempty"`
	UndoOf     string       `json:"undo_of,omitempty"`
	Undone     string       `json:"undone_by,omitempty"`
	Wanted     time.Time    `json:"wanted"`
	ApproveBy  *time.Time   `json:"approve_by,omitempty"`
	Started    *time.Time   `json:"started,omitempty"`
	Ended      *time.Time   `json:"ended,omitempty"`
	Closed     *time.Time   `json:"closed,omitempty"`
	Detect     float64      `json:"detect_seconds,omitempty"`
	Decide     float64      `json:"decide_seconds,omitempty"`
	Act        float64      `json:"act_seconds,omitempty"`
	Verified   bool         `json:"verified,omitempty"`
	ExitCode   int          `json:"exit_code,omitempty"`
	Error      string       `json:"error,omitempty"`
	Status     string       `json:"status"`
	Premises   []apiPremise `json:"premises"`
}

type apiPremise struct {
	Name  string    `json:"name"`
	Holds bool      `json:"holds"`
	Text  string    `json:"text"`
	From  string    `json:"from"`
	At    time.Time `json:"at"`
}

type apiFreeze struct {
	Frozen bool       `json:"frozen"`
	By     string     `json:"by,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Since  *time.Time `json:"since,omitempty"`
}

type apiFreezeForm struct {
	Reason string `json:"reason"`
}

func (p *Pages) apiActions(w http.ResponseWriter, r *http.Request) {
	if p.Acts == nil {
		p.refuse(w, http.StatusNotFound, "this server cannot do that")
		return
	}
	f := failover.Filter{ID: r.FormValue("id"), Action: r.FormValue("action"), Host: r.FormValue("host")}
	f.Incident, _ = strconv.ParseInt(r.FormValue("incident"), 10, 64) // anything else selects everything
	v := p.view(w, r, "")
	list, err := p.Acts.List(r.Context(), f)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	out := []apiAction{}
	for i := range list {
		out = append(out, v.apiAction(&list[i]))
	}
	p.answer(w, http.StatusOK, map[string]any{"actions": out})
}

func (v *view) apiAction(r *failover.Record) apiAction {
	q := r.Request
	a := apiAction{ID: q.ID, Action: q.Action, Service: q.Service.String(), Kind: r.Kind, Probe: r.Probe, Progress: string(r.Progress),
		Text: v.say(r.Text), By: q.By, ApprovedBy: r.ApprovedBy, Incident: q.Incident, DryRun: q.DryRun, UndoOf: r.UndoOf, Undone: r.Undone,
		Wanted: r.Wanted, ApproveBy: moment(r.ApproveBy), Started: moment(r.Started), Ended: moment(r.Ended), Closed: moment(r.Closed),
		Detect: r.Detect().Seconds(), Decide: r.Decide().Seconds(), Act: r.Act().Seconds(),
		Verified: r.Outcome.Verified, ExitCode: r.Outcome.ExitCode, Error: r.Error, Status: r.Status.String(), Premises: []apiPremise{}}
	for _, p := range r.Premises {
		a.Premises = append(a.Premises, apiPremise{p.Name, p.Holds, v.say(p.Text), p.From, p.At})
	}
	return a
}

// moment is a time that may be missing.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (p *Pages) apiApprove(w http.ResponseWriter, r *http.Request) {
	who, ok := p.mayChange(w, r, p.Acts != nil)
	if !ok {
		return
	}
	id := r.PathValue("id")
	if err := p.Acts.Approve(r.Context(), id, who); err != nil {
		p.failed(w, r, err)
		return
	}
	p.answer(w, http.StatusOK, map[string]string{"id": id, "approved_by": who})
}

func (p *Pages) apiFrozen(w http.ResponseWriter, _ *http.Request) {
	if p.Acts == nil {
		p.refuse(w, http.StatusNotFound, "this server cannot do that")
		return
	}
	p.answerFrozen(w)
}

func (p *Pages) answerFrozen(w http.ResponseWriter) {
	f := p.Acts.Frozen()
	p.answer(w, http.StatusOK, apiFreeze{Frozen: f.On(), By: f.By, Reason: f.Reason, Since: moment(f.At)})
}

func (p *Pages) apiFreeze(w http.ResponseWriter, r *http.Request) {
	who, ok := p.mayChange(w, r, p.Acts != nil)
	var in apiFreezeForm
	if !ok || !p.readJSON(w, r, &in) {
		return
	}
	if err := p.Acts.Freeze(r.Context(), who, cut(in.Reason, maxReason)); err != nil {
		p.failed(w, r, err)
		return
	}
	p.answerFrozen(w)
}

func (p *Pages) apiUnfreeze(w http.ResponseWriter, r *http.Request) {
	who, ok := p.mayChange(w, r, p.Acts != nil)
	if !ok {
		return
	}
	if err := p.Acts.Unfreeze(r.Context(), who); err != nil {
		p.failed(w, r, err)
		return
	}
	p.answerFrozen(w)
}
