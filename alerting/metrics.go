package alerting

import (
	"github.com/prometheus/client_golang/prometheus"

	"monitord/checks"
)

// engineMetrics are the engine's own counters.
type engineMetrics struct {
	dropped         *prometheus.CounterVec
	journalFailures prometheus.Counter
	eventsDropped   prometheus.Counter
}

func newEngineMetrics(reg prometheus.Registerer, e *Engine) engineMetrics {
	m := engineMetrics{
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "monitord_alerting_results_dropped_total", Help: "Results that changed no state, by reason."}, []string{"reason"}),
		journalFailures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "monitord_alerting_journal_failures_total", Help: "Changes that the journal refused; people were told from memory."}),
		eventsDropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "monitord_alerting_events_dropped_total", Help: "Events given up because the journal was away for too long."}),
	}
	if reg == nil {
		return m
	}
	reg.MustRegister(m.dropped, m.journalFailures, m.eventsDropped, &stateCollector{e})
	return m
}

// stateCollector counts services by hard state, and open incidents, when asked.
type stateCollector struct{ engine *Engine }

var (
	servicesDesc  = prometheus.NewDesc("monitord_services", "Services by confirmed state.", []string{"state"}, nil)
	marksDesc     = prometheus.NewDesc("monitord_services_marked", "Services that have a mark.", []string{"mark"}, nil)
	incidentsDesc = prometheus.NewDesc("monitord_incidents_open", "Incidents that are open.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- servicesDesc
	ch <- marksDesc
	ch <- incidentsDesc
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	var byState [checks.Unknown + 1]int
	c.engine.mu.Lock()
	for _, s := range c.engine.services {
		byState[s.Service.HardState]++
	}
	byMark := make([]int, len(markNames))
	for _, s := range c.engine.services {
		for i := range markNames {
			if s.Service.Marks&(1<<i) != 0 {
				byMark[i]++
			}
		}
	}
	open := len(c.engine.incidents) - len(c.engine.closed)
	c.engine.mu.Unlock()
	for state, n := range byState {
		ch <- prometheus.MustNewConstMetric(servicesDesc, prometheus.GaugeValue, float64(n), checks.State(state).String())
	}
	for i, n := range byMark {
		ch <- prometheus.MustNewConstMetric(marksDesc, prometheus.GaugeValue, float64(n), markNames[i])
	}
	ch <- prometheus.MustNewConstMetric(incidentsDesc, prometheus.GaugeValue, float64(open))
}
