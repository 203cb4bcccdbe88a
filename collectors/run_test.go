package collectors

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type fake struct {
	name string
	run  func(ctx context.Context, sink Sink) error
}

func (f fake) Name() string { return f.name }

func (f fake) Collect(ctx context.Context, sink Sink) error { return f.run(ctx, sink) }

type seen map[string]float64

func (s seen) Add(name string, v float64, labels ...string) {
	s[name+"{"+strings.Join(labels, ",")+"}"] = v
}

func TestEachCollectorIsToldAbout(t *testing.T) {
	r := NewRunner([]Collector{
		fake{"good", func(_ context.Context, s Sink) error { s.Add("a", 1, "x", "y"); return nil }},
		fake{"half", func(_ context.Context, s Sink) error { s.Add("b", 2); return errors.New("no c") }},
		fake{"bad", func(context.Context, Sink) error { panic("index out of range") }},
	}, time.Second)
	got := seen{}
	out := r.CollectAll(t.Context(), got)
	want := map[string]float64{
		"a{x,y}": 1, "b{}": 2,
		"node_scrape_collector_success{collector,good}": 1,
		"node_scrape_collector_success{collector,half}": 0,
		"node_scrape_collector_success{collector,bad}":  0,
	}
	for k, v := range want {
		if g, ok := got[k]; !ok || g != v {
			t.Errorf("%s = %v (there: %v), want %v", k, g, ok, v)
		}
	}
	if len(out) != 3 || out[0].Err != nil || out[1].Err == nil || !strings.Contains(out[2].Err.Error(), "index out of range") {
		t.Errorf("outcomes %+v", out)
	}
	if _, ok := got["node_scrape_collector_duration_seconds{collector,good}"]; !ok {
		t.Error("no duration")
	}
	if s := r.Stats(); s.Failed != 2 || s.Skipped != 0 {
		t.Errorf("stats %+v, want 2 failed", s)
	}
}

func TestHangingCollectorIsSkippedUntilItReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var started atomic.Int64
		r := NewRunner([]Collector{
			fake{"nfs", func(_ context.Context, s Sink) error {
				started.Add(1)
				s.Add("early", 1)
				<-release
				s.Add("late", 1)
				return nil
			}},
			fake{"good", func(_ context.Context, s Sink) error { s.Add("a", 1); return nil }},
		}, time.Second)
		first := seen{}
		out := r.CollectAll(t.Context(), first)
		if !errors.Is(out[0].Err, context.DeadlineExceeded) {
			t.Errorf("first round: %v, want the deadline", out[0].Err)
		}
		for range 3 {
			got := seen{}
			out := r.CollectAll(t.Context(), got)
			if !errors.Is(out[0].Err, ErrStillRunning) || got["a{}"] != 1 {
				t.Errorf("later round: %v, a=%v", out[0].Err, got["a{}"])
			}
		}
		if started.Load() != 1 {
			t.Errorf("started %d times, want once", started.Load())
		}
		if s := r.Stats(); s.Skipped != 3 || s.Failed != 1 {
			t.Errorf("stats %+v, want 3 skipped, 1 failed", s)
		}
		wait, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		r.Wait(wait)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("waited %s for a collector that hangs, want a minute", took)
		}
		close(release)
		synctest.Wait()
		got := seen{}
		if out := r.CollectAll(t.Context(), got); out[0].Err != nil || got["late{}"] != 1 {
			t.Errorf("after it returned: %v, late=%v", out[0].Err, got["late{}"])
		}
		if _, ok := first["late{}"]; ok {
			t.Error("a sample that came late was given to a sink of an earlier round")
		}
	})
}

func TestEndedContextRunsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := NewRunner([]Collector{fake{"x", func(context.Context, Sink) error { t.Error("was run"); return nil }}}, time.Second)
	if out := r.CollectAll(ctx, seen{}); !errors.Is(out[0].Err, context.Canceled) {
		t.Errorf("outcome %v", out[0].Err)
	}
}
