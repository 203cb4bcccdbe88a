package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/journal"
	"monitord/alerting/notify"
	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/rungroup"
	"monitord/internal/text"
)

// mailbox is a channel that keeps what it gets.
type mailbox struct {
	mu   sync.Mutex
	away bool
	ids  []string
	got  chan notify.Notification
	try  chan struct{} // gets a value for each refusal
}

func (m *mailbox) Send(_ context.Context, n notify.Notification) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		m.try <- struct{}{}
		return "", errors.New("connection refused")
	}
	m.ids = append(m.ids, n.ID)
	m.got <- n
	return "250 ok", nil
}

// server is the three rooms wired as cmd wires them.
type server struct {
	engine  *alerting.Engine
	journal *journal.Journal
	stop    func()
}

func serve(t *testing.T, dir string, m *mailbox) *server {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	j, err := journal.Open(journal.Options{Dir: dir, Logger: logger, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var engine *alerting.Engine
	outbox := notify.NewOutbox(notify.Deps{Logger: logger, Now: time.Now, Queue: j, Channel: func(string) notify.Channel { return m },
		Record: func(msg alerting.Message) { engine.Record(msg) }})
	engine = alerting.New(alerting.Deps{Logger: logger, Now: time.Now, Store: j, Teller: outbox})
	inv := &inventory.Inventory{Language: text.English, Zone: time.UTC,
		Hosts:       []inventory.Host{{Name: "web1", Checks: []inventory.Check{{Host: "web1", Name: "http", MaxAttempts: 1, Interval: time.Minute}}}},
		Contacts:    []inventory.Contact{{Name: "noc", Language: text.English, Channels: []inventory.Channel{{Kind: "mail", To: "noc@example.net"}}}},
		Escalations: []inventory.Escalation{{Name: "all", Steps: []inventory.Step{{To: []string{"noc"}}}}}}
	if err := engine.Load(t.Context(), inv); err != nil {
		t.Fatal(err)
	}
	// The journal outlives those who write to it.
	ctx, cancel := context.WithCancel(context.Background())
	jctx, jcancel := context.WithCancel(context.Background())
	jdone, done := make(chan error, 1), make(chan error, 1)
	go func() { jdone <- j.Run(jctx) }()
	go func() {
		done <- rungroup.Run(ctx, rungroup.Runner{Name: "engine", Run: engine.Run}, rungroup.Runner{Name: "outbox", Run: outbox.Run})
	}()
	s := &server{engine: engine, journal: j, stop: sync.OnceFunc(func() {
		cancel()
		err := <-done
		jcancel()
		if err := errors.Join(err, <-jdone, j.Close()); err != nil {
			t.Error(err)
		}
	})}
	t.Cleanup(s.stop)
	return s
}

func (s *server) see(t *testing.T, state checks.State) {
	t.Helper()
	_, err := s.engine.Observe(t.Context(), alerting.Observation{Host: "web1", Check: "http", At: time.Now(), Results: []checks.Result{{State: state}}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAProblemWhoseRelayWasAwayIsToldOnceAfterARestart(t *testing.T) {
	dir := t.TempDir()
	m := &mailbox{away: true, got: make(chan notify.Notification, 10), try: make(chan struct{}, 10)}
	s := serve(t, dir, m)
	s.see(t, checks.OK)
	s.see(t, checks.Critical)
	<-m.try
	s.stop()

	// The process that had tried is gone; its next attempt is due in seconds.
	m.mu.Lock()
	m.away = false
	m.mu.Unlock()
	s = serve(t, dir, m)
	s.see(t, checks.OK)
	for _, want := range []string{alerting.KindProblem, alerting.KindRecovery} {
		select {
		case n := <-m.got:
			if n.Kind != want || n.Repeat {
				t.Errorf("told %s (repeat %v), want %s", n.Kind, n.Repeat, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("no %s", want)
		}
	}
	s.stop()
	s = serve(t, dir, m)
	in := s.engine.Incidents(alerting.IncidentFilter{})
	if len(in) != 1 || len(in[0].Notified) != 2 || in[0].Notified[0].Sent.IsZero() || in[0].Notified[1].Sent.IsZero() || in[0].Closed.IsZero() {
		t.Errorf("ledger after another restart: %+v", in)
	}
	events, err := s.journal.Events(t.Context(), alerting.EventFilter{Kind: alerting.EventSent})
	if err != nil || len(events) != 2 || !strings.Contains(string(events[0].Data), "noc@example.net") {
		t.Errorf("events %+v, %v", events, err)
	}
	if len(m.ids) != 2 {
		t.Errorf("told %v", m.ids)
	}
}
