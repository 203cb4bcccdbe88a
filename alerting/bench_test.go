package alerting

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
)

// many is 50,000 services on 500 hosts behind one switch, all well.
func many(b *testing.B) (*Engine, func(d time.Duration)) {
	b.Helper()
	now := base
	hosts := []inventory.Host{{Name: "sw", Alive: "alive", Checks: []inventory.Check{simCheck("sw", "alive")}}}
	for h := range 500 {
		host := inventory.Host{Name: fmt.Sprintf("h%d", h), Alive: "c0", Parents: []string{"sw"}}
		for c := range 100 {
			host.Checks = append(host.Checks, simCheck(host.Name, fmt.Sprintf("c%d", c)))
		}
		hosts = append(hosts, host)
	}
	e := New(Deps{Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Store: &memoryStore{},
		Teller: &hearer{now: func() time.Time { return now }, messages: map[string]Message{}}, CheckNow: func(string, string) {}})
	if err := e.Load(context.Background(), simInventory(hosts...)); err != nil {
		b.Fatal(err)
	}
	for key := range e.checks {
		observe(b, e, key, checks.OK)
	}
	return e, func(d time.Duration) { now = now.Add(d) }
}

func observe(b *testing.B, e *Engine, key checkKey, state checks.State) {
	b.Helper()
	if _, err := e.Observe(context.Background(), Observation{Host: key.host, Check: key.check, At: e.deps.Now(), Results: []checks.Result{{State: state}}}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkTick50000Services(b *testing.B) {
	e, _ := many(b)
	for b.Loop() {
		e.Tick()
	}
}

func BenchmarkObserveUnchanged(b *testing.B) {
	e, pass := many(b)
	for b.Loop() {
		pass(time.Millisecond)
		observe(b, e, checkKey{"h7", "c7"}, checks.OK)
	}
}

// One switch goes down, and everything behind it fails.
func BenchmarkStormOf50000(b *testing.B) {
	e, pass := many(b)
	state := checks.OK
	for b.Loop() {
		pass(time.Minute)
		if state++; state > checks.Critical {
			state = checks.OK
		}
		state = map[checks.State]checks.State{checks.OK: checks.OK, checks.Warning: checks.Critical, checks.Critical: checks.Critical}[state]
		for range 3 {
			pass(10 * time.Second)
			for key := range e.checks {
				observe(b, e, key, state)
			}
			e.Tick()
		}
	}
}
