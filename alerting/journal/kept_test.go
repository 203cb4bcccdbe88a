package journal

import (
	"maps"
	"testing"
	"time"

	"monitord/alerting"
)

func TestExtraIsWrittenOnceAndKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := open(t, dir)
	defer stop()
	write := func(once string, kept map[string]string) {
		t.Helper()
		c := alerting.Change{Extra: &alerting.Extra{Owner: "logs", Once: once, Kept: kept,
			Events: []alerting.Event{alerting.LogEvent(time.Now(), alerting.EventLogMatch, "web1", "", map[string]string{"line": once})}}}
		if err := <-j.Submit(c); err != nil {
			t.Fatal(err)
		}
	}
	write("r 1", map[string]string{"a": "1", "b": "2"})
	write("r 1", map[string]string{"a": "other"})
	write("r 2", map[string]string{"b": "", "c": "3"})
	write("r 2", nil)
	kept, err := j.Kept(t.Context(), "logs")
	if err != nil || !maps.Equal(kept, map[string]string{"a": "1", "c": "3"}) {
		t.Errorf("kept %v, %v", kept, err)
	}
	if other, err := j.Kept(t.Context(), "others"); err != nil || len(other) != 0 {
		t.Errorf("of another owner %v, %v", other, err)
	}
	events, err := j.Events(t.Context(), alerting.EventFilter{Kind: alerting.EventLogMatch})
	if err != nil || len(events) != 2 {
		t.Errorf("%d events, %v", len(events), err)
	}
}
