package dashboards

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"monitord/checks"
	"monitord/internal/logkeys"
)

// The JSON that changes something: names are fixed by openapi.json.
type apiAckForm struct {
	Service    string     `json:"service"`
	Incident   int64      `json:"incident"` // instead of a service
	Reason     string     `json:"reason"`
	Until      *time.Time `json:"until"`
	UntilWorse *bool      `json:"until_worse"` // true unless told otherwise
}

type apiDowntime struct {
	ID       int64      `json:"id"`
	Host     string     `json:"host,omitempty"`
	Service  string     `json:"service,omitempty"`
	Group    string     `json:"group,omitempty"`
	Who      string     `json:"who"`
	Reason   string     `json:"reason,omitempty"`
	Start    time.Time  `json:"start"`
	End      time.Time  `json:"end"`
	Flexible bool       `json:"flexible,omitempty"`
	Duration float64    `json:"duration_seconds,omitempty"`
	Rule     string     `json:"rule,omitempty"`
	Running  bool       `json:"running"`
	Ended    *time.Time `json:"ended,omitempty"`
}

type apiDowntimeForm struct {
	Host     string     `json:"host"`
	Service  string     `json:"service"`
	Group    string     `json:"group"`
	Start    *time.Time `json:"start"` // now unless told otherwise
	End      *time.Time `json:"end"`
	Flexible bool       `json:"flexible"`
	Duration float64    `json:"duration_seconds"`
	Rule     string     `json:"rule"`
	Reason   string     `json:"reason"`
}

func (p *Pages) refuse(w http.ResponseWriter, status int, says string) {
	p.answer(w, status, map[string]string{"error": says})
}

// mayChange answers with a refusal unless who asks may write. A browser's session
// must send its token, so that no other site can use it.
func (p *Pages) mayChange(w http.ResponseWriter, r *http.Request, possible bool) (who string, ok bool) {
	who, can := p.Identity(r)
	want := p.CSRF(r)
	switch {
	case !possible:
		p.refuse(w, http.StatusNotFound, "this server cannot do that")
	case !can:
		p.refuse(w, http.StatusForbidden, "log in, or send an API token")
	case want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(r.Header.Get("X-CSRF-Token"))) != 1:
		p.refuse(w, http.StatusForbidden, "a session must send its token in the header X-CSRF-Token")
	default:
		return who, true
	}
	return "", false
}

// readJSON reads a body; a field that does not exist is a mistake worth telling.
func (p *Pages) readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		p.refuse(w, http.StatusUnsupportedMediaType, "want Content-Type: application/json")
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		p.refuse(w, http.StatusBadRequest, "body: "+err.Error())
		return false
	}
	return true
}

// failed answers for an action that was not done.
func (p *Pages) failed(w http.ResponseWriter, r *http.Request, err error) {
	p.Logger.Warn("not done", logkeys.Component, "dashboards", logkeys.Path, r.URL.Path, logkeys.Err, err)
	if errors.Is(err, ErrRefused) {
		p.refuse(w, http.StatusConflict, err.Error())
		return
	}
	p.refuse(w, http.StatusServiceUnavailable, "it could not be kept; the server's log says why")
}

