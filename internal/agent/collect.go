package agent

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/golang/snappy"

	"monitord/internal/logkeys"
	"monitord/internal/wire"
)

// The pace of collecting.
const (
	minInterval   = time.Second
	maxInterval   = 5 * time.Minute
	quickInterval = time.Second // in the first minute, so that pictures fill at once
	quickFor      = time.Minute
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
	enc := &encoder{host: a.id.host}
	drops := dropReporter{}
	began := time.Now()
	for {
		a.collect(ctx, enc)
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
			a.gather.wait()
			return nil
		case <-timer.C:
		}
	}
}

// collect reads everything once and appends one record.
func (a *Agent) collect(ctx context.Context, enc *encoder) {
	began := time.Now()
	at := a.deps.Now()
	enc.start(at)
	enc.Add("up", 1)
	a.gather.collect(ctx, enc)
	a.addSelf(enc, time.Since(began))
	_, err := a.samples.Append(recordCollection, enc.count+1, func(seq uint64) ([]byte, error) {
		enc.Add(wire.SequenceMetric, float64(seq))
		return snappy.Encode(nil, enc.body), nil
	})
	if err != nil {
		a.log.Error("collection lost", logkeys.Err, err)
		return
	}
	a.mu.Lock()
	a.stats.Collections++
	a.mu.Unlock()
}
