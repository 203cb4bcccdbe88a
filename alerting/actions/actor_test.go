package actions

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/text"
)

// plain is the shortest useful action.
const plain = "actions: {balance: {when: {checks: [http], groups: [web]}, do: {fake: {}}}}"

// rig is one server's actor over fakes, inside a synctest bubble.
type rig struct {
	t      *testing.T
	yaml   string
	states *states
	ledger *ledger
	fake   *fakeAction
	actor  *Actor
	asked  []string // checks that were to run at once
	stop   func()
}

func newRig(t *testing.T, yaml string) *rig {
	w := &rig{t: t, yaml: yaml, states: newStates(), ledger: newLedger(), fake: newFake()}
	for _, name := range []string{"web1/http", "web2/http", "web1/ping", "web2/ping", "lb1/ping", "lb1/alive"} {
		w.states.set(name, checks.OK, nil)
	}
	w.start()
	return w
}

func (w *rig) start() {
	w.actor = New(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Engine: w.states, Ledger: w.ledger,
		CheckNow:  func(host, check string) { w.asked = append(w.asked, host+"/"+check) },
		ProbeSeen: func(host string) (time.Time, bool) { return time.Now(), host == "lb1" },
	})
	w.actor.Reload(planOf(w.t, w.yaml, w.fake))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.actor.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	}
}

// settle lets everything happen that happens within a while.
func (w *rig) settle(d time.Duration) {
	time.Sleep(d) // the bubble's clock
	synctest.Wait()
}

// one is the newest record.
func (w *rig) one() failover.Record {
	w.t.Helper()
	list := w.ledger.all()
	if len(list) == 0 {
		w.t.Fatal("nothing was asked for")
	}
	return list[0]
}

func (w *rig) want(progress failover.Progress, did, undid int) {
	w.t.Helper()
	gotDid, gotUndid := w.fake.counts()
	if got := w.one(); got.Progress != progress || gotDid != did || gotUndid != undid {
		w.t.Errorf("%s (%s %v), done %d times, taken back %d times; want %s, %d, %d", got.Progress, got.Text.ID, got.Text.Args, gotDid, gotUndid, progress, did, undid)
	}
}

// state is how the built-in service of web1 stands.
func (w *rig) state(want checks.State, words string) {
	w.t.Helper()
	s, ok := w.states.Service(checks.Service{Host: "web1", Check: "action", Item: "balance"})
	says := text.Default().Render(text.English, nil, s.Summary)
	if !ok || s.State != want || !strings.Contains(says, words) {
		w.t.Errorf("web1/action[balance] is %s %q; want %s with %q", s.State, says, want, words)
	}
}

// inBubble runs a test with the clock of synctest.
func inBubble(t *testing.T, yaml string, f func(w *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newRig(t, yaml)
		w.settle(time.Second)
		f(w)
		w.stop()
	})
}

func TestAHardStateIsActedOnOnceVerifiedAndMeasured(t *testing.T) {
	inBubble(t, plain, func(w *rig) {
		failed := time.Now()
		w.states.set("web1/http", checks.Critical, func(s *alerting.ServiceState) { s.ProblemSince = failed.Add(-20 * time.Second); s.Incident = 7 })
		w.settle(time.Second)
		w.want(failover.ProgressDone, 1, 0)
		w.state(checks.OK, "done and verified")
		r := w.one()
		if r.Detect() != 20*time.Second || r.Decide() > time.Second || r.Request.Incident != 7 || !r.Outcome.Verified || len(r.Premises) < 8 {
			t.Errorf("%+v", r)
		}
		for range 10 { // it stays bad: nothing more is done
			w.states.set("web1/http", checks.Critical, nil)
			w.settle(time.Minute)
		}
		w.want(failover.ProgressDone, 1, 0)
		if want := []string{"action-wanted", "action-started", "action-done"}; !slices.Equal(w.ledger.kinds, want) {
			t.Errorf("journal says %v", w.ledger.kinds)
		}
	})
}