func (p *Pages) apiAck(w http.ResponseWriter, r *http.Request) {
	who, ok := p.mayChange(w, r, p.Acknowledge != nil && p.AckIncident != nil)
	var in apiAckForm
	if !ok || !p.readJSON(w, r, &in) {
		return
	}
	s, err := oneOf(in.Service, in.Incident)
	if err != nil {
		p.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	form := AckForm{Who: who, Reason: cut(in.Reason, maxReason), UntilWorse: in.UntilWorse == nil || *in.UntilWorse}
	if in.Until != nil {
		form.Until = *in.Until
		if !form.Until.After(p.Now()) {
			p.refuse(w, http.StatusBadRequest, "until: it is over")
			return
		}
	}
	if in.Incident != 0 {
		s, err = p.AckIncident(r.Context(), in.Incident, form)
	} else {
		err = p.Acknowledge(r.Context(), s, form)
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	p.answer(w, http.StatusOK, map[string]string{"service": s.String(), "acknowledged_by": who})
}

// oneOf reads what is to be taken: a service, or an incident by its number.
func oneOf(service string, incident int64) (checks.Service, error) {
	switch {
	case incident < 0 || (service == "") == (incident == 0):
		return checks.Service{}, errors.New("want exactly one of service and incident")
	case incident != 0:
		return checks.Service{}, nil
	}
	s, err := checks.ParseService(service)
	if err != nil {
		return s, fmt.Errorf("service: %w", err)
	}
	return s, nil
}

func (p *Pages) apiUnack(w http.ResponseWriter, r *http.Request) {
	who, ok := p.mayChange(w, r, p.Unacknowledge != nil && p.UnackIncident != nil)
	if !ok {
		return
	}
	var incident int64
	var err error
	if number := r.FormValue("incident"); number != "" {
		if incident, err = strconv.ParseInt(number, 10, 64); err != nil {
			p.refuse(w, http.StatusBadRequest, "incident: want a number")
			return
		}
	}
	s, err := oneOf(r.FormValue("service"), incident)
	if err != nil {
		p.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if incident != 0 {
		err = p.UnackIncident(r.Context(), incident, who)
	} else {
		err = p.Unacknowledge(r.Context(), s, who)
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (p *Pages) apiDowntimes(w http.ResponseWriter, r *http.Request) {
	if p.Downtimes == nil {
		p.refuse(w, http.StatusNotFound, "this server knows no downtimes")
		return
	}
	list, err := p.Downtimes(r.Context())
	if err != nil {
		p.unavailable(w, r, err)
		return
	}
	out := make([]apiDowntime, 0, len(list))
	for _, d := range list {
		a := apiDowntime{ID: d.ID, Host: d.Host, Group: d.Group, Who: d.Who, Reason: d.Reason, Start: d.Start.UTC(), End: d.End.UTC(),
			Flexible: d.Flexible, Duration: d.Duration.Seconds(), Rule: d.Rule, Running: d.Running, Ended: when(d.Ended)}
		if d.Service.Host != "" {
			a.Service = d.Service.String()
		}
		out = append(out, a)
	}
	p.answer(w, http.StatusOK, map[string]any{"downtimes": out})
}

func (p *Pages) apiAddDowntime(w http.ResponseWriter, r *http.Request) {
	who, ok := p.mayChange(w, r, p.AddDowntime != nil)
	var in apiDowntimeForm
	if !ok || !p.readJSON(w, r, &in) {
		return
	}
	form, err := in.read(p.Now())
	if err != nil {
		p.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	form.Who = who
	id, err := p.AddDowntime(r.Context(), form)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	p.answer(w, http.StatusCreated, map[string]int64{"id": id})
}

// read understands the request. Without an end, the duration gives it.
func (in *apiDowntimeForm) read(now time.Time) (DowntimeForm, error) {
	form := DowntimeForm{Host: in.Host, Group: in.Group, Start: now, Flexible: in.Flexible, Rule: in.Rule, Reason: cut(in.Reason, maxReason)}
	targets := 0
	for _, s := range []string{in.Host, in.Service, in.Group} {
		if s != "" {
			targets++
		}
	}
	if targets != 1 {
		return form, errors.New("want exactly one of host, service and group")
	}
	if in.Service != "" {
		var err error
		if form.Service, err = checks.ParseService(in.Service); err != nil {
			return form, fmt.Errorf("service: %w", err)
		}
	}
	if in.Duration < 0 || in.Duration > (366*day).Seconds() {
		return form, errors.New("duration_seconds: want 0 to a year")
	}
	span := time.Duration(in.Duration * float64(time.Second))
	if in.Start != nil {
		form.Start = *in.Start
	}
	form.End = form.Start.Add(span)
	if in.End != nil {
		form.End = *in.End
	}
	switch {
	case !form.End.After(form.Start):
		return form, errors.New("end: want a moment after the start, or duration_seconds")
	case form.Rule == "" && !form.End.After(now):
		return form, errors.New("end: it is over")
	case form.Flexible && (span <= 0 || in.End == nil || form.Rule != ""):
		return form, errors.New("flexible: want end and duration_seconds, and no rule")
	case form.Flexible:
		form.Duration = span
	case form.Rule != "":
		form.Duration = form.End.Sub(form.Start)
	}
	return form, nil
}

func (p *Pages) apiCancelDowntime(w http.ResponseWriter, r *http.Request) {
	who, ok := p.mayChange(w, r, p.CancelDowntime != nil)
	if !ok {
		return
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		p.refuse(w, http.StatusBadRequest, "id: want a number")
		return
	}
	if err := p.CancelDowntime(r.Context(), id, who); err != nil {
		p.failed(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
