package assigned

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"monitord/checks"
	"monitord/checks/schedule"
	"monitord/internal/wire"
)

// The checks that run at once: the probe must not be felt by the machine that it
// runs on. Those of other hosts wait for the network, not for this machine.
const (
	perHost     = 8
	concurrency = 64
)

// Deps is what a Runner needs.
type Deps struct {
	Logger  *slog.Logger
	Types   []checks.Type // the kinds that this probe can run
	Checks  checks.Deps
	Secrets string // folder that secrets of checks may be read from
	Version string // the probe's, for the sentence about an unknown kind
}

// outlet takes what runs bring.
type outlet struct {
	result func(at time.Time, d wire.ResultData)
	series func(host string, at time.Time) (series checks.Series, keep func())
}

// Runner runs assigned checks; it is an agent.Runner.
type Runner struct {
	deps      Deps
	scheduler *schedule.Scheduler

	mu       sync.Mutex
	own      string // the host that the probe speaks for
	out      outlet
	attempts map[schedule.Ref]int            // what the server calls MaxAttempts
	problems map[schedule.Ref]map[string]int // and by item: results in a row that were not OK
}

// New makes a Runner without checks.
func New(deps Deps) *Runner {
	r := &Runner{deps: deps, attempts: map[schedule.Ref]int{}, problems: map[schedule.Ref]map[string]int{}}
	r.scheduler = schedule.New(schedule.Deps{
		Logger: deps.Logger, Now: deps.Checks.Now, Sink: r.ran,
		Series: r.series, Concurrency: concurrency, PerHost: perHost,
	})
	return r
}

// Apply makes the assignment's checks the whole list; one that stays keeps its
// rhythm.
func (r *Runner) Apply(host string, a wire.Assignment) {
	jobs := make([]schedule.Job, 0, len(a.Checks))
	attempts := make(map[schedule.Ref]int, len(a.Checks))
	for _, c := range a.Checks {
		of := cmp.Or(c.Host, host)
		attempts[schedule.Ref{Host: of, Name: c.Name}] = c.MaxAttempts
		jobs = append(jobs, schedule.Job{
			Host: of, Name: c.Name, Type: c.Type, Check: r.build(c),
			Target:   checks.Target{Host: of, Address: c.Address},
			Interval: c.Interval, RetryInterval: c.RetryInterval, Timeout: c.Timeout,
		})
	}
	r.mu.Lock()
	r.own, r.attempts = host, attempts
	for name := range r.problems {
		if _, ok := attempts[name]; !ok {
			delete(r.problems, name)
		}
	}
	r.mu.Unlock()
	r.scheduler.Apply(jobs)
}

// Run runs checks until ctx ends. result takes each outcome with the moment at
// which its run began; series opens what takes the samples of a run of another
// host.
func (r *Runner) Run(ctx context.Context, result func(time.Time, wire.ResultData), series func(string, time.Time) (checks.Series, func())) error {
	r.mu.Lock()
	r.out = outlet{result, series}
	r.mu.Unlock()
	return r.scheduler.Run(ctx)
}

// Stats tells how the checks get on.
func (r *Runner) Stats() schedule.Stats { return r.scheduler.Stats() }

// ran is the scheduler's Sink.
func (r *Runner) ran(_ context.Context, run schedule.Run) (retry bool) {
	r.mu.Lock()
	out, own := r.out, r.own
	retry = r.soft(run)
	r.mu.Unlock()
	d := wire.ResultData{Check: run.Job.Name, Took: run.Took, Results: run.Results}
	if run.Job.Host != own {
		d.Host = run.Job.Host
	}
	out.result(run.At, d)
	return retry
}

// series opens what takes the samples of a run. The probe's own host is measured
// by its collectors.
func (r *Runner) series(job schedule.Job, at time.Time) (checks.Series, func(context.Context)) {
	r.mu.Lock()
	out, own := r.out, r.own
	r.mu.Unlock()
	if job.Host == own {
		return nil, func(context.Context) {}
	}
	series, keep := out.series(job.Host, at)
	return series, func(context.Context) { keep() }
}

// soft counts problems as the server does (alerting's state machine) and reports
// whether one of them is not confirmed yet. The server has the last word about
// states; this only decides when to ask again.
func (r *Runner) soft(run schedule.Run) bool {
	ref := schedule.Ref{Host: run.Job.Host, Name: run.Job.Name}
	limit, ok := r.attempts[ref]
	if !ok {
		return false
	}
	before, now, soft := r.problems[ref], map[string]int{}, false
	for _, result := range run.Results {
		if result.State == checks.OK {
			continue
		}
		n := min(before[result.Item]+1, max(limit, 1))
		now[result.Item] = n
		soft = soft || n < limit
	}
	r.problems[ref] = now
	return soft
}
