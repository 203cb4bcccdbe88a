package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/logwatch"
)

// logsClearCmd ends what a line of a log has raised.
type logsClearCmd struct {
	dataFlag
	byFlag
	Host    string `arg:"" help:"Host whose log it was."`
	Service string `arg:"" help:"Service of the rule, such as oom."`
	Reason  string `short:"m" help:"Why it is over; the journal keeps it."`
}

// Help is the end of --help.
func (logsClearCmd) Help() string {
	return "Example: monitord logs clear web1 oom -m 'memory added'\nThe next line that matches raises the service again."
}

// Run asks the running server.
func (c logsClearCmd) Run(e *env) error {
	service := checks.Service{Host: c.Host, Check: alerting.LogCheck, Item: c.Service}
	var done string
	err := c.ask(e.ctx, http.MethodPost, "/logs/clear", url.Values{"service": {service.String()}, "by": {c.who()}, "reason": {c.Reason}}, &done)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s is ended\n", done)
	return err
}

// logHandlers are the control socket's ways to logs.
func (s *server) logHandlers(mux *http.ServeMux) {
	mux.HandleFunc("POST /logs/clear", func(w http.ResponseWriter, r *http.Request) {
		service, err := checks.ParseService(r.FormValue("service"))
		if err == nil {
			err = s.clearLog(r.Context(), service, caller(r), r.FormValue("reason"))
		}
		answerOutcome(w, service.String(), err)
	})
}

var (
	errNoLogService = errors.New("this service is not one that rules on logs raise (want HOST/log[SERVICE])")
	errLogIsWell    = errors.New("it has no problem to end")
)

// clearLog ends the problem of a service that a line raised: here, or on a probe,
// whose next line may raise it again.
func (s *server) clearLog(ctx context.Context, service checks.Service, who, reason string) error {
	if service.Check != alerting.LogCheck || service.Item == "" {
		return fmt.Errorf("%s: %w", service, errNoLogService)
	}
	if who == "" {
		return errors.New("ending a problem needs a name")
	}
	err := s.logs.Clear(ctx, service.Host, service.Item, who, reason)
	if !errors.Is(err, logwatch.ErrNotRaised) {
		return err
	}
	now, state := s.engine.Service(service)
	if !state || now.State == checks.OK {
		return fmt.Errorf("%s: %w", service, errLogIsWell)
	}
	at := time.Now()
	result := logwatch.Result{Host: service.Host, At: at, Result: checks.Result{Item: service.Item, State: checks.OK, Summary: logwatch.ClearedSays(service.Item, who)}}
	entry := logwatch.ClearedBy(at, service.Host, service.Item, service.Item, who, reason)
	return s.engine.ObserveAll(ctx, observationsOf([]logwatch.Result{result}), alerting.Extra{Owner: logOwner, Events: eventsOf([]logwatch.Match{entry})})
}

// clearLogPage is clearLog for the pages.
func (s *server) clearLogPage(ctx context.Context, service checks.Service, who, reason string) error {
	return refused(s.clearLog(ctx, service, who, reason))
}
