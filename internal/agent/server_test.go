package agent_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"

	"monitord/internal/agent"
	"monitord/internal/intake"
	"monitord/internal/pki"
	"monitord/internal/wire"
)

// memory is a server's store and journal.
type memory struct {
	mu     sync.Mutex
	stamps map[uint64]int64 // of collection by sequence number
	bodies int              // bytes that came
	series int              // in the last request
	bad    []string
	events map[string][]wire.Event // by boot
	status int                     // answer with this instead, unless 0
	order  []uint64                // sequence numbers as they came
	hung   chan struct{}           // no answer until it is closed, unless nil
}

func newMemory() *memory {
	return &memory{stamps: map[uint64]int64{}, events: map[string][]wire.Event{}}
}

func (m *memory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestTimeout)
		return
	}
	raw, err := snappy.Decode(nil, body)
	var req prompb.WriteRequest
	if err == nil {
		err = req.Unmarshal(raw)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	hung := m.hung
	m.mu.Unlock()
	if hung != nil {
		select {
		case <-hung:
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.status != 0 {
		w.WriteHeader(m.status)
		return
	}
	host, _ := intake.HostFrom(r.Context())
	m.bodies += len(body)
	m.series = len(req.Timeseries)
	for _, ts := range req.Timeseries {
		m.take(host, ts)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (m *memory) take(host string, ts prompb.TimeSeries) {
	labels := map[string]string{}
	for _, l := range ts.Labels {
		labels[l.Name] = l.Value
	}
	sorted := slices.IsSortedFunc(ts.Labels, func(a, b prompb.Label) int { return compare(a.Name, b.Name) })
	if !sorted || labels["host"] != host || labels["instance"] != host || labels["job"] != "node" || len(ts.Samples) != 1 {
		m.bad = append(m.bad, ts.String())
	}
	if labels["__name__"] == wire.SequenceMetric {
		m.stamps[uint64(ts.Samples[0].Value)] = ts.Samples[0].Timestamp
		m.order = append(m.order, uint64(ts.Samples[0].Value))
	}
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// AcceptEvents keeps each number once.
func (m *memory) AcceptEvents(_ context.Context, _, boot string, events []wire.Event) (uint64, []wire.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := uint64(0)
	if have := m.events[boot]; len(have) > 0 {
		last = have[len(have)-1].Seq
	}
	var fresh []wire.Event
	for _, e := range events {
		if e.Seq > last {
			fresh, last = append(fresh, e), e.Seq
		}
	}
	m.events[boot] = append(m.events[boot], fresh...)
	return last, fresh, nil
}

// hang lets writes wait until release is called; those that waited are not kept.
func (m *memory) hang() (release func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	hung := make(chan struct{})
	m.hung = hung
	return sync.OnceFunc(func() {
		m.mu.Lock()
		m.hung = nil
		m.mu.Unlock()
		close(hung)
	})
}

func (m *memory) collections() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.stamps)
}

// missing lists the numbers up to the highest that never came.
func (m *memory) missing() (out []uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	top := uint64(0)
	for seq := range m.stamps {
		top = max(top, seq)
	}
	for seq := uint64(1); seq <= top; seq++ {
		if _, ok := m.stamps[seq]; !ok {
			out = append(out, seq)
		}
	}
	return out
}

type intakeDeps = intake.Deps

// server is the server side, which can be stopped and started again on one port.
type server struct {
	t    *testing.T
	mem  *memory
	auth *pki.Authority
	addr string
	in   *intake.Intake
	stop func()
	deps func(*intake.Deps)
}

func newServer(t *testing.T) *server {
	t.Helper()
	auth, err := pki.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, mem: newMemory(), auth: auth, addr: "127.0.0.1:0", stop: func() {}}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

// start serves; connections of the former run are gone.
func (s *server) start() {
	s.t.Helper()
	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.serve(ln)
}

func (s *server) serve(ln net.Listener) {
	s.addr = ln.Addr().String()
	deps := intake.Deps{Logger: slog.New(slog.DiscardHandler), Authority: s.auth, Write: s.mem, Journal: s.mem}
	if s.deps != nil {
		s.deps(&deps)
	}
	s.in = intake.New(intake.DefaultConfig(), deps)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.in.Serve(ctx, ln) }()
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("serve: %v", err)
		}
		s.stop = func() {}
	}
}

// enrol makes a probe's folder.
func (s *server) enrol(host string) string {
	s.t.Helper()
	dir := s.t.TempDir()
	token, err := s.auth.NewToken(host, time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	got, err := agent.Enroll(s.t.Context(), "https://"+s.addr, token, dir)
	if err != nil {
		s.t.Fatal(err)
	}
	if got != host {
		s.t.Fatalf("enrolled as %q", got)
	}
	return dir
}

// eventually waits for a condition that another process brings about.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	end := time.After(within)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-end:
			t.Fatalf("not within %s: %s", within, what)
		case <-tick.C:
		}
	}
}
