package trendwatch

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"monitord/checks"
	"monitord/tsdb"
)

// made answers every question with as many gauges, a value each step.
type made struct {
	hosts int
	asked atomic.Int64
}

func (m *made) Range(_ context.Context, _ string, start, end time.Time, step time.Duration) ([]Series, error) {
	m.asked.Add(1)
	out := make([]Series, m.hosts)
	for i := range out {
		out[i].Labels = map[string]string{"host": fmt.Sprint("h", i/100), "n": fmt.Sprint(i % 100)}
		for at := start; !at.After(end); at = at.Add(step) {
			out[i].Points = append(out[i].Points, Point{at, 10 + float64((at.Unix()/60*7919+int64(i))%17)})
		}
	}
	return out, nil
}

func (*made) Narrow(expr, _, _ string) (string, error) { return expr, nil }

func quietDeps(t testing.TB, store Store, now func() time.Time) Deps {
	return Deps{
		Logger: slog.New(slog.DiscardHandler), Now: now, Dir: t.TempDir(), Store: store,
		Tell:     func(context.Context, Result) error { return nil },
		StateOf:  func(checks.Service) (checks.State, bool) { return checks.OK, false },
		Bad:      func() []checks.Service { return nil },
		HostDown: func(string) bool { return false },
	}
}

// Run asks each rule once a step, catches up, and keeps everything at its end.
func TestRunAsksEachStepAndKeepsAtItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules, err := Compile(one(RuleConfig{Name: "r", Expr: "g", Item: "gauge {n}"}), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		store := &made{hosts: 3}
		deps := quietDeps(t, store, time.Now)
		w := New(rules, deps)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		time.Sleep(time.Minute) // learned
		synctest.Wait()
		if c := w.Capacity(); c.Series != 3 {
			t.Fatalf("%d series", c.Series)
		}
		before := store.asked.Load()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := store.asked.Load() - before; n != 12 {
			t.Errorf("asked %d times in an hour, want 12", n)
		}
		w.Apply(rules)
		w.Apply(rules)
		time.Sleep(time.Second)
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		again := New(rules, deps)
		if err := again.load(t.Context()); err != nil || len(again.book.names) != 3 {
			t.Errorf("%d series kept, %v", len(again.book.names), err)
		}
	})
}

// BenchmarkMinute judges 100,000 series of a real store that have a value each
// minute: question, judgement, nothing else. One core is GOMAXPROCS=1.
func BenchmarkMinute(b *testing.B) {
	const series = 100_000
	c := one(RuleConfig{Name: "r", Expr: "g", Item: "gauge {n}", Step: time.Minute})
	c.MaxSeries, c.Learn = series, 0
	l := newLab(b, time.Unix(1_780_000_000, 0), c)
	names := make([]labels.Labels, series)
	for i := range names {
		names[i] = labels.FromStrings("__name__", "g", "host", fmt.Sprint("h", i/100), "n", fmt.Sprint(i%100))
	}
	minute := func() {
		l.now = l.now.Add(time.Minute)
		batch := make([]tsdb.Sample, series)
		for i, name := range names {
			batch[i] = tsdb.Sample{Metric: name, At: l.now.UnixMilli(), Value: 10 + float64((l.now.Unix()/60*7919+int64(i))%17)}
		}
		if err := l.db.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	r := l.w.rules.list[0]
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	for range lookBack + 2 {
		minute()
	}
	before := heap()
	l.w.read(b.Context(), r, r.head(l.now)) // finds them all; there is nothing to learn
	for _, e := range l.w.book.names {
		e.behind, e.whole = false, true
		e.advance(r.head(l.now))
	}
	l.w.jobs, l.w.queue = nil, map[jobKey]bool{}
	size := (heap() - before) / series
	for b.Loop() {
		b.StopTimer()
		minute()
		b.StartTimer()
		l.w.read(b.Context(), r, r.head(l.now))
		if len(l.w.jobs) > 0 {
			b.Fatal("a series fell behind")
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/minute")
	b.ReportMetric(size, "bytes/series")
}
