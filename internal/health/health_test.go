package health

import (
	"context"
	"encoding/json"
	"errors"
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
	"monitord/internal/config"
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

func TestAConfirmedFaultGivesTheNodeUpOnceAndEndsWith100(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql", "disk")
		n.set(func() { n.result.Stdout = []byte("standby\n") })
		n.atStart = func() {
			if b, err := os.ReadFile(n.cfg.State); err != nil || !strings.Contains(string(b), `"0001-01-01`) {
				t.Errorf("before the command starts the state is %q, %v", b, err)
			}
		}
		ended, _ := n.start()
		time.Sleep(time.Minute)
		if n.ran() != 0 {
			t.Fatal("a good node was given up")
		}
		n.is("sql", checks.Critical)
		began := time.Now()
		if e := <-ended; e.code != 100 || e.err != nil {
			t.Errorf("ended with %+v", e)
		}
		// At most one interval until it is seen, then two retries.
		if took := time.Since(began); took > 15*time.Second || n.ran() != 1 {
			t.Errorf("%d commands after %s", n.ran(), took)
		}
		if n.commands[0] != "/usr/share/heartbeat/hb_standby all" {
			t.Errorf("ran %q", n.commands)
		}
		n.wantSteps("started ended")
		for _, d := range n.steps() {
			if len(d.Checks) != 1 || d.Checks[0].Name != "sql" || d.Checks[0].Attempts != 3 || d.Checks[0].State != checks.Critical || d.Fault == "" {
				t.Errorf("reported %+v", d)
			}
		}
		if d := n.steps()[1]; d.Output != "standby\n" || d.ExitCode != 0 {
			t.Errorf("reported %+v", d)
		}
	})
}

// heartbeat starts it again at once when it ends with another code than 100.
func TestARespawnDoesNotRepeatTheCommandUntilRecovery(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.ExitCode = 1
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		if e := <-ended; e.code != 1 {
			t.Fatalf("ended with %+v", e)
		}
		ended, stop := n.start()
		time.Sleep(time.Hour)
		if n.ran() != 1 {
			t.Errorf("%d commands; want one", n.ran())
		}
		n.is("sql", checks.OK)
		time.Sleep(15 * time.Second)
		if _, err := os.Stat(n.cfg.State); err != nil {
			t.Errorf("one good result is no recovery: %v", err)
		}
		time.Sleep(30 * time.Second)
		if _, err := os.Stat(n.cfg.State); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("it is not forgotten: %v", err)
		}
		n.wantSteps("started ended recovered")
		n.is("sql", checks.Critical)
		if e := <-ended; e.code != 1 || n.ran() != 2 {
			t.Errorf("a second fault: %+v, %d commands", e, n.ran())
		}
		_ = stop
	})
}

func TestARebootForgets(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		<-ended
		if err := os.WriteFile(filepath.Join(n.dir, "boot"), []byte("6f1c3c1e-9a7b-4d2e-8a55-0123456789ab\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		ended, _ = n.start()
		if e := <-ended; e.code != 100 || n.ran() != 2 {
			t.Errorf("after a reboot: %+v, %d commands; want another", e, n.ran())
		}
	})
}

func TestAProcessThatWasKilledDuringTheCommandDoesNotRepeatIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.is("sql", checks.Critical)
		var before []byte
		n.atStart = func() { before, _ = os.ReadFile(n.cfg.State) }
		ended, _ := n.start()
		<-ended
		// As kill -9 during the command leaves it.
		if err := os.WriteFile(n.cfg.State, before, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			time.Sleep(time.Second)
			_, stop := n.start()
			time.Sleep(10 * time.Minute)
			if e := stop(); e.code != 0 || e.err != nil {
				t.Errorf("stopped with %+v", e)
			}
		}
		if n.ran() != 1 {
			t.Errorf("%d commands", n.ran())
		}
		n.wantSteps("started ended unknown")
	})
}

