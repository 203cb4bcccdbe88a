package notify

import "github.com/prometheus/client_golang/prometheus"

type outboxMetrics struct {
	sent, failed, retries *prometheus.CounterVec // by channel
	repeats, dropped      prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, o *Outbox) outboxMetrics {
	byChannel := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"channel"})
	}
	m := outboxMetrics{
		sent:    byChannel("monitord_notify_sent_total", "Messages that the peer took."),
		failed:  byChannel("monitord_notify_failed_total", "Messages given up."),
		retries: byChannel("monitord_notify_retries_total", "Attempts that failed and will be repeated."),
		repeats: prometheus.NewCounter(prometheus.CounterOpts{Name: "monitord_notify_repeats_total",
			Help: "Hand-overs of a message that may have arrived before; it has the same Message-ID."}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "monitord_notify_dropped_total",
			Help: "Messages lost because memory was full while the journal could not be written."}),
	}
	if reg != nil {
		length := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "monitord_notify_queue_length", Help: "Messages not done yet."}, func() float64 {
			o.mu.Lock()
			defer o.mu.Unlock()
			return float64(len(o.items))
		})
		reg.MustRegister(m.sent, m.failed, m.retries, m.repeats, m.dropped, length)
	}
	return m
}
