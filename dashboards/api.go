package dashboards

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"monitord/alerting"
	"monitord/alerting/oncall"
	"monitord/checks"
	"monitord/internal/logkeys"
)

// The JSON of the API: names are fixed by openapi.json. Times are RFC 3339 in
// UTC, spans are seconds, sentences are in the language asked for.
type apiService struct {
	Service      string       `json:"service"`
	Host         string       `json:"host"`
	Check        string       `json:"check"`
	Item         string       `json:"item,omitempty"`
	State        checks.State `json:"state"`
	HardState    checks.State `json:"hard_state"`
	Hard         bool         `json:"hard"`
	Mark         string       `json:"mark,omitempty"` // missed, unreachable or pending: what is shown in the state's place
	Marks        []string     `json:"marks"`
	Attempt      int          `json:"attempt"`
	MaxAttempts  int          `json:"max_attempts"`
	Since        *time.Time   `json:"since,omitempty"`
	HardSince    *time.Time   `json:"hard_since,omitempty"`
	LastCheck    *time.Time   `json:"last_check,omitempty"`
	NextCheck    *time.Time   `json:"next_check,omitempty"`
	TookSeconds  float64      `json:"took_seconds"`
	Reason       string       `json:"reason,omitempty"`
	Summary      string       `json:"summary"`
	Incident     int64        `json:"incident,omitempty"`
	Acknowledged string       `json:"acknowledged_by,omitempty"`
	AckedUntil   *time.Time   `json:"acknowledged_until,omitempty"`
	AckReason    string       `json:"acknowledged_reason,omitempty"`
	FlapPercent  float64      `json:"flap_percent,omitempty"`
	Alive        bool         `json:"alive,omitempty"`
}

type apiHost struct {
	Host     string         `json:"host"`
	Address  string         `json:"address,omitempty"`
	Groups   []string       `json:"groups"`
	State    string         `json:"state"` // UP, DOWN or UNKNOWN
	Since    *time.Time     `json:"since,omitempty"`
	Services map[string]int `json:"services"` // how many are in each state
}

type apiIncident struct {
	ID       int64         `json:"id"`
	Service  string        `json:"service"`
	State    checks.State  `json:"state"`
	Opened   time.Time     `json:"opened"`
	Closed   *time.Time    `json:"closed,omitempty"`
	Summary  string        `json:"summary"`
	Reason   string        `json:"reason,omitempty"`
	AckedBy  string        `json:"acknowledged_by,omitempty"`
	AckedAt  *time.Time    `json:"acknowledged_at,omitempty"`
	Missed   bool          `json:"missed,omitempty"`
	Flapping bool          `json:"flapping,omitempty"`
	Behind   int           `json:"behind"`
	Symptoms []string      `json:"symptoms"`
	Notified []apiDelivery `json:"notified"`
}

type apiDelivery struct {
	Contact  string     `json:"contact"`
	Channel  string     `json:"channel"`
	To       string     `json:"to"`
	Kind     string     `json:"kind"`
	Queued   time.Time  `json:"queued"`
	Sent     *time.Time `json:"sent,omitempty"`
	Attempts int        `json:"attempts"`
	Answer   string     `json:"answer,omitempty"`
	State    string     `json:"state"`
	Step     int        `json:"step,omitempty"`
	Round    int        `json:"round,omitempty"`
	Repeats  int        `json:"repeats,omitempty"`
	Passed   bool       `json:"passed,omitempty"`
}

type apiDuty struct {
	Rota    string     `json:"rota"`
	Contact string     `json:"contact"`
	Until   *time.Time `json:"until,omitempty"`
	Then    string     `json:"then,omitempty"`
}

type apiEvent struct {
	ID       int64         `json:"id"`
	At       time.Time     `json:"at"`
	Kind     string        `json:"kind"`
	Host     string        `json:"host,omitempty"`
	Service  string        `json:"service,omitempty"`
	State    *checks.State `json:"state,omitempty"`
	Incident int64         `json:"incident,omitempty"`
	Text     string        `json:"text"`
}

// when leaves out a moment that is not known.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// answer writes one JSON document.
func (p *Pages) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func (p *Pages) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	p.Logger.Warn("answer not possible", logkeys.Component, "dashboards", logkeys.Path, r.URL.Path, logkeys.Err, err)
	p.answer(w, http.StatusServiceUnavailable, map[string]string{"error": "the journal cannot be read; the server's log says why"})
}

func (p *Pages) apiServices(w http.ResponseWriter, r *http.Request) {
	v := p.view(nil, r, "")
	states := p.Services()
	out := make([]apiService, 0, len(states))
	for i := range states {
		if h := r.FormValue("host"); h == "" || h == states[i].Service.Host {
			out = append(out, v.apiService(&states[i]))
		}
	}
	p.answer(w, http.StatusOK, map[string]any{"services": out})
}

