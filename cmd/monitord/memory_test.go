package main

import (
	"runtime/metrics"
	"testing"
)

func TestAFullHeapGathersLessGarbage(t *testing.T) {
	if gcPercent(muchHeap) != usualGC || gcPercent(muchHeap+1) != thriftyGC {
		t.Errorf("%d, %d", gcPercent(muchHeap), gcPercent(muchHeap+1))
	}
	live := []metrics.Sample{{Name: heapInUse}}
	if metrics.Read(live); live[0].Value.Kind() != metrics.KindUint64 {
		t.Errorf("this Go does not tell %s", heapInUse)
	}
}
