package main

import (
	"context"
	"fmt"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/logwatch"
)

// logOwner is who keeps the memory of logs in the journal.
const logOwner = "logs"

// logSink takes what lines of logs bring: states to the engine, and with them, in
// one transaction of the journal, the entries about lines and how far logs were
// read.
type logSink struct {
	observe func(context.Context, []alerting.Observation, alerting.Extra) error
	samples func([]checks.Sample)
	run     string // random name of this run of the server
	judged  uint64 // number of the step whose results the engine has
}

// Commit keeps a step. It is called by one goroutine at a time.
func (k *logSink) Commit(ctx context.Context, s logwatch.Step) error {
	var list []alerting.Observation
	if s.Number != k.judged {
		k.samples(samplesOf(s.Samples))
		list = observationsOf(s.Results)
	}
	k.judged = s.Number
	if len(list)+len(s.Matches)+len(s.Kept) == 0 {
		return nil
	}
	return k.observe(ctx, list, alerting.Extra{
		Owner: logOwner, Once: fmt.Sprintf("%s %d", k.run, s.Number), Events: eventsOf(s.Matches), Kept: s.Kept,
	})
}

func observationsOf(results []logwatch.Result) []alerting.Observation {
	var list []alerting.Observation
	for _, r := range results {
		list = append(list, alerting.Observation{
			Host: r.Host, Check: alerting.LogCheck, At: r.At, Builtin: true, Unauthenticated: r.Unauthenticated, Results: []checks.Result{r.Result},
		})
	}
	return list
}

func eventsOf(matches []logwatch.Match) []alerting.Event {
	var list []alerting.Event
	for _, m := range matches {
		kind := alerting.EventLogMatch
		if m.By != "" {
			kind = alerting.EventLogCleared
		}
		list = append(list, alerting.LogEvent(m.At, kind, m.Host, m.Service, m))
	}
	return list
}

// samplesOf names the series: of a host and a rule, with what the rule's named
// groups captured. These cannot take the place of host and rule.
func samplesOf(list []logwatch.Sample) []checks.Sample {
	var out []checks.Sample
	for _, s := range list {
		labels := map[string]string{}
		for name, value := range s.Labels {
			labels[name] = value
		}
		labels["host"], labels["rule"] = s.Host, s.Rule
		out = append(out, checks.Sample{Name: s.Name, Labels: labels, At: s.At, Value: s.Value})
	}
	return out
}
