package actions

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting"
	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// states is an engine that says what a test tells it to.
type states struct {
	mu       sync.Mutex
	services map[checks.Service]alerting.ServiceState
	down     map[string]bool
	watchers []chan struct{}
	told     []string // NAME STATE summary-id, as people would be
}

func newStates() *states {
	return &states{services: map[checks.Service]alerting.ServiceState{}, down: map[string]bool{}}
}

func (s *states) Service(id checks.Service) (alerting.ServiceState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got, ok := s.services[id]
	return got, ok
}

func (s *states) ServicesOf(host, check string) []alerting.ServiceState {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []alerting.ServiceState
	for id, one := range s.services {
		if id.Host == host && id.Check == check {
			list = append(list, one)
		}
	}
	return list
}

func (s *states) HostUp(host string) (up, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	down, known := s.down[host]
	return !down, known
}

func (s *states) Subscribe(ctx context.Context) <-chan struct{} {
	ch := make(chan struct{}, 1)
	s.mu.Lock()
	s.watchers = append(s.watchers, ch)
	s.mu.Unlock()
	return ch
}

func (s *states) Observe(_ context.Context, o alerting.Observation) (alerting.Verdict, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := o.Results[0]
	id := checks.Service{Host: o.Host, Check: o.Check, Item: r.Item}
	if !o.At.After(s.services[id].LastCheck) {
		return alerting.Verdict{Late: true}, nil
	}
	s.services[id] = alerting.ServiceState{Service: id, State: r.State, HardState: r.State, Hard: true, Summary: r.Summary, LastCheck: o.At}
	s.told = append(s.told, r.Item+" "+r.State.String()+" "+r.Summary.ID)
	return alerting.Verdict{}, nil
}

// set puts a result of a service in force and wakes who watches.
func (s *states) set(name string, state checks.State, change func(*alerting.ServiceState)) {
	id, err := checks.ParseService(name)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	was, known := s.services[id]
	next := alerting.ServiceState{Service: id, State: state, HardState: state, Hard: true, LastCheck: now, HardSince: now, Summary: text.Verbatim(state.String())}
	if state != checks.OK {
		next.ProblemSince = now
	}
	if known && was.State == state {
		next.HardSince, next.ProblemSince = was.HardSince, was.ProblemSince
	}
	if change != nil {
		change(&next)
	}
	s.services[id] = next
	for _, ch := range s.watchers {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// ledger is a journal in memory that keeps what it is told by way of JSON, and
// can be broken, or die before or after a write.
type ledger struct {
	mu     sync.Mutex
	rows   map[string][]byte
	order  []string
	kinds  []string // of events
	freeze failover.Freeze
	broken error

	dieAt   int // the so manieth write is the last thing that happens; 0: never
	dieDone bool
	writes  int
	dead    chan struct{} // closed when it died
}

func newLedger() *ledger { return &ledger{rows: map[string][]byte{}, dead: make(chan struct{})} }

var errDead = errors.New("the process is dead")

// die makes the process stand still at the write that was chosen: it is killed.
func (l *ledger) SaveAction(ctx context.Context, r failover.Record, events ...alerting.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes++
	dies := l.dieAt > 0 && l.writes >= l.dieAt
	if dies && (l.writes > l.dieAt || !l.dieDone) {
		l.kill()
		return errDead
	}
	if l.broken != nil {
		return l.broken
	}
	var old failover.Record
	if raw := l.rows[r.Request.ID]; raw != nil {
		if err := json.Unmarshal(raw, &old); err != nil {
			return err
		}
	}
	if !failover.MayFollow(old.Progress, r.Progress) {
		return failover.OrderError{ID: r.Request.ID, From: old.Progress, To: r.Progress}
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if l.rows[r.Request.ID] == nil {
		l.order = append(l.order, r.Request.ID)
	}
	l.rows[r.Request.ID] = raw
	for _, e := range events {
		l.kinds = append(l.kinds, string(e.Kind))
	}
	if dies {
		l.kill()
		return errDead
	}
	return nil
}

func (l *ledger) kill() {
	select {
	case <-l.dead:
	default:
		close(l.dead)
	}
}

// reborn is the same disk for another process.
func (l *ledger) reborn() *ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := newLedger()
	for k, v := range l.rows {
		next.rows[k] = v
	}
	next.order, next.freeze = slices.Clone(l.order), l.freeze
	return next
}

func (l *ledger) all() []failover.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []failover.Record
	for _, id := range slices.Backward(l.order) {
		var r failover.Record
		if err := json.Unmarshal(l.rows[id], &r); err != nil {
			panic(err)
		}
		list = append(list, r)
	}
	return list
}

func (l *ledger) Actions(_ context.Context, f failover.Filter) ([]failover.Record, error) {
	var list []failover.Record
	for _, r := range l.all() {
		if (f.ID == "" || r.Request.ID == f.ID) && (!f.Open || r.Open()) {
			list = append(list, r)
		}
	}
	return list, nil
}

func (l *ledger) ActionStarts(_ context.Context, action string, since time.Time) ([]failover.Start, error) {
	var list []failover.Start
	for _, r := range slices.Backward(l.all()) {
		if r.Request.Action == action && r.Started.After(since) && !r.Request.Undo {
			list = append(list, failover.Start{Host: r.Request.Service.Host, At: r.Started})
		}
	}
	return list, nil
}

func (l *ledger) Frozen(context.Context) (failover.Freeze, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.freeze, nil
}

func (l *ledger) SetFrozen(_ context.Context, f failover.Freeze, e alerting.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return l.broken
	}
	l.freeze = f
	l.kinds = append(l.kinds, string(e.Kind))
	return nil
}

