package assigned

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"monitord/checks"
	"monitord/checks/schedule"
	"monitord/internal/wire"
)

// concurrency bounds the checks that run at once: the probe must not be felt by
// the machine that it runs on.
const concurrency = 8

// Deps is what a Runner needs.
type Deps struct {
	Logger  *slog.Logger
	Types   []checks.Type // the kinds that this probe can run
	Checks  checks.Deps
	Secrets string // folder that secrets of checks may be read from
	Version string // the probe's, for the sentence about an unknown kind
}

// Runner runs assigned checks; it is an agent.Runner.
type Runner struct {
	deps      Deps
	scheduler *schedule.Scheduler

	mu       sync.Mutex
	emit     func(time.Time, wire.ResultData)
	attempts map[string]int            // per check: what the server calls MaxAttempts
	problems map[string]map[string]int // per check and item: results in a row that were not OK
}

// New makes a Runner without checks.
func New(deps Deps) *Runner {
	r := &Runner{deps: deps, attempts: map[string]int{}, problems: map[string]map[string]int{}}
	r.scheduler = schedule.New(schedule.Deps{
		Logger: deps.Logger, Now: deps.Checks.Now, Sink: r.ran,
		Concurrency: concurrency, PerHost: concurrency,
	})
	return r
}

// Apply makes the assignment's checks the whole list; one that stays keeps its
// rhythm.
func (r *Runner) Apply(host string, a wire.Assignment) {
	jobs := make([]schedule.Job, 0, len(a.Checks))
	attempts := make(map[string]int, len(a.Checks))
	for _, c := range a.Checks {
		attempts[c.Name] = c.MaxAttempts
		jobs = append(jobs, schedule.Job{
			Host: host, Name: c.Name, Type: c.Type, Check: r.build(c),
			Target:   checks.Target{Host: host, Address: c.Address},
			Interval: c.Interval, RetryInterval: c.RetryInterval, Timeout: c.Timeout,
		})
	}
	r.mu.Lock()
	r.attempts = attempts
	for name := range r.problems {
		if _, ok := attempts[name]; !ok {
			delete(r.problems, name)
		}
	}
	r.mu.Unlock()
	r.scheduler.Apply(jobs)
}

// Run runs checks until ctx ends and hands each outcome to emit, with the moment
// at which the check began.
func (r *Runner) Run(ctx context.Context, emit func(at time.Time, d wire.ResultData)) error {
	r.mu.Lock()
	r.emit = emit
	r.mu.Unlock()
	return r.scheduler.Run(ctx)
}

// Stats tells how the checks get on.
func (r *Runner) Stats() schedule.Stats { return r.scheduler.Stats() }

// ran is the scheduler's Sink.
func (r *Runner) ran(_ context.Context, run schedule.Run) (retry bool) {
	r.mu.Lock()
	emit := r.emit
	retry = r.soft(run)
	r.mu.Unlock()
	emit(run.At, wire.ResultData{Check: run.Job.Name, Took: run.Took, Results: run.Results})
	return retry
}

// soft counts problems as the server does (alerting's state machine) and reports
// whether one of them is not confirmed yet. The server has the last word about
// states; this only decides when to ask again.
func (r *Runner) soft(run schedule.Run) bool {
	limit, ok := r.attempts[run.Job.Name]
	if !ok {
		return false
	}
	before, now, soft := r.problems[run.Job.Name], map[string]int{}, false
	for _, result := range run.Results {
		if result.State == checks.OK {
			continue
		}
		n := min(before[result.Item]+1, max(limit, 1))
		now[result.Item] = n
		soft = soft || n < limit
	}
	r.problems[run.Job.Name] = now
	return soft
}
