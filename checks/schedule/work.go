package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"time"

	"monitord/checks"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// take gives the next entry whose host has room; nil when there is none. One
// whose host is full waits in that host's lane.
func (s *Scheduler) take() *entry {
	for {
		e := s.urgent.pop()
		if e == nil {
			e = s.normal.pop()
		}
		if e == nil {
			return nil
		}
		lane := s.lane(e.job.Host)
		if lane.running >= s.deps.PerHost {
			e.urgent = false
			lane.waiting.push(e)
			continue
		}
		lane.running++
		e.queued, e.urgent, e.running = false, false, true
		return e
	}
}

func (s *Scheduler) lane(host string) *hostLane {
	l, ok := s.lanes[host]
	if !ok {
		l = &hostLane{}
		s.lanes[host] = l
	}
	return l
}

// leave gives a host's place back.
func (s *Scheduler) leave(host string) {
	s.lanes[host].running--
	s.release(host)
}

// release lets the next waiting check of a host queue again. One too many does
// no harm: take sends it back.
func (s *Scheduler) release(host string) {
	l, ok := s.lanes[host]
	if !ok {
		return
	}
	if e := l.waiting.pop(); e != nil {
		s.urgent.push(e)
	} else if l.running == 0 {
		delete(s.lanes, host)
	}
}

func (s *Scheduler) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-s.ready:
			s.runOne(ctx, e)
		}
	}
}

// runOne runs an entry that take marked as running, and reports it.
func (s *Scheduler) runOne(ctx context.Context, e *entry) {
	job, late := s.begin(e)
	if !s.wanted(e) { // removed while it waited for a worker
		s.drop(e)
		return
	}
	run := s.execute(ctx, job)
	run.Late = late
	retry := false
	if ctx.Err() == nil && s.wanted(e) {
		retry = s.deps.Sink(ctx, run)
	}
	s.finish(e, run, retry)
	s.nudge()
}

func (s *Scheduler) begin(e *entry) (Job, time.Duration) {
	s.mu.Lock()
	seed := !e.seeded && s.deps.Previous != nil
	e.seeded, e.began = true, time.Now()
	job, late := e.job, max(time.Since(e.planned), 0)
	s.mu.Unlock()
	if seed { // outside the lock: it is somebody else's code
		before := maps.Clone(s.deps.Previous(job.Host, job.Name))
		s.mu.Lock()
		e.previous = before
		s.mu.Unlock()
	}
	// previous is only written by the run that is under way: this one.
	job.Target.Previous = maps.Clone(e.previous)
	return job, late
}

func (s *Scheduler) wanted(e *entry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !e.removed
}

func (s *Scheduler) drop(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.running = false
	s.leave(e.job.Host)
	s.nudge()
}

// finish plans the next start.
func (s *Scheduler) finish(e *entry, run Run, retry bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.stats.count(run)
	s.window.observe(now, run.Late)
	e.running, e.retry, e.began = false, retry, time.Time{}
	e.previous = remember(e.previous, run)
	s.leave(run.Job.Host)
	if e.removed {
		return
	}
	if retry {
		wait := e.job.RetryInterval
		if wait <= 0 {
			wait = e.job.Interval
		}
		s.due.move(e, now.Add(max(wait-run.Took, 0)))
	}
	if e.again {
		e.again = false
		s.enqueueNow(e)
	}
}

// remember keeps the last known state of the items that were there. UNKNOWN is
// no knowledge: what was known before stays.
func remember(old map[string]checks.State, run Run) map[string]checks.State {
	if run.Err != nil {
		return old
	}
	states := make(map[string]checks.State, len(run.Results))
	for _, r := range run.Results {
		if r.State != checks.Unknown {
			states[r.Item] = r.State
		} else if before, ok := old[r.Item]; ok {
			states[r.Item] = before
		}
	}
	if len(run.Results) == 1 && run.Results[0].State == checks.Unknown {
		// One UNKNOWN for the whole check ("no data"): nothing was learnt.
		maps.Copy(states, old)
	}
	return states
}

// execute asks once, whatever happens.
func (s *Scheduler) execute(outer context.Context, job Job) Run {
	ctx, cancel := context.WithTimeout(outer, job.timeout())
	defer cancel()
	run := Run{Job: job, At: s.deps.Now()}
	if s.deps.Series != nil {
		series, keep := s.deps.Series(job, run.At)
		job.Target.Series = series
		defer keep(outer)
	}
	start := time.Now()
	run.Results, run.Err = s.guarded(ctx, job)
	run.Took = time.Since(start)
	if run.Err != nil {
		run.Results = []checks.Result{failed(run.Err)}
	}
	return run
}

// errPanic marks a check that panicked.
var errPanic = errors.New("the check panicked")

func (s *Scheduler) guarded(ctx context.Context, job Job) (results []checks.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			results, err = nil, fmt.Errorf("%w: %v", errPanic, p)
			s.deps.Logger.Error("check panicked", logkeys.Host, job.Host, logkeys.Check, job.Name,
				slog.Any(logkeys.Err, err), slog.String("stack", string(debug.Stack())))
		}
	}()
	return job.Check.Run(ctx, job.Target)
}

// failed is the result of a run that could not ask.
func failed(err error) checks.Result {
	reason := checks.ReasonInternal
	if errors.Is(err, context.DeadlineExceeded) {
		reason = checks.ReasonTimeout
	}
	return checks.Result{State: checks.Unknown, Reason: reason, Summary: text.M("check.error", text.Str("detail", err.Error()))}
}