func TestADamagedStateIsAFaultThatIsRemembered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql", "disk")
		if err := os.MkdirAll(filepath.Dir(n.cfg.State), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(n.cfg.State, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		n.is("sql", checks.Critical)
		_, stop := n.start()
		time.Sleep(time.Hour)
		if n.ran() != 0 {
			t.Error("it was acted upon")
		}
		n.is("sql", checks.OK)
		time.Sleep(time.Minute)
		stop()
		n.wantSteps("unknown recovered")
	})
}

func TestFaultsCountOnlyWhileTheAddressIsHere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.OnlyWhileAddress, n.cfg.Settle = virtual, time.Minute
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		time.Sleep(10 * time.Minute)
		n.set(func() { n.listErr = errors.New("netlink: no buffer space") })
		time.Sleep(time.Minute)
		n.set(func() {
			n.listErr = nil
			n.addresses = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::ffff:" + virtual)}
		})
		began := time.Now()
		if e := <-ended; e.code != 100 || n.ran() != 1 {
			t.Fatalf("%+v, %d commands", e, n.ran())
		}
		if took := time.Since(began); took < time.Minute || took > 80*time.Second {
			t.Errorf("given up %s after the address came; want a minute to settle, then three failures", took)
		}
	})
}

func TestAnAddressThatLeavesTakesItsFailuresAlong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.OnlyWhileAddress = virtual
		here := []netip.Addr{netip.MustParseAddr(virtual)}
		n.set(func() { n.addresses = here })
		n.is("sql", checks.Critical)
		_, stop := n.start()
		for range 50 { // it comes and goes: never three failures in a row
			time.Sleep(3 * time.Second)
			n.set(func() { n.addresses = nil })
			time.Sleep(3 * time.Second)
			n.set(func() { n.addresses = here })
		}
		stop()
		if n.ran() != 0 {
			t.Errorf("%d commands", n.ran())
		}
	})
}

func TestUnknownAndWarningAreNoFailuresUnlessConfigured(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.is("sql", checks.Unknown)
		_, stop := n.start()
		time.Sleep(10 * time.Minute)
		n.is("sql", checks.Warning)
		time.Sleep(10 * time.Minute)
		stop()
		if n.ran() != 0 {
			t.Errorf("%d commands", n.ran())
		}
		w, err := New(n.cfg, n.list(), Deps{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		w.tallies["sql"].check.FailsOn = []string{"unknown"}
		if !w.tallies["sql"].check.fails(checks.Unknown) || w.tallies["sql"].check.fails(checks.Critical) {
			t.Error("fails_on is not heeded")
		}
	})
}

func TestExitCodeNoneGoesOnWatching(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql", "disk")
		n.cfg.ExitCode = NoExit
		_, stop := n.start()
		for range 3 {
			n.is("sql", checks.Critical)
			time.Sleep(time.Minute)
			n.is("disk", checks.Critical) // the same fault
			time.Sleep(time.Minute)
			n.is("sql", checks.OK)
			time.Sleep(2 * time.Minute) // disk belongs to it, and is still bad
			n.is("disk", checks.OK)
			time.Sleep(time.Minute)
		}
		if e := stop(); e.code != 0 || e.err != nil {
			t.Errorf("stopped with %+v", e)
		}
		if n.ran() != 3 {
			t.Errorf("%d commands for three faults", n.ran())
		}
		n.wantSteps(strings.TrimSpace(strings.Repeat("started ended recovered ", 3)))
	})
}

func TestWhatCannotBeRememberedIsNotDone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		synctest.Wait()                                      // the lock is taken
		if err := os.Mkdir(n.cfg.State, 0o700); err != nil { // no file can be renamed to it
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		if n.ran() != 0 {
			t.Error("it was done")
		}
		n.wantSteps("blocked")
		if err := os.Remove(n.cfg.State); err != nil {
			t.Fatal(err)
		}
		if e := <-ended; e.code != 100 || n.ran() != 1 {
			t.Errorf("once it can: %+v, %d commands", e, n.ran())
		}
	})
}

