package assigned_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/builtin/local"
	"monitord/internal/agent/assigned"
	"monitord/internal/text"
	"monitord/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type emitted struct {
	at time.Time
	wire.ResultData
}

// start runs what was assigned until the test is over.
func start(t *testing.T, deps assigned.Deps, list ...wire.AssignedCheck) (*assigned.Runner, <-chan emitted) {
	t.Helper()
	deps.Logger = slog.New(slog.DiscardHandler)
	deps.Version = "1.2.3"
	deps.Checks.Logger, deps.Checks.Now = deps.Logger, time.Now
	deps.Checks.Dialer, deps.Checks.Resolver = &net.Dialer{}, &net.Resolver{}
	r := assigned.New(deps)
	r.Apply("web1", wire.Assignment{Checks: list})
	out := make(chan emitted, 100)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	none := func(string, time.Time) (checks.Series, func()) { return nil, func() {} }
	go func() {
		ended <- r.Run(ctx, func(at time.Time, d wire.ResultData) { out <- emitted{at, d} }, none)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return r, out
}

func render(m text.Message) string { return text.Default().Render(text.English, nil, m) }

// What cannot be run says why, as a result, and the checks beside it run.
func TestWhatCannotBeRunIsUnknownWithTheReason(t *testing.T) {
	secrets := t.TempDir()
	if err := os.WriteFile(filepath.Join(secrets, "web"), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port := strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	each := map[string]struct {
		kind, config string
		state        checks.State
		want         []string
	}{
		"port":      {"tcp", `{"port": ` + port + `}`, checks.OK, []string{port}},
		"newer":     {"quantum", `{}`, checks.Unknown, []string{"quantum", "version 1.2.3", "update the probe"}},
		"typo":      {"tcp", `{"prot": 80}`, checks.Unknown, []string{"did you mean port?", "port:"}},
		"broken":    {"tcp", `{"port": `, checks.Unknown, []string{"options"}},
		"nothing":   {"tcp", ``, checks.Unknown, []string{"port"}},
		"shadow":    {"http", `{"username": "a", "password": {"file": "/etc/shadow"}}`, checks.Unknown, []string{"/etc/shadow is not in " + secrets}},
		"dotdot":    {"http", `{"username": "a", "password": {"file": "` + secrets + `/../x"}}`, checks.Unknown, []string{"is not in"}},
		"permitted": {"http", `{"port": ` + port + `, "username": "a", "password": {"file": "` + secrets + `/web"}}`, checks.Critical, nil},
	}
	var list []wire.AssignedCheck
	for name, c := range each {
		list = append(list, wire.AssignedCheck{
			Name: name, Type: c.kind, Address: "127.0.0.1", Config: []byte(c.config),
			Interval: 2 * time.Second, Timeout: time.Second, MaxAttempts: 1,
		})
	}
	_, out := start(t, assigned.Deps{Types: local.Types(), Secrets: secrets}, list...)
	seen := map[string]emitted{}
	limit := time.After(15 * time.Second)
	for len(seen) < len(each) {
		select {
		case e := <-out:
			seen[e.Check] = e
		case <-limit:
			t.Fatalf("only %d of %d checks told anything", len(seen), len(each))
		}
	}
	for name, c := range each {
		got := seen[name].Results
		if len(got) != 1 || got[0].State != c.state || time.Since(seen[name].at) > time.Minute {
			t.Errorf("%s: %+v", name, seen[name])
			continue
		}
		for _, w := range c.want {
			if s := render(got[0].Summary); !strings.Contains(s, w) || strings.Contains(s, "\n") {
				t.Errorf("%s: %q, want %q in it, on one line", name, s, w)
			}
		}
	}
}

// scripted answers with the states of a list, the last one again and again.
type scripted struct{ states []checks.State }

func (s *scripted) Run(context.Context, checks.Target) ([]checks.Result, error) {
	state := s.states[0]
	if len(s.states) > 1 {
		s.states = s.states[1:]
	}
	return []checks.Result{{State: state}}, nil
}

type noConfig struct{}

func (noConfig) Validate() error { return nil }

func TestAProblemIsAskedAgainSoonerUntilItIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := &scripted{states: []checks.State{checks.OK, checks.Critical, checks.Warning, checks.Critical, checks.Critical, checks.OK, checks.OK}}
		kind := checks.Type{
			Name: "scripted", NewConfig: func() checks.Config { return &noConfig{} },
			New: func(checks.Config, checks.Deps) (checks.Check, error) { return script, nil },
		}
		a := wire.AssignedCheck{Name: "s", Type: "scripted", Interval: time.Minute, RetryInterval: 10 * time.Second, MaxAttempts: 3}
		r, out := start(t, assigned.Deps{Types: []checks.Type{kind}}, a)
		var at []time.Time
		for range 7 {
			at = append(at, (<-out).at)
		}
		// OK, then CRITICAL, WARNING and CRITICAL ten seconds apart: confirmed.
		for i, want := range []time.Duration{0, 10 * time.Second, 10 * time.Second, 0, time.Minute, time.Minute} {
			got := at[i+1].Sub(at[i])
			if want == 0 { // back on its own rhythm
				if got < 30*time.Second || got > 90*time.Second {
					t.Errorf("between %d and %d: %s, want about a minute", i, i+1, got)
				}
			} else if got != want {
				t.Errorf("between %d and %d: %s, want %s", i, i+1, got, want)
			}
		}
		r.Apply("web1", wire.Assignment{})
		quiet := time.NewTimer(5 * time.Minute)
		select {
		case e := <-out:
			t.Errorf("a check that was taken away answered: %+v", e)
		case <-quiet.C:
		}
		if s := r.Stats(); s.Jobs != 0 {
			t.Errorf("%d jobs are left", s.Jobs)
		}
	})
}