// fakeAction is a kind whose every answer a test sets. It outlives crashes: it
// is the world.
type fakeAction struct {
	mu       sync.Mutex
	did      map[string]int // by request
	undid    map[string]int
	status   failover.Status
	premises []failover.Premise
	look     func() // when its premises are asked for
	do       func(ctx context.Context, r failover.Request) (failover.Outcome, error)
	dead     func() bool // the process that runs it was killed
}

func newFake() *fakeAction {
	return &fakeAction{did: map[string]int{}, undid: map[string]int{}, dead: func() bool { return false }}
}

func (f *fakeAction) Resource() string { return "fake" }

func (f *fakeAction) Premises(context.Context, failover.Request) ([]failover.Premise, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.look != nil {
		f.look()
	}
	return slices.Clone(f.premises), nil
}

func (f *fakeAction) Do(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	f.mu.Lock()
	if f.dead() {
		f.mu.Unlock()
		return failover.Outcome{}, errDead
	}
	f.did[r.ID]++
	do := f.do
	f.mu.Unlock()
	if do != nil {
		return do(ctx, r)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status = failover.StatusDone
	return failover.Outcome{}, nil
}

func (f *fakeAction) Undo(_ context.Context, r failover.Request) (failover.Outcome, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead() {
		return failover.Outcome{}, errDead
	}
	f.undid[r.ID]++
	f.status = failover.StatusUndone
	return failover.Outcome{}, nil
}

func (f *fakeAction) Status(context.Context, failover.Request) (failover.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status, nil
}

// counts is how often anything was done and taken back.
func (f *fakeAction) counts() (did, undid int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.did {
		did += n
	}
	for _, n := range f.undid {
		undid += n
	}
	return did, undid
}

type noOptions struct{}

func (*noOptions) Validate() error { return nil }

func kindOf(a failover.Action) failover.Kind {
	return failover.Kind{Name: "fake", Config: func() failover.Config { return &noOptions{} },
		New: func(failover.Config, failover.Deps) (failover.Action, error) { return a, nil }}
}

// hosts is an inventory with checks named http, ping and alive on each host.
const hostsYAML = `
hosts:
  sw1: {address: 192.0.2.1, alive: none, checks: {ping: {type: fake}}}
  web1: {address: 192.0.2.11, groups: [web], parents: [sw1], alive: none, checks: {http: {type: fake}, ping: {type: fake}, trap: {type: trap}}}
  web2: {address: 192.0.2.12, groups: [web], parents: [sw1], alive: none, checks: {http: {type: fake}, ping: {type: fake}, trap: {type: trap}}}
  lb1: {address: 192.0.2.20, alive: none, checks: {ping: {type: fake}, alive: {type: fake}}}
`

func fakeTypes() []checks.Type {
	one := func(name string, unauthenticated bool) checks.Type {
		return checks.Type{Name: name, Unauthenticated: unauthenticated, NewConfig: func() checks.Config { return &noOptions{} },
			New: func(checks.Config, checks.Deps) (checks.Check, error) { return nil, errors.New("not run here") }}
	}
	return []checks.Type{one("fake", false), one("trap", true)}
}

func planOf(t *testing.T, yaml string, action failover.Action) *Plan {
	t.Helper()
	p, err := buildPlan(t, yaml, kindOf(action))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Make(failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now}, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	return p
}

func buildPlan(t *testing.T, yaml string, kinds ...failover.Kind) (*Plan, error) {
	t.Helper()
	hosts := inventory.NewConfig()
	if err := config.DecodeBytes("hosts.yaml", []byte(hostsYAML), hosts); err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Build(hosts, fakeTypes(), nil)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Parse([]config.File{{Name: "a.yaml", Data: []byte(yaml)}}, Section())
	if err != nil {
		return nil, err
	}
	c, err := config.Get[*Config](loaded, "actions")
	if err != nil {
		t.Fatal(err)
	}
	return Build(*c, inv, kinds, fakeTypes(), []string{"lb1"})
}
