package lvs

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/runner"
	"monitord/internal/testserver/ipvs"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// balancer is a table, and the argument vectors that changed it.
type balancer struct {
	*ipvs.Kernel
	mu      sync.Mutex
	changes []string
	before  func(args []string) // called before each run; may be nil
}

// setup is a service with three servers, each forwarded in another way, one with
// thresholds, and a fallback; and a second service that nobody may touch.
var setup = []string{
	"-A -t 192.0.2.80:80 -s wlc",
	"-a -t 192.0.2.80:80 -r 10.0.0.1:80 -g -w 5 -x 100 -y 50",
	"-a -t 192.0.2.80:80 -r 10.0.0.2:8080 -m -w 3",
	"-a -t 192.0.2.80:80 -r 10.0.0.3:80 -i -w 2",
	"-a -t 192.0.2.80:80 -r 127.0.0.1:80 -g -w 1",
	"-A -f 7 -s rr",
	"-a -f 7 -r 10.0.0.1 -g -w 1",
}

func newBalancer(t testing.TB, lines ...string) *balancer {
	t.Helper()
	b := &balancer{Kernel: ipvs.New(t)}
	for _, line := range lines {
		b.Admin(line)
	}
	return b
}

// run is runner.Run with the table's kernel; it writes down what changes.
func (b *balancer) run(ctx context.Context, c runner.Command) (runner.Result, error) {
	if b.before != nil {
		b.before(c.Args)
	}
	if !slices.Contains([]string{"-Sn", "-Ln"}, c.Args[0]) {
		b.mu.Lock()
		b.changes = append(b.changes, strings.Join(c.Args, " "))
		b.mu.Unlock()
	}
	c.Env = append(slices.Clone(c.Env), b.Env()...)
	return runner.Run(ctx, c)
}

