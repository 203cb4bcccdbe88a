package main

import (
	"os"
	"runtime/debug"
)

// Above manyChecks the states and series of checks fill the heap with what
// stays. Go's default lets garbage take as much again; thriftyGC takes a third
// less for a little processor time, of which such a server needs little.
const (
	manyChecks = 10_000
	usualGC    = 100
	thriftyGC  = 60
)

// tuneMemory sets how much garbage may gather, unless $GOGC says it.
func tuneMemory(checks int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent(checks))
	}
}

func gcPercent(checks int) int {
	if checks > manyChecks {
		return thriftyGC
	}
	return usualGC
}
