package actions

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monitord/alerting/failover"
	"monitord/alerting/failover/onprobe"
	"monitord/alerting/journal"
	"monitord/checks"
	"monitord/internal/agent"
	"monitord/internal/intake"
	"monitord/internal/pki"
	"monitord/internal/wire"
)

const byProbeYAML = "actions: {balance: {when: {checks: [http], groups: [web]}, do: {probe: lb1, action: takeover}, deadline: 20s, cooldown: 0s}}"

// channel is the real door for probes, with a real probe behind it.
type channel struct {
	t      *testing.T
	auth   *pki.Authority
	addr   string
	serve  func() // opens the door
	shut   func() // closes it
	dir    string // the probe's
	remote *fakeAction
}

func newChannel(t *testing.T, a *Actor, j *journal.Journal) *channel {
	t.Helper()
	auth, err := pki.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &channel{t: t, auth: auth, addr: "127.0.0.1:0", remote: newFake(), dir: t.TempDir()}
	c.serve = func() {
		ln, err := net.Listen("tcp", c.addr)
		if err != nil {
			t.Fatal(err)
		}
		c.addr = ln.Addr().String()
		in := intake.New(intake.DefaultConfig(), intake.Deps{Logger: slog.New(slog.DiscardHandler), Authority: auth,
			Write: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusNoContent)
			}),
			Journal: accepts{j}, Jobs: a.Jobs, Deliver: func(ctx context.Context, host string, events []wire.Event) { deliver(t, ctx, a, host, events) },
			Assignment: func(string) (wire.Assignment, <-chan struct{}) { return wire.Assignment{Revision: "1"}, nil }})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- in.Serve(ctx, ln) }()
		c.shut = sync.OnceFunc(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	c.serve()
	t.Cleanup(func() { c.shut() })
	token, err := auth.NewToken("lb1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := agent.Enroll(t.Context(), "https://"+c.addr, token, c.dir); err != nil {
		t.Fatal(err)
	}
	return c
}

type accepts struct{ j *journal.Journal }

func (a accepts) AcceptEvents(ctx context.Context, host, boot string, events []wire.Event) (uint64, []wire.Event, error) {
	return a.j.AcceptProbeEvents(ctx, host, boot, events)
}

func deliver(t *testing.T, ctx context.Context, a *Actor, host string, events []wire.Event) {
	for _, e := range events {
		var report wire.ActionReport
		if e.Kind != wire.KindAction {
			continue
		}
		if err := json.Unmarshal(e.Data, &report); err != nil {
			t.Error(err)
		}
		a.Report(ctx, host, report)
	}
}

// probe starts the daemon with the section `actions` of its own file.
func (c *channel) probe(actions string) (stop func()) {
	c.t.Helper()
	file := filepath.Join(c.dir, agent.ConfigFile)
	if err := os.WriteFile(file, []byte("server: https://"+c.addr+"\n"+actions), 0o600); err != nil {
		c.t.Fatal(err)
	}
	cfg, err := agent.ReadConfig(file)
	if err != nil {
		c.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	actor, err := onprobe.New(file, c.dir, onprobe.Deps{Logger: log, Now: time.Now, Kinds: []failover.Kind{kindOf(c.remote)},
		Trusted: func(string) error { return nil }})
	if err != nil {
		c.t.Fatal(err)
	}
	daemon, err := agent.New(cfg, agent.Deps{Logger: log, Actor: actor, Version: "test"})
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- daemon.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			c.t.Error(err)
		}
	})
	c.t.Cleanup(stop)
	return stop
}

const allows = "actions: {takeover: {do: {fake: {}}, cooldown: 0s, budget: {runs: 9, per: 1h}}}\n"

func TestAProbeCarriesOutWhatItsOwnFileNames(t *testing.T) {
	a, s, j := realRig(t, byProbeYAML, newFake())
	c := newChannel(t, a, j)
	c.probe(allows)
	s.set("web1/http", checks.Critical, nil)
	r := until(t, a, final)
	did, _ := c.remote.counts()
	if r.Progress != failover.ProgressDone || did != 1 || !r.Outcome.Verified || r.Probe != "lb1" {
		t.Errorf("%s, done %d times: %+v", r.Progress, did, r)
	}
	if !hasPremise(r, "budget", "probe lb1") || !hasPremise(r, "probe", failover.FromServer) {
		t.Errorf("premises %+v", r.Premises)
	}
}

func hasPremise(r failover.Record, name, from string) bool {
	for _, p := range r.Premises {
		if p.Name == name && p.From == from && p.Holds {
			return true
		}
	}
	return false
}

func TestAProbeWhoseFileNamesNothingRefuses(t *testing.T) {
	a, s, j := realRig(t, byProbeYAML, newFake())
	c := newChannel(t, a, j)
	c.probe("")
	s.set("web1/http", checks.Critical, nil)
	r := until(t, a, final)
	if did, _ := c.remote.counts(); r.Progress != failover.ProgressRefused || did != 0 || failover.Failing(r.Premises)[0].From != "probe lb1" {
		t.Errorf("%s, done %d times: %+v", r.Progress, did, failover.Failing(r.Premises))
	}
}

