package alerting_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting"
	"monitord/alerting/journal"
	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

var base = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// teller keeps what it is told.
type teller struct {
	mu        sync.Mutex
	messages  []alerting.Message
	broken    []error
	withdrawn []string
	sent      func(alerting.Message) // what the outbox reports
}

func (t *teller) Tell(m []alerting.Message, broken error) {
	for _, one := range m {
		if one.State != alerting.MessagePending {
			continue
		}
		t.mu.Lock()
		t.messages = append(t.messages, one)
		t.broken = append(t.broken, broken)
		t.mu.Unlock()
		t.sent(one)
	}
}

func (t *teller) Withdraw(ids []string) { t.withdrawn = append(t.withdrawn, ids...) }

// told writes what was told as kind:contact:state.
func (t *teller) told() string {
	var list []string
	for _, m := range t.messages {
		list = append(list, m.Kind+":"+m.Contact+":"+m.Notice.State.String())
	}
	return strings.Join(list, " ")
}

// faulty is a store that can be broken.
type faulty struct {
	alerting.Store
	err error
}

func (f *faulty) Submit(c alerting.Change) <-chan error {
	if f.err == nil {
		return f.Store.Submit(c)
	}
	done := make(chan error, 1)
	done <- f.err
	return done
}

// world is one server's worth of rooms over a real journal.
type world struct {
	t      *testing.T
	dir    string
	now    time.Time
	inv    *inventory.Inventory
	store  *faulty
	j      *journal.Journal
	teller *teller
	e      *alerting.Engine
	stop   func()
}

func newWorld(t *testing.T, inv *inventory.Inventory) *world {
	w := &world{t: t, dir: t.TempDir(), now: base, inv: inv}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) start() {
	w.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	j, err := journal.Open(journal.Options{Dir: w.dir, Logger: logger, Now: func() time.Time { return w.now }})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- j.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, j.Close()); err != nil {
			w.t.Error(err)
		}
	})
	w.j, w.store, w.teller = j, &faulty{Store: j}, &teller{}
	w.teller.sent = func(m alerting.Message) {
		m.State, m.Sent, m.Attempts, m.Answer = alerting.MessageSent, w.now, 1, "250 taken"
		if err := w.j.Save(ctx, m); err != nil && w.store.err == nil {
			w.t.Error(err)
		}
		w.e.Record(m)
	}
	w.e = alerting.New(alerting.Deps{Logger: logger, Now: func() time.Time { return w.now }, Store: w.store, Teller: w.teller})
	if err := w.e.Load(ctx, w.inv); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) restart() {
	w.stop()
	w.start()
}