func TestOnlyConfirmedStatesOfTheKindAskedForAct(t *testing.T) {
	for name, change := range map[string]func(*alerting.ServiceState){
		"soft":    func(s *alerting.ServiceState) { s.Hard, s.HardState = false, checks.OK },
		"warning": func(s *alerting.ServiceState) { s.State, s.HardState = checks.Warning, checks.Warning },
		"unknown": func(s *alerting.ServiceState) { s.State, s.HardState = checks.Unknown, checks.Unknown },
		"missed":  func(s *alerting.ServiceState) { s.Marks |= alerting.MarkMissed },
	} {
		inBubble(t, plain, func(w *rig) {
			w.states.set("web1/http", checks.Critical, change)
			w.settle(time.Minute)
			if list := w.ledger.all(); len(list) > 0 {
				t.Errorf("%s: %+v", name, list)
			}
		})
	}
}

func TestForWaits(t *testing.T) {
	inBubble(t, strings.Replace(plain, "groups: [web]", "groups: [web], for: 30s", 1), func(w *rig) {
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(29 * time.Second)
		if len(w.ledger.all()) > 0 {
			t.Error("it did not wait")
		}
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(3 * time.Second)
		w.want(failover.ProgressDone, 1, 0)
	})
}

// with is the plain action with more keys.
func with(keys string) string {
	return strings.Replace(plain, "do: {fake: {}}", "do: {fake: {}}, "+keys, 1)
}

func TestAPremiseThatFailsStopsItAndAPersonIsToldWhich(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		before     func(w *rig)
		premise    string
		says       string
	}{
		{"other checks see it well", with("premises: {confirmed_by: ['{{host}}/ping', lb1/ping], at_least: 1}"), nil, failover.PremiseConfirmed, "0 of 2 other checks"},
		{"too few confirm", with("premises: {confirmed_by: ['{{host}}/ping', lb1/ping]}"), func(w *rig) { w.states.set("web1/ping", checks.Critical, nil) }, failover.PremiseConfirmed, "lb1/ping OK"},
		{"who takes over is ill", with("premises: {peers: [lb1/alive]}"), func(w *rig) { w.states.set("lb1/alive", checks.Critical, nil) }, failover.PremisePeers, "lb1/alive CRITICAL"},
		{"downtime", plain, nil, failover.PremiseDowntime, "downtime"},
		{"not seen", plain, func(w *rig) { w.states.down["sw1"] = true }, failover.PremisePath, "sw1 is down"},
		{"frozen", plain, func(w *rig) { w.must(w.actor.Freeze(context.Background(), "noc", "moving racks")) }, failover.PremiseFreeze, "moving racks"},
		{"the kind's own", plain, func(w *rig) {
			w.fake.premises = []failover.Premise{{Name: "pool-minimum", Text: text.Verbatim("2 must stay")}}
		}, "pool-minimum", "2 must stay"},
		{"anybody could have said so", strings.Replace(plain, "[http]", "[trap]", 1), func(w *rig) { w.states.set("web1/trap", checks.Critical, nil) }, failover.PremiseSource, "anybody"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, c.yaml, func(w *rig) {
				w.t = t
				if c.before != nil {
					c.before(w)
				}
				w.states.set("web1/http", checks.Critical, func(s *alerting.ServiceState) {
					if c.name == "downtime" {
						s.Marks |= alerting.MarkDowntime
					}
				})
				w.settle(15 * time.Second)
				w.want(failover.ProgressRefused, 0, 0)
				w.state(checks.Critical, c.says)
				failing := failover.Failing(w.one().Premises)
				if len(failing) != 1 || failing[0].Name != c.premise {
					t.Errorf("failing %+v, want %s", failing, c.premise)
				}
				w.settle(5 * time.Minute)
				w.want(failover.ProgressRefused, 0, 0)
			})
		})
	}
}

func (w *rig) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestAnAuthenticatedConfirmationMakesATrapCount(t *testing.T) {
	yaml := strings.Replace(with("premises: {confirmed_by: ['{{host}}/ping']}"), "[http]", "[trap]", 1)
	inBubble(t, yaml, func(w *rig) {
		w.states.set("web1/ping", checks.Critical, nil)
		w.states.set("web1/trap", checks.Critical, nil)
		w.settle(time.Second)
		w.want(failover.ProgressDone, 1, 0)
	})
}

