package logwatch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/checks/logs"
)

// maxSeries bounds the series that one rule makes in a day: a named group that
// captures a session would make one each.
const maxSeries = 500

// MatchesSeries is the counter of a rule's matches.
const MatchesSeries = "monitord_log_matches_total"

// matchesEvery is how often that counter is a sample.
const matchesEvery = 10 * time.Second

// mean is what lines of one second say of one series.
type mean struct {
	sample Sample
	sum    float64
	n      int
}

// measure takes the numbers of a match. A series has one sample a second, the
// mean: however many lines there are.
func (w *Watch) measure(host string, m *logs.Match) {
	for _, s := range m.Samples {
		key := fmt.Sprintf("%s\x00%s\x00%s", s.Name, host, labelKey(s.Labels))
		of := w.series[m.Rule]
		if of == nil {
			of = map[string]*mean{}
			w.series[m.Rule] = of
		}
		one := of[key]
		if one == nil {
			if len(of) >= maxSeries {
				w.dropped++
				continue
			}
			labels := map[string]string{}
			for name, value := range s.Labels {
				labels[name] = short(value, maxJournalLabel)
			}
			one = &mean{sample: Sample{Host: host, Rule: m.Rule, Name: s.Name, Labels: labels}}
			of[key] = one
		}
		one.sum += s.Value
		one.n++
		one.sample.Unauthenticated = m.Line.Unauthenticated
	}
}

func labelKey(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(&b, "%s\x00%s\x00", name, labels[name])
	}
	return b.String()
}

// measured puts the means of the second that ended into the step.
func (w *Watch) measured(now time.Time) {
	for _, of := range w.series {
		for _, one := range of {
			if one.n > 0 {
				s := one.sample
				s.At, s.Value = now, one.sum/float64(one.n)
				w.step.Samples = append(w.step.Samples, s)
				one.sum, one.n = 0, 0
			}
		}
	}
}

// counted puts the counters of matches into the step.
func (w *Watch) counted(now time.Time) {
	if now.Sub(w.countedAt) < matchesEvery {
		return
	}
	w.countedAt = now
	host := w.deps.Host()
	for rule, h := range w.hits {
		w.step.Samples = append(w.step.Samples, Sample{Host: host, Rule: rule, Name: MatchesSeries, Value: float64(h.Total), At: now})
	}
}
