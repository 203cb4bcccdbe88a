package actions

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/alerting/journal"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// teller keeps who was told of what.
type teller struct {
	mu   sync.Mutex
	told []alerting.Message
}

func (t *teller) Tell(list []alerting.Message, _ error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = append(t.told, list...)
}

func (t *teller) Withdraw([]string) {}

// The real engine over the real journal: a result comes, the state is hard, the
// action runs; a refusal reaches the contact of the host's escalation, although
// the host itself is down.
func TestTheRealEngineTheRealJournalAndAPersonWhoIsTold(t *testing.T) {
	hosts := inventory.NewConfig(inventory.ChannelKind{Name: "mail", Address: func(string) error { return nil }, Within: time.Minute})
	raw := `
hosts:
  web1: {address: 192.0.2.11, groups: [web], alive: ping, checks: {http: {type: fake, max_attempts: 2}, ping: {type: fake, max_attempts: 1}}}
contacts: {noc: {channels: [{mail: noc@example.net}]}}
escalations: [{match: {checks: [action]}, steps: [{to: noc, after: 0s}]}]
`
	if err := config.DecodeBytes("hosts.yaml", []byte(raw), hosts); err != nil {
		t.Fatal(err)
	}
	types := append(fakeTypes(), checks.Type{Name: "ping", NewConfig: func() checks.Config { return &noOptions{} }})
	inv, err := inventory.Build(hosts, types, nil)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(journal.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	phone := &teller{}
	engine := alerting.New(alerting.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Store: j, Teller: phone})
	a := New(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Engine: engine, Ledger: j})
	fake := newFake()
	loaded, err := config.Parse([]config.File{{Name: "a.yaml", Data: []byte("actions: {balance: {when: {checks: [http]}, do: {fake: {}}, undo: {after_good: 2}}}")}}, Section())
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Get[*Config](loaded, "actions")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Build(*c, inv, []failover.Kind{kindOf(fake)}, types, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Make(failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now}, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	journalCtx, endJournal := context.WithCancel(context.Background())
	kept := make(chan error)
	go func() { kept <- j.Run(journalCtx) }()
	if err := engine.Load(t.Context(), inv); err != nil {
		t.Fatal(err)
	}
	a.Reload(plan)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- a.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		endJournal()
		if err := <-kept; err != nil {
			t.Error(err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	last := time.Now()
	result := func(check string, state checks.State) {
		t.Helper()
		for last = time.Now(); !time.Now().After(last); {
		}
		last = time.Now()
		_, err := engine.Observe(t.Context(), alerting.Observation{Host: "web1", Check: check, At: last, Results: []checks.Result{{State: state, Summary: text.Verbatim("x")}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	is := func(p failover.Progress, undo bool) func(failover.Record) bool {
		return func(r failover.Record) bool { return r.Progress == p && r.Request.Undo == undo }
	}
	result("ping", checks.Critical) // the host is down: http is a symptom, and acted on all the same
	result("http", checks.Critical)
	if list, err := a.Records(t.Context(), failover.Filter{}); err != nil || len(list) != 0 {
		t.Fatalf("acted on a soft state: %+v %v", list, err)
	}
	result("http", checks.Critical)
	r := until(t, a, is(failover.ProgressDone, false))
	if r.Decide() <= 0 || r.Detect() <= 0 {
		t.Errorf("detected in %s, decided in %s", r.Detect(), r.Decide())
	}
	result("ping", checks.OK)
	for range 2 { // results in quick succession would be one look
		result("http", checks.OK)
		counted(t, a, last)
	}
	until(t, a, is(failover.ProgressDone, true))
	if err := a.Freeze(t.Context(), "noc", "audit"); err != nil {
		t.Fatal(err)
	}
	result("ping", checks.Critical)
	result("http", checks.Critical)
	result("http", checks.Critical)
	until(t, a, is(failover.ProgressRefused, false))
	end := time.After(10 * time.Second)
	for {
		phone.mu.Lock()
		n := len(phone.told)
		var first alerting.Message
		if n > 0 {
			first = phone.told[0]
		}
		phone.mu.Unlock()
		if n > 0 {
			if first.Contact != "noc" || first.Notice.Service.String() != "web1/action[balance]" || first.Notice.State != checks.Critical {
				t.Errorf("%+v", first)
			}
			break
		}
		select {
		case <-end:
			t.Fatal("nobody was told of the refusal")
		case <-time.After(5 * time.Millisecond):
		}
	}
	events, err := j.Events(t.Context(), alerting.EventFilter{Host: "web1"})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[alerting.EventKind]int{}
	for _, e := range events {
		seen[e.Kind]++
	}
	if seen["action-done"] != 2 || seen["action-started"] != 2 || seen["action-refused"] != 1 || seen["action-wanted"] != 3 {
		t.Errorf("journal: %v", seen)
	}
}

// counted waits until a good result was seen.
func counted(t *testing.T, a *Actor, at time.Time) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.After(10 * time.Second); ; {
		a.mu.Lock()
		u := a.units[unitKey{"balance", "web1"}]
		seen := !u.last.Before(at)
		a.mu.Unlock()
		if seen {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("a good result was not counted")
		}
	}
}