func TestAConfirmationThatIsOldNewsIsAskedForAndWaitedFor(t *testing.T) {
	inBubble(t, with("premises: {confirmed_by: ['{{host}}/ping']}"), func(w *rig) {
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(3 * time.Second)
		if w.one().Progress != failover.ProgressWanted || !slices.Equal(w.asked, []string{"web1/ping"}) {
			t.Fatalf("%s, asked for %v", w.one().Progress, w.asked)
		}
		w.states.set("web1/ping", checks.Critical, func(s *alerting.ServiceState) { s.Hard, s.HardState = false, checks.OK })
		w.settle(time.Second)
		w.want(failover.ProgressDone, 1, 0)
	})
}

func TestANewResultThatDeniesItRefusesAtOnce(t *testing.T) {
	inBubble(t, with("premises: {confirmed_by: ['{{host}}/ping'], wait: 60s}"), func(w *rig) {
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		w.states.set("web1/ping", checks.OK, nil)
		w.settle(time.Second)
		w.want(failover.ProgressRefused, 0, 0)
	})
}

func TestBudgetAndCooldownSpareTheWorldAFlappingState(t *testing.T) {
	inBubble(t, with("budget: {runs: 2, per: 1h}, cooldown: 10m"), func(w *rig) {
		outage := func(host string) {
			w.states.set(host+"/http", checks.Critical, nil)
			w.settle(30 * time.Second)
			w.states.set(host+"/http", checks.OK, nil)
			w.settle(30 * time.Second)
		}
		outage("web1")
		w.want(failover.ProgressDone, 1, 0)
		outage("web1")
		w.want(failover.ProgressRefused, 1, 0)
		if f := failover.Failing(w.one().Premises); len(f) != 1 || f[0].Name != failover.PremiseCooldown {
			t.Errorf("%+v", f)
		}
		outage("web2") // another host has its own cool-down, and the same budget
		w.want(failover.ProgressDone, 2, 0)
		w.settle(15 * time.Minute)
		outage("web1")
		if f := failover.Failing(w.one().Premises); len(f) != 1 || f[0].Name != failover.PremiseBudget {
			t.Errorf("%+v", f)
		}
		w.settle(time.Hour)
		outage("web1")
		w.want(failover.ProgressDone, 3, 0)
	})
}

func TestOneIncidentThatFlapsMakesOneRequest(t *testing.T) {
	inBubble(t, with("cooldown: 0s, budget: {runs: 100, per: 1h}"), func(w *rig) {
		for i := range 10 {
			w.states.set("web1/http", []checks.State{checks.Critical, checks.OK}[i%2], func(s *alerting.ServiceState) { s.Incident = 4 })
			w.settle(5 * time.Second)
		}
		if n := len(w.ledger.all()); n != 1 {
			t.Errorf("%d requests for one incident", n)
		}
		w.states.set("web1/http", checks.OK, nil)
		w.settle(5 * time.Second)
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(5 * time.Second)
		if n := len(w.ledger.all()); n != 2 {
			t.Errorf("%d requests for two incidents", n)
		}
	})
}

func TestItIsTakenBackAfterGoodChecksAndGuardedToo(t *testing.T) {
	inBubble(t, with("undo: {after_good: 3}"), func(w *rig) {
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		good := func() { w.states.set("web1/http", checks.OK, nil); w.settle(10 * time.Second) }
		good()
		good()
		w.states.set("web1/http", checks.Critical, nil) // one bad one: counting begins again
		w.settle(10 * time.Second)
		good()
		good()
		w.want(failover.ProgressDone, 1, 0)
		w.must(w.actor.Freeze(context.Background(), "noc", "audit"))
		good()
		w.want(failover.ProgressRefused, 1, 0)
		w.state(checks.Critical, "audit")
		w.must(w.actor.Unfreeze(context.Background(), "noc"))
		for range 8 {
			good()
		}
		w.want(failover.ProgressDone, 1, 1)
		w.state(checks.OK, "nothing is to be done")
		r := w.one()
		if first := w.ledger.all()[1]; first.Undone != r.Request.ID || r.UndoOf != first.Request.ID || first.Open() || r.Open() {
			t.Errorf("%+v of %+v", r, first)
		}
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		if n := len(w.ledger.all()); n != 3 {
			t.Errorf("%d requests; want a new one for the new problem", n)
		}
	})
}

