package ping

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"monitord/checks"
	"monitord/internal/runner"
	"monitord/internal/testnginx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func deps() checks.Deps {
	return checks.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dialer: &net.Dialer{}, Resolver: &net.Resolver{}}
}

// needPing fails with what to grant: a test that needs the right says so.
func needPing(t testing.TB) {
	t.Helper()
	if err := Permitted(); err != nil {
		if testing.Short() {
			t.Skip(err)
		}
		t.Fatal(err)
	}
}

// quick is a configuration that does not make the tests wait.
func quick() Config {
	c := DefaultConfig()
	c.PacketInterval, c.Wait = 5*time.Millisecond, 200*time.Millisecond
	return c
}

func ask(t *testing.T, cfg Config, address string) checks.Result {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := New(cfg, deps())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	results, err := c.Run(ctx, checks.Target{Address: address})
	if err != nil || len(results) != 1 {
		t.Fatalf("got %v, %v", results, err)
	}
	return results[0]
}

func TestLoopbackAnswers(t *testing.T) {
	needPing(t)
	for _, address := range []string{"127.0.0.1", "::1", "localhost"} {
		r := ask(t, quick(), address)
		if r.State != checks.OK || len(r.Perf) != 4 || r.Perf[0].Value <= 0 || r.Perf[0].Value > 0.2 || r.Perf[3].Value != 0 {
			t.Errorf("%s: got %+v", address, r)
		}
	}
}

func TestBigPacketsAreAnswered(t *testing.T) {
	needPing(t)
	cfg := quick()
	cfg.Size = 20000
	if r := ask(t, cfg, "127.0.0.1"); r.State != checks.OK {
		t.Errorf("got %+v", r)
	}
}

func TestNoReplyIsATimeoutWithinTheWait(t *testing.T) {
	needPing(t)
	// A blackhole address: RFC 6666 discard prefix, or no route at all.
	start := time.Now()
	r := ask(t, quick(), "240.0.0.1")
	if r.State != checks.Critical || (r.Reason != checks.ReasonTimeout && r.Reason != checks.ReasonConnect) {
		t.Errorf("got %+v", r)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %s", took)
	}
}

func TestAnUnknownNameIsDNS(t *testing.T) {
	if r := ask(t, quick(), "nosuch.invalid"); r.State != checks.Critical || r.Reason != checks.ReasonDNS {
		t.Errorf("got %+v", r)
	}
}

