package journal

import (
	"errors"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/checks"
)

func wish(id, host string, p failover.Progress) failover.Record {
	return failover.Record{Request: failover.Request{ID: id, Action: "balance", Service: checks.Service{Host: host, Check: "http"}, Incident: 3}, Progress: p, Wanted: base}
}

func TestARequestIsStartedOnceOverRestartsToo(t *testing.T) {
	dir := t.TempDir()
	j, stop := open(t, dir)
	save := func(p failover.Progress) error {
		r := wish("a-1", "web1", p)
		if p != failover.ProgressWanted {
			r.Started = base.Add(time.Second)
		}
		return j.SaveAction(t.Context(), r, alerting.ActionEvent(base, string(p), r.Request.Service, 3, "balance", "a-1", r.Text))
	}
	if err := errors.Join(save(failover.ProgressWanted), save(failover.ProgressStarted)); err != nil {
		t.Fatal(err)
	}
	stop()
	j, _ = open(t, dir)
	for _, p := range []failover.Progress{failover.ProgressStarted, failover.ProgressWanted, failover.ProgressApproved} {
		if order, ok := errors.AsType[failover.OrderError](save(p)); !ok || order.From != failover.ProgressStarted || order.To != p {
			t.Errorf("%s after started: %v", p, order)
		}
	}
	if err := save(failover.ProgressUnknown); err != nil {
		t.Fatal(err)
	}
	events, err := j.Events(t.Context(), alerting.EventFilter{Incident: 3})
	if err != nil || len(events) != 3 || !events[0].Kind.AboutActions() {
		t.Errorf("%v %v", events, err)
	}
	list, err := j.Actions(t.Context(), failover.Filter{ID: "a-1"})
	if err != nil || len(list) != 1 || list[0].Progress != failover.ProgressUnknown || !list[0].Started.Equal(base.Add(time.Second)) {
		t.Errorf("%+v %v", list, err)
	}
}

func TestARefusedStepTakesNoOtherWriteWithIt(t *testing.T) {
	j, _ := open(t, t.TempDir())
	bad := make(chan error, 1)
	go func() { bad <- j.SaveAction(t.Context(), wish("a-1", "web1", failover.ProgressStarted)) }()
	good := j.Submit(change(1))
	if err := <-good; err != nil {
		t.Error(err)
	}
	if _, ok := errors.AsType[failover.OrderError](<-bad); !ok {
		t.Error("a request was started that was never wanted")
	}
}

func TestRequestsAreFoundByWhatTheyAre(t *testing.T) {
	j, _ := open(t, t.TempDir())
	for i, host := range []string{"web1", "web2", "web1"} {
		r := wish(string(rune('a'+i)), host, failover.ProgressWanted)
		r.Wanted = base.Add(time.Duration(i) * time.Minute)
		if err := j.SaveAction(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		r.Progress, r.Started = failover.ProgressStarted, r.Wanted
		if err := j.SaveAction(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if r.Progress = failover.ProgressDone; i == 0 {
			r.Closed = base
		}
		if err := j.SaveAction(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for want, f := range map[string]failover.Filter{
		"cba": {}, "ca": {Host: "web1"}, "cb": {Open: true}, "c": {Limit: 1, Action: "balance"}, "": {Action: "x"}, "b": {Since: base.Add(time.Minute), Host: "web2"},
	} {
		list, err := j.Actions(t.Context(), f)
		got := ""
		for _, r := range list {
			got += r.Request.ID
		}
		if err != nil || got != want {
			t.Errorf("%+v: %q %v, want %q", f, got, err, want)
		}
	}
	starts, err := j.ActionStarts(t.Context(), "balance", base)
	if err != nil || len(starts) != 2 || starts[0].Host != "web2" {
		t.Errorf("%v %v", starts, err)
	}
}

func TestTheFreezeSwitchOutlivesTheServer(t *testing.T) {
	dir := t.TempDir()
	j, stop := open(t, dir)
	if f, err := j.Frozen(t.Context()); err != nil || f.On() {
		t.Errorf("%+v %v", f, err)
	}
	want := failover.Freeze{By: "noc", Reason: "moving racks", At: base}
	if err := j.SetFrozen(t.Context(), want, alerting.FreezeEvent(base, true, "noc", "moving racks")); err != nil {
		t.Fatal(err)
	}
	stop()
	j, _ = open(t, dir)
	if f, err := j.Frozen(t.Context()); err != nil || f != want {
		t.Errorf("%+v %v", f, err)
	}
	if err := j.SetFrozen(t.Context(), failover.Freeze{}, alerting.FreezeEvent(base, false, "noc", "")); err != nil {
		t.Fatal(err)
	}
	if f, err := j.Frozen(t.Context()); err != nil || f.On() {
		t.Errorf("%+v %v", f, err)
	}
}
