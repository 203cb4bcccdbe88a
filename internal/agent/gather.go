package agent

import (
	"context"
	"log/slog"
	"time"

	"monitord/collectors"
	"monitord/internal/logkeys"
)

// collectorDeadline bounds one collector; what takes longer sits in the kernel.
const collectorDeadline = 900 * time.Millisecond

// gatherer drives the collectors. One that does not return in time is left
// behind, and is not started again until it has returned: a hung mount costs
// one goroutine, not one every ten seconds.
type gatherer struct {
	log   *slog.Logger
	slots []*slot
}

// slot is one collector. Its goroutine owns taken from start to done.
type slot struct {
	c     collectors.Collector
	taken collected
	done  chan error
	busy  bool // a run has not been seen to end
	bad   bool // the last run had an error: logged once
}

func newGatherer(cs []collectors.Collector, log *slog.Logger) *gatherer {
	g := &gatherer{log: log}
	for _, c := range cs {
		g.slots = append(g.slots, &slot{c: c, done: make(chan error, 1)})
	}
	return g
}

func (g *gatherer) collect(ctx context.Context, sink collectors.Sink) {
	for _, s := range g.slots {
		began := time.Now()
		ok := g.one(ctx, s, sink)
		sink.Add("node_scrape_collector_duration_seconds", time.Since(began).Seconds(), "collector", s.c.Name())
		sink.Add("node_scrape_collector_success", ok, "collector", s.c.Name())
	}
}

// one runs one collector and returns 1 when all was well, else 0.
func (g *gatherer) one(ctx context.Context, s *slot, sink collectors.Sink) float64 {
	if s.busy {
		select {
		case <-s.done: // late: what it found belongs to another moment
			s.busy = false
		default:
			return 0
		}
	}
	ctx, cancel := context.WithTimeout(ctx, collectorDeadline)
	defer cancel()
	s.taken.reset()
	s.busy = true
	go func() { s.done <- s.c.Collect(ctx, &s.taken) }() // joined below, or by wait
	// A collector that heeds ctx returns just after it ends: give it that moment.
	late := time.NewTimer(collectorDeadline + 50*time.Millisecond)
	defer late.Stop()
	select {
	case err := <-s.done:
		s.busy = false
		s.taken.copyTo(sink)
		return g.note(s, err)
	case <-late.C:
		return g.note(s, context.DeadlineExceeded)
	}
}

func (g *gatherer) note(s *slot, err error) float64 {
	if err != nil && !s.bad {
		g.log.Warn("collector has trouble", logkeys.Collector, s.c.Name(), logkeys.Err, err)
	}
	if err == nil && s.bad {
		g.log.Info("collector is well again", logkeys.Collector, s.c.Name())
	}
	s.bad = err != nil
	if s.bad {
		return 0
	}
	return 1
}

// wait joins collectors that are still running, for a moment: the kernel may
// hold one for ever, and the process ends anyway.
func (g *gatherer) wait() {
	limit := time.NewTimer(time.Second)
	defer limit.Stop()
	for _, s := range g.slots {
		if !s.busy {
			continue
		}
		select {
		case <-s.done:
			s.busy = false
		case <-limit.C:
			return
		}
	}
}

// collected buffers one collector's samples, so that one that is late writes
// into nobody's request.
type collected struct {
	samples []sample
	labels  []string
}

type sample struct {
	name     string
	value    float64
	from, to int // labels
}

func (c *collected) reset() {
	c.samples = c.samples[:0]
	clear(c.labels)
	c.labels = c.labels[:0]
}

// Add keeps one sample.
func (c *collected) Add(name string, value float64, labels ...string) {
	from := len(c.labels)
	c.labels = append(c.labels, labels...)
	c.samples = append(c.samples, sample{name, value, from, len(c.labels)})
}

func (c *collected) copyTo(sink collectors.Sink) {
	for _, s := range c.samples {
		sink.Add(s.name, s.value, c.labels[s.from:s.to]...)
	}
}
