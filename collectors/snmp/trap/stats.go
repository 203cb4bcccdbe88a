package trap

import (
	"context"
	"maps"

	"monitord/collectors"
)

// The reasons of a refusal.
const (
	refusedNetwork   = "network"   // the sender's network is not listed
	refusedCommunity = "community" // not a community of ours
	refusedUser      = "user"      // not a user of ours, or a key that does not fit
	refusedReplay    = "replay"    // older than what came before (RFC 3414, 3.2.7)
	refusedMessage   = "message"   // no notification, or not well-formed
)

// refusals are always shown, so that a first one is an increase and not a new
// series.
var refusals = [...]string{refusedNetwork, refusedCommunity, refusedUser, refusedReplay, refusedMessage}

// Stats counts since the start.
type Stats struct {
	Received int            // queued
	Repeated int            // the same message again
	Dropped  int            // the queue was full
	Kernel   int            // dropped by the kernel before we could read
	Failed   int            // reading and answering
	Refused  map[string]int // by reason
}

func (s *Stats) refuse(reason string) {
	if s.Refused == nil {
		s.Refused = map[string]int{}
	}
	s.Refused[reason]++
}

func (r *Receiver) count(add func(*Stats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	add(&r.stats)
}

// Stats may be called at any time.
func (r *Receiver) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Kernel = max(s.Kernel, int(r.kernel.Drops())) // none once it is closed
	s.Refused = maps.Clone(s.Refused)
	return s
}

// Name is snmp-trap.
func (*Receiver) Name() string { return "snmp-trap" }

// Collect adds the counts.
func (r *Receiver) Collect(_ context.Context, sink collectors.Sink) error {
	s := r.Stats()
	sink.Add("monitord_trap_received_total", float64(s.Received))
	sink.Add("monitord_trap_repeated_total", float64(s.Repeated))
	sink.Add("monitord_trap_dropped_total", float64(s.Dropped), "where", "queue")
	sink.Add("monitord_trap_dropped_total", float64(s.Kernel), "where", "kernel")
	for _, reason := range refusals {
		sink.Add("monitord_trap_refused_total", float64(s.Refused[reason]), "reason", reason)
	}
	return nil
}
