package actions

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/checks"
)

// crash ends the process where it stands: nothing that it still tries counts.
func (w *rig) crash() {
	w.ledger.kill()
	w.ledger.mu.Lock()
	w.ledger.broken = errDead
	w.ledger.mu.Unlock()
	w.states.mu.Lock()
	w.states.watchers = nil
	w.states.mu.Unlock()
	w.stop()
	w.ledger = w.ledger.reborn()
}

// dying makes the rig's process die at a write from now on: before it or after it.
func (w *rig) dying(more int, done bool) {
	l := w.ledger
	l.mu.Lock()
	l.dieAt, l.dieDone = l.writes+more, done
	l.mu.Unlock()
	w.fake.mu.Lock()
	defer w.fake.mu.Unlock()
	w.fake.dead = func() bool {
		select {
		case <-l.dead:
			return true
		default:
			return false
		}
	}
}

func (w *rig) revive() {
	w.fake.mu.Lock()
	defer w.fake.mu.Unlock()
	w.fake.dead = func() bool { return false }
}

func TestACrashAtAnyStepNeverActsTwiceAndIsTold(t *testing.T) {
	// Writes of the whole story: wanted, started, done, undo wanted, undo started,
	// undo done, two closed.
	for at := 1; at <= 8; at++ {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("write %d written %v", at, done), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { crashStory(t, at, done) })
			})
		}
	}
}

func crashStory(t *testing.T, at int, done bool) {
	w := &rig{t: t, yaml: with("undo: {after_good: 2}, cooldown: 0s"), states: newStates(), ledger: newLedger(), fake: newFake()}
	w.fake.status = failover.StatusUndone
	w.dying(at, done)
	w.start()
	w.states.set("web1/http", checks.Critical, nil)
	w.settle(3 * time.Second)
	for range 3 {
		w.states.set("web1/http", checks.OK, nil)
		w.settle(3 * time.Second)
	}
	select {
	case <-w.ledger.dead:
	default:
		t.Fatal("it did not die")
	}
	w.states.set("web1/http", checks.Critical, func(s *alerting.ServiceState) { s.ProblemSince = time.Now() })
	w.crash()
	w.revive()
	w.start()
	w.settle(3 * time.Second)
	for range 6 {
		w.states.set("web1/http", checks.OK, nil)
		w.settle(time.Minute)
	}
	w.stop()
	w.fake.mu.Lock()
	defer w.fake.mu.Unlock()
	for id, n := range w.fake.did {
		if n > 1 {
			t.Errorf("request %s was carried out %d times", id, n)
		}
	}
	for id, n := range w.fake.undid {
		if n > 1 {
			t.Errorf("undo %s was carried out %d times", id, n)
		}
	}
	for _, r := range w.ledger.all() {
		if !r.Progress.Final() {
			t.Errorf("request %s is left %s", r.Request.ID, r.Progress)
		}
		if r.Progress == failover.ProgressUnknown && !w.toldOf(r.Text.ID) {
			t.Errorf("nobody was told that %s is unknown: %v", r.Request.ID, w.states.told)
		}
	}
}

func (w *rig) toldOf(id string) bool {
	w.states.mu.Lock()
	defer w.states.mu.Unlock()
	for _, said := range w.states.told {
		if said == "balance CRITICAL "+id {
			return true
		}
	}
	return false
}

// Random lives: states come and go, people approve, freeze and re-arm, the
// journal breaks, the process is killed. Whatever happens, no request is carried
// out twice, nothing is done without its row saying so first, and every refusal
// and doubt is told.
func TestAnyHistoryActsAtMostOnceForARequestAndTellsEveryRefusal(t *testing.T) {
	yaml := with("undo: {after_good: 2}, cooldown: 0s, budget: {runs: 500, per: 1h}, approval: true, approval_within: 1m, deadline: 5s")
	for seed := range 8 {
		synctest.Test(t, func(t *testing.T) { randomLife(t, yaml, rand.New(rand.NewPCG(uint64(seed), 1))) })
	}
}

