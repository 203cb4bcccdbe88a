package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/user"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/httpd"
)

// holdHandlers are the control socket's ways to take problems and to plan
// downtimes.
func (s *server) holdHandlers(mux *http.ServeMux) {
	mux.HandleFunc("POST /ack", s.controlAck)
	mux.HandleFunc("POST /unack", s.controlUnack)
	mux.HandleFunc("GET /downtimes", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.engine.ListDowntimes()) })
	mux.HandleFunc("POST /downtimes", s.controlDowntime)
	mux.HandleFunc("POST /downtimes/{id}/cancel", s.controlCancel)
}

// caller is who asks: what the command line says, else the socket's peer.
func caller(r *http.Request) string {
	if by := r.FormValue("by"); by != "" {
		return by
	}
	u, _ := httpd.Identity(r.Context())
	return u.Name
}

func (s *server) controlAck(w http.ResponseWriter, r *http.Request) {
	service, incident, err := whatToTake(r)
	ack := alerting.Ack{By: caller(r), Reason: r.FormValue("reason"), At: time.Now(), Sticky: r.FormValue("sticky") == "true"}
	if until := r.FormValue("until"); until != "" && err == nil {
		ack.Until, err = time.Parse(time.RFC3339, until)
	}
	switch {
	case err != nil:
	case incident != 0:
		service, err = s.engine.AcknowledgeIncident(r.Context(), incident, ack)
	default:
		err = s.engine.Acknowledge(r.Context(), service, ack)
	}
	answerOutcome(w, service.String(), err)
}

func (s *server) controlUnack(w http.ResponseWriter, r *http.Request) {
	service, incident, err := whatToTake(r)
	switch {
	case err != nil:
	case incident != 0:
		service, err = s.engine.UnacknowledgeIncident(r.Context(), incident, caller(r))
	default:
		err = s.engine.Unacknowledge(r.Context(), service, caller(r))
	}
	answerOutcome(w, service.String(), err)
}

// whatToTake reads a service, or the number of an incident; one of them is set.
func whatToTake(r *http.Request) (service checks.Service, incident int64, err error) {
	if number := r.FormValue("incident"); number != "" {
		if incident, err = strconv.ParseInt(number, 10, 64); err != nil || incident < 1 {
			err = fmt.Errorf("incident %q: want its number, as the pages and mails say it", number)
		}
		return service, incident, err
	}
	service, err = checks.ParseService(r.FormValue("service"))
	return service, 0, err
}

func (s *server) controlDowntime(w http.ResponseWriter, r *http.Request) {
	var d alerting.Downtime
	if err := json.Unmarshal([]byte(r.FormValue("downtime")), &d); err != nil {
		http.Error(w, "downtime: "+err.Error(), http.StatusBadRequest)
		return
	}
	if d.By == "" {
		d.By = caller(r)
	}
	id, err := s.engine.AddDowntime(r.Context(), d)
	answerOutcome(w, id, err)
}

func (s *server) controlCancel(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err == nil {
		err = s.engine.CancelDowntime(r.Context(), id, caller(r))
	}
	answerOutcome(w, id, err)
}

func answerOutcome(w http.ResponseWriter, v any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	answerJSON(w, v)
}

// byFlag is who acts, as the journal and the pages show it.
type byFlag struct {
	By string `help:"Who; default your user name." placeholder:"NAME"`
}

func (b byFlag) who() string {
	if b.By != "" {
		return b.By
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "operator"
}

// ackCmd takes a problem.
type ackCmd struct {
	dataFlag
	byFlag
	Service  string `arg:"" optional:"" help:"Service, such as 'web1/filesystem[/var]'."`
	Incident int64  `help:"The number of an incident, instead of a service." placeholder:"N"`
	Reason   string `short:"m" help:"What is being done."`
	For      string `help:"It lapses after this time, such as 2h; people are told again then." placeholder:"SPAN"`
	Sticky   bool   `help:"Hold it until the recovery, also when it gets worse."`
	Undo     bool   `help:"Take an acknowledgement back."`
}

// Help is the end of --help.
func (ackCmd) Help() string {
	return "Examples: monitord ack web1/http -m 'restarting nginx' --for 1h\n          monitord ack --incident 2231"
}

// Validate wants one thing to take.
func (c ackCmd) Validate() error {
	if (c.Service == "") == (c.Incident == 0) || c.Incident < 0 {
		return errors.New("want a service, or --incident N with its number")
	}
	return nil
}

// Run asks the running server.
func (c ackCmd) Run(e *env) error {
	form := url.Values{"service": {c.Service}, "by": {c.who()}, "reason": {c.Reason}, "sticky": {fmt.Sprint(c.Sticky)}}
	if c.Incident != 0 {
		form.Set("incident", strconv.FormatInt(c.Incident, 10))
	}
	path, did := "/ack", "acknowledged"
	if c.Undo {
		path, did = "/unack", "open again"
	}
	if c.For != "" {
		span, err := config.ParseDuration(c.For)
		if err != nil {
			return fmt.Errorf("--for: %w", err)
		}
		form.Set("until", time.Now().Add(span).Format(time.RFC3339))
	}
	var service string
	if err := c.ask(e.ctx, http.MethodPost, path, form, &service); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "%s: %s\n", service, did)
	return err
}

