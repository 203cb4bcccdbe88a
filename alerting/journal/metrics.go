package journal

import "github.com/prometheus/client_golang/prometheus"

type journalMetrics struct {
	writes, failures prometheus.Counter
	commits          prometheus.Histogram
	lost             prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, j *Journal) journalMetrics {
	m := journalMetrics{
		writes:   prometheus.NewCounter(prometheus.CounterOpts{Name: "monitord_journal_writes_total", Help: "Changes made durable."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "monitord_journal_failures_total", Help: "Changes refused: full disk, hanging disk, damage."}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "monitord_journal_commit_seconds", Help: "Time of one transaction with its sync.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{Name: "monitord_journal_probe_events_lost_total", Help: "Numbers missing in what probes sent."}),
	}
	if reg != nil {
		queue := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "monitord_journal_queue_length", Help: "Changes waiting to be written."},
			func() float64 { return float64(len(j.requests)) })
		reg.MustRegister(m.writes, m.failures, m.commits, m.lost, queue)
	}
	return m
}
