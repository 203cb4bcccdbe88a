package tsdb

import (
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// tracked is the Registerer of one generation. It remembers what the library
// registers, so that a reopen can take it away again, and keeps the library's
// counters of failed log writes: the only sign of a failed write of the log of
// late samples (wbl), whose errors the library only logs.
type tracked struct {
	outer prometheus.Registerer

	mu     sync.Mutex
	all    []prometheus.Collector
	failed []prometheus.Collector
}

// The library names them prometheus_tsdb_wal_… and
// prometheus_tsdb_out_of_order_wbl_… (tsdb/wlog/wlog.go).
const failedSuffix = `writes_failed_total"`

// Register implements prometheus.Registerer.
func (t *tracked) Register(c prometheus.Collector) error {
	if err := t.outer.Register(c); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, c)
	if describesFailure(c) {
		t.failed = append(t.failed, c)
	}
	return nil
}

// MustRegister implements prometheus.Registerer.
func (t *tracked) MustRegister(cs ...prometheus.Collector) {
	for _, c := range cs {
		if err := t.Register(c); err != nil {
			panic(err)
		}
	}
}

// Unregister implements prometheus.Registerer.
func (t *tracked) Unregister(c prometheus.Collector) bool { return t.outer.Unregister(c) }

// release takes everything away that was registered.
func (t *tracked) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.all {
		t.outer.Unregister(c)
	}
	t.all, t.failed = nil, nil
}

// failedWrites sums the library's counters of failed log writes.
func (t *tracked) failedWrites() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := 0.0
	for _, c := range t.failed {
		for m := range collect(c) {
			var v dto.Metric
			if strings.Contains(m.Desc().String(), failedSuffix) && m.Write(&v) == nil {
				sum += v.GetCounter().GetValue()
			}
		}
	}
	return sum
}

func describesFailure(c prometheus.Collector) bool {
	ch := make(chan *prometheus.Desc, 64)
	go func() { c.Describe(ch); close(ch) }()
	found := false
	for d := range ch {
		found = found || strings.Contains(d.String(), failedSuffix)
	}
	return found
}

func collect(c prometheus.Collector) <-chan prometheus.Metric {
	ch := make(chan prometheus.Metric, 64)
	go func() { c.Collect(ch); close(ch) }()
	return ch
}
