package tsdb

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the store's own; the library's prometheus_tsdb_… stand beside them.
type metrics struct {
	stored      prometheus.Counter
	refused     *prometheus.CounterVec
	refusedFull prometheus.Counter
	writeErrors prometheus.Counter
	reopens     prometheus.Counter
	free        prometheus.Gauge
	full        prometheus.Gauge
	ballast     prometheus.Gauge
	sync        prometheus.Histogram
	requests    *prometheus.CounterVec
	busy        prometheus.Counter
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "monitord_tsdb_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "monitord_tsdb_" + name, Help: help})
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "monitord_tsdb_" + name, Help: help}, []string{label})
	}
	m := &metrics{
		stored:      counter("samples_stored_total", "Samples stored, synced and acknowledged."),
		refused:     vec("samples_refused_total", "Samples refused for ever, by reason.", "reason"),
		refusedFull: counter("batches_refused_full_total", "Batches refused because the disk is full; the sender keeps them."),
		writeErrors: counter("write_errors_total", "Failed writes of the log, each followed by a reopen."),
		reopens:     counter("reopens_total", "Times the store was opened again after a failed write."),
		free:        gauge("disk_free_bytes", "Room on the disk of the store."),
		full:        gauge("disk_full", "1 while samples are refused because the disk is full."),
		ballast:     gauge("ballast_present", "1 while the reserve for a full disk is in place."),
		sync: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "monitord_tsdb_sync_duration_seconds", Help: "Time of one shared sync of the log.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9),
		}),
		requests: vec("write_requests_total", "Remote write requests, by status code.", "code"),
		busy:     counter("write_busy_total", "Remote write requests refused because too many were being worked on."),
	}
	for _, r := range reasons {
		m.refused.WithLabelValues(string(r))
	}
	return m
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.stored, m.refused, m.refusedFull, m.writeErrors, m.reopens,
		m.free, m.full, m.ballast, m.sync, m.requests, m.busy}
}

func (m *metrics) register(r prometheus.Registerer) error {
	for i, c := range m.all() {
		if err := r.Register(c); err != nil {
			for _, done := range m.all()[:i] {
				r.Unregister(done)
			}
			return fmt.Errorf("register store metrics (one registry serves one store): %w", err)
		}
	}
	return nil
}

func (m *metrics) unregister(r prometheus.Registerer) {
	for _, c := range m.all() {
		r.Unregister(c)
	}
}
