package intake

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"monitord/internal/pki"
	"monitord/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// names is an authority that takes the common name's word for it.
type names struct{ *pki.Authority }

func (names) VerifyPeer(cs tls.ConnectionState) (string, error) {
	if len(cs.PeerCertificates) == 0 {
		return "", pki.ErrNoCertificate
	}
	return cs.PeerCertificates[0].Subject.CommonName, nil
}

// journal is one that can be locked.
type journal struct {
	err  error
	seen int
}

func (j *journal) AcceptEvents(_ context.Context, _, _ string, events []wire.Event) (uint64, []wire.Event, error) {
	if j.err != nil {
		return 0, nil, j.err
	}
	j.seen += len(events)
	return events[len(events)-1].Seq, events, nil
}

func ask(in *Intake, host, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.TLS = &tls.ConnectionState{}
	if host != "" {
		leaf := &x509.Certificate{}
		leaf.Subject.CommonName = host
		r.TLS.PeerCertificates = []*x509.Certificate{leaf}
	}
	w := httptest.NewRecorder()
	in.ServeHTTP(w, r)
	return w
}

func TestEventsOfOthersAndNonsenseAreRefusedAndCounted(t *testing.T) {
	many, err := json.Marshal(wire.EventBatch{Boot: "b", Events: make([]wire.Event, maxBatch+1)})
	if err != nil {
		t.Fatal(err)
	}
	good := `{"boot":"b","events":[{"seq":1,"kind":"start","host":"web1"},{"seq":3,"kind":"start","host":"web1"}]}`
	for name, c := range map[string]struct {
		host, body string
		want       int
	}{
		"good":             {"web1", good, 200},
		"no certificate":   {"", good, 401},
		"another's events": {"db1", good, 403},
		"numbers fall":     {"web1", `{"boot":"b","events":[{"seq":2,"kind":"x","host":"web1"},{"seq":2,"kind":"x","host":"web1"}]}`, 400},
		"number zero":      {"web1", `{"boot":"b","events":[{"seq":0,"kind":"x","host":"web1"}]}`, 400},
		"no boot":          {"web1", `{"events":[{"seq":1,"kind":"x","host":"web1"}]}`, 400},
		"no kind":          {"web1", `{"boot":"b","events":[{"seq":1,"host":"web1"}]}`, 400},
		"no events":        {"web1", `{"boot":"b"}`, 400},
		"cut":              {"web1", good[:40], 400},
		"too many":         {"web1", string(many), 413},
		"too long":         {"web1", `{"boot":"` + strings.Repeat("x", maxEvents) + `"}`, 413},
	} {
		j := &journal{}
		reg := prometheus.NewRegistry()
		in := New(DefaultConfig(), Deps{Registerer: reg, Authority: names{}, Journal: j})
		if got := ask(in, c.host, "POST", wire.EventsPath, c.body); got.Code != c.want {
			t.Errorf("%s: %d %s, want %d", name, got.Code, got.Body, c.want)
		}
		if n := testutil.CollectAndCount(in.m.refused); (n == 1) != (c.want != 200) || (j.seen > 0) != (c.want == 200) {
			t.Errorf("%s: %d refusals counted, %d events journalled", name, n, j.seen)
		}
	}
}

func TestALockedJournalMeansComeBack(t *testing.T) {
	in := New(DefaultConfig(), Deps{Authority: names{}, Journal: &journal{err: errors.New("database is locked")}})
	got := ask(in, "web1", "POST", wire.EventsPath, `{"boot":"b","events":[{"seq":1,"kind":"x","host":"web1"}]}`)
	if got.Code != 503 || got.Header().Get("Retry-After") == "" || strings.Contains(got.Body.String(), "locked") {
		t.Errorf("%d %v %s", got.Code, got.Header(), got.Body)
	}
}

