package agent_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/agent"
	"monitord/internal/pki"
	"monitord/internal/wire"
)

func TestATokenOfAnotherServerIsNotSent(t *testing.T) {
	mine, err := pki.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := mine.NewToken("web1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	impostor, err := pki.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", impostor.ServerTLS())
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) })}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = srv.Serve(ln) }()
	defer func() { _ = srv.Close(); <-ended }()
	dir := t.TempDir()
	_, err = agent.Enroll(t.Context(), "https://"+ln.Addr().String(), token, dir)
	if !errors.Is(err, agent.ErrFingerprint) {
		t.Errorf("enrol: %v", err)
	}
	if asked.Load() != 0 {
		t.Error("the token was sent to an impostor")
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestAUsedTokenIsRefusedWithTheWayOut(t *testing.T) {
	s := newServer(t)
	token, err := s.auth.NewToken("web1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := agent.Enroll(t.Context(), "https://"+s.addr, token, dir); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, agent.KeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key: %v %v", info, err)
	}
	_, err = agent.Enroll(t.Context(), "https://"+s.addr, token, dir)
	if err == nil || !strings.Contains(err.Error(), "monitord probe add") {
		t.Errorf("second use: %v", err)
	}
	if _, err := agent.New(mustConfig(t, dir), agent.Deps{}); err != nil {
		t.Errorf("a refused enrolment spoilt the first: %v", err)
	}
}

func mustConfig(t *testing.T, dir string) agent.Config {
	t.Helper()
	cfg, err := agent.ReadConfig(filepath.Join(dir, agent.ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func (m *memory) answer(status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status = status
}

func TestARefusedBatchIsSetAsideAndTheRestGoesOn(t *testing.T) {
	s := newServer(t)
	s.mem.answer(http.StatusBadRequest)
	dir := s.enrol("web1")
	a, stop := running(t, dir, nil)
	eventually(t, 10*time.Second, "a refusal", func() bool { return a.Stats().Samples.Dropped["refused"].Records >= 1 })
	s.mem.answer(0)
	eventually(t, 10*time.Second, "the next collection", func() bool { return s.mem.collections() >= 1 })
	eventually(t, 10*time.Second, "the drop told as an event", func() bool {
		return len(s.in.Statuses()) == 1 && s.in.Statuses()[0].Dropped["refused"] >= 1
	})
	stop()
	if files, _ := filepath.Glob(filepath.Join(dir, "spool/samples/refused/*-400.bin")); len(files) == 0 {
		t.Error("nothing was set aside")
	}
}

func TestServerTroubleAndAReplacedCertificateKeepTheData(t *testing.T) {
	s := newServer(t)
	dir := s.enrol("web1")
	s.mem.answer(http.StatusServiceUnavailable)
	a, stop := running(t, dir, nil)
	eventually(t, 10*time.Second, "two tries", func() bool { return a.Stats().FailedRequests >= 2 })
	s.mem.answer(0)
	eventually(t, 15*time.Second, "recovery", func() bool { return s.mem.collections() >= 1 })
	fresh := s.enrol("web1") // replaces the certificate of the running probe
	before := a.Stats().FailedRequests
	eventually(t, 10*time.Second, "refused as replaced", func() bool { return a.Stats().FailedRequests > before })
	for _, f := range []string{agent.KeyFile, agent.CertFile} {
		b, err := os.ReadFile(filepath.Join(fresh, f))
		if err != nil {
			t.Fatal(err)
		}
		if err := pki.WriteFile(filepath.Join(dir, f), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	got := s.mem.collections()
	_, stop = running(t, dir, nil)
	eventually(t, 15*time.Second, "what waited", func() bool { return s.mem.collections() > got+1 })
	stop()
	if lost := s.mem.missing(); len(lost) > 0 || a.Stats().Samples.Dropped["refused"].Records > 0 {
		t.Errorf("lost %v, stats %+v", lost, a.Stats().Samples)
	}
}

// cutConn breaks after some bytes written.
type cutConn struct {
	net.Conn
	left int
}

func (c *cutConn) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left < 0 {
		_ = c.Conn.Close()
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

func TestConnectionsCutAnywhereLoseNothing(t *testing.T) {
	s := newServer(t)
	var dials atomic.Int64
	_, stop := running(t, s.enrol("web1"), func(d *agent.Deps) {
		d.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &cutConn{c, int(1500 + 900*(dials.Add(1)%7))}, nil
		}
	})
	eventually(t, 30*time.Second, "five collections", func() bool { return s.mem.collections() >= 5 })
	stop()
	if lost := s.mem.missing(); len(lost) > 0 {
		t.Errorf("lost %v", lost)
	}
	if dials.Load() < 4 {
		t.Errorf("only %d connections: nothing was cut", dials.Load())
	}
}

func TestAnAssignmentIsTakenAtOnceAndKept(t *testing.T) {
	s := newServer(t)
	s.stop()
	first := make(chan struct{})
	var current atomic.Pointer[wire.Assignment]
	current.Store(&wire.Assignment{Revision: "1", Interval: 10 * time.Second})
	s.deps = func(d *intakeDeps) {
		d.Assignment = func(host string) (wire.Assignment, <-chan struct{}) {
			a := *current.Load()
			if a.Revision == "1" {
				return a, first
			}
			return a, nil
		}
	}
	s.start()
	dir := s.enrol("web1")
	r := &fakeRunner{applied: make(chan wire.Assignment, 10)}
	_, stop := running(t, dir, func(d *agent.Deps) { d.Runner = r })
	want := func(rev string) {
		t.Helper()
		select {
		case a := <-r.applied:
			if a.Revision != rev {
				t.Errorf("applied %q, want %q", a.Revision, rev)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("revision %q never came", rev)
		}
	}
	want("") // nothing known yet
	want("1")
	current.Store(&wire.Assignment{Revision: "2"})
	close(first)
	want("2")
	eventually(t, 10*time.Second, "the runner's result", func() bool {
		s.mem.mu.Lock()
		defer s.mem.mu.Unlock()
		for _, events := range s.mem.events {
			for _, e := range events {
				if e.Kind == wire.KindResult && e.Host == "web1" {
					return true
				}
			}
		}
		return false
	})
	stop()
	s.stop()
	_, stop = running(t, dir, func(d *agent.Deps) { d.Runner = r })
	want("2") // with the server away
	stop()
}

type fakeRunner struct{ applied chan wire.Assignment }

func (r *fakeRunner) Apply(_ string, a wire.Assignment) { r.applied <- a }

func (r *fakeRunner) Run(ctx context.Context, emit func(time.Time, wire.ResultData), _ func(string, time.Time) (checks.Series, func())) error {
	emit(time.Now(), wire.ResultData{Check: "load"})
	<-ctx.Done()
	return nil
}
