package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"monitord/checks"
	"monitord/checks/schedule"
	"monitord/internal/logkeys"
	"monitord/tsdb"
)

// Bounds of the queue between checks and the store.
const (
	sampleQueue = 65536 // samples; a minute of 50,000 services is more than the store would let wait
	sampleBatch = 8192
)

// sampleWriter stores the samples of checks without making a check wait for the
// disk. What does not fit the queue is dropped and counted: a check's sample is
// asked for again in a minute, unlike a probe's.
type sampleWriter struct {
	db      *tsdb.DB
	log     *slog.Logger
	queue   chan tsdb.Sample
	dropped prometheus.Counter
}

func newSampleWriter(db *tsdb.DB, log *slog.Logger, reg prometheus.Registerer) *sampleWriter {
	w := &sampleWriter{
		db: db, log: log.With(logkeys.Component, "samples"),
		queue: make(chan tsdb.Sample, sampleQueue),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "monitord_check_samples_dropped_total", Help: "Samples of checks that the store did not take.",
		}),
	}
	reg.MustRegister(w.dropped)
	return w
}

// add queues samples of a run.
func (w *sampleWriter) add(samples []checks.Sample) {
	for _, s := range samples {
		select {
		case w.queue <- tsdb.Sample{Metric: seriesOf(s), At: s.At.UnixMilli(), Value: s.Value}:
		default:
			w.dropped.Inc()
		}
	}
}

// polledJob is the label job of what checks read of other machines.
const polledJob = "snmp"

// polledRun takes the samples of one run of a check.
type polledRun struct {
	host    string
	at      int64
	scratch labels.ScratchBuilder
	batch   []tsdb.Sample
}

// run opens what takes the samples of a run. They wait for the store, unlike
// those about checks: nobody asks for them again.
func (w *sampleWriter) run(job schedule.Job, at time.Time) (checks.Series, func(context.Context)) {
	p := &polledRun{host: job.Host, at: at.UnixMilli()}
	return p, func(ctx context.Context) {
		if len(p.batch) > 0 {
			w.append(context.WithoutCancel(ctx), p.batch)
		}
	}
}

// Add takes one sample; a label of ours wins over the check's of that name.
func (p *polledRun) Add(name string, value float64, pairs ...string) {
	p.scratch.Reset()
	p.scratch.Add(model.MetricNameLabel, name)
	p.scratch.Add("host", p.host)
	p.scratch.Add("instance", p.host)
	p.scratch.Add("job", polledJob)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" && pairs[i] != "host" && pairs[i] != "instance" && pairs[i] != "job" {
			p.scratch.Add(pairs[i], pairs[i+1])
		}
	}
	p.scratch.Sort()
	p.batch = append(p.batch, tsdb.Sample{Metric: p.scratch.Labels(), At: p.at, Value: value})
}

// seriesOf makes the labels of a sample.
func seriesOf(s checks.Sample) labels.Labels {
	b := labels.NewScratchBuilder(len(s.Labels) + 1)
	b.Add(model.MetricNameLabel, s.Name)
	for name, value := range s.Labels {
		b.Add(name, value)
	}
	b.Sort()
	return b.Labels()
}

// Run stores what is queued until ctx ends, then what is left.
func (w *sampleWriter) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			w.store(context.WithoutCancel(ctx), nil)
			return nil
		case s := <-w.queue:
			w.store(ctx, &s)
		}
	}
}

// store appends one batch: first, and whatever else waits.
func (w *sampleWriter) store(ctx context.Context, first *tsdb.Sample) {
	var batch []tsdb.Sample
	if first != nil {
		batch = append(batch, *first)
	}
	for len(batch) < sampleBatch && len(w.queue) > 0 {
		batch = append(batch, <-w.queue)
	}
	if len(batch) > 0 {
		w.append(ctx, batch)
	}
}

func (w *sampleWriter) append(ctx context.Context, batch []tsdb.Sample) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := w.db.Append(ctx, batch); err != nil {
		// States do not depend on these samples: the answer stays true.
		w.dropped.Add(float64(len(batch)))
		w.log.Debug("samples of checks were not stored", logkeys.Count, len(batch), logkeys.Err, err)
	}
}