func TestApprovalIsASecondPersons(t *testing.T) {
	inBubble(t, with("approval: true, approval_within: 5m"), func(w *rig) {
		ctx := context.Background()
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		w.want(failover.ProgressWaiting, 0, 0)
		w.state(checks.Warning, "waits for approval")
		if err := w.actor.Approve(ctx, "balance-000000000000", "noc"); !errors.Is(err, ErrNoRequest) {
			t.Errorf("approved something else: %v", err)
		}
		w.must(w.actor.Approve(ctx, w.one().Request.ID, "noc"))
		w.settle(time.Second)
		w.want(failover.ProgressDone, 1, 0)
		if r := w.one(); r.ApprovedBy != "noc" || !slices.ContainsFunc(r.Premises, func(p failover.Premise) bool { return p.Name == failover.PremiseApproval && p.From == "noc" }) {
			t.Errorf("%+v", r)
		}
		if err := w.actor.Approve(ctx, w.one().Request.ID, "boss"); !errors.Is(err, ErrNoRequest) {
			t.Errorf("approved twice: %v", err)
		}

		asked, err := w.actor.Ask(ctx, Ask{Action: "balance", Service: checks.Service{Host: "web2"}, By: "dba"})
		w.must(err)
		w.settle(time.Second)
		if err := w.actor.Approve(ctx, asked.Request.ID, "dba"); err == nil || !strings.Contains(err.Error(), "second person") {
			t.Errorf("approved by who asked: %v", err)
		}
		w.settle(6 * time.Minute)
		w.want(failover.ProgressRefused, 1, 0)
		if err := w.actor.Approve(ctx, asked.Request.ID, "boss"); err == nil {
			t.Error("approved too late")
		}
	})
}

func TestWhatIsApprovedLateIsLookedAtAgain(t *testing.T) {
	inBubble(t, with("approval: true"), func(w *rig) {
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(5 * time.Minute) // and no result since
		w.must(w.actor.Approve(context.Background(), w.one().Request.ID, "noc"))
		w.settle(15 * time.Second)
		w.want(failover.ProgressRefused, 0, 0)
		w.state(checks.Critical, "result-age")
	})
}

func TestAPersonMayRunItDryOrForReal(t *testing.T) {
	inBubble(t, with("undo: {after_good: 3}"), func(w *rig) {
		ctx, web1 := context.Background(), checks.Service{Host: "web1", Check: "http"}
		dry, err := w.actor.Ask(ctx, Ask{Action: "balance", Service: web1, By: "dba", DryRun: true})
		w.must(err)
		if dry.Progress != failover.ProgressTried || dry.Open() {
			t.Errorf("%+v", dry)
		}
		w.want(failover.ProgressTried, 0, 0)
		_, err = w.actor.Ask(ctx, Ask{Action: "balance", Service: web1, By: "dba"})
		w.must(err)
		w.settle(time.Second)
		w.want(failover.ProgressDone, 1, 0)
		if _, err := w.actor.Ask(ctx, Ask{Action: "balance", Service: web1, By: "dba"}); err == nil || !strings.Contains(err.Error(), "done already") {
			t.Errorf("ran twice: %v", err)
		}
		_, err = w.actor.Ask(ctx, Ask{Action: "balance", Service: web1, By: "dba", Undo: true})
		w.must(err)
		w.settle(time.Second)
		w.want(failover.ProgressDone, 1, 1)
		for _, q := range []Ask{{Action: "other", Service: web1, By: "dba"}, {Action: "balance", Service: checks.Service{Host: "sw1"}, By: "dba"}, {Action: "balance", Service: web1}} {
			if _, err := w.actor.Ask(ctx, q); err == nil {
				t.Errorf("%+v was taken", q)
			}
		}
	})
}

func TestDryRunDoesNothing(t *testing.T) {
	inBubble(t, with("dry_run: true"), func(w *rig) {
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		w.want(failover.ProgressTried, 0, 0)
		w.state(checks.OK, "dry run")
	})
}

