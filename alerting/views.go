package alerting

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/checks"
)

// Services lists every service, sorted by host, check and item.
func (e *Engine) Services() []ServiceState {
	e.mu.Lock()
	list := make([]ServiceState, 0, len(e.services))
	for _, s := range e.services {
		list = append(list, s.Service)
	}
	e.mu.Unlock()
	slices.SortFunc(list, func(a, b ServiceState) int { return compareServices(a.Service, b.Service) })
	return list
}

// Service returns one service.
func (e *Engine) Service(id checks.Service) (ServiceState, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, ok := e.services[id]
	if !ok {
		return ServiceState{}, false
	}
	return s.Service, true
}

// LastStates returns the last state of each item of a check that has run; empty
// for a check that nobody knows.
func (e *Engine) LastStates(host, check string) map[string]checks.State {
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.byCheck[checkKey{host, check}]
	states := make(map[string]checks.State, len(known))
	for item, s := range known {
		if !s.Service.LastCheck.IsZero() {
			states[item] = s.Service.State
		}
	}
	return states
}

func compareServices(a, b checks.Service) int {
	if c := strings.Compare(a.Host, b.Host); c != 0 {
		return c
	}
	if c := strings.Compare(a.Check, b.Check); c != 0 {
		return c
	}
	return strings.Compare(a.Item, b.Item)
}

// Hosts lists the hosts of the inventory, sorted by name.
func (e *Engine) Hosts() []HostState {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.inv == nil {
		return nil
	}
	list := make([]HostState, 0, len(e.inv.Hosts))
	for _, h := range e.inv.Hosts {
		state := e.hosts[h.Name]
		state.Host = h.Name
		if state.Known && !state.Up {
			for _, s := range e.byCheck[checkKey{h.Name, h.Alive}] {
				state.Unreachable = state.Unreachable || s.Service.Marks.Has(MarkUnreachable)
			}
		}
		list = append(list, state)
	}
	return list
}

// IncidentFilter selects incidents; a zero field selects everything.
type IncidentFilter struct {
	ID      int64
	Open    bool // only open ones
	Host    string
	Service checks.Service
	Since   time.Time // open, or closed at or after
	Limit   int       // the newest so many
}

// Incidents lists incidents, open ones first, then the newest first: all open
// ones and the newest closed ones; older ones are in the journal.
func (e *Engine) Incidents(f IncidentFilter) []Incident {
	e.mu.Lock()
	var list []Incident
	for in := range maps.Values(e.incidents) {
		if f.match(in.Incident) || f.Service != (checks.Service{}) && in.symptoms[f.Service] && f.matchTime(in.Incident) {
			list = append(list, in.view())
		}
	}
	e.mu.Unlock()
	slices.SortFunc(list, func(a, b Incident) int {
		if a.Closed.IsZero() != b.Closed.IsZero() {
			if a.Closed.IsZero() {
				return -1
			}
			return 1
		}
		return int(b.ID - a.ID)
	})
	if f.Limit > 0 && len(list) > f.Limit {
		list = list[:f.Limit]
	}
	return list
}

func (f IncidentFilter) match(in Incident) bool {
	return (f.ID == 0 || in.ID == f.ID) &&
		(f.Host == "" || in.Service.Host == f.Host) &&
		(f.Service == checks.Service{} || in.Service == f.Service) && f.matchTime(in)
}

func (f IncidentFilter) matchTime(in Incident) bool {
	open := in.Closed.IsZero()
	return (!f.Open || open) && (open || f.Since.IsZero() || !in.Closed.Before(f.Since))
}

// view is the incident with its ledger, as others see it.
func (in *incident) view() Incident {
	v := in.Incident
	v.Notified = nil
	if v.Closed.IsZero() {
		v.SymptomCount, v.Symptoms = in.listed()
		v.Behind = max(v.Behind, v.SymptomCount) // some had no result yet when it opened
	}
	for _, m := range in.messages {
		if m.State != MessageWithdrawn {
			v.Notified = append(v.Notified, m.Delivery())
		}
	}
	return v
}

// listed counts the symptoms and lists the first of them.
func (in *incident) listed() (count int, first []checks.Service) {
	first = slices.SortedFunc(maps.Keys(in.symptoms), compareServices)
	count = len(first)
	return count, first[:min(count, MaxSymptoms)]
}

// History lists what the hard state of a service was from since on; the first
// marker may be older. It is what bars are drawn from.
func (e *Engine) History(ctx context.Context, service checks.Service, since time.Time) ([]Marker, error) {
	return e.deps.Store.Hard(ctx, service, since)
}

// ServicesOf lists the services of one check of one host, sorted by item; empty
// when there is no result yet.
func (e *Engine) ServicesOf(host, check string) []ServiceState {
	e.mu.Lock()
	known := e.byCheck[checkKey{host, check}]
	list := make([]ServiceState, 0, len(known))
	for _, s := range known {
		list = append(list, s.Service)
	}
	e.mu.Unlock()
	slices.SortFunc(list, func(a, b ServiceState) int { return compareServices(a.Service, b.Service) })
	return list
}

// HostUp reports whether a host is UP, as far as that is known.
func (e *Engine) HostUp(host string) (up, known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.hosts[host]
	return s.Up, s.Known
}
