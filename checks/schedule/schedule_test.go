package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a check that takes its time and says what it is told.
type fake struct {
	mu      sync.Mutex
	takes   time.Duration
	answer  func() ([]checks.Result, error)
	starts  []time.Time
	targets []checks.Target
	now     int
	most    int // runs at once
}

func (f *fake) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	f.mu.Lock()
	f.starts = append(f.starts, time.Now())
	f.targets = append(f.targets, target)
	f.now++
	f.most = max(f.most, f.now)
	takes, answer := f.takes, f.answer
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.now--; f.mu.Unlock() }()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if answer != nil {
		return answer()
	}
	return []checks.Result{{State: checks.OK}}, nil
}

func (f *fake) count() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.starts) }

func (f *fake) peak() int { f.mu.Lock(); defer f.mu.Unlock(); return f.most }

// bench is a scheduler that runs in a bubble, with its runs recorded.
type bench struct {
	*Scheduler
	mu    sync.Mutex
	runs  []Run
	retry func(Run) bool
	stop  func()
}

func start(t *testing.T, deps Deps) *bench {
	t.Helper()
	b := &bench{}
	deps.Logger, deps.Now = slog.New(slog.DiscardHandler), time.Now
	deps.Sink = func(_ context.Context, r Run) bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.runs = append(b.runs, r)
		return b.retry != nil && b.retry(r)
	}
	b.Scheduler = New(deps)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	b.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	return b
}

func (b *bench) recorded() []Run { b.mu.Lock(); defer b.mu.Unlock(); return slices.Clone(b.runs) }

func job(host, name string, c checks.Check, interval time.Duration) Job {
	return Job{Host: host, Name: name, Target: checks.Target{Host: host}, Check: c, Interval: interval, RetryInterval: 10 * time.Second, Timeout: 5 * time.Second}
}

func TestFirstRunsComeWithinSecondsAndLaterOnesAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, Deps{})
		fakes := make([]*fake, 600)
		var jobs []Job
		for i := range fakes {
			fakes[i] = &fake{}
			jobs = append(jobs, job(fmt.Sprintf("host%d", i), "ping", fakes[i], time.Minute))
		}
		began := time.Now()
		b.Apply(jobs)
		time.Sleep(FirstWithin + time.Millisecond)
		for i, f := range fakes {
			if f.count() != 1 {
				t.Fatalf("job %d ran %d times in the first seconds; want 1", i, f.count())
			}
		}
		time.Sleep(10*time.Minute - FirstWithin)
		b.stop()
		slots := make([]int, 60)
		for i, f := range fakes {
			if n := f.count(); n < 10 || n > 11 {
				t.Fatalf("job %d ran %d times in ten minutes; want 10 or 11", i, n)
			}
			for j, s := range f.starts[2:] {
				if gap := s.Sub(f.starts[j+1]); gap != time.Minute {
					t.Fatalf("job %d: gap %s; want 1m", i, gap)
				}
			}
			slots[int(f.starts[1].Sub(began).Seconds())%60]++
		}
		// 600 jobs in 60 seconds: ten each, Poisson; 30 would be a burst.
		if most := slices.Max(slots); most > 30 {
			t.Errorf("%d of 600 jobs start in one second", most)
		}
	})
}

func TestACheckThatHangsIsEndedBeforeItsNextStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, Deps{})
		f := &fake{takes: time.Hour}
		j := job("h", "c", f, 30*time.Second)
		j.Timeout = time.Hour // more than the interval
		b.Apply([]Job{j})
		time.Sleep(5 * time.Minute)
		b.stop()
		if f.most != 1 {
			t.Errorf("%d runs at once; want 1", f.most)
		}
		for _, r := range b.recorded() {
			if r.Took >= 10*time.Second {
				t.Errorf("a run took %s; want less than the retry interval", r.Took)
			}
			if r.Results[0].State != checks.Unknown || r.Results[0].Reason != checks.ReasonTimeout {
				t.Errorf("got %+v; want UNKNOWN, timeout", r.Results[0])
			}
		}
		if n := len(b.recorded()); n < 9 {
			t.Errorf("%d runs; want one each 30s", n)
		}
	})
}

func TestRetryIntervalRulesWhileTheSinkAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, Deps{})
		runs := 0
		b.retry = func(Run) bool { runs++; return runs <= 3 }
		f := &fake{takes: time.Second}
		b.Apply([]Job{job("h", "c", f, time.Minute)})
		time.Sleep(5 * time.Minute)
		b.stop()
		for i := 1; i <= 3; i++ {
			if gap := f.starts[i].Sub(f.starts[i-1]); gap != 10*time.Second {
				t.Errorf("gap %d is %s; want the retry interval, 10s", i, gap)
			}
		}
		if gap := f.starts[5].Sub(f.starts[4]); gap != time.Minute {
			t.Errorf("gap after the retries is %s; want 1m", gap)
		}
		if gap := f.starts[4].Sub(f.starts[3]); gap < 30*time.Second || gap > 90*time.Second {
			t.Errorf("gap back to the regular start is %s; want within half an interval of 1m", gap)
		}
	})
}

func TestPanicsAndErrorsBecomeUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, Deps{})
		b.Apply([]Job{
			job("h", "panics", &fake{answer: func() ([]checks.Result, error) { panic("boom") }}, time.Minute),
			job("h", "fails", &fake{answer: func() ([]checks.Result, error) { return nil, errors.New("store is away") }}, time.Minute),
		})
		time.Sleep(6 * time.Second)
		b.stop()
		runs := b.recorded()
		if len(runs) != 2 {
			t.Fatalf("%d runs; want 2", len(runs))
		}
		for _, r := range runs {
			if len(r.Results) != 1 || r.Results[0].State != checks.Unknown || r.Results[0].Reason != checks.ReasonInternal || r.Err == nil {
				t.Errorf("%s: got %+v, %v", r.Job.Name, r.Results, r.Err)
			}
		}
		if s := b.Stats(); s.Panics != 1 || s.Errors != 2 || s.Runs != 2 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestAReloadKeepsThePhaseAndForgetsWhatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, Deps{})
		stays, goes, comes := &fake{}, &fake{}, &fake{}
		b.Apply([]Job{job("h", "stays", stays, time.Minute), job("h", "goes", goes, time.Minute)})
		time.Sleep(3 * time.Minute)
		before, gone := stays.count(), goes.count()
		for range 50 { // a reload each second loses and adds nothing
			b.Apply([]Job{job("h", "stays", stays, time.Minute), job("h", "comes", comes, time.Minute)})
			time.Sleep(time.Second)
		}
		time.Sleep(2 * time.Minute)
		b.stop()
		for i := before; i < len(stays.starts); i++ {
			if gap := stays.starts[i].Sub(stays.starts[i-1]); gap != time.Minute {
				t.Errorf("gap %s over the reloads; want 1m", gap)
			}
		}
		if goes.count() != gone {
			t.Errorf("a removed job ran %d more times", goes.count()-gone)
		}
		if comes.count() < 3 {
			t.Errorf("a new job ran %d times; want 3 or 4", comes.count())
		}
	})
}

func TestARunOfARemovedJobIsNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, Deps{})
		f := &fake{takes: 4 * time.Second}
		b.Apply([]Job{job("h", "c", f, time.Minute)})
		b.RunNow("h", "c")
		time.Sleep(time.Second)
		b.Apply(nil)
		time.Sleep(time.Minute)
		b.stop()
		if f.count() != 1 || len(b.recorded()) != 0 {
			t.Errorf("%d runs, %d reported; want 1, 0", f.count(), len(b.recorded()))
		}
		if s := b.Stats(); s.Jobs != 0 || s.Running != 0 || s.Waiting != 0 {
			t.Errorf("left behind: %+v", s)
		}
	})
}

func TestConcurrencyIsBoundedOverAllAndPerHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, Deps{Concurrency: 5, PerHost: 2})
		one, many := &fake{takes: time.Second}, &fake{takes: time.Second}
		var jobs []Job
		for i := range 10 {
			jobs = append(jobs, job("one", fmt.Sprint("c", i), one, time.Minute), job(fmt.Sprint("h", i), "c", many, time.Minute))
		}
		b.Apply(jobs)
		time.Sleep(5 * time.Minute)
		b.stop()
		if one.most != 2 {
			t.Errorf("%d checks of one host at once; want 2", one.most)
		}
		if many.most > 5 || many.most < 3 {
			t.Errorf("%d checks at once; want at most 5", many.most)
		}
		if one.count() < 50 || many.count() < 50 {
			t.Errorf("%d and %d runs in 5 minutes; want 50 or more", one.count(), many.count())
		}
	})
}

