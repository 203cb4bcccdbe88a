package syslog

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"monitord/collectors"
)

// maxSources bounds of how many sources drops are counted apart. Addresses can be
// made up.
const maxSources = 1000

// Others stands for the addresses that are too many to be told apart.
const Others = "others"

// Reasons of what is not taken.
const (
	reasonSource     = "source"      // not within the listed networks
	reasonFull       = "connections" // max_connections are open
	reasonPerSource  = "per_source"  // max_per_source are open
	reasonHandshake  = "tls"         // the handshake failed, or its certificate is not let in
	reasonQueue      = "queue"       // downstream is slow
	reasonRate       = "rate"        // more than rate from one source
	reasonStop       = "stop"        // the program ended before it was taken
	reasonSlow       = "slow"        // a message did not end in time
	reasonUnreadable = "framing"     // the stream cannot be followed
)

// counters are those of one receiver.
type counters struct {
	received, taken, cut, half, unparsed, unknown, apart atomic.Uint64
	connections                                          atomic.Int64

	mu     sync.Mutex
	events map[eventKey]uint64
}

// eventKey is what is counted by reason, and drops by source too.
type eventKey struct {
	metric, reason, source string
}

const (
	metricRefused = "monitord_syslog_refused_total"
	metricDropped = "monitord_syslog_dropped_total"
	metricClosed  = "monitord_syslog_closed_total"
)

func (c *counters) add(metric, reason, source string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := eventKey{metric, reason, source}
	if _, known := c.events[k]; !known && len(c.events) >= maxSources && source != "" {
		k.source = Others
	}
	if c.events == nil {
		c.events = map[eventKey]uint64{}
	}
	c.events[k] += uint64(n)
}

func (c *counters) refused(reason string) { c.add(metricRefused, reason, "", 1) }

func (c *counters) closed(reason string) { c.add(metricClosed, reason, "", 1) }

func (c *counters) dropped(reason string, ip netip.Addr) { c.droppedAll(reason, ip, 1) }

func (c *counters) droppedAll(reason string, ip netip.Addr, n int) {
	c.add(metricDropped, reason, ip.String(), n)
}

// sum is what was counted of a reason, of all sources.
func (c *counters) sum(metric, reason string) (n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, v := range c.events {
		if k.metric == metric && k.reason == reason {
			n += v
		}
	}
	return n
}

// Name is the collector's name.
func (*Server) Name() string { return "syslog" }

// Collect adds the counts of the receivers that have been on.
func (s *Server) Collect(_ context.Context, sink collectors.Sink) error {
	for _, k := range kinds() {
		c := s.counts[k]
		if s.used[k].Load() {
			c.collect(string(k), sink)
		}
	}
	if s.used[udp].Load() {
		sink.Add("monitord_syslog_kernel_dropped_total", float64(s.kernelDrops()), "listener", string(udp))
	}
	return nil
}

func (c *counters) collect(listener string, sink collectors.Sink) {
	for _, one := range []struct {
		name  string
		value uint64
	}{
		{"monitord_syslog_received_total", c.received.Load()},
		{"monitord_syslog_taken_total", c.taken.Load()},
		{"monitord_syslog_cut_total", c.cut.Load()},
		{"monitord_syslog_half_total", c.half.Load()},
		{"monitord_syslog_unparsed_total", c.unparsed.Load()},
		{"monitord_syslog_unknown_host_total", c.unknown.Load()},
		{"monitord_syslog_clock_apart_total", c.apart.Load()},
	} {
		sink.Add(one.name, float64(one.value), "listener", listener)
	}
	if listener != string(udp) {
		sink.Add("monitord_syslog_connections", float64(c.connections.Load()), "listener", listener)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range slices.SortedFunc(maps.Keys(c.events), compareEvents) {
		labels := []string{"listener", listener, "reason", k.reason}
		if k.source != "" {
			labels = append(labels, "source", k.source)
		}
		sink.Add(k.metric, float64(c.events[k]), labels...)
	}
}

func compareEvents(a, b eventKey) int {
	return cmp.Or(cmp.Compare(a.metric, b.metric), cmp.Compare(a.reason, b.reason), cmp.Compare(a.source, b.source))
}