func TestManyAtOnceLoseNothing(t *testing.T) {
	needPing(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	lost := 0
	for i := range 200 {
		wg.Go(func() {
			addr := netip.AddrFrom4([4]byte{127, 0, byte(i / 200), byte(1 + i%200)})
			report, err := direct{}.Ping(t.Context(), Request{Addr: addr, Count: 5, Interval: 10 * time.Millisecond, Wait: 2 * time.Second, Size: 56})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || len(report.RTTs) != 5 {
				lost++
			}
		})
	}
	wg.Wait()
	if lost > 0 {
		t.Errorf("%d of 200 series lost replies or failed", lost)
	}
}

func TestCancellingEndsTheWait(t *testing.T) {
	needPing(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := direct{}.Ping(ctx, Request{Addr: netip.MustParseAddr("127.0.0.1"), Count: 1000, Interval: time.Second, Wait: time.Minute, Size: 56})
	if err != nil || time.Since(start) > 2*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

// report is a Pinger that found something already.
type canned struct {
	report Report
	err    error
}

func (c canned) Ping(context.Context, Request) (Report, error) { return c.report, c.err }

func TestReportsAreJudged(t *testing.T) {
	ms := func(values ...int) (out []time.Duration) {
		for _, v := range values {
			out = append(out, time.Duration(v)*time.Millisecond)
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		report Report
		limits [2]string
		state  checks.State
		reason checks.Reason
	}{
		{"all well", Report{Sent: 3, RTTs: ms(1, 2, 3)}, [2]string{}, checks.OK, ""},
		{"one of three lost", Report{Sent: 3, RTTs: ms(1, 2)}, [2]string{}, checks.Warning, checks.ReasonThreshold},
		{"all lost", Report{Sent: 3}, [2]string{}, checks.Critical, checks.ReasonTimeout},
		{"none sent", Report{}, [2]string{}, checks.Critical, checks.ReasonTimeout},
		{"no route", Report{Sent: 3, SendErr: unix.ENETUNREACH}, [2]string{}, checks.Critical, checks.ReasonConnect},
		{"slow", Report{Sent: 2, RTTs: ms(100, 200)}, [2]string{"100,20%", "500,60%"}, checks.Warning, checks.ReasonThreshold},
		{"very slow", Report{Sent: 2, RTTs: ms(600, 600)}, [2]string{"100,20%", "500,60%"}, checks.Critical, checks.ReasonThreshold},
		{"loss at its limit", Report{Sent: 5, RTTs: ms(1, 1)}, [2]string{"100,20%", "500,60%"}, checks.Critical, checks.ReasonThreshold},
		{"loss below its limit", Report{Sent: 10, RTTs: ms(1, 1, 1, 1, 1, 1, 1, 1, 1)}, [2]string{"100,20%", "500,60%"}, checks.OK, ""},
		{"limits with units", Report{Sent: 1, RTTs: ms(300)}, [2]string{"250ms", "1s"}, checks.Warning, checks.ReasonThreshold},
	} {
		cfg := DefaultConfig()
		if err := cfg.SetThresholds(tt.limits[0], tt.limits[1]); err != nil {
			t.Fatal(err)
		}
		c := &Check{cfg: cfg, pinger: canned{report: tt.report}}
		r, err := c.Run(t.Context(), checks.Target{Address: "192.0.2.1"})
		if err != nil || r[0].State != tt.state || r[0].Reason != tt.reason {
			t.Errorf("%s: got %+v, %v; want %s %q", tt.name, r, err, tt.state, tt.reason)
		}
	}
}

func TestWithoutPermissionItIsUnknownAndSaysWhatToGrant(t *testing.T) {
	c := &Check{cfg: quick(), pinger: canned{err: ErrPermission}}
	r, err := c.Run(t.Context(), checks.Target{Address: "192.0.2.1"})
	if err != nil || r[0].State != checks.Unknown || r[0].Reason != checks.ReasonPermission {
		t.Errorf("got %+v, %v", r, err)
	}
	c = &Check{cfg: quick(), pinger: canned{err: unix.EMFILE}}
	if _, err := c.Run(t.Context(), checks.Target{Address: "192.0.2.1"}); !errors.Is(err, unix.EMFILE) {
		t.Errorf("no descriptors: %v; want an error", err)
	}
	for _, want := range []string{"CAP_NET_RAW", "ping_group_range"} {
		if !strings.Contains(ErrPermission.Error(), want) {
			t.Errorf("%q does not say %s", ErrPermission, want)
		}
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := Config{Count: 0, Size: 1, Family: "ip5"}
	err := c.Validate()
	for _, want := range []string{"count: ", "packet_interval: ", "wait: ", "size: ", "family: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	for _, bad := range []string{"x", "100,y", ",", "100,20%,3"} {
		if err := c.SetThresholds(bad, ""); err == nil {
			t.Errorf("limits %q are taken", bad)
		}
	}
}

func TestMessagesSurviveTheWire(t *testing.T) {
	want := echo{kind: echoReply4, id: 0x1234, seq: 0xabcd, token: 0xfeedfacecafebeef}
	b := want.marshal(make([]byte, 200), 57)
	if checksum(b) != 0 { // RFC 1071: over a right message the sum is 0
		t.Errorf("checksum over the message is %#x; want 0", checksum(b))
	}
	if got, ok := parseEcho(b); !ok || got != want {
		t.Errorf("got %+v, %v; want %+v", got, ok, want)
	}
	b[20] ^= 1
	if _, ok := parseEcho(b); ok {
		t.Error("a damaged token is taken for ours")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(echo{kind: echoReply4, id: 1, seq: 2, token: 3}.marshal(make([]byte, 100), 56))
	f.Add([]byte{0x45, 0, 0, 20, 0, 0, 0, 0, 64, 1, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1})
	f.Add([]byte{0x4f})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, s := range []socket{{raw: true}, {raw: true, v6: true}, {}, {v6: true}} {
			e, ok := s.parse(b)
			if ok && e.kind != echoReply4 && e.kind != echoReply6 {
				t.Errorf("%+v is no reply", e)
			}
		}
		if rest, ok := skipIPv4(b); ok && len(rest) > len(b)-20 {
			t.Errorf("%d of %d bytes behind the header", len(rest), len(b))
		}
	})
}

// The verdict is that of Debian's fping (exit 0: all alive, 1: some not).
func TestVerdictsAreThoseOfFping(t *testing.T) {
	needPing(t)
	for _, address := range []string{"127.0.0.1", "127.1.2.3", "240.0.0.1"} {
		theirs, err := runner.Run(t.Context(), runner.Command{Path: "fping", Args: []string{"-c3", "-p10", "-t200", "-q", address}})
		if err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends fping", err)
		}
		if ours := ask(t, quick(), address); (ours.State == checks.OK) != (theirs.ExitCode == 0) {
			t.Errorf("%s: ours %s, fping %d %s", address, ours.State, theirs.ExitCode, theirs.Stderr)
		}
	}
}

func BenchmarkPing(b *testing.B) {
	needPing(b)
	const hosts = 200
	var addrs []string
	for i := range hosts {
		addrs = append(addrs, "127.0.0."+strconv.Itoa(1+i))
	}
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		cfg := DefaultConfig()
		cfg.Count = 1
		c, err := New(cfg, deps())
		if err != nil {
			b.Fatal(err)
		}
		cpu := testnginx.CPUSelf(b)
		i := 0
		for b.Loop() {
			results, err := c.Run(b.Context(), checks.Target{Address: addrs[i%hosts]})
			if err != nil || results[0].State != checks.OK {
				b.Fatal(results, err)
			}
			i++
		}
		b.ReportMetric(float64((testnginx.CPUSelf(b)-cpu).Nanoseconds())/1e3/float64(b.N), "cpu-µs/host")
	})
	b.Run("fping", func(b *testing.B) {
		cpu := testnginx.CPUAll(b)
		for b.Loop() { // one process for all hosts
			r, err := runner.Run(b.Context(), runner.Command{Path: "fping", Args: append([]string{"-C1", "-q", "-i1"}, addrs...)})
			if err != nil || r.ExitCode != 0 {
				b.Fatal(r, err)
			}
		}
		b.ReportMetric(float64((testnginx.CPUAll(b)-cpu).Nanoseconds())/1e3/float64(b.N*hosts), "cpu-µs/host")
	})
}
