package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"monitord/internal/httpd/control"
	"monitord/internal/version"
)

// status is what the running server tells of itself.
type status struct {
	URL       string    `json:"url"`        // of the pages
	ProbesURL string    `json:"probes_url"` // where probes connect
	Version   string    `json:"version"`
	PID       int       `json:"pid"`
	Started   time.Time `json:"started"`
	Hosts     int       `json:"hosts"`
	Services  int       `json:"services"`
	Config    []string  `json:"config"` // files read
}

// controlHandler is what the control socket serves: its caller is root or our
// own user.
func (s *server) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		g := s.current()
		answerJSON(w, status{
			URL: s.baseURL, ProbesURL: g.settings.probesURL(), Version: version.String(), PID: os.Getpid(), Started: s.started,
			Hosts: len(g.inventory.Hosts), Services: len(s.engine.Services()), Config: g.settings.Files,
		})
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, s.auth.LoginLink(s.baseURL))
	})
	mux.Handle("/api/v1/", s.store.API())
	mux.Handle("/api/monitord/", s.pages.Handler())
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.reloadNow(); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		answerJSON(w, len(s.current().inventory.Hosts))
	})
	s.holdHandlers(mux)
	mux.HandleFunc("POST /notify/test", s.notifyTest)
	s.actionHandlers(mux)
	s.logHandlers(mux)
	mux.Handle("/debug/", debugHandler())
	return mux
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the peer is gone: nobody to tell
}

// ask sends one request to the running server's control socket.
func (d dataFlag) ask(ctx context.Context, method, path string, form url.Values, into any) error {
	body := io.Reader(http.NoBody)
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	} else if len(form) > 0 {
		path += "?" + form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, control.BaseURL+path, body)
	if err != nil {
		return err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := control.Client(d.Data).Do(req)
	if err != nil {
		return fmt.Errorf("no server answers below %s (is it running, with this --data?): %w", d.Data, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("answer of the server: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server says: %s", strings.TrimSpace(string(raw)))
	}
	if text, ok := into.(*json.RawMessage); ok {
		*text = raw
		return nil
	}
	return json.Unmarshal(raw, into)
}

// statusCmd shows where the server is and how it is.
type statusCmd struct {
	dataFlag
	JSON      bool `help:"Print JSON."`
	ProbesURL bool `help:"Print where probes connect, alone."`
}

// Run asks the running server.
func (c statusCmd) Run(e *env) error {
	var st status
	if err := c.ask(e.ctx, http.MethodGet, "/status", nil, &st); err != nil {
		return err
	}
	switch {
	case c.ProbesURL:
		fmt.Fprintln(e.stdout, st.ProbesURL)
	case c.JSON:
		return json.NewEncoder(e.stdout).Encode(st)
	default:
		fmt.Fprintf(e.stdout, "pages     %s\nprobes    %s\nversion   %s\npid       %d\nstarted   %s\nhosts     %d\nservices  %d\n",
			st.URL, st.ProbesURL, st.Version, st.PID, st.Started.Format(time.RFC3339), st.Hosts, st.Services)
	}
	return nil
}

// reloadCmd makes the running server read its configuration again.
type reloadCmd struct{ dataFlag }

// Run prints the faults, if there are any; the old configuration stays then.
func (c reloadCmd) Run(e *env) error {
	var hosts int
	if err := c.ask(e.ctx, http.MethodPost, "/reload", nil, &hosts); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "in force: %d hosts\n", hosts)
	return err
}

// loginCmd prints a one-time login link.
type loginCmd struct {
	dataFlag
	Hint string `help:"Say where to look first, too: the page of this host." placeholder:"HOST"`
}

// Run asks the running server.
func (c loginCmd) Run(e *env) error {
	var link string
	if err := c.ask(e.ctx, http.MethodPost, "/login", nil, &link); err != nil {
		return err
	}
	if c.Hint == "" {
		_, err := fmt.Fprintln(e.stdout, link)
		return err
	}
	base, _, _ := strings.Cut(link, "/login?")
	fmt.Fprintf(e.stdout, "\nOverview      %s/\nThis machine  %s/hosts/%s\nWall          %s/wall\nLog in once   %s\n              (good for 15 minutes; only what changes something needs it)\nCtrl-C stops server and probe.\n\n",
		base, base, url.PathEscape(c.Hint), base, link)
	return nil
}

// queryCmd asks a PromQL question.
type queryCmd struct {
	dataFlag
	Expr  string        `arg:"" help:"PromQL expression."`
	Range time.Duration `help:"Values over this time until now, instead of now alone." placeholder:"SPAN"`
	Step  time.Duration `help:"Distance of the values with --range; default a hundredth of it."`
}

// Help is the end of --help.
func (queryCmd) Help() string { return `Example: monitord query 'node_load1{host="web1"}'` }

// Run prints Prometheus' JSON answer.
func (c queryCmd) Run(e *env) error {
	form, path := url.Values{"query": {c.Expr}}, "/api/v1/query"
	if c.Range > 0 {
		now := time.Now()
		step := c.Step
		if step <= 0 {
			step = max(time.Second, c.Range/100)
		}
		path = "/api/v1/query_range"
		form.Set("start", now.Add(-c.Range).Format(time.RFC3339Nano))
		form.Set("end", now.Format(time.RFC3339Nano))
		form.Set("step", step.String())
	}
	var raw json.RawMessage
	if err := c.ask(e.ctx, http.MethodPost, path, form, &raw); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "%s\n", bytes.TrimSpace(raw))
	return err
}

// eventsCmd shows the journal.
type eventsCmd struct {
	dataFlag
	Host  string        `help:"Only of this host."`
	Kind  string        `help:"Only of this kind: state, incident, notify, probe, config."`
	Since time.Duration `help:"Only of the last so long." placeholder:"SPAN"`
	Limit int           `default:"100" help:"At most so many, the newest."`
	JSON  bool          `help:"Print JSON."`
}

// Help is the end of --help.
func (eventsCmd) Help() string { return "Example: monitord events --host web1 --since 2h" }

// Run prints the newest last, as a log reads.
func (c eventsCmd) Run(e *env) error {
	form := url.Values{"host": {c.Host}, "kind": {c.Kind}, "limit": {fmt.Sprint(c.Limit)}}
	if c.Since > 0 {
		form.Set("since", time.Now().Add(-c.Since).Format(time.RFC3339))
	}
	var raw json.RawMessage
	if err := c.ask(e.ctx, http.MethodGet, "/api/monitord/events", form, &raw); err != nil {
		return err
	}
	if c.JSON {
		_, err := e.stdout.Write(raw)
		return err
	}
	var answer struct {
		Events []struct {
			At            time.Time
			Kind, Service string
			Host, Text    string
		}
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("answer of the server: %w", err)
	}
	out := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	for i := len(answer.Events) - 1; i >= 0; i-- {
		ev := answer.Events[i]
		about := ev.Service
		if about == "" {
			about = ev.Host
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", ev.At.Local().Format("2006-01-02 15:04:05"), ev.Kind, about, ev.Text)
	}
	return out.Flush()
}
