package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"monitord/checks/schedule"
	"monitord/internal/logkeys"
	"monitord/tsdb"
)

// schedulerMetrics shows what the scheduler counts: it also lives in the probe,
// which has no metrics library.
type schedulerMetrics struct{ scheduler *schedule.Scheduler }

var (
	descJobs    = prometheus.NewDesc("monitord_check_jobs", "Checks that the server runs.", nil, nil)
	descRunning = prometheus.NewDesc("monitord_check_running", "Checks under way.", nil, nil)
	descWaiting = prometheus.NewDesc("monitord_check_waiting", "Starts that wait for a worker or for their host.", nil, nil)
	descRuns    = prometheus.NewDesc("monitord_check_runs_total", "Finished runs.", nil, nil)
	descErrors  = prometheus.NewDesc("monitord_check_errors_total", "Finished runs that failed to ask.", nil, nil)
	descSkipped = prometheus.NewDesc("monitord_check_skipped_total", "Starts left out because the run before had not ended.", nil, nil)
	descLatency = prometheus.NewDesc("monitord_check_latency_seconds", "How late checks start.", nil, nil)
)

// Describe lists the descriptions.
func (m schedulerMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descJobs, descRunning, descWaiting, descRuns, descErrors, descSkipped, descLatency} {
		ch <- d
	}
}

// Collect reads the scheduler once.
func (m schedulerMetrics) Collect(ch chan<- prometheus.Metric) {
	st := m.scheduler.Stats()
	gauge := func(d *prometheus.Desc, v int) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v))
	}
	counter := func(d *prometheus.Desc, v uint64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	gauge(descJobs, st.Jobs)
	gauge(descRunning, st.Running)
	gauge(descWaiting, st.Waiting)
	counter(descRuns, st.Runs)
	counter(descErrors, st.Errors)
	counter(descSkipped, st.Skipped)
	buckets := map[float64]uint64{}
	for i, b := range st.Latency.Bounds {
		buckets[b.Seconds()] = st.Latency.Counts[i]
	}
	ch <- prometheus.MustNewConstHistogram(descLatency, st.Latency.Count, st.Latency.Sum.Seconds(), buckets)
}

// ownEvery is how often the server stores what only it can measure of a probe.
const ownEvery = 10 * time.Second

// ownSeries stores each probe's clock offset, the first as soon as it is known.
func (s *server) ownSeries(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	stored := map[string]time.Time{}
	for {
		s.storeOffsets(ctx, time.Now(), stored)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// storeOffsets stores the offsets that are due; stored says when each host's
// last one was.
func (s *server) storeOffsets(ctx context.Context, now time.Time, stored map[string]time.Time) {
	var batch []tsdb.Sample
	for host, offset := range s.intake.ClockOffsets() {
		if now.Sub(stored[host]) < ownEvery {
			continue
		}
		stored[host] = now
		batch = append(batch, tsdb.Sample{
			Metric: labels.FromStrings(model.MetricNameLabel, "monitord_probe_clock_offset_seconds", "host", host, "instance", host, "job", "node"),
			At:     now.UnixMilli(), Value: offset.Seconds(),
		})
	}
	if len(batch) == 0 {
		return
	}
	if err := s.store.Append(ctx, batch); err != nil && ctx.Err() == nil {
		// The store counts what it refuses; the clock check sees no data.
		s.log.Debug("clock offsets were not stored", logkeys.Err, err)
	}
}
