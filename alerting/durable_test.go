package alerting_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

func TestWhatPeopleSaidSurvivesARestart(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, plain())
	disk, http := checks.Service{Host: "web1", Check: "disk", Item: "/"}, checks.Service{Host: "web1", Check: "http"}
	w.see("disk", "/=C")
	if err := w.e.Acknowledge(ctx, disk, alerting.Ack{By: "kim", Reason: "disk ordered", Sticky: true}); err != nil {
		t.Fatal(err)
	}
	first, err := w.e.AddDowntime(ctx, alerting.Downtime{Service: http, By: "lee", Reason: "patch", To: w.now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	over, err := w.e.AddDowntime(ctx, alerting.Downtime{Group: "tokyo", By: "lee", Reason: "again", From: w.now.Add(time.Hour), Rule: "FREQ=WEEKLY;BYDAY=SU", Zone: "Asia/Tokyo", Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.e.CancelDowntime(ctx, over, "lee"); err != nil {
		t.Fatal(err)
	}
	w.restart()
	if s, _ := w.e.Service(disk); s.Ack == nil || s.Ack.By != "kim" || !s.Ack.Sticky || s.Marks != alerting.MarkAcknowledged || s.Pages != 1 {
		t.Errorf("disk after the restart: %+v, %s, %d pages", s.Ack, s.Marks, s.Pages)
	}
	list := w.e.ListDowntimes()
	if len(list) != 1 || list[0].ID != first || list[0].Reason != "patch" {
		t.Errorf("downtimes after the restart: %+v", list)
	}
	if id, err := w.e.AddDowntime(ctx, alerting.Downtime{Host: "web1", By: "lee", To: w.now.Add(time.Minute)}); err != nil || id <= over {
		t.Errorf("the next number is %d, %v: numbers are not used again", id, err)
	}
	w.see("http", "=C")
	w.see("http", "=C")
	expect(t, "told after the restart", w.teller.told(), "")
	w.see("disk", "/=O")
	expect(t, "told at the recovery", w.teller.told(), "recovery:noc:OK")
	w.now = w.now.Add(time.Hour)
	w.e.Tick()
	expect(t, "told after the downtime", w.teller.told(), "recovery:noc:OK problem:noc:CRITICAL")
	w.now = w.now.Add(30 * time.Minute)
	w.e.Tick()
	expect(t, "told half an hour later", w.teller.told(), "recovery:noc:OK problem:noc:CRITICAL problem:boss:CRITICAL")
}

func TestMarksAreJournaledInWords(t *testing.T) {
	ctx := context.Background()
	inv := plain()
	for i := range inv.Hosts[0].Checks {
		inv.Hosts[0].Checks[i].Judge = inventory.Judge{FlapLow: 5, FlapHigh: 20, Freshness: 4 * time.Minute}
	}
	w := newWorld(t, inv)
	disk := checks.Service{Host: "web1", Check: "disk", Item: "/"}
	for _, word := range strings.Fields("/=C /=O /=C /=O /=C /=O") {
		w.see("disk", word)
	}
	for range 25 {
		w.see("disk", "/=O")
	}
	w.now = w.now.Add(5 * time.Minute)
	w.e.Tick()
	if err := w.e.Acknowledge(ctx, disk, alerting.Ack{By: "kim", Reason: "on it"}); err != nil {
		t.Fatal(err)
	}
	if err := w.e.Unacknowledge(ctx, disk, "kim"); err != nil {
		t.Fatal(err)
	}
	id, err := w.e.AddDowntime(ctx, alerting.Downtime{Host: "web1", By: "lee", Reason: "patch", To: w.now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.e.CancelDowntime(ctx, id, "lee"); err != nil {
		t.Fatal(err)
	}
	words := text.Default()
	events, err := w.j.Events(ctx, alerting.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, e := range events {
		all.WriteString(words.Render(text.English, time.UTC, e.Sentence()) + "\n")
	}
	for _, want := range []string{"flapping: 4 changes of state among the last 20 results (24", "no longer flapping, after 2", "no result in time, the last one is from Sun 22 Nov 03:31",
		"kim has it: on it", "kim took the acknowledgement back", "lee planned a downtime for web1: patch", "downtime of web1 began: patch", "lee cancelled the downtime of web1"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no entry says %q:\n%s", want, all.String())
			break
		}
	}
}
