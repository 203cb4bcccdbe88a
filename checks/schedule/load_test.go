package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"monitord/checks"
	"monitord/internal/testnginx"
	"monitord/internal/text"
)

// service answers in twenty milliseconds with four values; a dead one not at all.
type service struct{ dead bool }

func (s service) Run(ctx context.Context, _ checks.Target) ([]checks.Result, error) {
	if s.dead {
		<-ctx.Done()
		return []checks.Result{{State: checks.Critical, Reason: checks.ReasonTimeout}}, nil
	}
	time.Sleep(20 * time.Millisecond)
	return []checks.Result{{
		Summary: text.M("check.phase.dns"), Phases: []checks.Phase{{Name: "connect", Took: time.Millisecond}},
		Perf: []checks.Perf{{Label: "a"}, {Label: "b"}, {Label: "c"}, {Label: "d"}},
	}}, nil
}

// Fifty thousand services at a minute, 2 % of them dead with ten seconds of
// time-out: nothing starts late for want of workers. The clock is simulated, so
// the processor's own time is told apart and compared with two processors.
func TestFiftyThousandServicesStartInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("short: simulates two minutes of 50,000 services")
	}
	const services = loadServices
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int64
		s := New(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Sink: func(_ context.Context, r Run) bool {
			runs.Add(int64(len(r.Results)))
			return false
		}})
		jobs := make([]Job, services)
		for i := range jobs {
			host := fmt.Sprint("host", i/10)
			jobs[i] = Job{
				Host: host, Name: fmt.Sprint("check", i%10), Type: "tcp", Target: checks.Target{Host: host, Address: "192.0.2.1"},
				Check: service{dead: i%50 == 0}, Interval: time.Minute, RetryInterval: 20 * time.Second, Timeout: 10 * time.Second,
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		s.Apply(jobs)
		// The first runs of all come within seconds, and a thousand dead ones
		// hold the workers for most of the first minute.
		time.Sleep(2 * time.Minute)
		skipped := s.Stats().Skipped
		first, cpu, wall := runs.Load(), testnginx.CPUSelf(t), time.Now()
		time.Sleep(2 * time.Minute)
		spent := testnginx.CPUSelf(t) - cpu
		runtime.GC()
		runtime.ReadMemStats(&after)
		stats := s.Stats()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		second := runs.Load() - first
		perMinute := spent / 2
		heap := after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)
		t.Logf("%d services: %d runs in %s, p50 %s, p99 %s, latest %s; %s of processor a minute (%.2f %% of two), %.1f µs a run; heap %d MiB, %d B a service",
			services, second, time.Since(wall), stats.Recent.P50, stats.Recent.P99, stats.Recent.Max, perMinute.Round(time.Millisecond),
			100*perMinute.Seconds()/120, float64(spent.Microseconds())/float64(second), heap>>20, heap/services)
		if second < 2*services-services/100 || stats.Recent.Starts < services*4/5 {
			t.Errorf("%d runs in two minutes, %d in the last one", second, stats.Recent.Starts)
		}
		if stats.Recent.P99 > time.Second || stats.Skipped > skipped {
			t.Errorf("late: %+v, skipped %d", stats.Recent, stats.Skipped-skipped)
		}
		if perMinute > time.Minute || heap > 200<<20 {
			t.Errorf("%s of processor a minute, %d MiB", perMinute, heap>>20)
		}
	})
}

func TestRecentForgetsAfterAMinute(t *testing.T) {
	var w window
	now := time.Unix(1700000000, 0)
	for i := range 1000 {
		late := 2 * time.Millisecond
		if i >= 985 {
			late = 3 * time.Second
		}
		w.observe(now, late)
	}
	r := w.recent(now)
	if r.Starts != 1000 || r.P50 != 2*time.Millisecond || r.P99 != 3*time.Second || r.Max != 3*time.Second {
		t.Errorf("got %+v", r)
	}
	w.observe(now.Add(30*time.Second), 48*time.Hour)
	if r := w.recent(now.Add(30 * time.Second)); r.Starts != 1001 || r.Max != 48*time.Hour || r.P99 > 5*time.Second {
		t.Errorf("half a minute later: %+v", r)
	}
	if r := w.recent(now.Add(61 * time.Second)); r.Starts != 1 {
		t.Errorf("a minute later: %+v", r)
	}
	if r := w.recent(now.Add(time.Hour)); r != (Recent{}) {
		t.Errorf("an hour later: %+v", r)
	}
}

// A re-check of a soft state overtakes the regular starts that wait.
func TestRechecksGoBeforeRegularStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &fake{takes: time.Second}
		suspect := &fake{takes: 10 * time.Millisecond}
		b := start(t, Deps{Concurrency: 1})
		b.mu.Lock()
		b.retry = func(r Run) bool { return r.Job.Host == "suspect" }
		b.mu.Unlock()
		b.Apply([]Job{job("suspect", "c", suspect, 10*time.Minute)})
		b.RunNow("suspect", "c")
		time.Sleep(time.Second)
		var jobs []Job
		for i := range 100 { // one hundred seconds of work, in the first five
			jobs = append(jobs, job(fmt.Sprint("h", i), "c", slow, 10*time.Minute))
		}
		b.Apply(append(jobs, job("suspect", "c", suspect, 10*time.Minute)))
		before := suspect.count()
		time.Sleep(60 * time.Second)
		b.stop()
		if got := suspect.count() - before; got < 4 { // every ten seconds
			t.Errorf("%d re-checks in a minute of backlog; want 4 or more", got)
		}
	})
}
