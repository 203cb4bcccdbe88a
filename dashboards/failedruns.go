package dashboards

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/text"
)

// FailedRun is one failing run of a service as the journal kept it.
type FailedRun struct {
	Event    int64 // of the change of state that it made
	At       time.Time
	State    checks.State
	Hard     bool
	Reason   checks.Reason
	Summary  text.Message
	Took     time.Duration
	Phases   []checks.Phase
	Evidence []byte // anything that a peer may send
}

// failedRow is one failing run on the page of its incident.
type failedRow struct {
	sign
	ID            int64
	At, Word, Why string
	Steps         string // such as dns 2 ms, connect 10 s
	Evidence      string
}

// runsOf reads the failing runs of an incident, oldest first.
func (p *Pages) runsOf(ctx context.Context, in alerting.Incident) ([]FailedRun, error) {
	if p.FailedRuns == nil {
		return nil, nil
	}
	until := in.Closed
	if until.IsZero() {
		until = p.Now()
	}
	return p.FailedRuns(ctx, in.Service, in.Opened, until)
}

// failedRows lists the failing runs of an incident, newest first.
func (v *view) failedRows(ctx context.Context, in alerting.Incident) []failedRow {
	runs, err := v.p.runsOf(ctx, in)
	if err != nil {
		v.fail("failed runs", err)
	}
	var rows []failedRow
	for _, run := range slices.Backward(runs) {
		row := failedRow{sign: signOf(run.State), ID: run.Event, At: v.clock(run.At), Why: cut(v.say(run.Summary), 240), Evidence: evidenceText(run.Evidence)}
		row.Word = v.say(text.Message{ID: row.WordID()})
		var steps []string
		for _, ph := range run.Phases {
			steps = append(steps, cut(ph.Name, 40)+" "+text.FormatDur(v.Lang, ph.Took))
		}
		row.Steps = strings.Join(steps, v.say(text.M("page.sep")))
		rows = append(rows, row)
	}
	return rows
}

type apiFailedRun struct {
	Event       int64        `json:"event"`
	At          time.Time    `json:"at"`
	State       checks.State `json:"state"`
	Hard        bool         `json:"hard"`
	Reason      string       `json:"reason,omitempty"`
	Summary     string       `json:"summary"`
	TookSeconds float64      `json:"took_seconds"`
	Phases      []apiPhase   `json:"phases"`
	Evidence    string       `json:"evidence,omitempty"`
}

type apiPhase struct {
	Name        string  `json:"name"`
	TookSeconds float64 `json:"took_seconds"`
}

// apiIncidentRuns is one incident with all that its failing runs left.
type apiIncidentRuns struct {
	apiIncident
	FailedRuns []apiFailedRun `json:"failed_runs"`
}

func (p *Pages) apiOneIncident(w http.ResponseWriter, r *http.Request) {
	v := p.view(nil, r, "")
	in, ok := v.find(r)
	if !ok {
		p.answer(w, http.StatusNotFound, map[string]string{"error": "there is no such incident, or it is too old"})
		return
	}
	runs, err := p.runsOf(r.Context(), in)
	if err != nil {
		p.unavailable(w, r, err)
		return
	}
	out := apiIncidentRuns{v.apiIncident(in), []apiFailedRun{}}
	for _, run := range runs {
		out.FailedRuns = append(out.FailedRuns, v.apiFailedRun(run))
	}
	p.answer(w, http.StatusOK, out)
}

func (v *view) apiFailedRun(run FailedRun) apiFailedRun {
	a := apiFailedRun{
		Event: run.Event, At: run.At.UTC(), State: run.State, Hard: run.Hard, Reason: string(run.Reason), Summary: v.say(run.Summary),
		TookSeconds: run.Took.Seconds(), Phases: []apiPhase{}, Evidence: strings.ToValidUTF8(string(run.Evidence), "\uFFFD"),
	}
	for _, ph := range run.Phases {
		a.Phases = append(a.Phases, apiPhase{ph.Name, ph.Took.Seconds()})
	}
	return a
}