func TestManyFirstRunsDoNotHoldUpACheckOfEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Four at once, 2 ms each: 2,000 a second.
		b := start(t, Deps{Concurrency: 4, PerHost: 4})
		slow, often := &fake{takes: 2 * time.Millisecond}, &fake{takes: time.Millisecond}
		jobs := []Job{job("often", "c", often, time.Second)}
		for i := range 20_000 {
			jobs = append(jobs, job(fmt.Sprint("h", i), "c", slow, time.Minute))
		}
		b.Apply(jobs)
		time.Sleep(45 * time.Second)
		if n := slow.count(); n < 20_000 {
			t.Errorf("%d first runs in 45 s, want all 20,000", n)
		}
		for _, r := range b.recorded() {
			if r.Job.Host == "often" && r.Late > 500*time.Millisecond {
				t.Fatalf("the check of each second started %v late", r.Late)
			}
		}
		b.stop()
	})
}

func TestCheckNowOvertakesAndRunsAgainWhenRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, Deps{Concurrency: 1})
		slow := &fake{takes: time.Second}
		var jobs []Job
		for i := range 20 {
			jobs = append(jobs, job(fmt.Sprint("h", i), "c", slow, time.Hour))
		}
		b.Apply(jobs)
		time.Sleep(FirstWithin) // twenty seconds of work, five done
		asked := time.Now()
		if !b.RunNow("h7", "c") || b.RunNow("h7", "nosuch") {
			t.Error("RunNow does not know its jobs")
		}
		time.Sleep(3 * time.Second)
		soon := slices.ContainsFunc(b.recorded(), func(r Run) bool { return r.Job.Host == "h7" && !r.At.Before(asked.Add(-time.Second)) })
		if !soon {
			t.Error("check now did not overtake those that waited")
		}
		time.Sleep(time.Minute)
		n := slow.count()
		for range 5 { // once at once, once more afterwards, not five times
			b.RunNow("h7", "c")
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		b.stop()
		if got := slow.count() - n; got != 2 {
			t.Errorf("five requests while it ran made %d runs; want 2", got)
		}
	})
}

func TestPreviousStatesReachTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := []checks.State{checks.Critical, checks.Unknown, checks.OK, checks.OK}
		f := &fake{}
		f.answer = func() ([]checks.Result, error) {
			s := states[len(f.starts)-1]
			return []checks.Result{{Item: "/", State: s}, {Item: "/var", State: checks.OK}}, nil
		}
		b := start(t, Deps{Previous: func(host, check string) map[string]checks.State {
			return map[string]checks.State{"/": checks.Warning}
		}})
		b.Apply([]Job{job("h", "fs", f, time.Minute)})
		time.Sleep(4*time.Minute + 10*time.Second)
		b.stop()
		want := []checks.State{checks.Warning, checks.Critical, checks.Critical, checks.OK}
		for i, w := range want {
			if got, ok := f.targets[i].Previous["/"]; !ok || got != w {
				t.Errorf("run %d knew %s, %v; want %s", i, got, ok, w)
			}
		}
	})
}

func TestCancellingEndsRunsUnderWayAndReportsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, Deps{})
		f := &fake{takes: 4 * time.Second}
		b.Apply([]Job{job("h", "c", f, time.Minute)})
		b.RunNow("h", "c")
		time.Sleep(time.Second)
		began := time.Now()
		b.stop()
		if took := time.Since(began); took > 0 {
			t.Errorf("ending took %s", took)
		}
		if len(b.recorded()) != 0 || f.count() != 1 {
			t.Errorf("%d runs, %d reported; want 1, 0", f.count(), len(b.recorded()))
		}
	})
}

// Random reloads and requests: no job ever overlaps itself, none starves, and
// nothing is left behind.
func TestRandomReloadsNeverOverlapNorStarve(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			b := start(t, Deps{Concurrency: 4, PerHost: 2})
			fakes := map[string]*fake{}
			var jobs []Job
			for h := range 4 {
				for c := range 5 {
					f := &fake{takes: time.Duration(rnd.IntN(1500)) * time.Millisecond}
					j := job(fmt.Sprint("h", h), fmt.Sprint("c", c), f, 20*time.Second)
					fakes[j.Host+"/"+j.Name] = f
					jobs = append(jobs, j)
				}
			}
			b.retry = func(r Run) bool { return r.At.UnixNano()%3 == 0 }
			forever := jobs[0]
			for range 100 {
				part := []Job{forever}
				for _, j := range jobs[1:] {
					if rnd.IntN(3) > 0 {
						part = append(part, j)
					}
				}
				b.Apply(part)
				if rnd.IntN(2) == 0 {
					j := jobs[rnd.IntN(len(jobs))]
					b.RunNow(j.Host, j.Name)
				}
				time.Sleep(time.Duration(rnd.IntN(4000)) * time.Millisecond)
			}
			b.Apply(jobs)
			before := map[string]int{}
			for name, f := range fakes {
				before[name] = f.count()
			}
			time.Sleep(time.Minute)
			for name, f := range fakes {
				// A job removed and added again is another job: an old run may
				// still be ending beside the new one's first.
				if n := f.peak(); n > 2 || (name == "h0/c0" && n > 1) {
					t.Errorf("seed %d: %s ran %d times at once", seed, name, n)
				}
				if f.count()-before[name] < 2 {
					t.Errorf("seed %d: %s starves: %d runs in a minute", seed, name, f.count()-before[name])
				}
			}
			b.Apply(nil)
			time.Sleep(10 * time.Second)
			if s := b.Stats(); s.Jobs+s.Running+s.Waiting != 0 || len(b.lanes) != 0 {
				t.Errorf("seed %d: left behind %+v, %d lanes", seed, s, len(b.lanes))
			}
			b.stop()
		})
	}
}

