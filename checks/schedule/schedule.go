package schedule

import (
	"cmp"
	"container/heap"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"monitord/checks"
)

// Defaults and bounds of Deps.
const (
	// DefaultConcurrency is enough for 50,000 services at 60 s of which 2 % wait
	// ten seconds for an answer: 167 checks are under way then.
	DefaultConcurrency = 256
	DefaultPerHost     = 4
	// FirstWithin is the time in which every new job has its first run, unless
	// there are more than FirstWithin/firstSpacing of them.
	FirstWithin = 5 * time.Second
	// firstSpacing is the least time between first runs, on average: a start
	// with tens of thousands of jobs must not make those of a second wait. Each
	// first result is also written to the journal.
	firstSpacing = 2 * time.Millisecond
)

// Deps is what a Scheduler needs.
type Deps struct {
	Logger      *slog.Logger
	Now         func() time.Time // for Run.At
	Sink        Sink
	Concurrency int // checks that run at once; 0 means DefaultConcurrency
	PerHost     int // checks of one host that run at once; 0 means DefaultPerHost
	// Previous says which states a job had before this process began, per
	// item; nil when nobody knows. It is asked once per job.
	Previous func(host, check string) map[string]checks.State
	// Series opens what takes the samples of a run that begins at a moment. keep is
	// called once, when the run has ended, and returns when they are kept or
	// counted as lost. nil: the checks' samples are not kept.
	Series func(job Job, at time.Time) (series checks.Series, keep func(context.Context))
}

// Scheduler runs jobs. Apply and RunNow may be called before and during Run,
// from any goroutine.
type Scheduler struct {
	deps  Deps
	wake  chan struct{} // the dispatcher has something to look at
	ready chan *entry   // dispatcher → workers; unbuffered

	mu     sync.Mutex // guards everything below
	jobs   map[key]*entry
	due    dueHeap
	urgent fifo // check now, and re-checks of a soft state
	normal fifo
	lanes  map[string]*hostLane
	stats  Stats
	window window
}

// New makes a scheduler without jobs.
func New(deps Deps) *Scheduler {
	if deps.Concurrency <= 0 {
		deps.Concurrency = DefaultConcurrency
	}
	if deps.PerHost <= 0 {
		deps.PerHost = DefaultPerHost
	}
	return &Scheduler{
		deps: deps, wake: make(chan struct{}, 1), ready: make(chan *entry),
		jobs: map[key]*entry{}, lanes: map[string]*hostLane{},
		stats: Stats{Latency: newLatency()},
	}
}

// Apply makes jobs the whole list. A job that was there keeps its next start
// (unless its intervals changed) and what it remembers; a run that is under way
// ends and is reported as the old job's; a job that is gone is forgotten, and a
// run of it that is under way is not reported. Of two jobs with one name the
// last counts.
func (s *Scheduler) Apply(jobs []Job) {
	s.mu.Lock()
	now := time.Now()
	keep := make(map[key]bool, len(jobs))
	within := s.firstWithin(jobs)
	for _, j := range jobs {
		if j.Interval < time.Second {
			j.Interval = time.Second
		}
		keep[j.key()] = true
		if e, ok := s.jobs[j.key()]; ok {
			s.change(e, j, now)
			continue
		}
		e := &entry{job: j, due: now.Add(j.key().offset(min(j.Interval, within)))}
		s.jobs[j.key()] = e
		heap.Push(&s.due, e)
	}
	for k, e := range s.jobs {
		if !keep[k] {
			s.remove(k, e)
		}
	}
	s.mu.Unlock()
	s.nudge()
}

// firstWithin is the time over which the first runs of new jobs are spread.
func (s *Scheduler) firstWithin(jobs []Job) time.Duration {
	fresh := 0
	for _, j := range jobs {
		if _, known := s.jobs[j.key()]; !known {
			fresh++
		}
	}
	return max(FirstWithin, time.Duration(fresh)*firstSpacing)
}

func (s *Scheduler) change(e *entry, j Job, now time.Time) {
	same := j.sameRhythm(e.job)
	e.job = j
	if same {
		return
	}
	// The earlier of both: a change never makes a start later than it was.
	if next := nextSlot(now, j.key(), j.Interval); next.Before(e.due) {
		s.due.move(e, next)
	}
}

