package alerting

import (
	"container/heap"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// memoryStore takes every change at once. With keep set it remembers them for
// another engine, by way of JSON as the journal does.
type memoryStore struct {
	keep      bool
	services  map[checks.Service]Record
	incidents map[int64]IncidentRecord
	messages  map[string]Message
	order     []string
	downtimes map[int64]Downtime
}

func newMemoryStore() *memoryStore {
	return &memoryStore{keep: true, services: map[checks.Service]Record{}, incidents: map[int64]IncidentRecord{},
		messages: map[string]Message{}, downtimes: map[int64]Downtime{}}
}

func (m *memoryStore) Load(context.Context) (Memory, error) {
	mem := Memory{Instance: "sim"}
	for _, r := range m.services {
		mem.Services = append(mem.Services, r)
		mem.Revision = max(mem.Revision, r.Revision)
	}
	for id, r := range m.incidents {
		mem.Incidents = append(mem.Incidents, r)
		mem.LastID, mem.Revision = max(mem.LastID, id), max(mem.Revision, r.Revision)
	}
	for _, id := range m.order {
		mem.Messages = append(mem.Messages, m.messages[id])
	}
	for _, id := range slices.Sorted(maps.Keys(m.downtimes)) {
		mem.Downtimes = append(mem.Downtimes, m.downtimes[id])
	}
	return mem, nil
}

func (m *memoryStore) Submit(c Change) <-chan error {
	done := make(chan error, 1)
	done <- nil
	if !m.keep {
		return done
	}
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	c = Change{}
	if err := json.Unmarshal(raw, &c); err != nil {
		panic(err)
	}
	for _, id := range c.Removed {
		delete(m.services, id)
	}
	for _, r := range c.Services {
		m.services[r.Service.Service] = r
	}
	for _, r := range c.Incidents {
		m.incidents[r.Incident.ID] = r
	}
	for _, msg := range c.Messages {
		if _, ok := m.messages[msg.ID]; !ok {
			m.order = append(m.order, msg.ID)
		}
		m.messages[msg.ID] = msg
	}
	for _, d := range c.Downtimes {
		m.downtimes[d.ID] = d
	}
	return done
}
func (m *memoryStore) Hard(context.Context, checks.Service, time.Time) ([]Marker, error) {
	return nil, nil
}

// hearer keeps what is told; a message that is due later and withdrawn was not.
type hearer struct {
	now      func() time.Time
	messages map[string]Message
	order    []string
	sent     func(Message) // what the outbox reports; nil: it goes on trying
}

func (h *hearer) Tell(list []Message, _ error) {
	for _, m := range list {
		if m.State == MessagePending {
			h.messages[m.ID] = m
			h.order = append(h.order, m.ID)
			if h.sent != nil {
				m.State, m.Sent, m.Attempts = MessageSent, h.now(), 1
				h.sent(m)
			}
		}
	}
}

func (h *hearer) Withdraw(ids []string) {
	for _, id := range ids {
		delete(h.messages, id)
	}
}

// heard lists what was told so far, in order.
func (h *hearer) heard() []Message {
	var list []Message
	for _, id := range h.order {
		if m, ok := h.messages[id]; ok && !m.Due.After(h.now()) {
			list = append(list, m)
		}
	}
	return list
}

// told writes kind:service:state of what was told to noc.
func (h *hearer) told() string {
	var list []string
	for _, m := range h.heard() {
		list = append(list, m.Kind+":"+m.Notice.Service.String()+":"+m.Notice.State.String())
	}
	return strings.Join(list, " ")
}

// sim is a world on a virtual clock: a scheduler, and the truth about services.
type sim struct {
	t      *testing.T
	rnd    *rand.Rand
	now    time.Time
	inv    *inventory.Inventory
	e      *Engine
	hear   *hearer
	truth  func(key checkKey) checks.State // what a check finds now; -1: it never comes back
	queue  events
	next   map[checkKey]int // number of the run that is due, older ones are void
	asked  int
	store  *memoryStore
	delays bool      // results take up to 5 s
	began  time.Time // of the problem that minutes are counted from
}

const noResult = checks.State(-1)

type event struct {
	at  time.Time
	key checkKey
	num int
	got *checks.Result // nil: a run is due; otherwise a result arrives
	ran time.Time
}

type events []event

func (q events) Len() int           { return len(q) }
func (q events) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q events) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *events) Push(x any)        { *q = append(*q, x.(event)) }
func (q *events) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