func TestACommandThatFailsIsReportedAndNotRepeated(t *testing.T) {
	for name, tt := range map[string]struct {
		result runner.Result
		err    error
		step   string
	}{
		"fault":   {runner.Result{ExitCode: 7, Stderr: []byte("no such node")}, nil, "started ended"},
		"missing": {runner.Result{}, os.ErrNotExist, "started failed"},
	} {
		bubble(t, func(t *testing.T) {
			n := newNode(t, "sql")
			n.result, n.startErr = tt.result, tt.err
			n.is("sql", checks.Critical)
			ended, _ := n.start()
			if e := <-ended; e.code != 100 {
				t.Errorf("%s: %+v", name, e)
			}
			_, stop := n.start()
			time.Sleep(time.Hour)
			stop()
			if d := n.steps()[1]; d.ExitCode != tt.result.ExitCode || n.ran() != 1 {
				t.Errorf("%s: %d commands, %+v", name, n.ran(), d)
			}
			n.wantSteps(tt.step)
		})
	}
}

// `heartbeat -k` ends its clients and waits for them: we must not wait for it.
func TestAStopDuringTheCommandEndsSoon(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.takes = time.Minute
		n.is("sql", checks.Critical)
		_, stop := n.start()
		time.Sleep(15 * time.Second)
		began := time.Now()
		e := stop()
		if took := time.Since(began); took != stopGrace || e.code != 100 || e.err != nil {
			t.Errorf("ended %s after the stop with %+v", took, e)
		}
		n.wantSteps("started ended")
		if d := n.steps()[1]; !d.TimedOut || !d.Interrupted {
			t.Errorf("reported %+v", d)
		}
	})
}

func TestADryRunAndNoCommandOnlyReport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.DryRun = true
		n.is("sql", checks.Critical)
		_, stop := n.start()
		time.Sleep(time.Hour)
		if e := stop(); e.code != 0 || n.ran() != 0 {
			t.Errorf("dry run: %+v, %d commands", e, n.ran())
		}
		n.wantSteps("reported")
	})
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.GiveUp.Command = nil
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		if e := <-ended; e.code != 100 || n.ran() != 0 {
			t.Errorf("no command: %+v, %d commands", e, n.ran())
		}
		n.wantSteps("reported")
	})
}

func TestTheWatchdogIsStoppedAfterTheNodeWasGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		n.cfg.Watchdog.Device, n.cfg.Watchdog.File = "/dev/watchdog", filepath.Join(n.dir, "proof")
		n.takes = 35 * time.Second // it is petted while the command runs
		n.atStart = func() {
			if n.dog.closed {
				t.Error("stopped before the command")
			}
		}
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		if e := <-ended; e.code != 100 || e.err != nil {
			t.Errorf("ended with %+v", e)
		}
		if got := string(n.dog.bytes); !n.dog.closed || !strings.HasSuffix(got, "\x00V") || len(got) < 5 {
			t.Errorf("the device got %q, closed %v", got, n.dog.closed)
		}
	})
}

func TestASecondProcessIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		_, stop := n.start()
		synctest.Wait()
		second, _ := n.start()
		if e := <-second; e.err == nil || !strings.Contains(e.err.Error(), "another probe health has it") {
			t.Errorf("got %+v", e)
		}
		stop()
	})
}

func TestWithoutAProbeNobodyIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := newNode(t, "sql")
		if err := os.Remove(filepath.Join(n.dir, ReportDir)); err != nil {
			t.Fatal(err)
		}
		n.is("sql", checks.Critical)
		ended, _ := n.start()
		if e := <-ended; e.code != 100 || n.ran() != 1 {
			t.Errorf("%+v, %d commands", e, n.ran())
		}
	})
}