func TestAnActionThatLosesItsServerGoesOnAndIsReportedLater(t *testing.T) {
	a, s, j := realRig(t, byProbeYAML, newFake())
	c := newChannel(t, a, j)
	begun, goOn := make(chan struct{}), make(chan struct{})
	c.remote.do = func(ctx context.Context, _ failover.Request) (failover.Outcome, error) {
		close(begun)
		select {
		case <-goOn:
			return failover.Outcome{Verified: true}, nil
		case <-ctx.Done():
			return failover.Outcome{}, failover.Unknown{Err: ctx.Err()}
		}
	}
	c.probe(allows)
	s.set("web1/http", checks.Critical, nil)
	<-begun
	c.shut()
	if r := until(t, a, func(failover.Record) bool { return true }); r.Progress != failover.ProgressStarted {
		t.Errorf("%s before anybody knows", r.Progress)
	}
	close(goOn)
	c.serve()
	r := until(t, a, final)
	if did, _ := c.remote.counts(); r.Progress != failover.ProgressDone || did != 1 {
		t.Errorf("%s, done %d times", r.Progress, did)
	}
}

// In a bubble, without the network: what the server thinks while the probe says
// nothing.
func TestAProbeThatSaysNothingCallsAPersonAtTheDeadlineAndMayStillReport(t *testing.T) {
	inBubble(t, byProbeYAML, func(w *rig) {
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		w.want(failover.ProgressStarted, 0, 0)
		w.state(checks.Warning, "waits for the probe of lb1")
		jobs, changed := w.actor.Jobs("lb1", nil)
		if len(jobs) != 1 || jobs[0].Name != "takeover" || jobs[0].Left > 20*time.Second || jobs[0].ID != w.one().Request.ID {
			t.Fatalf("%+v", jobs)
		}
		if again, _ := w.actor.Jobs("lb1", []string{jobs[0].ID}); len(again) != 0 {
			t.Error("offered to a probe that has it")
		}
		if other, _ := w.actor.Jobs("web1", nil); len(other) != 0 {
			t.Error("offered to another probe")
		}
		select {
		case <-changed:
			t.Error("nothing has changed")
		default:
		}
		w.stop()
		w.start() // a restart offers it again: the probe knows whether it has it
		w.settle(time.Second)
		if again, _ := w.actor.Jobs("lb1", nil); len(again) != 1 {
			t.Error("not offered after a restart")
		}
		w.settle(26 * time.Second)
		w.want(failover.ProgressUnknown, 0, 0)
		w.state(checks.Critical, "deadline is over")
		if late, _ := w.actor.Jobs("lb1", nil); len(late) != 0 {
			t.Error("offered after its deadline")
		}
		report := wire.ActionReport{ID: jobs[0].ID, Name: "takeover", Progress: "done", Took: 3 * time.Second, Outcome: json.RawMessage(`{"Verified":true}`)}
		w.actor.Report(context.Background(), "web2", report) // somebody else's word
		w.settle(time.Second)
		w.want(failover.ProgressUnknown, 0, 0)
		w.actor.Report(context.Background(), "lb1", report)
		w.settle(time.Second)
		w.want(failover.ProgressDone, 0, 0)
		w.state(checks.OK, "done and verified in 3")
		report.Progress = "failed"
		w.actor.Report(context.Background(), "lb1", report) // a repeat, or a lie: it is over
		w.settle(time.Second)
		w.want(failover.ProgressDone, 0, 0)
	})
}

func TestAReportThatCameJustBeforeACrashIsTakenAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRig(t, byProbeYAML)
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		data, err := json.Marshal(wire.ActionReport{ID: w.one().Request.ID, Progress: "done", Outcome: json.RawMessage(`{"Verified":true}`)})
		w.must(err)
		w.stop()
		next := New(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Engine: w.states, Ledger: w.ledger,
			Unjudged: func(context.Context) ([]wire.Event, error) {
				return []wire.Event{{Kind: wire.KindAction, Host: "lb1", Data: data}, {Kind: wire.KindAction, Data: json.RawMessage("{")}}, errors.New("and one unreadable")
			}})
		next.Reload(planOf(t, byProbeYAML, w.fake))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- next.Run(ctx) }()
		w.settle(time.Second)
		w.want(failover.ProgressDone, 0, 0)
		cancel()
		w.must(<-done)
	})
}

func TestAProbeThatIsAwayIsAPremiseThatFails(t *testing.T) {
	inBubble(t, strings.Replace(byProbeYAML, "probe: lb1", "probe: '{{host}}'", 1), func(w *rig) {
		w.states.set("web1/http", checks.Critical, nil)
		w.settle(time.Second)
		w.want(failover.ProgressRefused, 0, 0)
		w.state(checks.Critical, "the probe of web1")
	})
}