func (s *Scheduler) remove(k key, e *entry) {
	e.removed = true
	heap.Remove(&s.due, e.index)
	delete(s.jobs, k)
	// It may have been the one that its host's waiting checks counted on.
	s.release(k.host)
}

// RunNow runs a job as soon as a worker is free, before all that wait; if it is
// running, once more afterwards. It reports whether there is such a job.
func (s *Scheduler) RunNow(host, check string) bool {
	s.mu.Lock()
	e, ok := s.jobs[key{host, check}]
	if ok {
		s.enqueueNow(e)
	}
	s.mu.Unlock()
	s.nudge()
	return ok
}

// Hung lists the checks whose run has outlived its time-out by HungAfter, sorted
// by host and name: a check that does not heed its context holds a worker.
func (s *Scheduler) Hung() []Ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Ref
	now := time.Now()
	for k, e := range s.jobs {
		if e.running && !e.began.IsZero() && now.Sub(e.began) > e.job.Timeout+HungAfter {
			out = append(out, Ref{k.host, k.check})
		}
	}
	slices.SortFunc(out, func(a, b Ref) int { return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Name, b.Name)) })
	return out
}

// Ref names a job.
type Ref struct{ Host, Name string }

// HungAfter is how long after its time-out a run counts as hung.
const HungAfter = 5 * time.Second

func (s *Scheduler) enqueueNow(e *entry) {
	if e.running {
		e.again = true
		return
	}
	if !e.queued {
		e.planned = time.Now()
	}
	// One that waits already is moved forward: its old place in a queue is
	// passed over, because it is no longer queued when its turn comes there.
	e.queued = true
	if !e.urgent {
		e.urgent = true
		s.urgent.push(e)
	}
}

func (s *Scheduler) nudge() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run dispatches until ctx ends, then waits for the checks under way, which
// are cancelled and not reported.
func (s *Scheduler) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for range s.deps.Concurrency {
		wg.Go(func() { s.work(ctx) })
	}
	s.dispatch(ctx)
	wg.Wait()
	return nil
}

// dispatch is the one goroutine that looks at the clock.
func (s *Scheduler) dispatch(ctx context.Context) {
	timer := time.NewTimer(maxIdle)
	defer timer.Stop()
	var next *entry // waits for a worker
	for {
		s.mu.Lock()
		wait := s.collect(time.Now())
		if next == nil {
			next = s.take()
		}
		s.mu.Unlock()
		timer.Reset(wait)
		var out chan<- *entry
		if next != nil {
			out = s.ready
		}
		select {
		case <-ctx.Done():
			return
		case out <- next:
			next = nil
		case <-timer.C:
		case <-s.wake:
		}
	}
}

// maxIdle bounds how long the dispatcher sleeps: if the machine was suspended,
// it looks again soon after.
const maxIdle = time.Minute

// collect moves what is due into the queue and returns the time until the next.
func (s *Scheduler) collect(now time.Time) time.Duration {
	for len(s.due) > 0 && !s.due[0].due.After(now) {
		e := s.due[0]
		planned := e.due
		s.due.move(e, s.following(e, now))
		if p := e.job.Period; p != nil && !p(s.deps.Now()) {
			continue // outside its time: not asked, and not counted as skipped
		}
		if e.queued || e.running {
			s.stats.Skipped++
			continue
		}
		e.queued, e.planned = true, planned
		if e.retry { // whether a person is called waits for it
			e.urgent = true
			s.urgent.push(e)
		} else {
			s.normal.push(e)
		}
	}
	if len(s.due) == 0 {
		return maxIdle
	}
	return min(s.due[0].due.Sub(now), maxIdle)
}

// following is the regular start after now. One that comes within half an
// interval of a start out of turn (the first, a retry) is passed over: two runs
// in quick succession would confirm a fault too early.
func (s *Scheduler) following(e *entry, now time.Time) time.Time {
	next := nextSlot(now, e.job.key(), e.job.Interval)
	if next.Sub(now) < e.job.Interval/2 {
		next = next.Add(e.job.Interval)
	}
	return next
}
