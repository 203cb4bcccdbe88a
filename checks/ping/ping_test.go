package ping

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"monitord/checks"
	"monitord/internal/icmp"
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
	if err := icmp.Permitted(); err != nil {
		if testing.Short() {
			t.Skip("short, and no right to ping: ", err)
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

// report is a Pinger that found something already.
type canned struct {
	report icmp.Report
	err    error
}

func (c canned) Ping(context.Context, icmp.Request) (icmp.Report, error) { return c.report, c.err }

func TestReportsAreJudged(t *testing.T) {
	ms := func(values ...int) (out []time.Duration) {
		for _, v := range values {
			out = append(out, time.Duration(v)*time.Millisecond)
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		report icmp.Report
		limits [2]string
		state  checks.State
		reason checks.Reason
	}{
		{"all well", icmp.Report{Sent: 3, RTTs: ms(1, 2, 3)}, [2]string{}, checks.OK, ""},
		{"one of three lost", icmp.Report{Sent: 3, RTTs: ms(1, 2)}, [2]string{}, checks.Warning, checks.ReasonThreshold},
		{"all lost", icmp.Report{Sent: 3}, [2]string{}, checks.Critical, checks.ReasonTimeout},
		{"none sent", icmp.Report{}, [2]string{}, checks.Critical, checks.ReasonTimeout},
		{"no route", icmp.Report{Sent: 3, SendErr: unix.ENETUNREACH}, [2]string{}, checks.Critical, checks.ReasonConnect},
		{"slow", icmp.Report{Sent: 2, RTTs: ms(100, 200)}, [2]string{"100,20%", "500,60%"}, checks.Warning, checks.ReasonThreshold},
		{"very slow", icmp.Report{Sent: 2, RTTs: ms(600, 600)}, [2]string{"100,20%", "500,60%"}, checks.Critical, checks.ReasonThreshold},
		{"loss at its limit", icmp.Report{Sent: 5, RTTs: ms(1, 1)}, [2]string{"100,20%", "500,60%"}, checks.Critical, checks.ReasonThreshold},
		{"loss below its limit", icmp.Report{Sent: 10, RTTs: ms(1, 1, 1, 1, 1, 1, 1, 1, 1)}, [2]string{"100,20%", "500,60%"}, checks.OK, ""},
		{"limits with units", icmp.Report{Sent: 1, RTTs: ms(300)}, [2]string{"250ms", "1s"}, checks.Warning, checks.ReasonThreshold},
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
	c := &Check{cfg: quick(), pinger: canned{err: icmp.ErrPermission}}
	r, err := c.Run(t.Context(), checks.Target{Address: "192.0.2.1"})
	if err != nil || r[0].State != checks.Unknown || r[0].Reason != checks.ReasonPermission {
		t.Errorf("got %+v, %v", r, err)
	}
	c = &Check{cfg: quick(), pinger: canned{err: unix.EMFILE}}
	if _, err := c.Run(t.Context(), checks.Target{Address: "192.0.2.1"}); !errors.Is(err, unix.EMFILE) {
		t.Errorf("no descriptors: %v; want an error", err)
	}
	for _, want := range []string{"CAP_NET_RAW", "ping_group_range"} {
		if !strings.Contains(icmp.ErrPermission.Error(), want) {
			t.Errorf("%q does not say %s", icmp.ErrPermission, want)
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
