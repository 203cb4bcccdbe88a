package main

import (
	"net/http"
	"time"

	"monitord/alerting/actions"
	"monitord/alerting/failover"
	"monitord/checks"
)

// actionHandlers are the control socket's ways to see, ask for, approve and stop
// actions.
func (s *server) actionHandlers(mux *http.ServeMux) {
	mux.HandleFunc("GET /actions", func(w http.ResponseWriter, r *http.Request) {
		f := failover.Filter{ID: r.FormValue("id"), Action: r.FormValue("action"), Host: r.FormValue("host")}
		if since := r.FormValue("since"); since != "" {
			at, err := time.Parse(time.RFC3339, since)
			if err != nil {
				http.Error(w, "since: "+err.Error(), http.StatusBadRequest)
				return
			}
			f.Since = at
		}
		list, err := s.actor.Records(r.Context(), f)
		answerOutcome(w, list, err)
	})
	mux.HandleFunc("POST /actions/run", s.controlRun)
	mux.HandleFunc("POST /actions/approve", func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("id")
		answerOutcome(w, id, s.actor.Approve(r.Context(), id, caller(r)))
	})
	mux.HandleFunc("POST /actions/rearm", func(w http.ResponseWriter, r *http.Request) {
		host := r.FormValue("host")
		answerOutcome(w, host, s.actor.Rearm(r.Context(), r.FormValue("action"), host, caller(r)))
	})
	mux.HandleFunc("GET /actions/freeze", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.actor.Frozen()) })
	mux.HandleFunc("POST /actions/freeze", func(w http.ResponseWriter, r *http.Request) {
		err := s.actor.Freeze(r.Context(), caller(r), r.FormValue("reason"))
		answerOutcome(w, s.actor.Frozen(), err)
	})
	mux.HandleFunc("POST /actions/unfreeze", func(w http.ResponseWriter, r *http.Request) {
		err := s.actor.Unfreeze(r.Context(), caller(r))
		answerOutcome(w, s.actor.Frozen(), err)
	})
}

func (s *server) controlRun(w http.ResponseWriter, r *http.Request) {
	service, err := checks.ParseService(r.FormValue("service"))
	var got failover.Record
	if err == nil {
		got, err = s.actor.Ask(r.Context(), actions.Ask{Action: r.FormValue("action"), Service: service, By: caller(r),
			DryRun: r.FormValue("dry_run") == "true", Undo: r.FormValue("undo") == "true"})
	}
	answerOutcome(w, got, err)
}