func (v *view) apiService(s *alerting.ServiceState) apiService {
	a := apiService{
		Service: s.Service.String(), Host: s.Service.Host, Check: s.Service.Check, Item: s.Service.Item,
		State: s.State, HardState: s.HardState, Hard: s.Hard, Attempt: s.Attempt, MaxAttempts: s.MaxAttempts,
		Since: when(s.Since), HardSince: when(s.HardSince), LastCheck: when(s.LastCheck), NextCheck: when(s.NextCheck),
		TookSeconds: s.Took.Seconds(), Reason: string(s.Reason), Summary: v.say(s.Summary), Incident: s.Incident, Alive: s.Alive,
	}
	a.Marks = append([]string{}, s.Marks.Names()...)
	if g := judge(s); g == signMissed || g == signPending || g == signUnreachable {
		a.Mark = g.Key
	}
	if s.Marks.Has(alerting.MarkFlapping) {
		a.FlapPercent = s.FlapPercent
	}
	if in, ok := v.incidents[s.Incident]; ok && s.Incident != 0 && in.Service == s.Service {
		a.Acknowledged = in.AckedBy
	}
	if s.Ack != nil {
		a.Acknowledged, a.AckedUntil, a.AckReason = s.Ack.By, when(s.Ack.Until), s.Ack.Reason
	}
	return a
}

func (p *Pages) apiHosts(w http.ResponseWriter, r *http.Request) {
	v := p.view(nil, r, "")
	rows, k := v.rows()
	inv := p.Inventory()
	states := map[string]alerting.HostState{}
	for _, st := range p.Hosts() {
		states[st.Host] = st
	}
	services := map[string]map[string]int{}
	for _, row := range rows {
		counts := services[row.Service.Host]
		if counts == nil {
			counts = map[string]int{}
			services[row.Service.Host] = counts
		}
		counts[row.Key]++
	}
	out := make([]apiHost, 0, len(k.hosts))
	for _, name := range k.hosts {
		h := apiHost{Host: name, Groups: []string{}, State: "UNKNOWN", Services: map[string]int{}}
		if counts := services[name]; counts != nil {
			h.Services = counts
		}
		if inv != nil {
			if c, ok := inv.Host(name); ok {
				h.Address = c.Address
				h.Groups = append(h.Groups, c.Groups...)
			}
		}
		if st := states[name]; st.Known {
			h.Since, h.State = when(st.Since), "DOWN"
			if st.Up {
				h.State = "UP"
			}
		}
		out = append(out, h)
	}
	p.answer(w, http.StatusOK, map[string]any{"hosts": out})
}

func (p *Pages) apiIncidents(w http.ResponseWriter, r *http.Request) {
	v := p.view(nil, r, "")
	list, err := p.Incidents(r.Context(), r.FormValue("open") == "true")
	if err != nil {
		p.unavailable(w, r, err)
		return
	}
	out := make([]apiIncident, 0, len(list))
	for _, in := range list {
		out = append(out, v.apiIncident(in))
	}
	p.answer(w, http.StatusOK, map[string]any{"incidents": out})
}

func (v *view) apiIncident(in alerting.Incident) apiIncident {
	a := apiIncident{
		ID: in.ID, Service: in.Service.String(), State: in.State, Opened: in.Opened.UTC(), Closed: when(in.Closed), Summary: v.say(in.Summary),
		Reason: string(in.Reason), AckedBy: in.AckedBy, AckedAt: when(in.AckedAt), Notified: []apiDelivery{},
		Missed: in.Missed, Flapping: in.Flapping, Behind: in.Behind, Symptoms: []string{},
	}
	for _, s := range in.Symptoms {
		a.Symptoms = append(a.Symptoms, s.String())
	}
	for _, n := range in.Notified {
		a.Notified = append(a.Notified, apiDelivery{n.Contact, n.Channel, n.To, n.Kind, n.Queued.UTC(), when(n.Sent), n.Attempts, n.Answer,
			string(n.State), n.Step, n.Round, n.Repeats, n.Passed})
	}
	return a
}

func (p *Pages) apiEvents(w http.ResponseWriter, r *http.Request) {
	f := EventFilter{Host: r.FormValue("host"), Kind: r.FormValue("kind"), Limit: 100}
	if n, err := strconv.Atoi(r.FormValue("limit")); err == nil && n > 0 {
		f.Limit = min(n, 10000)
	}
	if s := r.FormValue("since"); s != "" {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			p.answer(w, http.StatusBadRequest, map[string]string{"error": "since: want a moment such as 2026-11-22T02:51:10Z"})
			return
		}
		f.Since = at
	}
	list, err := p.Events(r.Context(), f)
	if err != nil {
		p.unavailable(w, r, err)
		return
	}
	v := p.view(nil, r, "")
	out := make([]apiEvent, 0, len(list))
	for _, e := range list {
		a := apiEvent{ID: e.ID, At: e.At.UTC(), Kind: e.Kind, Host: e.Host, State: e.State, Incident: e.Incident, Text: v.say(e.Text)}
		if e.Service.Host != "" {
			a.Service, a.Host = e.Service.String(), e.Service.Host
		}
		out = append(out, a)
	}
	p.answer(w, http.StatusOK, map[string]any{"events": out})
}

func (p *Pages) apiOnCall(w http.ResponseWriter, _ *http.Request) {
	out := []apiDuty{}
	for _, d := range oncall.Duties(p.Inventory(), p.Now()) {
		out = append(out, apiDuty{d.Rota, d.Contact, when(d.Until), d.Then})
	}
	p.answer(w, http.StatusOK, map[string]any{"on_call": out})
}

func (p *Pages) apiDescription(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(openAPI)
}
