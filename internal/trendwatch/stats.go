package trendwatch

import (
	"github.com/prometheus/client_golang/prometheus"
)

// stats are the watch's own numbers.
type stats struct {
	series, open, waiting, took prometheus.Gauge
	judged, told, failures      prometheus.Counter
	saved                       *prometheus.CounterVec
	left                        *prometheus.GaugeVec
	rest                        map[string]int // series left out, by rule; under the book's lock
}

func newStats() stats {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "monitord_trend_" + name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "monitord_trend_" + name + "_total", Help: help})
	}
	return stats{
		series:   gauge("series", "Series that are judged."),
		open:     gauge("findings", "Series with an open finding."),
		waiting:  gauge("catching_up", "Hosts and rules whose series wait for being caught up."),
		took:     gauge("round_seconds", "How long the last round took."),
		judged:   counter("values", "Values that were judged."),
		told:     counter("told", "Changes of findings that were told."),
		failures: counter("store_failures", "Questions that the store did not answer."),
		saved: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "monitord_trend_snapshots_total", Help: "Files of snapshots written, by outcome.",
		}, []string{"outcome"}),
		left: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "monitord_trend_series_left", Help: "Series that are not judged because there are too many, by rule.",
		}, []string{"rule"}),
		rest: map[string]int{},
	}
}

// Collectors are the metrics, to be registered once.
func (w *Watch) Collectors() []prometheus.Collector {
	s := &w.stats
	return []prometheus.Collector{s.series, s.open, s.waiting, s.took, s.judged, s.told, s.failures, s.saved, s.left}
}

// leave notes how many series of a rule are not judged, and whether that is news.
func (s *stats) leave(rule string, n int) (news bool) {
	news = n > 0 && s.rest[rule] == 0
	s.rest[rule] = n
	s.left.WithLabelValues(rule).Set(float64(n))
	return news
}

// leftover is how many series are not judged in all.
func (s *stats) leftover() int {
	sum := 0
	for _, n := range s.rest {
		sum += n
	}
	return sum
}

// count sets the gauges.
func (w *Watch) count() {
	w.book.Lock()
	defer w.book.Unlock()
	open := 0
	for _, e := range w.book.names {
		if e.told.known && e.told.state != 0 {
			open++
		}
	}
	w.stats.series.Set(float64(len(w.book.names)))
	w.stats.open.Set(float64(open))
}
