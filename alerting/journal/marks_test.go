package journal

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"monitord/alerting"
	"monitord/checks"
)

func markEvent(s checks.Service, minute int, kind alerting.EventKind, state checks.State, hard bool) alerting.Event {
	return alerting.Event{At: base.Add(time.Duration(minute) * time.Minute), Kind: kind, Host: s.Host, Service: s, State: state, Hard: hard}
}

func TestMarksOfAllServicesAreReadAtOnce(t *testing.T) {
	j, _ := open(t, t.TempDir())
	a, b, c, d := checks.Service{Host: "a", Check: "x"}, checks.Service{Host: "b", Check: "x", Item: "1"}, checks.Service{Host: "c", Check: "x"}, checks.Service{Host: "d", Check: "x"}
	change := alerting.Change{Events: []alerting.Event{
		markEvent(a, -90, alerting.EventState, checks.OK, true),
		markEvent(a, -60, alerting.EventState, checks.Critical, true),
		markEvent(a, -50, alerting.EventState, checks.Critical, false), // soft: says nothing
		markEvent(b, -30, alerting.EventState, checks.OK, true),
		markEvent(a, 0, alerting.EventState, checks.OK, true), // exactly at the beginning
		markEvent(a, 10, alerting.EventMissed, checks.OK, false),
		markEvent(a, 12, alerting.EventReturned, checks.Warning, true),
		markEvent(b, 15, alerting.EventRetired, checks.OK, false),
		markEvent(a, 60, alerting.EventState, checks.Critical, true), // exactly at the end
		markEvent(d, -20, alerting.EventState, checks.OK, true),      // watched no more, and nothing happened
		{At: base, Kind: alerting.EventHost, Host: "a", State: checks.Critical, Hard: true},
	}}
	for i, s := range []checks.Service{a, c} {
		change.Services = append(change.Services, alerting.Record{Revision: int64(i + 1), Service: alerting.ServiceState{Service: s}})
	}
	if err := <-j.Submit(change); err != nil {
		t.Fatal(err)
	}
	ctx, until := context.Background(), base.Add(time.Hour)
	minute := func(n int) time.Time { return base.Add(time.Duration(n) * time.Minute) }
	ofA := []Mark{{At: base, State: checks.OK}, {At: minute(10), State: checks.OK, Lost: alerting.EventMissed}, {At: minute(12), State: checks.Warning}}
	ofB := []Mark{{At: minute(-30), State: checks.OK}, {At: minute(15), State: checks.OK, Lost: alerting.EventRetired}}
	ofD := []Mark{{At: minute(-20), State: checks.OK}}
	for name, q := range map[string]struct {
		f    MarkFilter
		want map[checks.Service][]Mark
	}{
		"all":      {MarkFilter{}, map[checks.Service][]Mark{a: ofA, b: ofB}},
		"a host":   {MarkFilter{Host: "b"}, map[checks.Service][]Mark{b: ofB}},
		"no host":  {MarkFilter{Host: "z"}, map[checks.Service][]Mark{}},
		"services": {MarkFilter{Services: []checks.Service{d, a, c, d}}, map[checks.Service][]Mark{a: ofA, c: nil, d: ofD}},
	} {
		got, err := j.Marks(ctx, q.f, base, until)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(q.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDowntimesThatAreOverCanBeRead(t *testing.T) {
	j, _ := open(t, t.TempDir())
	one := func(id int64, ended time.Time) alerting.Downtime {
		return alerting.Downtime{ID: id, Host: "a", By: "noc", From: base.Add(-time.Hour), To: base, Ended: ended}
	}
	if err := <-j.Submit(alerting.Change{Downtimes: []alerting.Downtime{one(1, base.Add(-30*time.Minute)), one(2, base), one(3, time.Time{})}}); err != nil {
		t.Fatal(err)
	}
	got, err := j.Downtimes(context.Background(), base.Add(-time.Minute))
	if err != nil || len(got) != 2 || got[0].ID != 2 || got[1].ID != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}

// attend runs a server's attendance for a span of the bubble's time; still is a
// time in the middle in which the machine stands still.
func attend(t *testing.T, dir string, span, still time.Duration) {
	t.Helper()
	var skew atomic.Int64 // of the clock, in nanoseconds
	opts := options(dir)
	opts.Now = func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
	j, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	attending, stop := context.WithCancel(ctx)
	ran, attended := make(chan error, 1), make(chan error, 1)
	go func() { ran <- j.Run(ctx) }()
	go func() { attended <- j.Attend(attending) }()
	time.Sleep(span / 2)
	synctest.Wait()
	skew.Store(int64(still))
	time.Sleep(span / 2)
	synctest.Wait()
	stop()
	if err := <-attended; err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func TestAbsencesAreWhenTheServerWasNotThere(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		at := func(d time.Duration) time.Time { return begin.Add(d).UTC() }
		attend(t, dir, 10*time.Minute+time.Second, 0)
		time.Sleep(5 * time.Minute)
		attend(t, dir, 20*time.Minute, 0)
		j, err := Open(options(dir))
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		ctx := context.Background()
		stopped := Absence{at(10*time.Minute + time.Second), at(15*time.Minute + time.Second)}
		for _, c := range []struct {
			since, until time.Duration
			want         []Absence
		}{
			{-time.Hour, time.Hour, []Absence{stopped}},
			{12 * time.Minute, 13 * time.Minute, []Absence{stopped}},
			{16 * time.Minute, time.Hour, nil},
			{0, 10 * time.Minute, nil},
			{-time.Hour, -time.Minute, nil},
		} {
			got, err := j.Absences(ctx, at(c.since), at(c.until))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s to %s: %s", c.since, c.until, diff)
			}
		}
	})
}

func TestAMachineThatStoodStillWasAbsent(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		attend(t, dir, 10*time.Minute, 8*time.Minute)
		j, err := Open(options(dir))
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		got, err := j.Absences(context.Background(), time.Time{}, time.Now().Add(time.Hour))
		if err != nil || len(got) != 1 || got[0].To.Sub(got[0].From) < 8*time.Minute || got[0].To.Sub(got[0].From) > 8*time.Minute+beatEvery {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func BenchmarkMarksOfFiftyThousandServices(b *testing.B) {
	j, err := Open(options(b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx) }()
	defer func() { cancel(); <-done; j.Close() }()
	const services, each = 50_000, 8 // half of what happened is older
	for round := range each {
		var c alerting.Change
		for n := range services {
			s := checks.Service{Host: fmt.Sprintf("host%05d", n/10), Check: fmt.Sprint("check", n%10)}
			c.Events = append(c.Events, markEvent(s, (round-each/2)*100+n%90+1, alerting.EventState, checks.State(round%2*2), true))
			if round == 0 {
				c.Services = append(c.Services, alerting.Record{Revision: int64(n + 1), Service: alerting.ServiceState{Service: s}})
			}
		}
		if err := <-j.Submit(c); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		got, err := j.Marks(ctx, MarkFilter{}, base, base.Add(time.Hour*24))
		if err != nil || len(got) != services {
			b.Fatalf("%d services, %v", len(got), err)
		}
	}
}
