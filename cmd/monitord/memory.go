package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Go collects garbage when it has grown to GOGC percent of what stays: with its
// default of 100 the heap doubles in between. That is cheap while the heap is small.
// In a large one, states and series stay: with thriftyGC it grows to 1.6 times, a
// fifth less at its peak, and collecting, which then is rare, costs 1.7 times as much.
const (
	muchHeap  = 300 << 20 // bytes
	usualGC   = 100       // percent: Go's default
	thriftyGC = 60
)

// tuneEvery is how often the heap is looked at: it grows with what devices turn out
// to have, minutes after the start. What stays does not depend on the percentage, so
// that one cannot chase the other.
const tuneEvery = 10 * time.Second

// heapInUse is what was reachable when garbage was last collected.
const heapInUse = "/gc/heap/live:bytes"

// tuneMemory sets how much garbage may gather, until ctx ends. $GOGC is the
// operator's word and overrides it.
func tuneMemory(ctx context.Context) error {
	if os.Getenv("GOGC") != "" {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(tuneEvery)
	defer tick.Stop()
	live, set := []metrics.Sample{{Name: heapInUse}}, usualGC
	for {
		metrics.Read(live)
		if want := gcPercent(live[0].Value.Uint64()); want != set {
			set = want
			debug.SetGCPercent(want)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// gcPercent is for a heap of which so much was in use at the last collection.
func gcPercent(live uint64) int {
	if live > muchHeap {
		return thriftyGC
	}
	return usualGC
}
