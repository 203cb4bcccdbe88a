package actions

import (
	"github.com/prometheus/client_golang/prometheus"

	"monitord/alerting/failover"
)

// actorMetrics are the actor's own counters.
type actorMetrics struct {
	steps   *prometheus.CounterVec
	stages  *prometheus.HistogramVec
	dropped prometheus.Counter
}

func newActorMetrics(reg prometheus.Registerer, a *Actor) actorMetrics {
	m := actorMetrics{
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "monitord_actions_total",
			Help: "Steps that requests to act have taken, by action and step."}, []string{"action", "progress"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "monitord_action_stage_seconds",
			Help:    "Time of each stage of an action: detect (first failure to hard state), decide (to the start), act (to the end, verified).",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 16)}, []string{"action", "stage"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "monitord_actions_dropped_total",
			Help: "Requests refused because too many were waiting."}),
	}
	if reg != nil {
		frozen := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "monitord_actions_frozen", Help: "1 while the freeze switch stops all actions."},
			func() float64 {
				if a.Frozen().On() {
					return 1
				}
				return 0
			})
		reg.MustRegister(m.steps, m.stages, m.dropped, frozen)
	}
	return m
}

// stage measures an action that ended; taking back has no stages.
func (m actorMetrics) stage(r *failover.Record) {
	if r.Request.Undo {
		return
	}
	if r.Detect() > 0 {
		m.stages.WithLabelValues(r.Request.Action, "detect").Observe(r.Detect().Seconds())
	}
	m.stages.WithLabelValues(r.Request.Action, "decide").Observe(r.Decide().Seconds())
	if r.Progress == failover.ProgressDone {
		m.stages.WithLabelValues(r.Request.Action, "act").Observe(r.Act().Seconds())
	}
}