// reader reads a value of another machine.
type reader struct{}

func (reader) Run(_ context.Context, target checks.Target) ([]checks.Result, error) {
	if target.Series != nil {
		target.Series.Add("sysUpTime", 7)
	}
	return []checks.Result{{State: checks.OK}}, nil
}

// sink takes the samples of one run.
type sink struct {
	host  string
	names []string
	kept  chan *sink
}

func (s *sink) Add(name string, _ float64, _ ...string) { s.names = append(s.names, name) }

// Results and samples of another host go under its name; the probe's own host is
// measured by collectors.
func TestWhatIsReadOfAnotherHostIsThatHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kind := checks.Type{
			Name: "reader", NewConfig: func() checks.Config { return &noConfig{} },
			New: func(checks.Config, checks.Deps) (checks.Check, error) { return reader{}, nil },
		}
		r := assigned.New(assigned.Deps{Logger: slog.New(slog.DiscardHandler), Types: []checks.Type{kind}, Checks: checks.Deps{Now: time.Now}})
		each := wire.AssignedCheck{Name: "read", Type: "reader", Interval: time.Minute}
		foreign := each
		foreign.Host = "sw1"
		r.Apply("gw1", wire.Assignment{Checks: []wire.AssignedCheck{each, foreign}})
		results, kept := make(chan wire.ResultData, 2), make(chan *sink, 2)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- r.Run(ctx, func(_ time.Time, d wire.ResultData) { results <- d }, func(host string, _ time.Time) (checks.Series, func()) {
				s := &sink{host: host, kept: kept}
				return s, func() { s.kept <- s }
			})
		}()
		hosts := map[string]bool{(<-results).Host: true, (<-results).Host: true}
		if !hosts[""] || !hosts["sw1"] {
			t.Errorf("results of %v, want one of the own host and one of sw1", hosts)
		}
		if s := <-kept; s.host != "sw1" || len(s.names) != 1 || s.names[0] != "sysUpTime" {
			t.Errorf("kept %+v", s)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if len(kept) != 0 {
			t.Error("samples of the probe's own host were kept")
		}
	})
}
