package agent

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"time"

	"monitord/collectors"
	"monitord/internal/logkeys"
	"monitord/internal/wire"
)

// The pace of collecting.
const (
	minInterval   = time.Second
	maxInterval   = 5 * time.Minute
	quickInterval = time.Second // in the first minute, so that pictures fill at once
	quickFor      = time.Minute

	// collectorDeadline bounds one collector; what takes longer sits in the kernel.
	collectorDeadline = 900 * time.Millisecond
	// lastWait is for collectors that still run when the probe stops.
	lastWait = time.Second
)

const recordCollection = 1 // spool type: snappy-compressed WriteRequest

// nextTick is the first moment after now on the grid of interval, shifted by
// phase: the same grid after every restart, another one on every host.
func nextTick(now time.Time, interval time.Duration, phase uint64) time.Time {
	shift := time.Duration(phase % uint64(interval))
	t := now.Truncate(interval).Add(shift)
	if !t.After(now) {
		t = t.Add(interval)
	}
	return t
}

func phaseOf(host string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(host))
	return h.Sum64()
}

// collectLoop collects at once and then on the grid.
func (a *Agent) collectLoop(ctx context.Context) error {
	phase := phaseOf(a.id.host)
	enc := &encoder{host: a.id.host, job: jobOwn}
	drops := dropReporter{}
	trouble := troubleLog{log: a.log}
	defer a.waitForCollectors(ctx)
	began := time.Now()
	for {
		trouble.note(a.collect(ctx, enc))
		drops.report(a)
		now := time.Now()
		interval := time.Duration(a.interval.Load())
		if now.Sub(began) < quickFor {
			interval = min(interval, quickInterval)
		}
		timer := time.NewTimer(time.Until(nextTick(now, interval, phase)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// waitForCollectors gives those that hang a moment although ctx has ended.
func (a *Agent) waitForCollectors(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWait)
	defer cancel()
	a.collectors.Wait(ctx)
}

// troubleLog says once that a collector has trouble, and once that it is over.
type troubleLog struct {
	log *slog.Logger
	bad map[string]bool // by collector
}

func (l *troubleLog) note(outcomes []collectors.Outcome) {
	for _, o := range outcomes {
		switch {
		case o.Err == nil && l.bad[o.Collector]:
			l.log.Info("collector is well again", logkeys.Collector, o.Collector)
			delete(l.bad, o.Collector)
		case o.Err != nil && !l.bad[o.Collector] && !errors.Is(o.Err, context.Canceled):
			l.log.Warn("collector has trouble", logkeys.Collector, o.Collector, logkeys.Err, o.Err)
			if l.bad == nil {
				l.bad = map[string]bool{}
			}
			l.bad[o.Collector] = true
		}
	}
}

// collect reads everything once and appends one record.
func (a *Agent) collect(ctx context.Context, enc *encoder) []collectors.Outcome {
	began := time.Now()
	at := a.deps.Now()
	enc.start(at)
	enc.Add("up", 1)
	outcomes := a.collectors.CollectAll(ctx, enc)
	a.addSelf(enc, time.Since(began))
	_, err := a.samples.Append(recordCollection, enc.count+1, func(seq uint64) ([]byte, error) {
		enc.Add(wire.SequenceMetric, float64(seq))
		return enc.pack(), nil
	})
	if err != nil {
		a.log.Error("collection lost", logkeys.Err, err)
		return outcomes
	}
	a.mu.Lock()
	a.stats.Collections++
	a.mu.Unlock()
	return outcomes
}
