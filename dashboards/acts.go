package dashboards

import (
	"context"
	"net/http"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/internal/text"
)

// Acts is what the pages need to show and steer actions on states.
type Acts struct {
	// Any reports whether an action is configured, or was asked for.
	Any func() bool
	// List lists requests, the newest first.
	List func(ctx context.Context, f failover.Filter) ([]failover.Record, error)
	// Approve, Rearm, Freeze and Unfreeze act for who; an error that wraps
	// ErrRefused is shown to who asked.
	Approve  func(ctx context.Context, id, who string) error
	Rearm    func(ctx context.Context, action, host, who string) error
	Frozen   func() failover.Freeze
	Freeze   func(ctx context.Context, who, reason string) error
	Unfreeze func(ctx context.Context, who string) error
}

// maxActs bounds the requests on one page.
const maxActs = 100

// actRow is one request.
type actRow struct {
	sign
	ID, Action string
	Host       string
	HostURL    string
	Incident   int64
	URL        string // of the incident
	Word       string
	Says       string
	Wanted     string
	By         string // a person; empty: a state
	Where      string // the probe; empty: the server
	Premises   []premiseRow
	Failing    int
	Stages     []stageRow
	Output     string
	Undo       bool
	CanApprove bool
	CanRearm   bool
	CSRF, Back string
}

type premiseRow struct {
	Name, Says, From, At string
	Holds                bool
}

type stageRow struct{ Word, Took string }

type actsData struct {
	Says      string
	Frozen    string
	CanFreeze bool
	Rows      []actRow
}

// actions is the page of all requests, with the switch that stops them.
func (p *Pages) actions(w http.ResponseWriter, r *http.Request) {
	if p.Acts == nil {
		p.notFound(w, r)
		return
	}
	v := p.view(w, r, "actions")
	v.Title = v.say(text.M("page.acts.title"))
	rows, _ := v.rows()
	v.strip(rows)
	list, err := p.Acts.List(r.Context(), failover.Filter{Action: r.FormValue("action"), Host: r.FormValue("host"), Limit: maxActs})
	if err != nil {
		v.fail("actions", err)
	}
	d := actsData{CanFreeze: v.CanWrite, Frozen: v.Frozen}
	waiting := 0
	for i := range list {
		if list[i].Progress == failover.ProgressWaiting {
			waiting++
		}
		d.Rows = append(d.Rows, v.actRow(&list[i]))
	}
	switch {
	case waiting > 0:
		d.Says = v.say(text.M("page.acts.waiting", text.Int("n", waiting)))
	case len(list) == 0:
		d.Says = v.say(text.M("page.acts.none"))
	default:
		d.Says = v.say(text.M("page.acts.lately", text.Int("n", len(list))))
	}
	v.Data = d
	v.render(w, "actions.html", http.StatusOK)
}

// actsOf lists what was asked for because of an incident, and what an incident
// about an action itself is about.
func (v *view) actsOf(ctx context.Context, in alerting.Incident) []actRow {
	if v.p.Acts == nil {
		return nil
	}
	f := failover.Filter{Incident: in.ID, Limit: maxActs}
	if in.Service.Check == failover.ServiceCheck && in.Service.Item != "" {
		f = failover.Filter{Action: in.Service.Item, Host: in.Service.Host, Since: in.Opened.Add(-time.Hour), Limit: 10}
	}
	list, err := v.p.Acts.List(ctx, f)
	if err != nil {
		v.fail("actions", err)
	}
	var rows []actRow
	for i := range list {
		if in.Closed.IsZero() || list[i].Wanted.Before(in.Closed) || list[i].Request.Incident == in.ID {
			rows = append(rows, v.actRow(&list[i]))
		}
	}
	return rows
}

// signOfAct is how a request looks.
func signOfAct(r *failover.Record) sign {
	switch r.Progress {
	case failover.ProgressRefused, failover.ProgressFailed, failover.ProgressUnknown:
		return signCritical
	case failover.ProgressWaiting:
		return signWarning
	case failover.ProgressDone:
		if !r.Outcome.Verified {
			return signWarning
		}
		return signOK
	case failover.ProgressTried:
		return signOK
	}
	return signPending
}

