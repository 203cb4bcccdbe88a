package journal

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
)

// fails is a state change whose run left something.
func fails(s checks.Service, minute int, left string) alerting.Event {
	return alerting.Event{At: base.Add(time.Duration(minute) * time.Minute), Kind: alerting.EventState, Host: s.Host, Service: s, State: checks.Critical,
		Failed: &alerting.FailedRun{Took: time.Second, Phases: []checks.Phase{{Name: "connect", Took: time.Second}}, Evidence: []byte(left)}}
}

func well(s checks.Service, minute int) alerting.Event {
	return alerting.Event{At: base.Add(time.Duration(minute) * time.Minute), Kind: alerting.EventState, Host: s.Host, Service: s, State: checks.OK, Hard: true}
}

func TestOfEachServiceTheLatestFailingRunsAreKept(t *testing.T) {
	j, _ := open(t, t.TempDir())
	one, other := checks.Service{Host: "web1", Check: "http"}, checks.Service{Host: "web1", Check: "disk", Item: "/"}
	if err := j.Append(t.Context(), fails(other, 0, "other")); err != nil {
		t.Fatal(err)
	}
	for n := range 3 * FailedRunsKept {
		if err := j.Append(t.Context(), fails(one, n, strconv.Itoa(n))); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := j.FailedRuns(t.Context(), one, base, base.Add(24*time.Hour))
	if err != nil || len(runs) != FailedRunsKept {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	for i, r := range runs {
		n := 2*FailedRunsKept + i
		if string(r.Failed.Evidence) != strconv.Itoa(n) || !r.At.Equal(base.Add(time.Duration(n)*time.Minute)) || r.Failed.Phases[0].Name != "connect" || r.Failed.Took != time.Second {
			t.Errorf("run %d: %+v %+v", i, r, r.Failed)
		}
	}
	events, err := j.Events(t.Context(), alerting.EventFilter{Service: one})
	if err != nil || len(events) != 3*FailedRunsKept {
		t.Errorf("%d events, %v: the entries themselves stay", len(events), err)
	}
	if runs, err := j.FailedRuns(t.Context(), other, base, base.Add(time.Hour)); err != nil || len(runs) != 1 {
		t.Errorf("the other service has %d runs, %v", len(runs), err)
	}
	if err := <-j.Submit(alerting.Change{Removed: []checks.Service{one}}); err != nil {
		t.Fatal(err)
	}
	if runs, err := j.FailedRuns(t.Context(), one, base, base.Add(24*time.Hour)); err != nil || len(runs) != 0 {
		t.Errorf("a service that is gone has %d runs, %v", len(runs), err)
	}
}

// The runs of an incident begin with the problem's first, before the incident.
func TestFailedRunsAreThoseOfTheProblem(t *testing.T) {
	j, _ := open(t, t.TempDir())
	s := checks.Service{Host: "web1", Check: "http"}
	if err := j.Append(t.Context(), fails(s, 0, "earlier"), well(s, 1), fails(s, 2, "soft"), fails(s, 3, "hard"), fails(s, 4, "worse"), well(s, 5), fails(s, 6, "later")); err != nil {
		t.Fatal(err)
	}
	runs, err := j.FailedRuns(t.Context(), s, base.Add(3*time.Minute), base.Add(5*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	for _, r := range runs {
		got = append(append(got, r.Failed.Evidence...), ' ')
	}
	if string(got) != "soft hard worse " {
		t.Errorf("%s", got)
	}
}

func TestAnythingThatAPeerSendsIsKeptAsItIs(t *testing.T) {
	j, _ := open(t, t.TempDir())
	s := checks.Service{Host: "web1", Check: "http"}
	hostile := "\x00\xff\xfe'; DROP TABLE events; --\x1b[2J\r\n\"<script>"
	long := string(bytes.Repeat([]byte("x"), 3*checks.EvidenceLimit))
	bare := fails(s, 3, "")
	bare.Failed = &alerting.FailedRun{}
	if err := j.Append(t.Context(), fails(s, 1, hostile), fails(s, 2, long), bare); err != nil {
		t.Fatal(err)
	}
	runs, err := j.FailedRuns(t.Context(), s, base, base.Add(time.Hour))
	if err != nil || len(runs) != 3 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	if got := string(runs[0].Failed.Evidence); got != hostile {
		t.Errorf("%q", got)
	}
	if n := len(runs[1].Failed.Evidence); n != checks.EvidenceLimit {
		t.Errorf("%d bytes are kept, want %d", n, checks.EvidenceLimit)
	}
	if n := len(runs[2].Failed.Evidence); n != 0 {
		t.Errorf("%d bytes out of nothing", n)
	}
}
