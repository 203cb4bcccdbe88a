package dashboards

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// start is when all tests of this package happen.
var start = time.Date(2026, 11, 21, 17, 54, 20, 0, time.UTC)

// house is a fake of every other room.
type house struct {
	services  []alerting.ServiceState
	hosts     []alerting.HostState
	incidents []alerting.Incident
	events    []Event
	inv       *inventory.Inventory
	series    func(expr string) []Series
	points    func(expr string, at time.Time) []checks.Point
	err       error
	changed   chan struct{}
	canWrite  bool
	acked     []string
	ack       AckForm
	downtimes []Downtime
	planned   []DowntimeForm
	cancelled []string
	refuse    error
	asked     []string // range queries
	failed    []FailedRun
	runsAsked []string
	acts      *Acts
}

func newHouse() *house {
	return &house{inv: &inventory.Inventory{Language: text.English, Zone: time.FixedZone("JST", 9*3600)}, changed: make(chan struct{}, 1), canWrite: true}
}

func (h *house) service(name string, state checks.State, age time.Duration) *alerting.ServiceState {
	s, err := checks.ParseService(name)
	if err != nil {
		panic(err)
	}
	st := alerting.ServiceState{Service: s, State: state, HardState: state, Hard: true, Attempt: 3, MaxAttempts: 3, Since: start.Add(-age), HardSince: start.Add(-age), LastCheck: start.Add(-5 * time.Second), Summary: text.Verbatim("what " + name + " says")}
	if state != checks.OK {
		st.Incident = int64(len(h.incidents) + 1)
		h.incidents = append(h.incidents, alerting.Incident{ID: st.Incident, Service: s, State: state, Opened: start.Add(-age), Summary: st.Summary})
	}
	h.services = append(h.services, st)
	return &h.services[len(h.services)-1]
}

func (h *house) taken(by string) { h.incidents[len(h.incidents)-1].AckedBy = by }

func (h *house) pages(t *testing.T) *Pages {
	t.Helper()
	p, err := New(Deps{
		Services: func() []alerting.ServiceState { return append([]alerting.ServiceState(nil), h.services...) },
		Hosts:    func() []alerting.HostState { return h.hosts },
		Incidents: func(_ context.Context, open bool) ([]alerting.Incident, error) {
			var list []alerting.Incident
			for _, in := range h.incidents {
				if !open || in.Closed.IsZero() {
					list = append(list, in)
				}
			}
			return list, h.err
		},
		History: func(_ context.Context, s checks.Service, since time.Time) ([]alerting.Marker, error) {
			return []alerting.Marker{{At: since, State: checks.OK}}, h.err
		},
		Events: func(context.Context, EventFilter) ([]Event, error) { return h.events, h.err },
		FailedRuns: func(_ context.Context, s checks.Service, since, until time.Time) ([]FailedRun, error) {
			h.runsAsked = append(h.runsAsked, s.String()+" "+since.Format(time.TimeOnly)+" "+until.Format(time.TimeOnly))
			return h.failed, h.err
		},
		Inventory: func() *inventory.Inventory { return h.inv },
		QueryRange: func(_ context.Context, expr string, _, _ time.Time, _ time.Duration) ([]Series, error) {
			h.asked = append(h.asked, expr)
			if h.series == nil {
				return nil, h.err
			}
			return h.series(expr), h.err
		},
		Query: func(_ context.Context, expr string, at time.Time) ([]checks.Point, error) {
			if h.points == nil {
				return nil, h.err
			}
			return h.points(expr, at), h.err
		},
		Changed:  func(context.Context) <-chan struct{} { return h.changed },
		Now:      func() time.Time { return start },
		Text:     text.Default(),
		Identity: func(*http.Request) (string, bool) { return "duty", h.canWrite },
		CSRF:     func(*http.Request) string { return "token" },
		Acknowledge: func(_ context.Context, s checks.Service, f AckForm) error {
			h.acked = append(h.acked, s.String()+" "+f.Who)
			h.ack = f
			return h.refuse
		},
		Unacknowledge: func(_ context.Context, s checks.Service, who string) error {
			h.acked = append(h.acked, "not "+s.String()+" "+who)
			return h.refuse
		},
		ClearLog: func(_ context.Context, s checks.Service, who, reason string) error {
			h.acked = append(h.acked, "ended "+s.String()+" "+who+" "+reason)
			return h.refuse
		},
		AckIncident: func(_ context.Context, id int64, f AckForm) (checks.Service, error) {
			h.acked = append(h.acked, fmt.Sprint(id, " ", f.Who))
			return checks.Service{Host: "db1", Check: "pgsql"}, h.refuse
		},
		UnackIncident: func(_ context.Context, id int64, who string) error {
			h.acked = append(h.acked, fmt.Sprint("not ", id, " ", who))
			return h.refuse
		},
		AddDowntime: func(_ context.Context, f DowntimeForm) (int64, error) {
			h.planned = append(h.planned, f)
			return 7, h.refuse
		},
		CancelDowntime: func(_ context.Context, id int64, who string) error {
			h.cancelled = append(h.cancelled, fmt.Sprint(id, " ", who))
			return h.refuse
		},
		Downtimes: func(context.Context) ([]Downtime, error) { return h.downtimes, h.err },
		Acts:      h.acts,
		Logger:    slog.New(slog.DiscardHandler),
		Version:   "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// get asks for a path and returns the status and the body.
func get(t *testing.T, p *Pages, path string, head ...string) (int, string) {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func wantIn(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, s := range parts {
		if !strings.Contains(body, s) {
			t.Errorf("page lacks %q", s)
		}
	}
}

func wantNotIn(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, s := range parts {
		if strings.Contains(body, s) {
			t.Errorf("page must not hold %q", s)
		}
	}
}

var errStore = errors.New("read journal: disk I/O error")

func wave(n int, value float64, step time.Duration) []graphs.Point {
	var list []graphs.Point
	for i := range n {
		list = append(list, graphs.Point{At: start.Add(time.Duration(i-n) * step), Value: value})
	}
	return list
}
