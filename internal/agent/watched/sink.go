package watched

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"monitord/checks"
	"monitord/internal/agent"
	"monitord/internal/logkeys"
	"monitord/internal/logwatch"
	"monitord/internal/wire"
)

// ownPrefix begins names in the memory file that are ours, not logwatch's.
const ownPrefix = "probe/"

const (
	standingPrefix = ownPrefix + "standing/" // and a service
	// remindEvery is how often problems that stand are told again. The server sets
	// aside what is older than five minutes.
	remindEvery = time.Minute
	// inTime is the age at which a result that was sent has counted.
	inTime = 4 * time.Minute
)

// standing is a problem that is raised, or one that has ended and whose end was
// not told again yet.
type standing struct {
	Result   checks.Result `json:"result"`
	Found    time.Time     `json:"found"`
	At       time.Time     `json:"at"` // when the server was told last
	reminded bool          // that was by again
}

// sink keeps what lines bring in the memory file and in the spool.
type sink struct {
	deps   Deps
	out    agent.Outgoing
	memory *memory

	mu     sync.Mutex
	raised map[string]standing  // by service
	last   map[string]time.Time // by service: the time of its latest result
}

var _ logwatch.Sink = (*sink)(nil)

// errWaiting says why a step is not taken: its events would be lost in a crash.
var errWaiting = errors.New("the disk has not taken the last events yet (make room in the folder of the probe)")

// recall takes over problems, and posts what was written down but not posted.
func (s *sink) recall() error {
	for name, value := range s.memory.kept {
		service, ours := strings.CutPrefix(name, standingPrefix)
		if !ours {
			continue
		}
		var p standing
		if err := json.Unmarshal([]byte(value), &p); err != nil {
			return fmt.Errorf("memory of logs: %s: %w", name, err)
		}
		s.raised[service], s.last[service] = p, p.At
	}
	boot, kept := s.out.Kept()
	last := s.memory.last
	if len(last.Events) == 0 || last.Boot != boot {
		return nil // of a spool that is not there any more
	}
	posted := 0
	if kept >= last.First {
		posted = int(min(kept-last.First+1, uint64(len(last.Events))))
	}
	return s.post(last.Events[posted:], nil)
}

// kept is what logwatch has to know again.
func (s *sink) kept() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := maps.Clone(s.memory.kept)
	maps.DeleteFunc(out, func(name, _ string) bool { return strings.HasPrefix(name, ownPrefix) })
	return out
}

// standing reports whether any problem is to be told again.
func (s *sink) standing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.raised) > 0
}

// Commit keeps a step. It is kept once its record is synced.
func (s *sink) Commit(_ context.Context, step logwatch.Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := maps.Clone(step.Kept)
	if kept == nil {
		kept = map[string]string{}
	}
	raised, last := maps.Clone(s.raised), maps.Clone(s.last)
	events, err := s.events(step, raised, last)
	if err != nil {
		return err
	}
	for service, p := range raised {
		if !p.At.Equal(s.raised[service].At) {
			raw, err := json.Marshal(p)
			if err != nil {
				return fmt.Errorf("problem %s: %w", service, err)
			}
			kept[standingPrefix+service] = string(raw)
		}
	}
	if err := s.samples(step.Samples); err != nil {
		return err
	}
	if err := s.write(events, kept); err != nil {
		return err
	}
	s.raised, s.last = raised, last
	return nil
}

// write keeps a record and posts its events. One without events need not be
// synced: a power failure takes it away together with those after it, and its
// lines are read again.
func (s *sink) write(events []agent.Event, kept map[string]string) error {
	if len(events) == 0 {
		if err := s.memory.add(record{Kept: kept}, false); err != nil {
			return err
		}
		if s.memory.full() && s.out.Synced() {
			return s.memory.compact()
		}
		return nil
	}
	if !s.out.Synced() {
		return errWaiting
	}
	if err := s.memory.compact(); err != nil {
		return err
	}
	return s.post(events, kept)
}

