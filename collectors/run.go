package collectors

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrStillRunning says that a collector has not returned from an earlier round.
var ErrStillRunning = errors.New("still runs from an earlier round")

// Runner runs collectors one after another, each with a deadline. One that
// does not return in time (the kernel holds it) is left alone: it is skipped
// and counted until it has returned, and is never started twice. What it adds
// late is thrown away. CollectAll is for one goroutine; Stats for any.
type Runner struct {
	members []*member
	timeout time.Duration
	skipped atomic.Uint64
	failed  atomic.Uint64
}

// member is one collector and its goroutine's state.
type member struct {
	collector Collector
	labels    []string
	buffer    *buffer
	pending   chan error // nil when it is not running
}

// Outcome is how one collector fared in one round.
type Outcome struct {
	Collector string
	Took      time.Duration // at most the timeout
	Err       error         // nil when it succeeded; ErrStillRunning when it was skipped
}

// RunnerStats counts since the start of the program.
type RunnerStats struct {
	Skipped uint64 // rounds in which a collector was still running
	Failed  uint64 // runs that ended with an error or at the deadline
}

// NewRunner makes a Runner that gives each collector up to timeout; the names
// of the collectors must differ.
func NewRunner(list []Collector, timeout time.Duration) *Runner {
	r := &Runner{timeout: timeout}
	for _, c := range list {
		r.members = append(r.members, &member{collector: c, labels: []string{"collector", c.Name()}, buffer: &buffer{}})
	}
	return r
}

// Stats returns the counts.
func (r *Runner) Stats() RunnerStats {
	return RunnerStats{Skipped: r.skipped.Load(), Failed: r.failed.Load()}
}

// CollectAll runs every collector once and gives their samples to the sink,
// followed by node_scrape_collector_duration_seconds and
// node_scrape_collector_success. It returns an outcome per collector, in their
// order, when all have returned, failed or overrun; the slice is the caller's.
// When ctx ends, those not yet run are not run and have its error.
func (r *Runner) CollectAll(ctx context.Context, sink Sink) []Outcome {
	out := make([]Outcome, 0, len(r.members))
	for _, m := range r.members {
		start := time.Now()
		err := r.run(ctx, m, sink)
		o := Outcome{Collector: m.collector.Name(), Took: time.Since(start), Err: err}
		out = append(out, o)
		success := 1.0
		if err != nil {
			success = 0
		}
		sink.Add("node_scrape_collector_duration_seconds", o.Took.Seconds(), m.labels...)
		sink.Add("node_scrape_collector_success", success, m.labels...)
	}
	return out
}

// Wait joins collectors that are still running until ctx ends: the kernel may
// hold one for ever. It is for the end of the program, after the last CollectAll.
func (r *Runner) Wait(ctx context.Context) {
	for _, m := range r.members {
		if m.pending == nil {
			continue
		}
		select {
		case <-m.pending:
			m.pending = nil
		case <-ctx.Done():
			return
		}
	}
}

func (r *Runner) run(ctx context.Context, m *member, sink Sink) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !m.idle() {
		r.skipped.Add(1)
		return ErrStillRunning
	}
	late, err := m.start(ctx, r.timeout)
	if late {
		r.failed.Add(1)
		m.buffer = &buffer{} // the old one belongs to the goroutine that hangs
		return err
	}
	m.buffer.flush(sink)
	if err != nil {
		r.failed.Add(1)
	}
	return err
}

// idle reports whether the collector has returned from its last run.
func (m *member) idle() bool {
	if m.pending == nil {
		return true
	}
	select {
	case <-m.pending:
		m.pending = nil
		return true
	default:
		return false
	}
}

// start runs the collector and waits for it, for at most timeout beyond which
// it may take another tenth to notice that its context ended.
func (m *member) start(ctx context.Context, timeout time.Duration) (late bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	done := make(chan error, 1)
	buf := m.buffer
	buf.reset()
	// Joined here, or by idle when the kernel held it too long.
	go func() { done <- collect(ctx, m.collector, buf) }()
	select {
	case err = <-done:
		return false, err
	case <-ctx.Done():
	}
	grace := time.NewTimer(timeout / 10)
	defer grace.Stop()
	select {
	case err = <-done:
		return false, err
	case <-grace.C:
		m.pending = done
		return true, fmt.Errorf("collector %s: %w", m.collector.Name(), ctx.Err())
	}
}

// collect turns a panic into an error: one bad parser must not stop the rest.
func collect(ctx context.Context, c Collector, sink Sink) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("collector %s: panic: %v", c.Name(), p)
		}
	}()
	return c.Collect(ctx, sink)
}

// buffer holds a run's samples until it is known to be in time.
type buffer struct {
	samples []sample
	labels  []string
}

type sample struct {
	name     string
	value    float64
	from, to int // its labels
}

func (b *buffer) reset() { b.samples, b.labels = b.samples[:0], b.labels[:0] }

// Add keeps a sample; the labels are copied.
func (b *buffer) Add(name string, value float64, labels ...string) {
	from := len(b.labels)
	b.labels = append(b.labels, labels...)
	b.samples = append(b.samples, sample{name, value, from, len(b.labels)})
}

func (b *buffer) flush(sink Sink) {
	for _, s := range b.samples {
		sink.Add(s.name, s.value, b.labels[s.from:s.to]...)
	}
}
