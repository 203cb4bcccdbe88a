package stonith

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/runner"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a device with machines db1 and db2, both on, and what was started.
type bench struct {
	t      testing.TB
	device string // folder of the machines
	dir    string // of the action
	links  string // where the programs are
	now    time.Time
	mu     sync.Mutex
	argv   []string
}

const secret = "hush-hush"

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, device: testproc.Dir(t, ""), dir: t.TempDir(), links: testproc.Dir(t, ""), now: time.Now()}
	script, err := os.ReadFile("testdata/fake.sh")
	testproc.Must(t, err)
	for _, name := range []string{"fence_fake", "stonith"} {
		testproc.Must(t, os.Chmod(testproc.File(t, b.links, name, string(script)), 0o755))
	}
	for _, plug := range []string{"1", "2", "db1", "db2"} {
		testproc.File(t, b.device, plug, "on")
	}
	return b
}

func (b *bench) run(ctx context.Context, c runner.Command) (runner.Result, error) {
	b.mu.Lock()
	b.argv = append(b.argv, strings.Join(append([]string{c.Path}, c.Args...), " "))
	b.mu.Unlock()
	return runner.Run(ctx, c)
}

// action is one on the fake agent in a mode.
func (b *bench) action(mode string, change func(*Config)) *Action {
	b.t.Helper()
	c := DefaultConfig()
	c.Agent = filepath.Join(b.links, "fence_fake")
	c.Params = map[string]string{"state_dir": b.device, "mode": mode, "hostlist": "db1 db2"}
	c.Secrets = map[string]config.Secret{"password": {File: testproc.File(b.t, b.links, "password", secret+"\n")}}
	c.Hosts = map[string]Host{"db1": {Plug: "1"}, "db2": {Plug: "2"}}
	c.ConfirmWithin = 10 * time.Second
	if mode == "lie" || mode == "fail" {
		c.ConfirmWithin = 2 * time.Second // what is wanted never comes
	}
	if change != nil {
		change(&c)
	}
	testproc.Must(b.t, c.Validate())
	made, err := Kind().New(&c, failover.Deps{
		Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return b.now }, Dialer: &net.Dialer{}, Run: b.run, Dir: b.dir,
	})
	testproc.Must(b.t, err)
	a := made.(*Action)
	a.self.hostname = "monitor.example.net"
	a.self.addresses = func() ([]net.Addr, error) { return nil, nil } // this machine may have those of the test
	return a
}

// glue is the same through cluster-glue's contract.
func glueOf(b *bench) func(*Config) {
	return func(c *Config) {
		c.Agent, c.Type, c.Stonith = "", "external/fake", filepath.Join(b.links, "stonith")
		c.Hosts = map[string]Host{"db1": {}, "db2": {}}
	}
}

func (b *bench) power(plug string) string {
	b.t.Helper()
	raw, err := os.ReadFile(filepath.Join(b.device, plug))
	testproc.Must(b.t, err)
	return string(raw)
}

// acted is what was done to machines, one a line.
func (b *bench) acted() string {
	raw, _ := os.ReadFile(filepath.Join(b.device, "log"))
	return string(raw)
}

func db(n, id string) failover.Request {
	return failover.Request{ID: id, Service: checks.Service{Host: "db" + n, Check: "postgres"}, Address: "192.0.2." + n, State: checks.Critical, Incident: 7}
}

func say(m text.Message) string { return text.Default().Render(text.English, time.UTC, m) }

func isUnknown(err error) bool {
	_, ok := errors.AsType[failover.Unknown](err)
	return ok
}

func (b *bench) wantStatus(a *Action, r failover.Request, want failover.Status) {
	b.t.Helper()
	if got, _ := a.Status(b.t.Context(), r); got != want {
		b.t.Errorf("status %s; want %s", got, want)
	}
}

