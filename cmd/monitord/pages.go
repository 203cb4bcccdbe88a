package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/dashboards"
	"monitord/graphs"
	"monitord/internal/httpd"
	"monitord/internal/inventory"
	"monitord/internal/text"
	"monitord/internal/version"
	"monitord/internal/wire"
)

// pageDeps is what the pages need of the other rooms.
func (s *server) pageDeps() dashboards.Deps {
	return dashboards.Deps{
		Services:   s.engine.Services,
		Hosts:      s.engine.Hosts,
		Incidents:  s.incidents,
		History:    s.engine.History,
		Events:     s.pageEvents,
		FailedRuns: s.failedRuns,
		Inventory:  func() *inventory.Inventory { return s.current().inventory },
		QueryRange: s.queryRange,
		Query:      s.query,
		Changed:    s.engine.Subscribe,
		Now:        time.Now,
		Text:       text.Default(),
		Identity:   identity,
		CSRF:       httpd.CSRF,
		CheckNow:   s.checkNow,

		Acknowledge:    s.acknowledge,
		Unacknowledge:  s.unacknowledge,
		ClearLog:       s.clearLogPage,
		AckIncident:    s.acknowledgeIncident,
		UnackIncident:  s.unacknowledgeIncident,
		Claims:         s.claims,
		AddDowntime:    s.addDowntime,
		CancelDowntime: s.cancelDowntime,
		Downtimes:      s.pageDowntimes,
		Availability:   s.availability,

		Acts:   s.pageActs(),
		Logs:   &pageLogs{server: s},
		Trends: s.pageTrends(),

		ProbeStatus: s.probeStatus,
		Logger:      s.log,
		Version:     version.String(),
	}
}

func identity(r *http.Request) (string, bool) {
	user, ok := httpd.Identity(r.Context())
	return user.Name, ok
}

func (s *server) incidents(_ context.Context, open bool) ([]alerting.Incident, error) {
	return s.engine.Incidents(alerting.IncidentFilter{Open: open, Limit: 1000}), nil
}

func (s *server) queryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]dashboards.Series, error) {
	found, err := s.store.QueryRange(ctx, expr, start, end, step)
	if err != nil {
		return nil, err
	}
	out := make([]dashboards.Series, len(found))
	for i, one := range found {
		out[i].Labels = one.Labels
		out[i].Points = make([]graphs.Point, len(one.Points))
		for j, p := range one.Points {
			out[i].Points[j] = graphs.Point{At: p.At, Value: p.Value}
		}
	}
	return out, nil
}

var errNoSuchCheck = errors.New("there is no such check on the server")

func (s *server) checkNow(_ context.Context, service checks.Service) error {
	if !s.scheduler.RunNow(service.Host, service.Check) {
		return errNoSuchCheck
	}
	return nil
}

func (s *server) probeStatus(host string) (dashboards.Probe, bool) {
	for _, p := range s.intake.Statuses() {
		if p.Host == host {
			var dropped uint64
			for _, n := range p.Dropped {
				dropped += uint64(n)
			}
			return dashboards.Probe{LastSeen: p.LastSeen, Version: p.Version, Dropped: dropped}, true
		}
	}
	return dashboards.Probe{}, false
}

// pageKinds sorts the journal's kinds into those that a page tells apart.
var pageKinds = map[alerting.EventKind]string{
	alerting.EventState: "state", alerting.EventHost: "state", alerting.EventLate: "state",
	alerting.EventMissed: "state", alerting.EventReturned: "state", alerting.EventNote: "state", alerting.EventTrap: "trap", alerting.EventUnreachable: "state", alerting.EventFlapping: "state", alerting.EventCalm: "state",
	alerting.EventAcked: "ack", alerting.EventUnacked: "ack", alerting.EventReply: "ack",
	alerting.EventDowntimeAdded: "downtime", alerting.EventDowntimeBegun: "downtime",
	alerting.EventDowntimeEnded: "downtime", alerting.EventDowntimeCancelled: "downtime",
	alerting.EventRetired: "config", alerting.EventRemoved: "config",
	alerting.EventOpened: "incident", alerting.EventWorse: "incident", alerting.EventClosed: "incident",
	alerting.EventQueued: "notify", alerting.EventSent: "notify", alerting.EventFailed: "notify", alerting.EventWithdrawn: "notify", alerting.EventHeld: "notify",
	alerting.EventLogMatch: "log", alerting.EventLogCleared: "log",
	alerting.EventLoss: "probe", wire.KindStart: "probe", wire.KindDrop: "probe", wire.KindHealth: "probe", wire.KindLogRefused: "probe",
}

// pageEvents lists the journal for a page, newest first. A page's kind stands
// for several of the journal's, so more is read than shown.
func (s *server) pageEvents(ctx context.Context, f dashboards.EventFilter) ([]dashboards.Event, error) {
	ask := alerting.EventFilter{Host: f.Host, Incident: f.Incident, Since: f.Since, Limit: f.Limit}
	if f.Kind != "" {
		ask.Limit = 10 * max(f.Limit, 100)
	}
	found, err := s.journal.Events(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := make([]dashboards.Event, 0, len(found))
	for _, e := range found {
		kind := pageKinds[e.Kind]
		if e.Kind.AboutActions() {
			kind = "action"
		}
		if f.Kind != "" && kind != f.Kind || f.Limit > 0 && len(out) == f.Limit {
			continue
		}
		out = append(out, pageEvent(e, kind))
	}
	return out, nil
}

// failedRuns lists the kept failing runs for the page of an incident.
func (s *server) failedRuns(ctx context.Context, service checks.Service, since, until time.Time) ([]dashboards.FailedRun, error) {
	found, err := s.journal.FailedRuns(ctx, service, since, until)
	if err != nil {
		return nil, err
	}
	out := make([]dashboards.FailedRun, 0, len(found))
	for _, e := range found {
		reason, summary := e.StateDetail()
		out = append(out, dashboards.FailedRun{
			Event: e.ID, At: e.At, State: e.State, Hard: e.Hard, Reason: reason, Summary: summary,
			Took: e.Failed.Took, Phases: e.Failed.Phases, Evidence: e.Failed.Evidence,
		})
	}
	return out, nil
}

func pageEvent(e alerting.Event, kind string) dashboards.Event {
	shown := dashboards.Event{ID: e.ID, At: e.At, Kind: kind, Host: e.Host, Service: e.Service, Incident: e.Incident, Text: e.Sentence()}
	switch e.Kind {
	case alerting.EventState, alerting.EventHost, alerting.EventOpened, alerting.EventWorse:
		state := e.State
		shown.State = &state
	}
	return shown
}
