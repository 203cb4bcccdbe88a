package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"monitord/dashboards"
	"monitord/graphs"
	"monitord/internal/trendwatch"
)

// Range answers what a rule asks: the last value before each moment.
func (f *foreseen) Range(_ context.Context, expr string, start, end time.Time, step time.Duration) ([]trendwatch.Series, error) {
	rule, host, only := strings.Cut(expr, "@")
	var list []trendwatch.Series
	for i := range f.list {
		m := &f.list[i]
		if m.rule != rule || only && m.host != host {
			continue
		}
		one := trendwatch.Series{Labels: map[string]string{"host": m.host}}
		for k, v := range m.labels {
			one.Labels[k] = v
		}
		for at := start; !at.After(end); at = at.Add(step) {
			if v := m.at(at); !math.IsNaN(v) {
				one.Points = append(one.Points, trendwatch.Point{At: at, Value: v})
			}
		}
		if len(one.Points) > 0 {
			list = append(list, one)
		}
	}
	return list, nil
}

// at is the value at a moment, or NaN.
func (m *made) at(at time.Time) float64 {
	i := int(math.Floor(at.Sub(m.times[0]).Minutes() / 5))
	if i < 0 || i >= len(m.values) {
		return math.NaN()
	}
	return m.values[i]
}

// Narrow asks the same of one host.
func (f *foreseen) Narrow(expr, _, value string) (string, error) { return expr + "@" + value, nil }

// lines answers the pages' range queries about load and traffic with the series that
// are judged; ok is false when the question is about something else.
func (f *foreseen) lines(ctx context.Context, expr string, start, end time.Time, step time.Duration) (list []dashboards.Series, ok bool) {
	for metric, rule := range map[string]string{"node_load": "load", "receive_bytes": "in"} {
		if !strings.Contains(expr, metric) {
			continue
		}
		for _, m := range f.list {
			if m.rule != rule || !strings.Contains(expr, fmt.Sprintf("%q", m.host)) {
				continue
			}
			found, _ := f.Range(ctx, rule+"@"+m.host, start, end, step)
			var points []graphs.Point
			for _, p := range found[0].Points {
				points = append(points, graphs.Point(p))
			}
			return []dashboards.Series{{Labels: found[0].Labels, Points: points}}, true
		}
	}
	return nil, false
}