func TestAMachineIsSwitchedOffAndSeenToBeOff(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.action("slow", nil)
	b.wantStatus(a, db("1", "r1"), failover.StatusUndone)
	out, err := a.Do(t.Context(), db("1", "r1"))
	if err != nil || !out.Verified || say(out.Detail) != "db1 is fenced: switched off" || out.ExitCode != 0 || out.Took < 300*time.Millisecond {
		t.Errorf("%+v %q %v", out, say(out.Detail), err)
	}
	if b.power("1") != "off" || b.power("2") != "on" {
		t.Error("the wrong machine is off")
	}
	b.wantStatus(a, db("1", "r1"), failover.StatusDone)
	if strings.Contains(string(out.Output), secret) || !strings.Contains(string(out.Output), "<hidden>") {
		t.Errorf("the output is %q", out.Output)
	}
	if all := strings.Join(b.argv, "\n"); strings.Contains(all, secret) || strings.Contains(all, "=") {
		t.Errorf("parameters stand on a command line: %s", all)
	}
}

func TestClusterGluesContract(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.action("", glueOf(b))
	out, err := a.Do(t.Context(), db("1", "r1"))
	if err != nil || out.Verified || b.acted() != "off db1\n" {
		t.Errorf("%+v %v %q: want it done, and not verified", out, err, b.acted())
	}
	b.wantStatus(a, db("1", "r1"), failover.StatusUnknown)
	reset := b.action("", func(c *Config) { glueOf(b)(c); c.Action = Reboot })
	if _, err := reset.Do(t.Context(), db("2", "r2")); err != nil || b.acted() != "off db1\nreset db2\n" {
		t.Errorf("%v %q", err, b.acted())
	}
	for _, argv := range b.argv {
		if strings.Contains(argv, secret) {
			t.Errorf("the secret stands on a command line: %s", argv)
		}
	}
	unlisted := b.action("", func(c *Config) { glueOf(b)(c); c.Params["hostlist"] = "db2 db3"; c.Quiet = time.Minute })
	b.now = b.now.Add(time.Hour)
	r := db("1", "r3")
	r.Incident = 8
	if _, err := unlisted.Do(t.Context(), r); err == nil || !strings.Contains(err.Error(), "does not list db1") || b.acted() != "off db1\nreset db2\n" {
		t.Errorf("%v %q", err, b.acted())
	}
}

func TestAMachineIsNeverFencedTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.action("", nil).Do(t.Context(), db("1", "r1")); err != nil {
		t.Fatal(err)
	}
	other := db("1", "r2")
	other.Incident = 8
	refused := func(r failover.Request, words string) {
		t.Helper()
		a := b.action("", nil) // after a restart
		if _, err := a.Do(t.Context(), r); err == nil || !strings.Contains(err.Error(), words) || isUnknown(err) {
			t.Errorf("got %v; want %q", err, words)
		}
		p, err := a.Premises(t.Context(), r)
		if err != nil || !failed(p, "stonith-once") {
			t.Errorf("%v %v", p, err)
		}
	}
	refused(db("1", "r1"), "carried out already")
	refused(db("1", "r2"), "for this incident already")
	refused(other, "less than 1h0m0s ago")
	b.now = b.now.Add(-24 * time.Hour) // the clock is set back
	refused(other, "less than 1h0m0s ago")
	b.now = b.now.Add(48 * time.Hour)
	refused(db("1", "r2"), "for this incident already")
	if got := b.acted(); got != "off 1\n" {
		t.Errorf("acted: %q", got)
	}
	if _, err := b.action("", nil).Do(t.Context(), other); err != nil || b.acted() != "off 1\noff 1\n" {
		t.Errorf("another incident two days later: %v %q", err, b.acted())
	}
	if _, err := b.action("", nil).Do(t.Context(), db("2", "r5")); err != nil {
		t.Errorf("another machine: %v", err)
	}
}

func failed(premises []failover.Premise, name string) bool {
	for _, p := range premises {
		if p.Name == name {
			return !p.Holds
		}
	}
	return false
}

func TestEachWayToFailHasItsAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode         string
		silent       bool
		words        string // "" is success
		unknown      bool
		again        bool // another request may try
		status       failover.Status
		off, touched bool
	}{
		{mode: "nologin", words: "db1 was not fenced: fence_fake ended with exit code 3", again: true, status: failover.StatusUndone},
		{mode: "fail", words: "db1 is still on: fence_fake ended with exit code 1: Failed: Timed out", status: failover.StatusUndone, touched: true},
		{mode: "fail-after", off: true, status: failover.StatusDone, touched: true},
		{mode: "lie", words: "says that it switched db1 off, and that it is on", status: failover.StatusUndone, touched: true},
		{mode: "hang", words: "nobody can say", unknown: true, status: failover.StatusUndone, touched: true},
		{mode: "status-fails", words: "nothing was done: the device does not tell about db1", again: true, status: failover.StatusUnknown},
		{mode: "flood", off: true, status: failover.StatusDone, touched: true},
		{mode: "fork", off: true, status: failover.StatusDone, touched: true},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			a := b.action(tt.mode, nil)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			if tt.mode == "hang" {
				ctx, cancel = context.WithTimeout(t.Context(), 700*time.Millisecond)
			}
			defer cancel()
			out, err := a.Do(ctx, db("1", "r1"))
			switch {
			case tt.words == "" && (err != nil || !out.Verified):
				t.Errorf("%+v, %v; want success", out, err)
			case tt.words != "" && (err == nil || !strings.Contains(err.Error(), tt.words) || strings.Contains(err.Error(), secret)):
				t.Errorf("got %v; want %q", err, tt.words)
			case isUnknown(err) != tt.unknown:
				t.Errorf("%v: unknown %v", err, !tt.unknown)
			}
			b.wantStatus(a, db("1", "r1"), tt.status)
			if (b.power("1") == "off") != tt.off || (b.acted() != "") != tt.touched {
				t.Errorf("the machine is %s, acted %q", b.power("1"), b.acted())
			}
			if len(out.Output) > failover.MaxOutput {
				t.Errorf("%d bytes of output", len(out.Output))
			}
			_, err = b.action("", nil).Do(t.Context(), db("1", "r2"))
			if (err == nil) != tt.again {
				t.Errorf("another request: %v; want that it may try: %v", err, tt.again)
			}
		})
	}
}

// The device does it and hangs: when there is time left to ask, it is known.
func TestADeviceThatHangsAfterItsWorkIsAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	a := b.action("hang-after", nil)
	out, err := a.Do(ctx, db("1", "r1"))
	if err == nil && !out.Verified || err != nil && !isUnknown(err) {
		t.Errorf("%+v %v", out, err)
	}
	b.wantStatus(a, db("1", "r1"), failover.StatusDone)
}

func TestAVictimThatAnswersIsNotOff(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	testproc.Must(t, err)
	defer l.Close()
	b := newBench(t)
	for _, contract := range []func(*Config){nil, glueOf(b)} {
		silent := func(c *Config) {
			if contract != nil {
				contract(c)
			}
			c.SilentPort = l.Addr().(*net.TCPAddr).Port
		}
		b.dir = t.TempDir()
		a := b.action("", silent)
		a.deps.Dialer, a.config.ConfirmWithin = to(l.Addr().String()), time.Second
		if _, err := a.Do(t.Context(), db("1", "r1")); err == nil || !strings.Contains(err.Error(), "still answers") {
			t.Errorf("got %v", err)
		}
		b.dir = t.TempDir()
		a = b.action("", silent)
		a.deps.Dialer = dead{}
		out, err := a.Do(t.Context(), db("1", "r1"))
		if err != nil || !out.Verified {
			t.Errorf("%+v %v", out, err)
		}
		if contract != nil {
			b.wantStatus(a, db("1", "r1"), failover.StatusDone)
		}
	}
}

// to dials another address than it was asked for.
type to string

func (a to) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, string(a))
}

