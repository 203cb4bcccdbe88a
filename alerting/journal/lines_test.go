package journal

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
)

// matched is an entry about a line.
func matched(t *testing.T, host string, minute int, data map[string]any) alerting.Event {
	t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return alerting.Event{At: base.Add(time.Duration(minute) * time.Minute), Kind: alerting.EventLogMatch, Host: host, Data: raw}
}

func lineJournal(t *testing.T) *Journal {
	t.Helper()
	j, _ := open(t, t.TempDir())
	err := j.Append(t.Context(),
		matched(t, "db1", 0, map[string]any{"rule": "disk", "kind": "match", "line": "kernel: I/O Error 100%", "severity": "error"}),
		well(checks.Service{Host: "db1", Check: "sql"}, 1),
		matched(t, "web1", 2, map[string]any{"rule": "login", "kind": "match", "line": "Failed password for noc", "severity": "notice"}),
		matched(t, "db1", 3, map[string]any{"rule": "disk", "kind": "match", "more": 40}),
		matched(t, "db1", 20, map[string]any{"rule": "backup", "kind": "missed", "line": "backup finished"}),
		matched(t, "db1", 21, map[string]any{"rule": "disk", "kind": "match", "line": "a 'quoted' line", "severity": "critical"}))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestLinesAreSelected(t *testing.T) {
	j := lineJournal(t)
	at := func(minute int) time.Time { return base.Add(time.Duration(minute) * time.Minute) }
	for _, c := range []struct {
		f    LineFilter
		want string
	}{
		{LineFilter{}, "21 20 3 2 0"},
		{LineFilter{Limit: 2}, "21 20"},
		{LineFilter{Host: "db1", Rule: "disk"}, "21 3 0"},
		{LineFilter{Severities: []string{"critical", "error"}}, "21 0"},
		{LineFilter{Words: []string{"error", "KERNEL"}}, "0"},
		{LineFilter{Words: []string{"100%"}}, "0"},
		{LineFilter{Words: []string{"'quoted'"}}, "21"},
		{LineFilter{Words: []string{"%"}, Host: "web1"}, ""},
		{LineFilter{Since: at(2), Until: at(3)}, "3 2"},
	} {
		got, err := j.Lines(t.Context(), c.f)
		if err != nil {
			t.Fatal(err)
		}
		var minutes []string
		for _, e := range got {
			minutes = append(minutes, fmt.Sprint(int(e.At.Sub(base)/time.Minute)))
		}
		if s := strings.Join(minutes, " "); s != c.want {
			t.Errorf("%+v: %s; want %s", c.f, s, c.want)
		}
	}
	all, err := j.Lines(t.Context(), LineFilter{Limit: 2})
	if err != nil || len(all) != 2 {
		t.Fatalf("%d, %v", len(all), err)
	}
	rest, err := j.Lines(t.Context(), LineFilter{Before: all[1].ID})
	if err != nil || len(rest) != 3 || rest[0].ID >= all[1].ID {
		t.Errorf("before %d: %+v, %v", all[1].ID, rest, err)
	}
	one, err := j.ByID(t.Context(), []int64{rest[0].ID, 999})
	if err != nil || len(one) != 1 || one[0].ID != rest[0].ID {
		t.Errorf("%+v, %v", one, err)
	}
}

func TestTheLastLineOfEachRuleIsKnown(t *testing.T) {
	j := lineJournal(t)
	last, err := j.LastLines(t.Context(), 0)
	if err != nil || len(last) != 3 {
		t.Fatalf("%v, %v", last, err)
	}
	events, err := j.ByID(t.Context(), []int64{last["disk"]})
	if err != nil || len(events) != 1 || !events[0].At.Equal(base.Add(21*time.Minute)) {
		t.Errorf("%+v, %v", events, err)
	}
	if again, err := j.LastLines(t.Context(), last["disk"]); err != nil || len(again) != 0 {
		t.Errorf("behind the last: %v, %v", again, err)
	}
	plan, err := j.readers.QueryContext(t.Context(), `EXPLAIN QUERY PLAN SELECT id FROM events WHERE kind = 'log-match' AND id > 5 ORDER BY id DESC LIMIT 3`)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	for plan.Next() {
		var a, b, c int
		var says string
		if err := plan.Scan(&a, &b, &c, &says); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(says, "events_lines") {
			t.Errorf("the index is not used: %s", says)
		}
	}
}
