package alerting_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/journal"
	"monitord/checks"
)

// A history without the end of MISSED would call the time after it unknown for
// ever: a good result after a good one changes no state.
func TestTheEndOfMissedIsInTheJournalAndLaterThanItsBeginning(t *testing.T) {
	inv := plain()
	inv.Hosts[0].Checks[2].Judge.Freshness = 3 * time.Minute
	w := newWorld(t, inv)
	w.see("http", "=O")
	w.now = w.now.Add(10 * time.Minute)
	w.e.Tick()
	missed := w.now
	w.restart()
	// The result was found before MISSED, and came after it.
	w.now = w.now.Add(20 * time.Second)
	_, err := w.e.Observe(context.Background(), alerting.Observation{Host: "web1", Check: "http", At: missed.Add(-time.Second), Results: results([]string{"=O"})})
	if err != nil {
		t.Fatal(err)
	}
	w.see("http", "=O") // nothing new
	http := checks.Service{Host: "web1", Check: "http"}
	got, err := w.j.Marks(context.Background(), journal.MarkFilter{}, base, base.Add(time.Hour))
	want := []journal.Mark{
		{At: base.Add(time.Minute), State: checks.OK},
		{At: missed, State: checks.OK, Lost: alerting.EventMissed},
		{At: missed.Add(20 * time.Second), State: checks.OK},
	}
	if err != nil || fmt.Sprint(got[http]) != fmt.Sprint(want) {
		t.Errorf("%v\ngot  %v\nwant %v", err, got[http], want)
	}
	expect(t, "journal", w.kinds(), "state missed incident-open message-queued returned incident-close message-queued")
}