func TestSlotsAreStableAndStrictlyLater(t *testing.T) {
	now := time.Unix(1700000000, 123)
	for i := range 1000 {
		k := key{fmt.Sprint("h", i), "c"}
		next := nextSlot(now, k, time.Minute)
		if d := next.Sub(now); d <= 0 || d > time.Minute {
			t.Fatalf("next slot in %s", d)
		}
		if again := nextSlot(next, k, time.Minute); again.Sub(next) != time.Minute {
			t.Fatalf("slots %s apart", again.Sub(next))
		}
	}
}

func BenchmarkSchedule50000Jobs(b *testing.B) {
	s := New(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Sink: func(context.Context, Run) bool { return false }})
	jobs := make([]Job, 50000)
	for i := range jobs {
		jobs[i] = job(fmt.Sprint("host", i), "c", nothing{}, time.Minute)
	}
	s.Apply(jobs)
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() { // one start and end of one job, without its worker
		now = now.Add(time.Millisecond)
		s.mu.Lock()
		s.collect(now)
		e := s.take()
		s.mu.Unlock()
		if e != nil {
			s.runOne(b.Context(), e)
		}
	}
}

type nothing struct{}

func (nothing) Run(context.Context, checks.Target) ([]checks.Result, error) { return nil, nil }

func TestACheckOutsideItsPeriodIsNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := make(chan Run, 100)
		s := New(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Sink: func(_ context.Context, r Run) bool { runs <- r; return false }})
		opens := time.Now().Add(5 * time.Minute)
		s.Apply([]Job{{Host: "a", Name: "b", Check: answering{}, Interval: 10 * time.Second, Timeout: time.Second,
			Period: func(at time.Time) bool { return !at.Before(opens) }}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(4 * time.Minute)
		if len(runs) != 0 {
			t.Errorf("%d runs outside the period", len(runs))
		}
		time.Sleep(2 * time.Minute)
		if len(runs) < 5 {
			t.Errorf("%d runs in the period's first minute", len(runs))
		}
		if st := s.Stats(); st.Skipped != 0 {
			t.Errorf("%d starts count as skipped", st.Skipped)
		}
		cancel()
		<-done
	})
}

// answering is a check that is always well.
type answering struct{}

func (answering) Run(context.Context, checks.Target) ([]checks.Result, error) {
	return []checks.Result{{State: checks.OK}}, nil
}

// stuck is a check that does not heed its context until it is let go.
type stuck chan struct{}

func (c stuck) Run(context.Context, checks.Target) ([]checks.Result, error) {
	<-c
	return []checks.Result{{State: checks.OK}}, nil
}

func TestACheckThatDoesNotComeBackIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(stuck)
		s := New(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Sink: func(context.Context, Run) bool { return false }})
		s.Apply([]Job{{Host: "a", Name: "b", Check: hang, Interval: 10 * time.Second, Timeout: time.Second}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(FirstWithin + time.Second)
		if got := s.Hung(); len(got) != 0 {
			t.Errorf("hung before its time: %v", got)
		}
		time.Sleep(HungAfter + 5*time.Second)
		if got := s.Hung(); len(got) != 1 || got[0] != (Ref{"a", "b"}) {
			t.Errorf("hung: %v, want a/b", got)
		}
		close(hang)
		synctest.Wait()
		if got := s.Hung(); len(got) != 0 {
			t.Errorf("it came back, and is still named: %v", got)
		}
		cancel()
		<-done
	})
}