// A report on a hung disk holds one goroutine, and holds nothing up.
func TestReportsOnAHungDiskHoldNothingUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newReporter(t.TempDir(), slog.New(slog.DiscardHandler))
		r.turn <- struct{}{} // one that never comes back
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.run(ctx) }()
		for range 2 {
			r.put(time.Now(), wire.HealthData{})
		}
		cancel()
		began := time.Now()
		if err := <-ended; err != nil || time.Since(began) > 2*reportTimeout {
			t.Errorf("ended after %s: %v", time.Since(began), err)
		}
		for range 2 * reportQueue {
			r.put(time.Now(), wire.HealthData{}) // bounded, and does not block
		}
	})
}

func FuzzParseMemory(f *testing.F) {
	const boot = "5f1c3c1e-9a7b-4d2e-8a55-0123456789ab"
	f.Add([]byte(`{"boot":"` + boot + `","fault":{"fault":"x","step":"started"},"ended":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"boot":"other"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseMemory(b, boot)
		if r != nil && (err != nil || r.Boot != boot || r.Fault == nil) {
			t.Errorf("%q: %+v, %v", b, r, err)
		}
	})
}

func load(t *testing.T, yaml string, types ...checks.Type) (Config, []Check, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "health.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, types)
}

type oneKey struct {
	Dir string `yaml:"dir"`
}

func (c *oneKey) Validate() error {
	if c.Dir == "" {
		return config.Faultf("dir", "is missing")
	}
	return nil
}

var kind = checks.Type{Name: "disk", NewConfig: func() checks.Config { return &oneKey{} }}

func TestAFileIsReadWithItsDefaults(t *testing.T) {
	cfg, list, err := load(t, `
only_while_address: 192.0.2.10
give_up: {command: [/usr/share/heartbeat/hb_standby, all]}
exit_code: none
checks:
  b: {type: disk, dir: /b, max_attempts: 5, fails_on: [critical, warning]}
  a: {type: disk, dir: /a}
`, kind)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.ExitCode != NoExit || cfg.GiveUp.Timeout != time.Minute || cfg.OnlyWhileAddress != virtual || cfg.Settle != 30*time.Second {
		t.Errorf("got %+v", cfg)
	}
	if len(list) != 2 || list[0].Name != "a" || list[0].MaxAttempts != 3 || list[1].MaxAttempts != 5 || list[1].Config.(*oneKey).Dir != "/b" {
		t.Errorf("got %+v", list)
	}
	if !list[1].fails(checks.Warning) || list[0].fails(checks.Warning) || list[0].fails(checks.Unknown) {
		t.Error("fails_on is not heeded")
	}
}

func TestEveryFaultIsReportedWithItsPlace(t *testing.T) {
	_, _, err := load(t, `only_while_adress: 192.0.2.10
only_while_address: db
settle: -1s
give_up: {command: [hb_standby], timeout: 0s}
exit_code: 256
state: here
probe_dir: there
log: file
watchdog: {timeout: 1s}
checks:
  a: {type: disk}
  b: {type: quantum}
  c: [1]
  d: {dir: /}
  e: {type: disk, dir: /, interval: 1ms, max_attempts: 0, fails_on: [ok], tiemout: 3s}
`, kind)
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		":1:1: only_while_adress: unknown key (did you mean only_while_address?)", ":2:21: only_while_address: got", ":3:9: settle: got -1s",
		":4:20: give_up.command: got \"hb_standby\"", ":4:43: give_up.timeout: got 0s", ":5:12: exit_code: ", ":6:8: state: got \"here\"", ":7:12: probe_dir: got",
		":8:6: log: got \"file\"", "watchdog.timeout: got 1s",
		":11:6: checks.a.dir: is missing", ":12:13: checks.b: unknown type of check (got \"quantum\"; want one of disk)",
		":13:6: checks.c: wrong type", ":14:6: checks.d: the check has no type",
		"checks.e.interval: ", "checks.e.max_attempts: ", "checks.e.fails_on[0]: ", "checks.e.tiemout: unknown key (did you mean timeout?)",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q in:\n%v", want, err)
		}
	}
	if _, _, err := load(t, "settle: 0s\n"); err == nil || !strings.Contains(err.Error(), "checks: there is none") {
		t.Errorf("got %v", err)
	}
}
