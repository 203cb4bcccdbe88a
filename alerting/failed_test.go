package alerting_test

import (
	"context"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/text"
)

// What a failing run left is still there after a restart; a good run leaves nothing.
func TestFailingRunsAreJournaled(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, plain())
	s := checks.Service{Host: "web1", Check: "http"}
	run := func(state checks.State, left string) {
		t.Helper()
		w.now = w.now.Add(time.Minute)
		r := checks.Result{State: state, Summary: text.Verbatim("says " + left), Phases: []checks.Phase{{Name: "connect", Took: time.Millisecond}}}
		if state != checks.OK {
			r.Reason, r.Evidence = checks.ReasonStatus, []byte(left)
		}
		if _, err := w.e.Observe(ctx, alerting.Observation{Host: "web1", Check: "http", At: w.now, Took: time.Second, Results: []checks.Result{r}}); err != nil {
			t.Fatal(err)
		}
	}
	run(checks.OK, "")
	from := w.now
	run(checks.Critical, "first")
	run(checks.Warning, "second")
	run(checks.Warning, "hard")
	run(checks.OK, "")
	w.restart()
	runs, err := w.j.FailedRuns(ctx, s, from, w.now)
	if err != nil || len(runs) < 2 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	reason, says := runs[0].StateDetail()
	if f := runs[0].Failed; string(f.Evidence) != "first" || f.Took != time.Second || len(f.Phases) != 1 || reason != checks.ReasonStatus || runs[0].State != checks.Critical {
		t.Errorf("%+v %+v %s", runs[0], f, reason)
	}
	if got := text.Default().Render(text.English, nil, says); got != "says first" {
		t.Errorf("%q", got)
	}
	for _, r := range runs {
		if r.State == checks.OK {
			t.Errorf("a good run is kept: %+v", r)
		}
	}
}