func newSim(t *testing.T, seed uint64, inv *inventory.Inventory) *sim {
	t.Helper()
	s := &sim{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), now: base, inv: inv, next: map[checkKey]int{}, delays: true}
	s.truth = func(checkKey) checks.State { return checks.OK }
	s.hear = &hearer{now: func() time.Time { return s.now }, messages: map[string]Message{}}
	s.store = newMemoryStore()
	s.hear.sent = func(m Message) {
		s.store.messages[m.ID] = m
		s.e.Record(m)
	}
	s.start()
	for _, h := range inv.Hosts {
		for _, c := range h.Checks {
			s.due(checkKey{h.Name, c.Name}, s.now.Add(s.within(c.Interval)))
		}
	}
	return s
}

// start makes an engine of what the store remembers.
func (s *sim) start() {
	s.t.Helper()
	s.e = New(Deps{Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return s.now }, Store: s.store, Teller: s.hear, Behind: []string{"trend"},
		CheckNow: func(host, check string) {
			s.asked++
			if _, named := s.e.checks[checkKey{host, check}]; !named {
				return // as the scheduler: nobody can be asked
			}
			s.due(checkKey{host, check}, s.now.Add(s.within(time.Second)))
		}})
	if err := s.e.Load(context.Background(), s.inv); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sim) within(d time.Duration) time.Duration {
	if !s.delays {
		return time.Millisecond
	}
	return time.Duration(s.rnd.Int64N(int64(d)))
}

// due plans the next run of a check; an earlier plan is void.
func (s *sim) due(key checkKey, at time.Time) {
	s.next[key]++
	heap.Push(&s.queue, event{at: at, key: key, num: s.next[key]})
}

// run lets time pass, with a tick each second.
func (s *sim) run(d time.Duration) {
	s.t.Helper()
	end := s.now.Add(d)
	for tick := s.now.Add(time.Second); !tick.After(end); tick = tick.Add(time.Second) {
		for len(s.queue) > 0 && !s.queue[0].at.After(tick) {
			ev := heap.Pop(&s.queue).(event)
			s.now = ev.at
			s.happen(ev)
		}
		s.now = tick
		s.e.Tick()
	}
}

func (s *sim) happen(ev event) {
	s.t.Helper()
	c := s.e.checks[ev.key]
	if ev.got == nil {
		if ev.num != s.next[ev.key] {
			return
		}
		s.next[ev.key]++ // until the result is in, only CheckNow plans another
		state := s.truth(ev.key)
		if state == noResult {
			s.due(ev.key, s.now.Add(c.Interval))
			return
		}
		r := checks.Result{State: state, Summary: text.Verbatim(state.String())}
		heap.Push(&s.queue, event{at: s.now.Add(s.within(5 * time.Second)), key: ev.key, num: s.next[ev.key], got: &r, ran: s.now})
		return
	}
	v, err := s.e.Observe(context.Background(), Observation{Host: ev.key.host, Check: ev.key.check, At: ev.ran, Results: []checks.Result{*ev.got}})
	if err != nil {
		s.t.Fatal(err)
	}
	if ev.num != s.next[ev.key] {
		return // asked for meanwhile
	}
	next := c.Interval
	if v.RetrySoon {
		next = c.RetryInterval
	}
	s.due(ev.key, s.now.Add(next))
}

// open lists the causes of the open incidents, sorted.
func (s *sim) open() []string {
	var list []string
	for _, in := range s.e.Incidents(IncidentFilter{Open: true}) {
		list = append(list, in.Service.String())
	}
	slices.Sort(list)
	return list
}

func simCheck(host, name string, requires ...inventory.Dependency) inventory.Check {
	return inventory.Check{Host: host, Name: name, Type: "tcp", Interval: time.Minute, RetryInterval: 10 * time.Second, Timeout: 5 * time.Second,
		MaxAttempts: 3, Judge: inventory.Judge{Freshness: 3*time.Minute + 5*time.Second, DependsOn: requires}}
}

func simInventory(hosts ...inventory.Host) *inventory.Inventory {
	noc := inventory.Contact{Name: "noc", Language: text.English, Zone: time.UTC, Channels: []inventory.Channel{{Kind: "mail", To: "noc@example.net"}}}
	return &inventory.Inventory{Language: text.English, Zone: time.UTC, Hosts: hosts, Contacts: []inventory.Contact{noc},
		Escalations: []inventory.Escalation{{Name: "all", Steps: []inventory.Step{{To: []string{"noc"}}}}}}
}