func (s *sink) post(events []agent.Event, kept map[string]string) error {
	if len(events) == 0 {
		return nil
	}
	return s.out.Post(events, func(boot string, first uint64) error {
		return s.memory.add(record{Kept: kept, Events: events, Boot: boot, First: first}, true)
	})
}

// events makes those of a step, and notes what is raised then.
func (s *sink) events(step logwatch.Step, raised map[string]standing, last map[string]time.Time) ([]agent.Event, error) {
	var out []agent.Event
	for i := range step.Matches {
		m := &step.Matches[i]
		data, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("line of rule %s: %w", m.Rule, err)
		}
		out = append(out, agent.Event{At: m.At, Kind: wire.KindLogMatch, Data: data})
	}
	for _, r := range step.Results {
		at := after(r.At, last[r.Service])
		last[r.Service] = at
		raised[r.Service] = standing{Result: r.Result, Found: at, At: at}
		e, err := resultEvent(at, time.Time{}, r.Result)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// after is t, or a moment after another time when t is not.
func after(t, other time.Time) time.Time {
	if t.After(other) {
		return t
	}
	return other.Add(time.Nanosecond)
}

// resultEvent tells a result; found is not zero when it was told before.
func resultEvent(at, found time.Time, r checks.Result) (agent.Event, error) {
	data, err := json.Marshal(wire.ResultData{Check: wire.LogCheck, Results: []checks.Result{r}, Found: found})
	if err != nil {
		return agent.Event{}, fmt.Errorf("result of %s: %w", r.Item, err)
	}
	return agent.Event{At: at, Kind: wire.KindResult, Data: data}, nil
}

// samples hands numbers on with the probe's own.
func (s *sink) samples(list []logwatch.Sample) error {
	if len(list) == 0 {
		return nil
	}
	out := make([]agent.Sample, len(list))
	for i, v := range list {
		named := maps.Clone(v.Labels)
		if named == nil {
			named = map[string]string{}
		}
		named["rule"] = v.Rule
		var labels []string
		for _, name := range slices.Sorted(maps.Keys(named)) {
			labels = append(labels, name, named[name])
		}
		out[i] = agent.Sample{At: v.At, Name: v.Name, Value: v.Value, Labels: labels}
	}
	return s.out.Samples(out)
}

// event tells something that needs no memory.
func (s *sink) event(kind string, data any) {
	raw, err := json.Marshal(data)
	if err == nil {
		err = s.out.Post([]agent.Event{{At: s.deps.Now(), Kind: kind, Data: raw}}, func(string, uint64) error { return nil })
	}
	if err != nil {
		s.deps.Logger.Error("event lost", logkeys.Err, err, logkeys.Reason, kind)
	}
}

// remind tells again what stands, while nothing else waits to be sent: the
// server may have been away when it was raised, or may have been told too late.
func (s *sink) remind(ctx context.Context) error {
	tick := time.NewTicker(remindEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if s.out.Waiting() > 0 {
			continue
		}
		if err := s.again(s.deps.Now()); err != nil {
			s.deps.Logger.Warn("standing problems of logs were not told again", logkeys.Err, err)
		}
	}
}

// again tells what stands. The end of a problem is told until it came in time:
// nothing waits, and it is young.
func (s *sink) again(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []agent.Event
	forget := map[string]string{}
	for _, service := range slices.Sorted(maps.Keys(s.raised)) {
		p := s.raised[service]
		if p.Result.State == checks.OK && p.reminded && now.Sub(p.At) < inTime {
			forget[standingPrefix+service] = ""
			continue
		}
		p.At, p.reminded = after(now, s.last[service]), true
		e, err := resultEvent(p.At, p.Found, p.Result)
		if err != nil {
			return err
		}
		events = append(events, e)
		s.raised[service], s.last[service] = p, p.At
	}
	for name := range forget {
		delete(s.raised, strings.TrimPrefix(name, standingPrefix))
	}
	if len(forget) > 0 {
		if err := s.memory.add(record{Kept: forget}, false); err != nil {
			return err
		}
	}
	if len(events) == 0 {
		return nil
	}
	return s.out.Post(events, func(string, uint64) error { return nil })
}
