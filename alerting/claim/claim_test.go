package claim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/acktoken"
	"monitord/internal/inventory"
)

var (
	now     = time.Date(2026, 11, 29, 3, 14, 0, 0, time.UTC)
	service = checks.Service{Host: "db1", Check: "pgsql"}
)

// ward is a fake engine with one service, its incidents and an inventory.
type ward struct {
	now       time.Time
	incidents map[int64]alerting.Incident
	state     alerting.ServiceState
	contacts  []inventory.Contact
	err       error
}

func newWard() *ward {
	told := func(who, to string) alerting.Delivery {
		return alerting.Delivery{Contact: who, Channel: "mail", To: to, Kind: "problem", Queued: now}
	}
	contact := func(name, to string) inventory.Contact {
		return inventory.Contact{Name: name, Channels: []inventory.Channel{{Kind: "mail", To: to}}}
	}
	return &ward{
		now: now,
		incidents: map[int64]alerting.Incident{
			7: {ID: 7, Service: service, State: checks.Critical, Opened: now, Notified: []alerting.Delivery{told("noc", "noc@example.net"), told("boss", "boss@example.net")}},
			5: {ID: 5, Service: service, Opened: now.Add(-time.Hour), Closed: now.Add(-time.Minute), Notified: []alerting.Delivery{told("noc", "noc@example.net")}},
		},
		state:    alerting.ServiceState{Service: service, Incident: 7, HardState: checks.Critical},
		contacts: []inventory.Contact{contact("noc", "noc@example.net"), contact("boss", "boss@example.net")},
	}
}

func (w *ward) Incident(id int64) (alerting.Incident, bool) {
	in, ok := w.incidents[id]
	return in, ok
}

func (w *ward) Service(checks.Service) (alerting.ServiceState, bool) { return w.state, true }

func (w *ward) TakeIncident(_ context.Context, id int64, ack alerting.Ack) (alerting.Ack, error) {
	switch {
	case w.err != nil:
		return alerting.Ack{}, w.err
	case id != w.state.Incident:
		return alerting.Ack{}, fmt.Errorf("acknowledge incident %d: %w", id, alerting.ErrIncidentOver)
	case w.state.Ack != nil:
		return *w.state.Ack, alerting.ErrTaken
	}
	ack.At, w.state.Ack = w.now, &ack
	return ack, nil
}

func (w *ward) UnacknowledgeIncident(_ context.Context, id int64, _ string) (checks.Service, error) {
	if id != w.state.Incident {
		return service, alerting.ErrIncidentOver
	}
	w.state.Ack = nil
	return service, nil
}

func (w *ward) desk() *Desk {
	return New(Deps{Signer: acktoken.New(make([]byte, acktoken.KeyLength)), Now: func() time.Time { return w.now }, Engine: w,
		Contact: func(name string) (inventory.Contact, bool) {
			i := slices.IndexFunc(w.contacts, func(c inventory.Contact) bool { return c.Name == name })
			if i < 0 {
				return inventory.Contact{}, false
			}
			return w.contacts[i], true
		}})
}

// message is the one that went to a contact about an incident.
func message(incident int64, contact string) alerting.Message {
	return alerting.Message{Incident: incident, Kind: alerting.KindProblem, Contact: contact, Channel: "mail", To: contact + "@example.net", Queued: now}
}

func TestATokenOpensItsIncidentForItsContact(t *testing.T) {
	w := newWard()
	d := w.desk()
	for _, who := range []string{"noc", "boss"} {
		c, err := d.Find(d.Token(message(7, who)))
		if err != nil || c.Contact.Name != who || c.Incident.ID != 7 || !c.Known || c.Address != who+"@example.net" {
			t.Errorf("%s: %+v, %v", who, c, err)
		}
	}
}

func TestWhatHasNothingToTakeHasNoToken(t *testing.T) {
	d := newWard().desk()
	recovery := message(7, "noc")
	recovery.Kind = alerting.KindRecovery
	for _, m := range []alerting.Message{recovery, message(0, "noc")} {
		if token := d.Token(m); token != "" {
			t.Errorf("%s of incident %d has the token %s", m.Kind, m.Incident, token)
		}
	}
}

func TestATokenCountsForAWeekFromWhenItsMessageIsDue(t *testing.T) {
	w := newWard()
	d := w.desk()
	late := message(7, "noc")
	late.Due = now.Add(48 * time.Hour)
	first, second := d.Token(message(7, "noc")), d.Token(late)
	w.now = now.Add(Lifetime)
	if _, err := d.Find(first); !errors.Is(err, acktoken.ErrExpired) {
		t.Errorf("after a week: %v", err)
	}
	if _, err := d.Find(second); err != nil {
		t.Errorf("five days after it was due: %v", err)
	}
}