// downtimeCmd groups the verbs about downtimes.
type downtimeCmd struct {
	Add    downtimeAddCmd    `cmd:"" help:"Plan one. Example: monitord downtime add web1 30m -m patch"`
	List   downtimeListCmd   `cmd:"" help:"List those that run or are to come."`
	Cancel downtimeCancelCmd `cmd:"" help:"End one, or call it off."`
}

// downtimeAddCmd plans a downtime.
type downtimeAddCmd struct {
	dataFlag
	byFlag
	What     string `arg:"" help:"Host (web1), service (web1/http), or group with everything below it (tokyo/*)."`
	Length   string `arg:"" help:"How long, such as 30m or 2h."`
	Reason   string `short:"m" required:"" help:"Why."`
	Start    string `help:"When it begins: '2026-11-22 22:00' or RFC 3339; default now." placeholder:"TIME"`
	Flexible string `help:"It begins with the first problem within this time, and lasts the length." placeholder:"SPAN"`
	Rule     string `help:"RFC 5545 rule, such as 'FREQ=WEEKLY;BYDAY=SU': it comes again." placeholder:"RRULE"`
	Zone     string `help:"Time zone of the rule and of --start." placeholder:"ZONE"`
}

// Run asks the running server.
func (c downtimeAddCmd) Run(e *env) error {
	d, err := c.downtime()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	var id int64
	if err := c.ask(e.ctx, http.MethodPost, "/downtimes", url.Values{"downtime": {string(raw)}}, &id); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "downtime %d: %s\n", id, d.What())
	return err
}

func (c downtimeAddCmd) downtime() (alerting.Downtime, error) {
	d := alerting.Downtime{By: c.who(), Reason: c.Reason, Rule: c.Rule, Zone: c.Zone, From: time.Now()}
	length, err := config.ParseDuration(c.Length)
	if err != nil || length <= 0 {
		return d, fmt.Errorf("length %q: want a time such as 30m or 2h", c.Length)
	}
	if c.Start != "" {
		if d.From, err = parseStart(c.Start, c.Zone); err != nil {
			return d, err
		}
	}
	switch {
	case c.Rule != "":
		d.Duration = length
	case c.Flexible != "":
		window, err := config.ParseDuration(c.Flexible)
		if err != nil {
			return d, fmt.Errorf("--flexible: %w", err)
		}
		d.Duration, d.To = length, d.From.Add(window)
	default:
		d.To = d.From.Add(length)
	}
	group, isGroup := strings.CutSuffix(c.What, "/*")
	switch {
	case isGroup:
		d.Group = group
	case strings.Contains(c.What, "/"):
		d.Service, err = checks.ParseService(c.What)
	default:
		d.Host = c.What
	}
	return d, err
}

var errStart = errors.New("start: want '2026-11-22 22:00' or 2026-11-22T22:00:00+09:00")

func parseStart(s, zone string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at, nil
	}
	where := time.Local
	if zone != "" {
		var err error
		if where, err = time.LoadLocation(zone); err != nil {
			return time.Time{}, fmt.Errorf("--zone: %w", err)
		}
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s, where)
	if err != nil {
		return time.Time{}, errStart
	}
	return at, nil
}

// downtimeListCmd lists.
type downtimeListCmd struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

// Run asks the running server.
func (c downtimeListCmd) Run(e *env) error {
	var all []alerting.Downtime
	if err := c.ask(e.ctx, http.MethodGet, "/downtimes", nil, &all); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(all)
	}
	out := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	for _, d := range all {
		if !d.Ended.IsZero() {
			continue // listed for the pages, which show the last day's
		}
		when := d.From.Local().Format("2006-01-02 15:04")
		if !d.To.IsZero() {
			when += " to " + d.To.Local().Format("2006-01-02 15:04")
		}
		if d.Rule != "" {
			when += ", " + d.Rule
		}
		if d.Duration > 0 {
			when += ", for " + config.FormatDuration(d.Duration)
		}
		fmt.Fprintf(out, "%d\t%s\t%s\t%s\t%s\n", d.ID, d.What(), when, d.By, d.Reason)
	}
	return out.Flush()
}

// downtimeCancelCmd cancels.
type downtimeCancelCmd struct {
	dataFlag
	byFlag
	ID int64 `arg:"" help:"Number, as list prints it."`
}

// Run asks the running server.
func (c downtimeCancelCmd) Run(e *env) error {
	var id int64
	err := c.ask(e.ctx, http.MethodPost, fmt.Sprintf("/downtimes/%d/cancel", c.ID), url.Values{"by": {c.who()}}, &id)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "downtime %d is over\n", id)
	return err
}

// runNow asks the scheduler for a run, for the engine; it does not block.
func (s *server) runNow(host, check string) { s.scheduler.RunNow(host, check) }
