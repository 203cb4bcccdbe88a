package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Above muchHeap, states and series that stay fill the heap. Go's default lets
// garbage take as much again; thriftyGC takes a good third less for a little
// processor time, of which such a server needs little.
const (
	muchHeap  = 300 << 20
	usualGC   = 100
	thriftyGC = 60
)

// tuneEvery is how often the heap is looked at: it grows with what devices turn out
// to have, minutes after the start.
const tuneEvery = 10 * time.Second

// heapInUse is what was reachable when garbage was last collected.
const heapInUse = "/gc/heap/live:bytes"

// tuneMemory sets how much garbage may gather, unless $GOGC says it.
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