func TestOutcomesAreTold(t *testing.T) {
	for _, c := range []struct {
		name     string
		do       func(ctx context.Context, r failover.Request) (failover.Outcome, error)
		status   failover.Status
		progress failover.Progress
		state    checks.State
		says     string
	}{
		{"fails", func(context.Context, failover.Request) (failover.Outcome, error) {
			return failover.Outcome{ExitCode: 4}, errors.New("exit code 4")
		}, failover.StatusUndone, failover.ProgressFailed, checks.Critical, "exit code 4"},
		{"nobody knows", func(context.Context, failover.Request) (failover.Outcome, error) {
			return failover.Outcome{}, failover.Unknown{Err: errors.New("cut off")}
		}, failover.StatusUndone, failover.ProgressUnknown, checks.Critical, "not repeated"},
		{"panics", func(context.Context, failover.Request) (failover.Outcome, error) { panic("index out of range") },
			failover.StatusDone, failover.ProgressUnknown, checks.Critical, "broke off"},
		{"hangs", func(ctx context.Context, _ failover.Request) (failover.Outcome, error) {
			<-ctx.Done()
			return failover.Outcome{TimedOut: true}, nil
		}, failover.StatusUnknown, failover.ProgressUnknown, checks.Critical, "deadline of 1m0s"},
		{"no effect", func(context.Context, failover.Request) (failover.Outcome, error) { return failover.Outcome{}, nil },
			failover.StatusUndone, failover.ProgressFailed, checks.Critical, "is not so"},
		{"nobody can say", func(context.Context, failover.Request) (failover.Outcome, error) { return failover.Outcome{}, nil },
			failover.StatusUnknown, failover.ProgressDone, checks.Warning, "nobody can say"},
		{"floods", func(context.Context, failover.Request) (failover.Outcome, error) {
			return failover.Outcome{Output: make([]byte, 1<<20), Verified: true}, nil
		}, failover.StatusUnknown, failover.ProgressDone, checks.OK, "verified"},
	} {
		inBubble(t, plain, func(w *rig) {
			w.fake.do, w.fake.status = c.do, c.status
			w.states.set("web1/http", checks.Critical, nil)
			w.settle(61 * time.Second)
			w.want(c.progress, 1, 0)
			w.state(c.state, c.says)
			if r := w.one(); len(r.Outcome.Output) > failover.MaxOutput {
				t.Errorf("%s: %d bytes kept", c.name, len(r.Outcome.Output))
			}
			w.settle(10 * time.Minute)
			w.want(c.progress, 1, 0)
		})
	}
}

func TestAnUnknownOutcomeStopsTheNextUntilAPersonHasLooked(t *testing.T) {
	inBubble(t, with("cooldown: 0s"), func(w *rig) {
		w.fake.do = func(context.Context, failover.Request) (failover.Outcome, error) {
			return failover.Outcome{}, failover.Unknown{Err: errors.New("cut off")}
		}
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		w.states.set("web1/http", checks.OK, nil)
		w.settle(time.Second)
		w.state(checks.OK, "")
		w.stop()
		w.states.set("web1/http", checks.Critical, func(s *alerting.ServiceState) { s.Incident = 9 })
		w.start() // it is not forgotten
		w.settle(time.Second)
		w.want(failover.ProgressRefused, 1, 0)
		w.state(checks.Critical, "action rearm balance")
		w.must(w.actor.Rearm(context.Background(), "balance", "web1", "noc"))
		w.settle(2 * time.Second)
		w.want(failover.ProgressUnknown, 2, 0)
	})
}

func TestAJournalThatCannotBeWrittenStopsActionsAndIsTold(t *testing.T) {
	inBubble(t, plain, func(w *rig) {
		w.ledger.broken = errors.New("disk full")
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(5 * time.Second)
		if did, _ := w.fake.counts(); did != 0 || len(w.ledger.all()) != 0 {
			t.Errorf("done %d times without a journal", did)
		}
		w.state(checks.Critical, "disk full")
		w.ledger.mu.Lock()
		w.ledger.broken = nil
		w.ledger.mu.Unlock()
		w.settle(2 * time.Second)
		w.want(failover.ProgressDone, 1, 0)
		w.state(checks.OK, "done")
	})
}

