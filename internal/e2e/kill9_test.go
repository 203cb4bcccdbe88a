//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"
)

// kill9: for a minute, server and probe are killed in turn, with no chance to
// flush. Every collection that the probe numbered is found in the store.
func kill9(t *testing.T) {
	w := newWorld(t)
	w.configure("")
	w.serve()
	dir := w.enrol("node1")
	probe := w.probe(dir)
	w.awaitSequence(5)

	end := time.Now().Add(60 * time.Second)
	for round := 0; time.Now().Before(end); round++ {
		time.Sleep(time.Duration(2000+round*373%1700) * time.Millisecond) // the fault's own rhythm, not a wait for a result
		if round%2 == 0 {
			say(t, "kill -9 of the server")
			w.server.kill()
			time.Sleep(time.Duration(round*211%900) * time.Millisecond)
			w.serve()
		} else {
			say(t, "kill -9 of the probe")
			probe.kill()
			probe = w.probe(dir)
		}
	}
	w.awaitSequence(w.lastSequence() + 3)
	w.settle()
	last := noHole(t, w.sequences("node1"))
	say(t, "%d collections, none lost", last)
	if last < 30 {
		t.Errorf("only %d collections in a minute", last)
	}
}

// awaitSequence waits until a collection of that number is stored.
func (w *world) awaitSequence(n int) {
	w.t.Helper()
	eventually(w.t, 60*time.Second, fmt.Sprintf("collection %d is stored", n), func() string {
		if last := w.lastSequence(); last < n {
			return fmt.Sprintf("the last one is %d", last)
		}
		return ""
	})
}

func (w *world) lastSequence() (last int) {
	w.t.Helper()
	for n := range w.sequences("node1") {
		last = max(last, n)
	}
	return last
}

// settle waits until what was spooled meanwhile has arrived: holes fill up.
func (w *world) settle() {
	w.t.Helper()
	eventually(w.t, 30*time.Second, "the probe has caught up", func() string {
		numbers := w.sequences("node1")
		for n := range w.lastSequence() {
			if n > 0 && !numbers[n] {
				return fmt.Sprintf("collection %d is not there yet", n)
			}
		}
		return ""
	})
}