func TestWhoIsNotTheContactAnyMoreIsOut(t *testing.T) {
	for name, change := range map[string]func(*ward){
		"left":    func(w *ward) { w.contacts = w.contacts[1:] },
		"moved":   func(w *ward) { w.contacts[0].Channels[0].To = "night@example.net" },
		"by fax":  func(w *ward) { w.contacts[0].Channels[0].Kind = "fax" },
		"no more": func(w *ward) { w.contacts[0].Channels = nil },
	} {
		w := newWard()
		d := w.desk()
		token := d.Token(message(7, "noc"))
		change(w)
		if _, err := d.Find(token); !errors.Is(err, ErrStranger) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWard()
	d := w.desk()
	for name, m := range map[string]alerting.Message{"was never told": message(5, "boss"), "another incident": message(6, "noc")} {
		if _, err := d.Find(d.Token(m)); !errors.Is(err, ErrForgotten) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFirstHasItAndEveryOtherIsToldWho(t *testing.T) {
	w := newWard()
	d := w.desk()
	ctx := context.Background()
	noc, err := d.Find(d.Token(message(7, "noc")))
	if err != nil {
		t.Fatal(err)
	}
	boss, err := d.Find(d.Token(message(7, "boss")))
	if err != nil {
		t.Fatal(err)
	}
	if !noc.Free() || !boss.Free() {
		t.Error("nobody has it, and it is not free")
	}
	want := func(what string, got Outcome, err error, want Outcome) {
		t.Helper()
		if err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", what, got, err, want)
		}
	}
	nothing, err := d.Give(ctx, noc, ByLink)
	want("given back before it was taken", nothing, err, Free)
	first, ack, err := d.Take(ctx, noc, ByLink, "on it", now.Add(time.Hour))
	want("taken", first, err, Taken)
	if ack.By != "noc (link)" || ack.Reason != "on it" || !ack.Until.Equal(now.Add(time.Hour)) || ack.Sticky {
		t.Errorf("acknowledged as %+v", ack)
	}
	w.now = now.Add(time.Minute)
	again, ack, err := d.Take(ctx, noc, ByReply, "", time.Time{})
	want("the link used twice", again, err, Yours)
	if !ack.At.Equal(now) || ack.By != "noc (link)" {
		t.Errorf("the second use changed it: %+v", ack)
	}
	if c, err := d.Find(d.Token(message(7, "boss"))); err != nil || c.Free() || !c.Open() {
		t.Errorf("it can be taken from who has it: %+v, %v", c, err)
	}
	other, ack, err := d.Take(ctx, boss, ByLink, "", time.Time{})
	want("another's link", other, err, Held)
	if ack.By != "noc (link)" {
		t.Errorf("held by %+v", ack)
	}
	stolen, err := d.Give(ctx, boss, ByLink)
	want("given back by another", stolen, err, Held)
	given, err := d.Give(ctx, noc, ByReply)
	want("given back", given, err, Given)
	if n := testutil.ToFloat64(d.metrics.WithLabelValues(ByLink, string(Taken))); n != 1 {
		t.Errorf("%v taken by link are counted", n)
	}
}

func TestWhatIsOverIsNotTakenEvenWhenTheServiceFailsAgain(t *testing.T) {
	w := newWard()
	d := w.desk()
	old, err := d.Find(d.Token(message(5, "noc")))
	if err != nil {
		t.Fatal(err)
	}
	if old.Open() || old.Free() {
		t.Error("what is over is open")
	}
	if got, ack, err := d.Take(context.Background(), old, ByLink, "", time.Time{}); got != Over || err != nil || ack != (alerting.Ack{}) {
		t.Errorf("taken: %s %+v %v", got, ack, err)
	}
	if got, err := d.Give(context.Background(), old, ByLink); got != Over || err != nil {
		t.Errorf("given back: %s %v", got, err)
	}
	if w.state.Ack != nil {
		t.Error("incident 7 is acknowledged by the token of incident 5")
	}
}

func TestAnErrorIsNoOutcome(t *testing.T) {
	w := newWard()
	d := w.desk()
	c, err := d.Find(d.Token(message(7, "noc")))
	if err != nil {
		t.Fatal(err)
	}
	w.err = context.Canceled
	if got, _, err := d.Take(context.Background(), c, ByLink, "", time.Time{}); got != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestHolderIsTheContactOfBy(t *testing.T) {
	for _, name := range []string{"noc", "night shift", "Kim (Tokyo)", "(x)"} {
		if got := Holder(By(name, "phone key 1")); got != name {
			t.Errorf("%q comes back as %q", name, got)
		}
	}
	if got := Holder("operator"); got != "operator" {
		t.Errorf("a name alone is %q", got)
	}
}