func TestAStartThatTheJournalDoesNotTakeIsNotCarriedOut(t *testing.T) {
	inBubble(t, plain, func(w *rig) {
		w.fake.look = func() { // the disk fills up just before the start is written
			w.ledger.mu.Lock()
			defer w.ledger.mu.Unlock()
			w.ledger.broken = errors.New("disk full")
		}
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(5 * time.Second)
		if did, _ := w.fake.counts(); did != 0 {
			t.Errorf("done %d times", did)
		}
		w.state(checks.Critical, "premise journal fails")
		w.ledger.mu.Lock()
		w.ledger.broken = nil
		w.ledger.mu.Unlock()
		w.settle(time.Minute)
		w.want(failover.ProgressRefused, 0, 0)
	})
}

func TestTheEndOfAnActionIsKeptWhileTheJournalIsAway(t *testing.T) {
	inBubble(t, plain, func(w *rig) {
		w.fake.do = func(context.Context, failover.Request) (failover.Outcome, error) {
			w.ledger.mu.Lock()
			defer w.ledger.mu.Unlock()
			w.ledger.broken = errors.New("disk full")
			return failover.Outcome{Verified: true}, nil
		}
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(5 * time.Second)
		w.state(checks.OK, "done and verified")
		w.want(failover.ProgressStarted, 1, 0)
		w.ledger.mu.Lock()
		w.ledger.broken = nil
		w.ledger.mu.Unlock()
		w.settle(2 * time.Second)
		w.want(failover.ProgressDone, 1, 0)
	})
}

func TestTwoActionsOnOneResourceNeverRunTogether(t *testing.T) {
	inBubble(t, plain, func(w *rig) {
		running, most := 0, 0
		w.fake.do = func(context.Context, failover.Request) (failover.Outcome, error) {
			running++
			most = max(most, running)
			time.Sleep(5 * time.Second)
			running--
			return failover.Outcome{Verified: true}, nil
		}
		w.states.set("web1/http", checks.Critical, nil)
		w.states.set("web2/http", checks.Critical, nil)
		w.settle(15 * time.Second)
		if did, _ := w.fake.counts(); did != 2 || most != 1 {
			t.Errorf("done %d times, %d at once", did, most)
		}
	})
}

func TestAFullQueueRefusesCountsAndTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &rig{t: t, yaml: plain, states: newStates(), ledger: newLedger(), fake: newFake()}
		a := New(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Engine: w.states, Ledger: w.ledger})
		a.Reload(planOf(t, plain, w.fake))
		for range queueSize {
			a.queue <- &task{}
		}
		w.states.set("web1/http", checks.Critical, nil)
		a.look(t.Context()) // no worker runs
		a.tellAll(t.Context())
		w.want(failover.ProgressRefused, 0, 0)
		w.state(checks.Critical, "premise queue")
	})
}

func TestAClockThatStepsBackTellsAllTheSame(t *testing.T) {
	inBubble(t, plain, func(w *rig) {
		id := checks.Service{Host: "web1", Check: "action", Item: "balance"}
		w.states.set(id.String(), checks.OK, func(s *alerting.ServiceState) {
			s.LastCheck = time.Now().Add(10 * time.Second)
			s.Summary = text.Verbatim("before")
		})
		w.must(w.actor.Freeze(context.Background(), "noc", "x"))
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(20 * time.Second)
		w.want(failover.ProgressRefused, 0, 0)
		w.state(checks.Critical, "frozen")
	})
}

func TestWhatWasDoneByAnActionThatIsConfiguredNoMoreIsTold(t *testing.T) {
	inBubble(t, with("undo: {after_good: 2}"), func(w *rig) {
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		w.want(failover.ProgressDone, 1, 0)
		w.actor.Reload(planOf(t, "actions: {}", w.fake))
		w.settle(2 * time.Second)
		w.state(checks.Warning, "take it back by hand")
		w.must(w.actor.Rearm(context.Background(), "balance", "web1", "noc"))
		w.settle(2 * time.Second)
		w.state(checks.OK, "nothing is to be done")
	})
}

func TestAnActionTakenOutOfTheConfigurationWaitsForNobody(t *testing.T) {
	inBubble(t, with("approval: true"), func(w *rig) {
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		w.want(failover.ProgressWaiting, 0, 0)
		w.actor.Reload(planOf(t, "actions: {}", w.fake))
		w.settle(2 * time.Second)
		w.want(failover.ProgressRefused, 0, 0)
		w.state(checks.OK, "nothing is to be done")
	})
}