func TestTheHostTravelsToTheStoreAndTheClockIsMeasured(t *testing.T) {
	now := time.Unix(1e9, 0)
	var host string
	in := New(DefaultConfig(), Deps{Authority: names{}, Now: func() time.Time { return now },
		Write: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host, _ = HostFrom(r.Context()) })})
	for _, delay := range []time.Duration{3, 1, 2} { // seconds on the way
		r := httptest.NewRequest("POST", wire.WritePath, nil)
		leaf := &x509.Certificate{}
		leaf.Subject.CommonName = "web1"
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}
		r.Header.Set(wire.TimeHeader, now.Add(90*time.Second-delay*time.Second).Format(time.RFC3339Nano))
		in.ServeHTTP(httptest.NewRecorder(), r)
	}
	if host != "web1" || in.ClockOffsets()["web1"] != 89*time.Second {
		t.Errorf("host %q, offsets %v", host, in.ClockOffsets())
	}
	if at, ok := in.LastSeen("web1"); !ok || !at.Equal(now) {
		t.Errorf("last seen %s %v", at, ok)
	}
	if _, ok := in.LastSeen("db1"); ok {
		t.Error("db1 never spoke")
	}
}

func TestTooManyAtWorkAreToldToComeBack(t *testing.T) {
	in := New(DefaultConfig(), Deps{Authority: names{}, Write: http.NotFoundHandler()})
	for range maxWorking {
		in.working <- struct{}{}
	}
	if got := ask(in, "web1", "POST", wire.WritePath, ""); got.Code != 503 || got.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", got.Code, got.Header())
	}
}

// A client that sends its head byte by byte is cut, a bad token is refused, and
// the end of Run ends everything.
func TestOverARealListener(t *testing.T) {
	auth, err := pki.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	in := New(Config{Listen: "127.0.0.1:0"}, Deps{Authority: auth})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- in.Run(ctx) }()
	addr := in.Addr(ctx)
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	resp, err := (&http.Client{Transport: tr}).Post("https://"+addr+wire.EnrollPath, "application/json", bytes.NewReader([]byte(`{"token":"x","csr":"eA=="}`)))
	if err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("enrol with nonsense: %v %v", resp, err)
	} else {
		_ = resp.Body.Close()
	}
	tr.CloseIdleConnections()
	if !testing.Short() {
		slowClient(t, addr)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
}

func slowClient(t *testing.T, addr string) {
	t.Helper()
	raw, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
	defer func() { _ = conn.Close() }()
	began := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for range tick.C {
		if _, err := conn.Write([]byte("P")); err != nil {
			break
		}
		if time.Since(began) > 2*headTimeout {
			t.Fatalf("still served after %s", time.Since(began))
		}
	}
	if took := time.Since(began); took < headTimeout/2 {
		t.Errorf("cut after %s already", took)
	}
}

// A body that trickles is cut off, and its place is free for others at once.
func TestASlowBodyIsCutOff(t *testing.T) {
	auth, err := pki.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	in := New(Config{Listen: "127.0.0.1:0"}, Deps{Authority: auth})
	in.bodyTimeout = 300 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- in.Run(ctx) }()
	conn, err := tls.Dial("tcp", in.Addr(ctx), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", wire.EnrollPath); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(began.Add(10 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("no answer after %s: %v", time.Since(began), err)
	}
	if took := time.Since(began); resp.StatusCode != http.StatusRequestTimeout || took < in.bodyTimeout || took > 5*time.Second {
		t.Errorf("%s after %s, want 408 after %s", resp.Status, took, in.bodyTimeout)
	}
	_ = resp.Body.Close()
	_ = conn.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	if n := len(in.enrolling); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
}

func FuzzEvents(f *testing.F) {
	f.Add(`{"boot":"b","events":[{"seq":1,"kind":"x","host":"web1"}]}`)
	f.Add(`{"boot":"b","events":[{"seq":18446744073709551615,"kind":"x","host":"db1"}]}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, body string) {
		j := &journal{}
		in := New(DefaultConfig(), Deps{Authority: names{}, Journal: j})
		got := ask(in, "web1", "POST", wire.EventsPath, body)
		if (got.Code == 200) != (j.seen > 0) {
			t.Errorf("%d with %d events journalled", got.Code, j.seen)
		}
	})
}