// dead is a network in which nobody answers.
type dead struct{}

func (dead) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return nil, errors.New("no route to host")
}

func TestNobodyFencesHimselfOrAStranger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refuse := func(change func(*Action, *failover.Request), words, premise string) {
		t.Helper()
		a, r := b.action("", nil), db("1", "r1")
		change(a, &r)
		if _, err := a.Do(t.Context(), r); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v; want %q", err, words)
		}
		if p, err := a.Premises(t.Context(), r); err != nil || !failed(p, premise) {
			t.Errorf("%v %v lacks %s", p, err, premise)
		}
	}
	refuse(func(a *Action, _ *failover.Request) { a.self.hostname = "DB1.example.net" }, "nobody fences himself", "stonith-not-self")
	refuse(func(a *Action, r *failover.Request) { r.Address = "monitor.other.example" }, "nobody fences himself", "stonith-not-self")
	refuse(func(a *Action, r *failover.Request) { r.Address = "127.0.0.1" }, "nobody fences himself", "stonith-not-self")
	refuse(func(a *Action, r *failover.Request) { r.Address = "localhost" }, "nobody fences himself", "stonith-not-self")
	refuse(func(a *Action, r *failover.Request) { r.Address = "nosuch.invalid" }, "in numbers", "stonith-not-self")
	refuse(func(a *Action, r *failover.Request) {
		a.self.addresses = func() ([]net.Addr, error) {
			return []net.Addr{&net.IPNet{IP: net.ParseIP("192.0.2.1"), Mask: net.CIDRMask(24, 32)}}, nil
		}
	}, "nobody fences himself", "stonith-not-self")
	refuse(func(_ *Action, r *failover.Request) { r.Service.Host = "db9" }, "is not among the machines", "stonith-allowed")
	if b.acted() != "" {
		t.Errorf("acted: %q", b.acted())
	}
}

func TestPremisesAskTheDeviceAndChangeNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, tt := range []struct {
		change func(*Config)
		mode   string
		fails  []string
	}{
		{nil, "", nil},
		{glueOf(b), "", nil},
		{nil, "status-fails", []string{"stonith-host"}},
		{nil, "down", []string{"stonith-host", "stonith-device"}},
		{glueOf(b), "down", []string{"stonith-device"}},
		{func(c *Config) { c.Agent = "/nonexistent/fence_x" }, "", []string{"program"}},
	} {
		a := b.action(tt.mode, tt.change)
		got, err := a.Premises(t.Context(), db("1", "r1"))
		if err != nil || len(got) < 4 {
			t.Fatalf("%v %v", got, err)
		}
		var fails []string
		for _, p := range got {
			if s := say(p.Text); s == "" || strings.Contains(s, secret) || p.At.IsZero() {
				t.Errorf("%s: %q", p.Name, s)
			}
			if !p.Holds {
				fails = append(fails, p.Name)
			}
		}
		for _, want := range tt.fails {
			if !failed(got, want) {
				t.Errorf("%s: %v hold; want %s to fail", tt.mode, got, want)
			}
		}
		if len(fails) != len(tt.fails) {
			t.Errorf("%s: %v fail; want %v", tt.mode, fails, tt.fails)
		}
	}
	dry := db("1", "r1")
	dry.DryRun = true
	if _, err := b.action("", nil).Do(t.Context(), dry); err == nil {
		t.Error("a dry run acted")
	}
	back := db("1", "r1")
	back.Undo = true
	if p, err := b.action("", nil).Premises(t.Context(), back); err != nil || !failed(p, "stonith-undo") {
		t.Errorf("%v %v", p, err)
	}
	if files, _ := os.ReadDir(b.dir); b.acted() != "" || len(files) > 0 {
		t.Errorf("acted %q, left %v", b.acted(), files)
	}
}

func anyFails(premises []failover.Premise) bool {
	for _, p := range premises {
		if !p.Holds {
			return true
		}
	}
	return false
}
