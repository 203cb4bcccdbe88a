package icmp

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"monitord/internal/runner"
	"monitord/internal/testnginx"
)

// serve runs a Shared until the test ends.
func serve(t testing.TB) *Shared {
	t.Helper()
	needPing(t)
	s := NewShared()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for deadline := time.Now().Add(5 * time.Second); s.v6.Load() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no raw socket: run as root or grant CAP_NET_RAW")
		}
	}
	return s
}

func quickly(addr string) Request {
	return Request{Addr: netip.MustParseAddr(addr), Count: 3, Interval: 5 * time.Millisecond, Wait: time.Second, Size: 56}
}

func TestSharedAnswersAsDirectDoes(t *testing.T) {
	s := serve(t)
	for _, addr := range []string{"127.0.0.1", "127.9.8.7", "::1"} {
		r, err := s.Ping(t.Context(), quickly(addr))
		if err != nil || r.Sent != 3 || len(r.RTTs) != 3 || r.RTTs[0] <= 0 || r.RTTs[0] > 500*time.Millisecond {
			t.Errorf("%s: %+v, %v", addr, r, err)
		}
	}
	big := quickly("127.0.0.1")
	big.Size = 20000
	if r, err := s.Ping(t.Context(), big); err != nil || len(r.RTTs) != 3 {
		t.Errorf("20,000 bytes: %+v, %v", r, err)
	}
	lost := quickly("240.0.0.1")
	lost.Wait = 50 * time.Millisecond
	direct, directErr := Direct{}.Ping(t.Context(), lost)
	shared, err := s.Ping(t.Context(), lost)
	if (err == nil) != (directErr == nil) || len(shared.RTTs) != 0 || shared.Sent != direct.Sent || (shared.SendErr == nil) != (direct.SendErr == nil) {
		t.Errorf("no such host: shared %+v, %v; direct %+v, %v", shared, err, direct, directErr)
	}
	big.Size = 70000
	if _, err := s.Ping(t.Context(), big); !errors.Is(err, unix.EMSGSIZE) {
		t.Errorf("too big: %v", err)
	}
	if len(s.v4.Load().flights) != 0 {
		t.Error("a series is left behind")
	}
}

func TestSharedEndsWithItsContextAndFallsBack(t *testing.T) {
	needPing(t)
	s := NewShared()
	if r, err := s.Ping(t.Context(), quickly("127.0.0.1")); err != nil || len(r.RTTs) != 3 {
		t.Errorf("before Run: %+v, %v", r, err)
	}
	s = serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	slow := quickly("127.0.0.1")
	slow.Interval, slow.Wait, slow.Count = time.Minute, time.Minute, 5
	start := time.Now()
	if r, err := s.Ping(ctx, slow); err != nil || r.Sent != 1 || len(r.RTTs) != 1 || time.Since(start) > 5*time.Second {
		t.Errorf("cancelled: %+v, %v after %s", r, err, time.Since(start))
	}
}

func TestEndingRunEndsSeriesUnderWay(t *testing.T) {
	needPing(t)
	for range 20 {
		s := NewShared()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				r := quickly("127.0.0.1")
				r.Count, r.Interval = 50, time.Millisecond
				s.Ping(ctx, r)
			})
		}
		time.Sleep(time.Millisecond)
		cancel()
		wg.Wait()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// thousands pings hosts of 127.0.0.0/8, workers at a time, and returns how many answered.
func thousands(tb testing.TB, p Pinger, hosts, workers int) int64 {
	tb.Helper()
	var next, answered atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(hosts); i = next.Add(1) {
				addr := netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)})
				r, err := p.Ping(tb.Context(), Request{Addr: addr, Count: 1, Interval: time.Second, Wait: 3 * time.Second, Size: 56})
				if err != nil {
					tb.Error(err)
				}
				answered.Add(int64(len(r.RTTs)))
			}
		})
	}
	wg.Wait()
	return answered.Load()
}

func TestFiveThousandHostsAtOnceAllAnswer(t *testing.T) {
	s := serve(t)
	if got := thousands(t, s, 5000, 5000); got != 5000 {
		t.Errorf("%d of 5000 replies (%+v)", got, s.Stats())
	}
	if got := s.Stats(); got.Sent != 5000 || got.Received != 5000 {
		t.Errorf("stats %+v", got)
	}
}

func BenchmarkPing5000(b *testing.B) {
	const hosts = 5000
	s := serve(b)
	for _, workers := range []int{64, 500, hosts} {
		b.Run("shared-"+strconv.Itoa(workers), func(b *testing.B) {
			b.ReportAllocs()
			cpu := testnginx.CPUSelf(b)
			for b.Loop() {
				if got := thousands(b, s, hosts, workers); got != hosts {
					b.Fatalf("%d of %d replies", got, hosts)
				}
			}
			b.ReportMetric(float64((testnginx.CPUSelf(b)-cpu).Nanoseconds())/1e3/float64(b.N*hosts), "cpu-µs/host")
		})
	}
	b.Run("fping", func(b *testing.B) {
		args := []string{"-q", "-C1", "-i0", "-t3000"}
		for i := 1; i <= hosts; i++ {
			args = append(args, netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)}).String())
		}
		cpu := testnginx.CPUAll(b)
		for b.Loop() {
			r, err := runner.Run(b.Context(), runner.Command{Path: "fping", Args: args, Timeout: time.Minute})
			if err != nil || r.ExitCode != 0 {
				b.Fatal(r.ExitCode, err)
			}
		}
		b.ReportMetric(float64((testnginx.CPUAll(b)-cpu).Nanoseconds())/1e3/float64(b.N*hosts), "cpu-µs/host")
	})
}