// see moves the clock a minute on and observes one result per item=letter word.
func (w *world) see(check string, words ...string) alerting.Verdict {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	v, err := w.e.Observe(context.Background(), alerting.Observation{Host: "web1", Check: check, At: w.now, Results: results(words)})
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func results(words []string) []checks.Result {
	states := map[string]checks.State{"O": checks.OK, "W": checks.Warning, "C": checks.Critical, "U": checks.Unknown}
	var list []checks.Result
	for _, word := range words {
		item, state, _ := strings.Cut(word, "=")
		list = append(list, checks.Result{Item: item, State: states[state], Summary: text.Verbatim(item + " is " + state)})
	}
	return list
}

func (w *world) kinds() string {
	w.t.Helper()
	events, err := w.j.Events(context.Background(), alerting.EventFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(events)
	var list []string
	for _, e := range events {
		list = append(list, string(e.Kind))
	}
	return strings.Join(list, " ")
}

func contact(name string) inventory.Contact {
	return inventory.Contact{Name: name, Language: text.English, Zone: time.UTC, Channels: []inventory.Channel{{Kind: "mail", To: name + "@example.net"}}}
}

func plain() *inventory.Inventory {
	check := func(name string, attempts int) inventory.Check {
		return inventory.Check{Host: "web1", Name: name, Type: "tcp", Interval: time.Minute, RetryInterval: 10 * time.Second, Timeout: 5 * time.Second, MaxAttempts: attempts}
	}
	return &inventory.Inventory{Language: text.English, Zone: time.UTC,
		Hosts:       []inventory.Host{{Name: "web1", Address: "192.0.2.10", Groups: []string{"tokyo/web"}, Alive: "alive", Checks: []inventory.Check{check("alive", 2), check("disk", 1), check("http", 2)}}},
		Contacts:    []inventory.Contact{contact("boss"), contact("noc")},
		Escalations: []inventory.Escalation{{Name: "all", Match: inventory.Match{Groups: []string{"tokyo"}}, Steps: []inventory.Step{{To: []string{"noc"}}, {To: []string{"boss"}, After: 30 * time.Minute}}}},
	}
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func TestAConfirmedProblemIsToldOnceAndItsRecoveryOnce(t *testing.T) {
	w := newWorld(t, plain())
	w.see("http", "=O")
	if v := w.see("http", "=C"); !v.RetrySoon {
		t.Error("a soft problem must be checked again soon")
	}
	expect(t, "told while soft", w.teller.told(), "")
	if v := w.see("http", "=C"); v.RetrySoon {
		t.Error("a hard problem is checked at the normal pace")
	}
	w.see("http", "=C")
	if open := w.e.Incidents(alerting.IncidentFilter{Open: true}); len(open) != 1 || open[0].ID != 1 || len(open[0].Notified) != 1 {
		t.Errorf("open incidents: %+v", open)
	}
	w.see("http", "=O")
	// The boss's step is not due: nobody told him of the problem, so nobody
	// tells him of the recovery.
	expect(t, "told", w.teller.told(), "problem:noc:CRITICAL recovery:noc:OK")
	if p, r := w.teller.messages[0], w.teller.messages[1]; r.Follows != p.ID || r.Thread != p.ID {
		t.Errorf("recovery follows %q in thread %q", r.Follows, r.Thread)
	}
	expect(t, "journal", w.kinds(), "state state state incident-open message-queued state incident-close message-queued")
}

func TestUnknownNeitherClosesNorWorsensAnIncident(t *testing.T) {
	w := newWorld(t, plain())
	w.see("disk", "/=C")
	w.see("disk", "/=U")
	w.see("disk", "/=C")
	if open := w.e.Incidents(alerting.IncidentFilter{Open: true}); len(open) != 1 || open[0].State != checks.Critical {
		t.Errorf("open incidents: %+v", open)
	}
	expect(t, "told", w.teller.told(), "problem:noc:CRITICAL")
	w.see("disk", "/=O")
	w.see("disk", "/=U")
	w.see("disk", "/=W")
	w.now = w.now.Add(time.Hour)
	expect(t, "told from UNKNOWN to WARNING", w.teller.told()[len("problem:noc:CRITICAL "):],
		"recovery:noc:OK problem:noc:UNKNOWN problem:noc:WARNING")
}

func TestEverythingIsThereAfterARestart(t *testing.T) {
	w := newWorld(t, plain())
	w.teller.sent = func(alerting.Message) {} // the relay is away
	w.see("alive", "=O")
	w.see("http", "=C")
	w.see("http", "=C")
	before := w.e.Services()
	w.restart()
	after := w.e.Services()
	if len(after) != 2 || after[1].State != checks.Critical || !after[1].Hard || after[1].Incident != 1 ||
		!after[1].Since.Equal(before[1].Since) || after[1].Summary.ID != before[1].Summary.ID {
		t.Errorf("services after the restart: %+v", after)
	}
	if h := w.e.Hosts(); !h[0].Known || !h[0].Up {
		t.Errorf("hosts after the restart: %+v", h)
	}
	pending, err := w.j.Pending(context.Background())
	if err != nil || len(pending) != 1 || pending[0].Notice.Summary.ID == "" {
		t.Errorf("unsent after the restart: %+v, %v", pending, err)
	}
	w.see("http", "=O")
	expect(t, "told after the restart", w.teller.told(), "recovery:noc:OK")
	w.see("http", "=C")
	w.see("http", "=C")
	if got := w.teller.messages[1].Incident; got != 2 {
		t.Errorf("the next incident has number %d, want 2", got)
	}
}

func TestPeopleAreToldWhenTheJournalCannotBeWritten(t *testing.T) {
	w := newWorld(t, plain())
	w.see("http", "=C")
	w.store.err = errors.New("disk is full")
	if v := w.see("http", "=C"); !v.Unkept {
		t.Error("who observes is not told that the journal does not have it")
	}
	expect(t, "told", w.teller.told(), "problem:noc:CRITICAL")
	if w.teller.broken[0] == nil {
		t.Error("the teller does not know that the journal is broken")
	}
	if got := w.kinds(); got != "state" {
		t.Errorf("journal: %s", got)
	}
	if v := w.see("http", "=C"); !v.Unkept {
		t.Error("nothing has changed, and the journal lacks what came before")
	}
	w.store.err = nil
	if v := w.see("disk", "/=O"); v.Unkept {
		t.Error("the journal has it, and it is told otherwise")
	}
	expect(t, "journal after it works again", w.kinds(), "state state incident-open message-queued state")
	w.restart()
	if open := w.e.Incidents(alerting.IncidentFilter{Open: true}); len(open) != 1 {
		t.Errorf("open incidents: %+v", open)
	}
}

func TestLateResultsChangeNothing(t *testing.T) {
	w := newWorld(t, plain())
	w.see("disk", "/=O")
	late := func(at time.Time) alerting.Verdict {
		v, err := w.e.Observe(context.Background(), alerting.Observation{Host: "web1", Check: "disk", At: at, Results: results([]string{"/=C"})})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := late(w.now.Add(-time.Second)); !v.Late {
		t.Error("an older result is late")
	}
	if v := late(w.now); !v.Late {
		t.Error("a repeated result is late")
	}
	w.now = w.now.Add(time.Hour)
	if v := late(w.now.Add(-30 * time.Minute)); !v.Late {
		t.Error("a result half an hour old is no news")
	}
	expect(t, "told", w.teller.told(), "")
	expect(t, "journal", w.kinds(), "state late")
	if v := late(w.now.Add(time.Hour)); v.Late || !w.e.Services()[0].LastCheck.Equal(w.now) {
		t.Error("a result of the future counts as now")
	}
}

func TestAnItemThatVanishesIsRetiredAloud(t *testing.T) {
	w := newWorld(t, plain())
	w.see("disk", "/=O", "/var=C")
	for range alerting.RetireAfter - 1 {
		w.see("disk", "/=O")
		w.see("disk", "=U") // could not ask: no evidence of anything
	}
	if n := len(w.e.Services()); n != 3 {
		t.Fatalf("%d services, want /, /var and the one that could not ask", n)
	}
	w.see("disk", "/=O")
	if !strings.Contains(w.kinds(), "retired incident-close") {
		t.Errorf("journal: %s", w.kinds())
	}
	last := w.teller.messages[len(w.teller.messages)-1]
	if last.Kind != alerting.KindRecovery || !last.Notice.Gone || last.Notice.Service.Item != "/var" {
		t.Errorf("last told: %+v", last)
	}
}

func TestAReloadKeepsStatesAndClosesWhatIsGone(t *testing.T) {
	w := newWorld(t, plain())
	w.see("disk", "/=C")
	w.see("http", "=O")
	next := plain()
	next.Hosts[0].Checks = slices.DeleteFunc(next.Hosts[0].Checks, func(c inventory.Check) bool { return c.Name == "disk" })
	w.e.Reload(next)
	if s := w.e.Services(); len(s) != 1 || s[0].Service.Check != "http" || s[0].LastCheck.IsZero() {
		t.Errorf("services: %+v", s)
	}
	expect(t, "told", w.teller.told(), "problem:noc:CRITICAL recovery:noc:CRITICAL")
	_, err := w.e.Observe(context.Background(), alerting.Observation{Host: "web1", Check: "disk", At: w.now, Results: results([]string{"/=C"})})
	if !errors.Is(err, alerting.ErrUnknownCheck) {
		t.Errorf("a run of a removed check: %v", err)
	}
}

func TestLastStatesAreThoseOfOneCheckAndOutliveARestart(t *testing.T) {
	w := newWorld(t, plain())
	w.see("disk", "/=C", "/var=O")
	w.see("http", "=W")
	w.restart()
	got := w.e.LastStates("web1", "disk")
	if want := map[string]checks.State{"/": checks.Critical, "/var": checks.OK}; !maps.Equal(got, want) {
		t.Errorf("last states %v, want %v", got, want)
	}
	if got := w.e.LastStates("web1", "nosuch"); len(got) != 0 {
		t.Errorf("a check that nobody knows has states: %v", got)
	}
}

func TestABuiltinServiceNeedsNoInventory(t *testing.T) {
	w := newWorld(t, plain())
	see := func(word string) {
		w.now = w.now.Add(time.Minute)
		_, err := w.e.Observe(context.Background(), alerting.Observation{Host: "web1", Check: "clock", At: w.now, Builtin: true, Results: results([]string{word})})
		if err != nil {
			t.Fatal(err)
		}
	}
	see("=W")
	w.e.Reload(plain())
	w.restart()
	see("=O")
	expect(t, "told", w.teller.told(), "recovery:noc:OK")
}

// silent is a journal that nobody runs yet.
type silent struct{ alerting.Store }

func (silent) Submit(alerting.Change) <-chan error { return make(chan error) }

func TestAStartDoesNotWaitForAJournalThatDoesNotRunYet(t *testing.T) {
	w := newWorld(t, plain())
	w.see("http", "=C")
	e := alerting.New(alerting.Deps{Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now }, Store: silent{w.store}, Teller: w.teller})
	loaded := make(chan error)
	go func() { loaded <- e.Load(t.Context(), &inventory.Inventory{}) }() // web1 is gone, which is written
	select {
	case err := <-loaded:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(4 * time.Second): // a journal is given five
		t.Error("it waits")
		<-loaded
	}
}

func TestABuiltinServiceOfAHostThatNobodyNamedStays(t *testing.T) {
	w := newWorld(t, plain())
	see := func(host, word string) {
		t.Helper()
		w.now = w.now.Add(time.Minute)
		_, err := w.e.Observe(context.Background(), alerting.Observation{Host: host, Check: "log", At: w.now, Builtin: true, Results: results([]string{"oom" + word})})
		if err != nil {
			t.Fatal(err)
		}
	}
	see("monitord", "=C")
	see("web1", "=C")
	w.e.Reload(plain())
	w.restart()
	want := map[string]checks.State{"oom": checks.Critical}
	for _, host := range []string{"monitord", "web1"} {
		if got := w.e.LastStates(host, "log"); !maps.Equal(got, want) {
			t.Errorf("after a restart %s has %v, want %v", host, got, want)
		}
	}
	w.inv = &inventory.Inventory{}
	w.e.Reload(w.inv)
	if got := w.e.LastStates("web1", "log"); len(got) != 0 {
		t.Errorf("web1 was taken out, and still has %v", got)
	}
	if got := w.e.LastStates("monitord", "log"); !maps.Equal(got, want) {
		t.Errorf("monitord has %v, want %v", got, want)
	}
}

func TestTheAliveCheckDecidesUpAndDown(t *testing.T) {
	w := newWorld(t, plain())
	if h := w.e.Hosts()[0]; h.Known {
		t.Errorf("before any result: %+v", h)
	}
	for _, c := range []struct {
		word string
		up   bool
	}{{"=O", true}, {"=C", true}, {"=C", false}, {"=U", false}, {"=W", true}} {
		w.see("alive", c.word)
		if h := w.e.Hosts()[0]; !h.Known || h.Up != c.up {
			t.Errorf("after %s: %+v", c.word, h)
		}
	}
	if s := w.e.Services()[0]; !s.Alive {
		t.Errorf("the alive service is not marked: %+v", s)
	}
}

func TestWorseSeverityReachesItsOwnEscalation(t *testing.T) {
	inv := plain()
	critical := checks.Critical
	inv.Escalations = []inventory.Escalation{
		{Name: "critical", Match: inventory.Match{Severity: &critical}, Steps: []inventory.Step{{To: []string{"boss"}}}},
		{Name: "disk", Match: inventory.Match{Hosts: []string{"web1"}, Checks: []string{"disk"}}, Steps: []inventory.Step{{To: []string{"noc"}}}}}
	w := newWorld(t, inv)
	w.see("http", "=W")
	w.see("disk", "/=W")
	w.see("disk", "/=C")
	w.see("disk", "/=W")
	w.see("disk", "/=O")
	expect(t, "told", w.teller.told(), "problem:noc:WARNING problem:boss:CRITICAL recovery:noc:OK recovery:boss:OK")
}

func TestHistoryHasTheStateInForceAtItsStart(t *testing.T) {
	w := newWorld(t, plain())
	for _, word := range []string{"/=O", "/=O", "/=C", "/=C", "/=O"} {
		w.see("disk", word)
	}
	got, err := w.e.History(context.Background(), checks.Service{Host: "web1", Check: "disk", Item: "/"}, base.Add(2*time.Minute))
	want := []alerting.Marker{{At: base.Add(time.Minute), State: checks.OK}, {At: base.Add(3 * time.Minute), State: checks.Critical}, {At: base.Add(5 * time.Minute), State: checks.OK}}
	if err != nil || !slices.EqualFunc(got, want, func(a, b alerting.Marker) bool { return a.At.Equal(b.At) && a.State == b.State }) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestSubscribersAreWokenOnceForManyChanges(t *testing.T) {
	w := newWorld(t, plain())
	ctx, cancel := context.WithCancel(context.Background())
	ch := w.e.Subscribe(ctx)
	w.see("disk", "/=O")
	w.see("disk", "/=C")
	<-ch
	select {
	case <-ch:
		t.Error("woken twice")
	default:
	}
	cancel()
	if _, open := <-ch; open {
		t.Error("the channel stays open after its context ended")
	}
}
