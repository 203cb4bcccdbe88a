package main

import (
	"context"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"monitord/collectors"
)

// collected shows the samples of a collector on /metrics.
type collected struct{ collectors.Collector }

// Describe lists nothing: the series come and go with the files.
func (collected) Describe(chan<- *prometheus.Desc) {}

// Collect reads the collector once.
func (c collected) Collect(ch chan<- prometheus.Metric) {
	if err := c.Collector.Collect(context.Background(), promSink(ch)); err != nil {
		ch <- prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
	}
}

// promSink makes metrics of samples.
type promSink chan<- prometheus.Metric

// Add takes one sample.
func (s promSink) Add(name string, value float64, labels ...string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	kind := prometheus.GaugeValue
	if strings.HasSuffix(name, "_total") {
		kind = prometheus.CounterValue
	}
	s <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, "Of following logs.", names, nil), kind, value, values...)
}