func randomLife(t *testing.T, yaml string, random *rand.Rand) {
	w := &rig{t: t, yaml: yaml, states: newStates(), ledger: newLedger(), fake: newFake()}
	w.fake.do = func(ctx context.Context, r failover.Request) (failover.Outcome, error) {
		time.Sleep(time.Duration(len(r.ID)) * 100 * time.Millisecond)
		return failover.Outcome{Verified: true}, nil
	}
	w.start()
	for range 60 {
		w.randomStep(random)
		w.settle(time.Duration(random.IntN(3000)) * time.Millisecond)
		w.everyRefusalIsTold()
	}
	w.states.set("web1/http", checks.OK, nil)
	w.states.set("web2/http", checks.OK, nil)
	w.ledger.mu.Lock()
	w.ledger.broken = nil
	w.ledger.mu.Unlock()
	w.settle(2 * time.Minute)
	w.stop()
	w.fake.mu.Lock()
	defer w.fake.mu.Unlock()
	rows := map[string]failover.Record{}
	for _, r := range w.ledger.all() {
		rows[r.Request.ID] = r
	}
	for _, list := range []map[string]int{w.fake.did, w.fake.undid} {
		for id, n := range list {
			if n > 1 {
				t.Errorf("request %s was carried out %d times", id, n)
			}
			if r := rows[id]; r.Started.IsZero() || len(failover.Failing(r.Premises)) > 0 {
				t.Errorf("request %s was carried out and its row says %s, started %s, failing %v", id, r.Progress, r.Started, failover.Failing(r.Premises))
			}
		}
	}
}

// everyRefusalIsTold compares, once things are quiet, what stands in the way of
// each host with what people are told of it.
func (w *rig) everyRefusalIsTold() {
	w.settle(1500 * time.Millisecond)
	w.actor.mu.Lock()
	defer w.actor.mu.Unlock()
	for key, u := range w.actor.units {
		http, _ := w.states.Service(checks.Service{Host: key.host, Check: "http"})
		if u.cur == nil || u.undo != nil || http.State == checks.OK || u.busy {
			continue
		}
		if p := u.cur.Progress; p != failover.ProgressRefused && p != failover.ProgressUnknown && p != failover.ProgressFailed {
			continue
		}
		if said, _ := w.states.Service(key.service()); said.State != checks.Critical || !same(verdict{said.State, said.Summary}, verdict{said.State, u.cur.Text}) {
			w.t.Errorf("%s: %s (%s), and people are told %s %s", key.host, u.cur.Progress, u.cur.Text.ID, said.State, said.Summary.ID)
		}
	}
}

func (w *rig) randomStep(random *rand.Rand) {
	ctx, host := context.Background(), fmt.Sprintf("web%d", 1+random.IntN(2))
	switch random.IntN(12) {
	case 0, 1, 2:
		w.states.set(host+"/http", checks.Critical, func(s *alerting.ServiceState) { s.Incident = random.Int64N(3) })
	case 3, 4, 5:
		w.states.set(host+"/http", checks.OK, nil)
	case 6, 7:
		for _, r := range w.ledger.all() {
			if r.Progress == failover.ProgressWaiting {
				_ = w.actor.Approve(ctx, r.Request.ID, "boss") // refused when it is too late
			}
		}
	case 8:
		_ = w.actor.Freeze(ctx, "noc", "test")
		w.settle(time.Duration(random.IntN(2000)) * time.Millisecond)
		_ = w.actor.Unfreeze(ctx, "noc")
	case 9:
		_ = w.actor.Rearm(ctx, "balance", host, "noc")
	case 10:
		_, _ = w.actor.Ask(ctx, Ask{Action: "balance", Service: checks.Service{Host: host, Check: "http"}, By: "dba", Undo: random.IntN(2) == 0})
	case 11:
		w.dying(1+random.IntN(3), random.IntN(2) == 0)
		w.settle(2 * time.Second)
		w.crash()
		w.revive()
		w.start()
	}
}
