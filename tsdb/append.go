package tsdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// Sample is one value of one series.
type Sample struct {
	Metric labels.Labels // with __name__, sorted by name as labels.New does
	At     int64         // Unix milliseconds
	Value  float64       // any, also the stale marker (value.StaleNaN)
}

// Append stores the samples and returns when they are synced. Samples that can
// never be stored are reported by *RefusedError while the others are stored.
// With any other error nothing is acknowledged and the batch may be sent again:
// a sample that was stored already, with the same value, is accepted again.
// The samples are not kept.
func (db *DB) Append(ctx context.Context, samples []Sample) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("append: %w", err)
	}
	b, err := db.begin(ctx, "")
	if err != nil {
		return err
	}
	for i := range samples {
		s := &samples[i]
		if err := checkLabels(s.Metric); err != nil {
			b.refuse(ReasonInvalid, s.Metric, err)
			continue
		}
		if _, err := b.float(0, s.Metric, s.At, s.Value); err != nil {
			return b.abort(err)
		}
	}
	return b.commit()
}

// checkLabels tells whether labels can name a series.
func checkLabels(l labels.Labels) error {
	if !l.Has(model.MetricNameLabel) || !l.IsValid(model.UTF8Validation) {
		return fmt.Errorf("%w: metric name or labels are not valid", ErrInvalid)
	}
	if name, twice := l.HasDuplicateLabelNames(); twice {
		return fmt.Errorf("%w: label %q twice", ErrInvalid, name)
	}
	return nil
}

// batch is one transaction: all its samples become durable together. It holds
// the generation until commit or abort. It is used by one goroutine.
type batch struct {
	db      *DB
	gen     *generation
	app     storage.Appender
	host    string // what the sender may speak for; empty for anyone
	limit   int64  // newest timestamp accepted, Unix milliseconds
	now     int64
	stored  int
	refused map[Reason]int
	first   error
	ahead   map[string]time.Duration
}

// begin opens a transaction unless the disk is full or the store not writable.
func (db *DB) begin(ctx context.Context, host string) (*batch, error) {
	if !db.checkSpace() {
		db.metrics.refusedFull.Inc()
		return nil, ErrFull
	}
	gen, err := db.acquire()
	if err != nil {
		return nil, err
	}
	if gen.failed.Load() {
		gen.release()
		return nil, ErrReopening
	}
	now := db.opts.Now()
	return &batch{
		db: db, gen: gen, app: gen.db.Appender(ctx), host: host,
		now: now.UnixMilli(), limit: now.Add(MaxAhead).UnixMilli(),
	}, nil
}

// float adds one value. ref is 0 or what an earlier call of this batch returned
// for the same series. An error means that the whole batch must be aborted.
func (b *batch) float(ref storage.SeriesRef, l labels.Labels, at int64, v float64) (storage.SeriesRef, error) {
	if b.tooFarAhead(l, at) {
		return ref, nil
	}
	next, err := b.app.Append(ref, l, at, v)
	return b.judge(ref, next, l, err)
}

// histogram adds one native histogram; one of h and fh is set.
func (b *batch) histogram(ref storage.SeriesRef, l labels.Labels, at int64, h *histogram.Histogram, fh *histogram.FloatHistogram) (storage.SeriesRef, error) {
	if b.tooFarAhead(l, at) {
		return ref, nil
	}
	if err := reduceResolution(h, fh); err != nil {
		b.refuse(ReasonInvalid, l, err)
		return ref, nil
	}
	next, err := b.app.AppendHistogram(ref, l, at, h, fh)
	if _, invalid := errors.AsType[histogram.Error](err); invalid {
		b.refuse(ReasonInvalid, l, err)
		return ref, nil
	}
	return b.judge(ref, next, l, err)
}

// reduceResolution brings a schema that is reserved for finer buckets down to
// the finest that the store knows.
func reduceResolution(h *histogram.Histogram, fh *histogram.FloatHistogram) error {
	reserved := func(s int32) bool {
		return histogram.IsExponentialSchemaReserved(s) && s > histogram.ExponentialSchemaMax
	}
	if h != nil && reserved(h.Schema) {
		return h.ReduceResolution(histogram.ExponentialSchemaMax)
	}
	if fh != nil && reserved(fh.Schema) {
		return fh.ReduceResolution(histogram.ExponentialSchemaMax)
	}
	return nil
}

func (b *batch) judge(ref, next storage.SeriesRef, l labels.Labels, err error) (storage.SeriesRef, error) {
	if err == nil {
		b.stored++
		return next, nil
	}
	if r, ok := permanent(err); ok {
		b.refuse(r, l, err)
		return ref, nil
	}
	return ref, fmt.Errorf("append %s: %w", l, err)
}

func (b *batch) tooFarAhead(l labels.Labels, at int64) bool {
	if at <= b.limit {
		return false
	}
	host := b.host
	for _, name := range []string{"host", "instance"} {
		if host == "" {
			host = l.Get(name)
		}
	}
	// Saturate: a timestamp may be anything.
	ahead := time.Duration(min(at-b.now, int64(1<<62/time.Millisecond))) * time.Millisecond
	if b.ahead == nil {
		b.ahead = make(map[string]time.Duration)
	}
	b.ahead[host] = max(b.ahead[host], ahead)
	b.refuse(ReasonAhead, l, fmt.Errorf("%v ahead", ahead))
	return true
}

// refuse counts a sample that can never be stored. Only the first is described.
func (b *batch) refuse(r Reason, l labels.Labels, err error) {
	if b.refused == nil {
		b.refused = make(map[Reason]int)
	}
	b.refused[r]++
	if b.first == nil {
		b.first = fmt.Errorf("%w: %s: %w", r.sentinel(), l, err)
	}
}

// abort drops the transaction and returns err.
func (b *batch) abort(err error) error {
	defer b.gen.release()
	if rerr := b.app.Rollback(); rerr != nil {
		// A rollback logs the series that were made: its failure tears the log too.
		b.db.fail(b.gen, rerr)
	}
	b.report()
	return err
}

// commit writes the transaction and waits for the shared sync. nil and
// *RefusedError mean that everything that was not refused is durable.
func (b *batch) commit() error {
	defer b.gen.release()
	if err := b.log(); err != nil {
		b.db.fail(b.gen, err)
		return fmt.Errorf("%w: %w", ErrWrite, err)
	}
	b.db.metrics.stored.Add(float64(b.stored))
	b.report()
	if len(b.refused) > 0 {
		return &RefusedError{Counts: b.refused, First: b.first}
	}
	return nil
}

func (b *batch) log() error {
	// A panic inside the library's commit (it panics when a chunk file cannot be
	// written) leaves its locks taken: the only sound way on is a restart, and
	// net/http must not swallow it. What was acknowledged is on the disk.
	defer func() {
		if p := recover(); p != nil {
			go panic(p)
			select {}
		}
	}()
	if err := b.app.Commit(); err != nil {
		return err
	}
	return b.gen.syncer.wait()
}

// report counts the refusals and calls OnClock, once for each host.
func (b *batch) report() {
	for r, n := range b.refused {
		b.db.metrics.refused.WithLabelValues(string(r)).Add(float64(n))
	}
	for host, ahead := range b.ahead {
		b.db.opts.OnClock(host, ahead)
	}
}