func (b *balancer) action(t testing.TB, dir string, change func(*Config)) *Action {
	t.Helper()
	c := DefaultConfig()
	c.Service = Service{Protocol: "tcp", Address: netip.MustParseAddrPort("192.0.2.80:80")}
	c.Fallback = &Real{Addr: netip.MustParseAddr("127.0.0.1"), Port: 80}
	if change != nil {
		change(&c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	a, err := Kind().New(&c, failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Run: b.run, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return a.(*Action)
}

func web(n string) failover.Request {
	return failover.Request{ID: "r-" + n, Service: checks.Service{Host: "web" + n, Check: "http"}, Address: "10.0.0." + n, State: checks.Critical}
}

func undo(r failover.Request) failover.Request { r.Undo = true; return r }

func say(m text.Message) string { return text.Default().Render(text.English, time.UTC, m) }

func wantDone(t testing.TB, out failover.Outcome, err error, words string) {
	t.Helper()
	if err != nil || !out.Verified || !strings.Contains(say(out.Detail), words) {
		t.Fatalf("%+v %q, %v; want %q", out, say(out.Detail), err, words)
	}
}

func wantStatus(t testing.TB, a *Action, r failover.Request, want failover.Status) {
	t.Helper()
	if got, err := a.Status(t.Context(), r); err != nil || got != want {
		t.Errorf("status %s, %v; want %s", got, err, want)
	}
}

// whole is the table with everything that an edit could lose.
func (b *balancer) whole() string { return b.Admin("-Sn") + b.Admin("-Ln --thresholds") }

func TestAServerIsOutAndBackAsItWas(t *testing.T) {
	for _, mode := range []Mode{Quiesce, Remove} {
		for _, n := range []string{"1", "2", "3"} {
			b, dir := newBalancer(t, setup...), t.TempDir()
			before := b.whole()
			action := func() *Action { return b.action(t, dir, func(c *Config) { c.Mode = mode }) }
			wantStatus(t, action(), web(n), failover.StatusUndone)
			out, err := action().Do(t.Context(), web(n))
			wantDone(t, out, err, "gets no more connections of tcp 192.0.2.80:80; 2 serve")
			wantStatus(t, action(), web(n), failover.StatusDone)
			out, err = action().Do(t.Context(), web(n))
			wantDone(t, out, err, "was out of")
			out, err = action().Undo(t.Context(), undo(web(n)))
			wantDone(t, out, err, "serves in tcp 192.0.2.80:80 again; 3 serve")
			if after := b.whole(); after != before {
				t.Errorf("%s %s: the table is not as it was: %s", mode, n, cmp.Diff(before, after))
			}
			wantStatus(t, action(), web(n), failover.StatusUndone)
			out, err = action().Undo(t.Context(), undo(web(n)))
			wantDone(t, out, err, "already")
			if len(b.changes) != 2 {
				t.Errorf("changed the table by %q", b.changes)
			}
		}
	}
}

// The vectors that the real ipvsadm was given.
func TestEachChangeNamesTheServerWhole(t *testing.T) {
	b := newBalancer(t, setup...)
	a := b.action(t, t.TempDir(), nil)
	for _, n := range []string{"1", "2"} {
		if _, err := a.Do(t.Context(), web(n)); err != nil {
			t.Fatal(err)
		}
	}
	r := b.action(t, t.TempDir(), func(c *Config) {
		c.Mode, c.Service, c.Min = Remove, Service{Protocol: "fwmark", Mark: 8}, 1
	})
	for _, line := range []string{"-A -f 8 -s rr", "-a -f 8 -r 10.0.0.1 -i -w 4", "-a -f 8 -r 10.0.0.2 -i -w 4"} {
		b.Admin(line)
	}
	if _, err := r.Do(t.Context(), web("1")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Undo(t.Context(), undo(web("1"))); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"-e -t 192.0.2.80:80 -r 10.0.0.1:80 -g -w 0 -x 100 -y 50",
		"-e -t 192.0.2.80:80 -r 10.0.0.2:8080 -m -w 0",
		"-d -f 8 -r 10.0.0.1:0",
		"-a -f 8 -r 10.0.0.1:0 -i --tun-type ipip -w 4",
	}
	if d := cmp.Diff(want, b.changes); d != "" {
		t.Error(d)
	}
}

func wantPremises(t testing.TB, a *Action, r failover.Request, want map[string]bool) {
	t.Helper()
	got, err := a.Premises(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("%d premises; want %d", len(got), len(want))
	}
	for _, p := range got {
		if holds, ok := want[p.Name]; !ok || holds != p.Holds || say(p.Text) == "" || p.At.IsZero() {
			t.Errorf("%s: %v %q", p.Name, p.Holds, say(p.Text))
		}
	}
}

func TestAPoolIsNeverEmptied(t *testing.T) {
	b := newBalancer(t, setup...)
	a := b.action(t, t.TempDir(), func(c *Config) { c.Min = 2 })
	wantPremises(t, a, web("1"), map[string]bool{"lvs-service": true, "lvs-real": true, "pool-minimum": true})
	if _, err := a.Do(t.Context(), web("1")); err != nil {
		t.Fatal(err)
	}
	wantPremises(t, a, web("2"), map[string]bool{"lvs-service": true, "lvs-real": true, "pool-minimum": false})
	wantPremises(t, a, web("1"), map[string]bool{"lvs-service": true, "lvs-real": true, "pool-minimum": true})
	wantPremises(t, a, web("9"), map[string]bool{"lvs-service": true, "lvs-real": false, "pool-minimum": true})
	wantPremises(t, a, undo(web("1")), map[string]bool{"lvs-service": true, "lvs-taken-out": true})
	wantPremises(t, a, undo(web("2")), map[string]bool{"lvs-service": true, "lvs-taken-out": true})
	wantPremises(t, a, undo(web("9")), map[string]bool{"lvs-service": true, "lvs-taken-out": false})
	before := b.whole()
	if _, err := a.Do(t.Context(), web("2")); err == nil || !strings.Contains(err.Error(), "1 would be left, and min is 2") {
		t.Errorf("got %v", err)
	}
	dry := web("3")
	dry.DryRun = true
	if _, err := a.Do(t.Context(), dry); err == nil {
		t.Error("a dry run acted")
	}
	if _, err := a.Undo(t.Context(), undo(web("9"))); err == nil || !strings.Contains(err.Error(), "by hand") {
		t.Errorf("got %v", err)
	}
	fallback := web("4")
	fallback.Address = "127.0.0.1"
	if _, err := a.Do(t.Context(), fallback); err == nil || !strings.Contains(err.Error(), "fallback") {
		t.Errorf("got %v", err)
	}
	if after := b.whole(); after != before {
		t.Error(cmp.Diff(before, after))
	}
	none := b.action(t, t.TempDir(), func(c *Config) { c.Service.Protocol = "udp" })
	wantPremises(t, none, web("1"), map[string]bool{"lvs-service": false})
	if _, err := none.Do(t.Context(), web("1")); !errors.Is(err, errNoService) {
		t.Errorf("got %v", err)
	}
}

// Somebody quiesces the other servers between our look and our change.
func TestAChangeThatLeftTooFewIsTakenBack(t *testing.T) {
	for _, mode := range []Mode{Quiesce, Remove} {
		b, dir := newBalancer(t, setup...), t.TempDir()
		b.before = func(args []string) {
			if args[0] == "-e" || args[0] == "-d" {
				b.before = nil
				b.Admin("-d -t 192.0.2.80:80 -r 10.0.0.2:8080")
				b.Admin("-d -t 192.0.2.80:80 -r 10.0.0.3:80")
			}
		}
		a := b.action(t, dir, func(c *Config) { c.Mode = mode })
		if _, err := a.Do(t.Context(), web("1")); err == nil || !strings.Contains(err.Error(), "was put back") {
			t.Errorf("got %v", err)
		}
		if got := b.Admin("-Sn"); !strings.Contains(got, "-r 10.0.0.1:80 -g -w 5") {
			t.Errorf("the table is %s", got)
		}
		if files, _ := os.ReadDir(dir); len(files) > 0 {
			t.Errorf("left %v", files)
		}
	}
}

func TestOthersMayChangeTheTableMeanwhile(t *testing.T) {
	b, dir := newBalancer(t, setup...), t.TempDir()
	a := b.action(t, dir, nil)
	if _, err := a.Do(t.Context(), web("2")); err != nil {
		t.Fatal(err)
	}
	b.Admin("-e -t 192.0.2.80:80 -r 10.0.0.2:8080 -m -w 0 -x 9 -y 8")
	if _, err := a.Undo(t.Context(), undo(web("2"))); err != nil {
		t.Fatal(err)
	}
	if got := b.whole(); !strings.Contains(got, "10.0.0.2:8080 -m -w 3") || !strings.Contains(got, "10.0.0.2:8080                9          8") {
		t.Errorf("the weight is not back, or another's limits are lost: %s", got)
	}
	if _, err := a.Do(t.Context(), web("2")); err != nil {
		t.Fatal(err)
	}
	b.Admin("-d -t 192.0.2.80:80 -r 10.0.0.2:8080")
	if _, err := a.Undo(t.Context(), undo(web("2"))); err == nil || !strings.Contains(err.Error(), "by hand") {
		t.Errorf("put back what another removed: %v", err)
	}
}

// A host serves on two ports; the second change fails, and a later turn and the
// way back know of both.
func TestATurnThatBrokeOffIsKnown(t *testing.T) {
	b, dir := newBalancer(t, append(setup, "-a -t 192.0.2.80:80 -r 10.0.0.2:8081 -m -w 7")...), t.TempDir()
	before := b.whole()
	a := b.action(t, dir, nil)
	broken := *a
	broken.deps.Run = func(ctx context.Context, c runner.Command) (runner.Result, error) {
		if c.Args[0] == "-e" && strings.Contains(strings.Join(c.Args, " "), ":8081") {
			return runner.Result{TimedOut: true, Signal: "killed"}, nil
		}
		return b.run(ctx, c)
	}
	_, err := broken.Do(t.Context(), web("2"))
	if _, unknown := errors.AsType[failover.Unknown](err); !unknown {
		t.Errorf("got %v; want Unknown", err)
	}
	wantStatus(t, a, web("2"), failover.StatusUndone)
	if _, err := a.Do(t.Context(), web("2")); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, a, web("2"), failover.StatusDone)
	if _, err := a.Undo(t.Context(), undo(web("2"))); err != nil {
		t.Fatal(err)
	}
	if after := b.whole(); after != before {
		t.Error(cmp.Diff(before, after))
	}
}

func TestFailuresOfTheProgramSayWhatToDo(t *testing.T) {
	b := newBalancer(t, setup...)
	reply := func(r runner.Result, err error) func(context.Context, runner.Command) (runner.Result, error) {
		return func(ctx context.Context, c runner.Command) (runner.Result, error) {
			if c.Args[0] == "-Sn" || c.Args[0] == "-Ln" {
				return b.run(ctx, c)
			}
			return r, err
		}
	}
	always := func(r runner.Result) func(context.Context, runner.Command) (runner.Result, error) {
		return func(context.Context, runner.Command) (runner.Result, error) { return r, nil }
	}
	for _, tt := range []struct {
		run     func(context.Context, runner.Command) (runner.Result, error)
		want    string
		unknown bool
	}{
		{reply(runner.Result{}, &os.PathError{Op: "fork", Path: "/usr/sbin/ipvsadm", Err: os.ErrNotExist}), "install ipvsadm", false},
		{reply(runner.Result{ExitCode: 1, Stderr: []byte("Permission denied (you must be root)")}, nil), "CAP_NET_ADMIN", false},
		{reply(runner.Result{TimedOut: true}, nil), "its time was over", true},
		{reply(runner.Result{ExitCode: -1, Signal: "killed"}, nil), "by a signal: killed", true},
		{reply(runner.Result{}, nil), "still serves", false},
		{always(runner.Result{ExitCode: 2, Stderr: []byte("Can't initialize ipvs: Protocol not available")}), "load ip_vs", false},
		{always(runner.Result{TimedOut: true}), "no answer within", false},
		{always(runner.Result{Stdout: []byte("-A -t 192.0.2.80:80 -s rr"), StdoutDropped: 1}), "which is no answer", false},
	} {
		dir := t.TempDir()
		a := b.action(t, dir, nil)
		a.deps.Run = tt.run
		_, err := a.Do(t.Context(), web("1"))
		if _, unknown := errors.AsType[failover.Unknown](err); err == nil || unknown != tt.unknown || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v; want %q, unknown %v", err, tt.want, tt.unknown)
		}
	}
}

// ipvsadm speaks to the kernel before it reads its arguments.
func TestAMachineWithoutIPVSIsSaid(t *testing.T) {
	if _, err := os.Stat("/proc/net/ip_vs"); err == nil {
		t.Skip("this kernel has IPVS: its table is not ours to read")
	}
	a := newBalancer(t).action(t, t.TempDir(), nil)
	a.deps.Run = runner.Run
	if _, err := a.Premises(t.Context(), web("1")); err == nil || !strings.Contains(err.Error(), "no balancer") {
		t.Errorf("got %v", err)
	}
}

func TestConfigFaultsAndDefaults(t *testing.T) {
	err := (&Config{Min: 0, Mode: "x", Ipvsadm: "ipvsadm"}).Validate()
	for _, want := range []string{"service:", "mode:", "min:", "ipvsadm:", "timeout:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	for _, bad := range []string{"tcp 192.0.2.80", "icmp 192.0.2.80:80", "fwmark 0", "tcp", "tcp 1.2.3.4:80 x", "-t 1.2.3.4:80"} {
		if err := new(Service).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	for _, good := range []string{"tcp 192.0.2.80:80", "udp [2001:db8::1]:53", "sctp 192.0.2.1:9", "fwmark 4294967295"} {
		var s Service
		if err := s.UnmarshalText([]byte(good)); err != nil || s.String() != good {
			t.Errorf("%q: %v, %v", good, s, err)
		}
	}
	n, err := config.ParseBytes("sample.yaml", []byte(strings.NewReplacer("# service:", "service:", "# fallback:", "fallback:").Replace(Sample)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := failover.Options(Kind(), n, "")
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Service, want.Fallback, want.Reals = Service{Protocol: "tcp", Address: netip.MustParseAddrPort("192.0.2.80:80")}, &Real{Addr: netip.MustParseAddr("127.0.0.1"), Port: 80}, map[string]Real{}
	if d := cmp.Diff(&want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Error(d)
	}
	raw, err := config.Marshal(got) // as it goes to a probe
	if err != nil {
		t.Fatal(err)
	}
	again := DefaultConfig()
	if err := config.DecodeBytes("", raw, &again); err != nil || again.Service != want.Service || *again.Fallback != *want.Fallback {
		t.Errorf("%s: %v", raw, err)
	}
}

func TestTheExampleIsValid(t *testing.T) {
	raw, err := os.ReadFile("testdata/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n, err := config.ParseBytes("example.yaml", raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := failover.Options(Kind(), n, ""); err != nil {
		t.Error(err)
	}
}