func (v *view) actRow(r *failover.Record) actRow {
	q := r.Request
	row := actRow{sign: signOfAct(r), ID: q.ID, Action: cut(q.Action, 40), Host: cut(q.Service.Host, 60), HostURL: hostURL(q.Service.Host),
		Incident: q.Incident, Wanted: v.clock(r.Wanted), By: cut(q.By, 40), Where: cut(r.Probe, 60), Undo: q.Undo, CSRF: v.CSRF, Back: v.Path}
	row.Word, row.Says = v.say(text.Message{ID: "page.act." + string(r.Progress)}), cut(v.say(r.Text), 400)
	if q.Incident != 0 {
		row.URL = incidentURL(q.Incident)
	}
	decided := r.Started
	for _, p := range r.Premises {
		if r.Started.IsZero() && p.At.After(decided) {
			decided = p.At
		}
	}
	for _, p := range r.Premises {
		row.Premises = append(row.Premises, v.premiseRow(p, decided))
		if !p.Holds {
			row.Failing++
		}
	}
	row.Stages = v.stages(r)
	row.Output = evidenceText(r.Outcome.Output)
	row.CanApprove = v.CanWrite && r.Progress == failover.ProgressWaiting
	row.CanRearm = v.CanWrite && r.Open() && r.Progress == failover.ProgressUnknown
	return row
}

func (v *view) premiseRow(p failover.Premise, decided time.Time) premiseRow {
	row := premiseRow{Name: cut(p.Name, 40), Says: cut(v.say(p.Text), 300), From: cut(p.From, 60), Holds: p.Holds}
	if old := decided.Sub(p.At); old >= time.Second && !p.At.IsZero() {
		row.At = v.say(text.M("page.act.age", text.Dur("age", old.Round(time.Second))))
	}
	return row
}

// stages are the measured parts of a request that was started.
func (v *view) stages(r *failover.Record) []stageRow {
	if r.Started.IsZero() || r.Request.Undo {
		return nil
	}
	var rows []stageRow
	for _, s := range []struct {
		word string
		took time.Duration
	}{{"page.act.detect", r.Detect()}, {"page.act.decide", r.Decide()}, {"page.act.act", r.Act()}} {
		if s.took > 0 {
			rows = append(rows, stageRow{v.say(text.Message{ID: s.word}), text.FormatDur(v.Lang, s.took.Round(time.Millisecond))})
		}
	}
	return rows
}

// frozen is the sentence about the switch; empty while actions run.
func (v *view) frozen() string {
	if v.p.Acts == nil {
		return ""
	}
	f := v.p.Acts.Frozen()
	if !f.On() {
		return ""
	}
	says := text.M("page.acts.frozen", text.Str("since", v.clockShort(f.At)), text.Str("by", cut(f.By, 40)))
	if f.Reason == "" {
		return v.say(says)
	}
	return v.say(text.M("page.acts.frozen_because", text.Sub("says", says), text.Str("reason", cut(f.Reason, 120))))
}

// HasActs reports whether there is something to show of actions.
func (v *view) HasActs() bool { return v.p.Acts != nil && v.p.Acts.Any() }

// approveAction approves a request that waits.
func (p *Pages) approveAction(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(ctx context.Context, who string) error { return p.Acts.Approve(ctx, r.PathValue("id"), who) })
}

// rearmAction lets an action be asked for again.
func (p *Pages) rearmAction(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(ctx context.Context, who string) error {
		return p.Acts.Rearm(ctx, r.PostFormValue("action"), r.PostFormValue("host"), who)
	})
}

// freezeActions sets the switch, or takes it back.
func (p *Pages) freezeActions(w http.ResponseWriter, r *http.Request) {
	p.act(w, r, func(ctx context.Context, who string) error {
		if r.PostFormValue("off") != "" {
			return p.Acts.Unfreeze(ctx, who)
		}
		return p.Acts.Freeze(ctx, who, cut(r.PostFormValue("reason"), maxReason))
	})
}

// act does what a form asks for, for whoever is logged in.
func (p *Pages) act(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, who string) error) {
	v := p.view(w, r, "actions")
	if !p.mayWrite(w, r, v) {
		return
	}
	if p.Acts == nil {
		p.notFound(w, r)
		return
	}
	p.done(w, r, v, do(r.Context(), v.Who), "page.acts.failed")
}
