package health

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/internal/handover"
	"monitord/internal/runner"
	"monitord/internal/text"
	"monitord/internal/watchdog"
	"monitord/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node is a machine in a bubble: what its checks say, its addresses, and the
// commands that were run on it.
type node struct {
	t     *testing.T
	dir   string
	cfg   Config
	names []string // of its checks

	mu        sync.Mutex
	states    map[string]checks.State
	addresses []netip.Addr
	listErr   error
	commands  []string
	result    runner.Result
	startErr  error
	atStart   func() // called when the command starts
	takes     time.Duration
	dog       device
}

// device keeps what is written to a watchdog.
type device struct {
	mu     sync.Mutex
	bytes  []byte
	closed bool
}

func (d *device) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bytes = append(d.bytes, b...)
	return len(b), nil
}

func (d *device) Close() error { d.mu.Lock(); defer d.mu.Unlock(); d.closed = true; return nil }

func (d *device) state() (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return string(d.bytes), d.closed
}

const virtual = "192.0.2.10"

func newNode(t *testing.T, names ...string) *node {
	t.Helper()
	n := &node{t: t, dir: t.TempDir(), cfg: DefaultConfig(), names: names, states: map[string]checks.State{}}
	n.cfg.State, n.cfg.ProbeDir, n.cfg.Settle = filepath.Join(n.dir, "run", "health.json"), n.dir, 0
	n.cfg.GiveUp.Command = []string{"/usr/share/heartbeat/hb_standby", "all"}
	if err := os.WriteFile(filepath.Join(n.dir, "boot"), []byte("5f1c3c1e-9a7b-4d2e-8a55-0123456789ab\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(n.dir, ReportDir), 0o700); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *node) set(f func()) { n.mu.Lock(); defer n.mu.Unlock(); f() }

func (n *node) is(name string, s checks.State) { n.set(func() { n.states[name] = s }) }

func (n *node) ran() int { n.mu.Lock(); defer n.mu.Unlock(); return len(n.commands) }

// scripted is a check that says what the node is told.
type scripted struct {
	node *node
	name string
}

func (s scripted) Run(context.Context, checks.Target) ([]checks.Result, error) {
	s.node.mu.Lock()
	defer s.node.mu.Unlock()
	state := s.node.states[s.name]
	return []checks.Result{{State: state, Summary: text.Verbatim(s.name + " is " + state.String())}}, nil
}

type noConfig struct{}

func (noConfig) Validate() error { return nil }

// list is the node's checks: 10 s, failures again after 2 s, three of them.
func (n *node) list() []Check {
	var out []Check
	for _, name := range n.names {
		kind := checks.Type{Name: "scripted", New: func(checks.Config, checks.Deps) (checks.Check, error) { return scripted{n, name}, nil }}
		out = append(out, Check{Name: name, Type: kind, Config: noConfig{}, Common: *newCommon()})
	}
	return out
}

// ending is how a process ended.
type ending struct {
	code int
	err  error
}

// start is a process on the node.
func (n *node) start() (ended <-chan ending, stop func() ending) {
	n.t.Helper()
	w, err := New(n.cfg, n.list(), Deps{
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, BootFile: filepath.Join(n.dir, "boot"),
		Checks: checks.Deps{}, Environ: []string{"PATH=/bin"},
		Addresses: func() ([]netip.Addr, error) { n.mu.Lock(); defer n.mu.Unlock(); return n.addresses, n.listErr },
		Run:       n.run,
		Device:    func(string, time.Duration) (watchdog.Device, error) { return &n.dog, nil },
	})
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(n.t.Context())
	out := make(chan ending, 1)
	go func() {
		code, err := w.Run(ctx)
		out <- ending{code, err}
	}()
	return out, func() ending { cancel(); return <-out }
}

// run is the give-up command.
func (n *node) run(ctx context.Context, c runner.Command) (runner.Result, error) {
	if c.Path == "/bin/true" { // a watchdog's proof
		return runner.Result{}, nil
	}
	n.mu.Lock()
	n.commands = append(n.commands, c.Path+" "+strings.Join(c.Args, " "))
	at, takes, result, err := n.atStart, n.takes, n.result, n.startErr
	n.mu.Unlock()
	if at != nil {
		at()
	}
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		result.TimedOut, result.ExitCode = true, -1
	}
	return result, err
}

// steps lists what was handed to the daemon.
func (n *node) steps() []wire.HealthData {
	n.t.Helper()
	names, err := handover.List(filepath.Join(n.dir, ReportDir))
	if err != nil {
		n.t.Fatal(err)
	}
	var out []wire.HealthData
	for _, name := range names {
		e, err := handover.Read(name)
		var d wire.HealthData
		if err == nil {
			err = json.Unmarshal(e.Data, &d)
		}
		if err != nil || e.Kind != wire.KindHealth {
			n.t.Fatal(e, err)
		}
		out = append(out, d)
	}
	return out
}

func (n *node) wantSteps(want string) {
	n.t.Helper()
	var got []string
	for _, d := range n.steps() {
		got = append(got, d.Step)
	}
	if s := strings.Join(got, " "); s != want {
		n.t.Errorf("reported %q; want %q", s, want)
	}
}

func bubble(t *testing.T, f func(t *testing.T)) { t.Helper(); synctest.Test(t, f) }
