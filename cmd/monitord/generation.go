package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"monitord/alerting/actions"
	failoverbuiltin "monitord/alerting/failover/builtin"
	"monitord/checks"
	"monitord/checks/builtin"
	"monitord/checks/schedule"
	"monitord/internal/config"
	"monitord/internal/hostlogs"
	"monitord/internal/inventory"
	"monitord/internal/logwatch"
	"monitord/internal/plugins"
	"monitord/internal/trendwatch"
	"monitord/internal/wire"
)

// generation is one configuration in force: everything made of it, whole. A
// reload makes another one and swaps.
type generation struct {
	settings    *settings
	inventory   *inventory.Inventory
	plan        *actions.Plan
	logs        *logwatch.Rules
	trends      *trendwatch.Rules
	jobs        []schedule.Job
	assignments map[string]wire.Assignment
	polled      map[string]map[string]bool // by a probe's host: other hosts that it asks
	replaced    chan struct{}              // closed when another generation is in force
}

// build works out hosts, checks and actions. The error is everything that is
// wrong.
func (s *settings) build(enrolled []string) (*inventory.Inventory, *actions.Plan, error) {
	inv, err := buildInventory(s, enrolled)
	if err != nil {
		return nil, nil, err
	}
	plan, err := actions.Build(s.Actions, inv, failoverbuiltin.Kinds(), builtin.Types(), enrolled, s.ruleActions()...)
	return inv, plan, err
}

// ruleActions are the actions that rules on logs name.
func (s *settings) ruleActions() []actions.Rule {
	var list []actions.Rule
	for i := range s.Logs.Match.Rules {
		if r := &s.Logs.Match.Rules[i]; r.Action != "" {
			path := config.IndexPath("logs.rules", i) + ".action"
			list = append(list, actions.Rule{Action: r.Action, Service: logwatch.ServiceOf(*r), Place: r.Locate("action"), Path: path})
		}
	}
	return list
}

// newGeneration works out hosts and checks. An error leaves no trace.
func newGeneration(s *settings, enrolled []string, deps checks.Deps) (*generation, error) {
	inv, plan, err := s.build(enrolled)
	if err != nil {
		return nil, err
	}
	g := &generation{settings: s, inventory: inv, plan: plan, assignments: map[string]wire.Assignment{}, polled: map[string]map[string]bool{}, replaced: make(chan struct{})}
	if g.logs, err = logwatch.Compile(s.Logs.Config); err != nil {
		return nil, err
	}
	if g.trends, err = trendwatch.Compile(s.Trends.Config, inv.Zone); err != nil {
		return nil, err
	}
	types := map[string]checks.Type{}
	for _, t := range builtin.Types() {
		types[t.Name] = t
	}
	var faults []error
	for i := range inv.Hosts {
		faults = append(faults, g.add(&inv.Hosts[i], types, deps))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, config.AllFaults(err, "").Err()
	}
	for _, host := range enrolled {
		if err := g.seal(host); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// add makes the jobs of a host: its own run on the server, or on its probe.
func (g *generation) add(h *inventory.Host, types map[string]checks.Type, deps checks.Deps) error {
	var faults []error
	for _, c := range h.Checks {
		if c.RunOn == inventory.RunProbe {
			faults = append(faults, g.assign(h, c))
			continue
		}
		check, err := types[c.Type].New(c.Config, deps)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %s/%s: %w", c.Source, h.Name, c.Name, err))
			continue
		}
		job := schedule.Job{
			Host: h.Name, Name: c.Name, Type: c.Type, Check: check,
			Target:   checks.Target{Host: h.Name, Address: h.Address, Vars: h.Vars},
			Interval: c.Interval, RetryInterval: c.RetryInterval, Timeout: c.Timeout,
		}
		if p := c.Judge.CheckPeriod; p != nil {
			job.Period = p.Contains
		}
		g.jobs = append(g.jobs, job)
	}
	return errors.Join(append(faults, g.assignLogs(h))...)
}

// assignLogs tells a host's probe which logs it follows.
func (g *generation) assignLogs(h *inventory.Host) error {
	if h.Logs == nil {
		return nil
	}
	raw, err := hostlogs.Marshal(*h.Logs)
	if err != nil {
		return fmt.Errorf("logs of %s for its probe: %w", h.Name, err)
	}
	a := g.assignments[h.Name]
	a.Logs = raw
	g.assignments[h.Name] = a
	return nil
}

func (g *generation) assign(h *inventory.Host, c inventory.Check) error {
	raw, err := config.Marshal(c.Config)
	if err != nil {
		return fmt.Errorf("%s: %s/%s for its probe: %w", c.Source, h.Name, c.Name, err)
	}
	a := g.assignments[c.Probe]
	other, address := "", addressOnProbe(h)
	if c.Probe != h.Name {
		other, address = h.Name, cmp.Or(h.Address, h.Name)
		if g.polled[c.Probe] == nil {
			g.polled[c.Probe] = map[string]bool{}
		}
		g.polled[c.Probe][h.Name] = true
	}
	a.Checks = append(a.Checks, wire.AssignedCheck{
		Host: other, Name: c.Name, Type: c.Type, Interval: c.Interval, RetryInterval: c.RetryInterval,
		Timeout: c.Timeout, MaxAttempts: c.MaxAttempts, Address: address, Config: raw,
	})
	g.assignments[c.Probe] = a
	return nil
}

// addressOnProbe is where a host's own probe asks. A host without an address has
// its name for one, which need not resolve on the host itself.
func addressOnProbe(h *inventory.Host) string {
	if h.Address == "" || h.Address == h.Name {
		return "127.0.0.1"
	}
	return h.Address
}

// probeInterval is how often a probe collects once its first minute is over.
const probeInterval = 10 * time.Second

// seal gives a host's assignment its revision: a hash of what it says.
func (g *generation) seal(host string) error {
	a := g.assignments[host]
	a.Interval = probeInterval
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("assignment of %s: %w", host, err)
	}
	sum := sha256.Sum256(raw)
	a.Revision = hex.EncodeToString(sum[:8])
	g.assignments[host] = a
	return nil
}

// needsRestart names what differs from an older generation and is only read at
// start-up.
func (g *generation) needsRestart(old *generation) []string {
	var names []string
	a, b := g.settings, old.settings
	if !reflect.DeepEqual(a.HTTP, b.HTTP) {
		names = append(names, "listen, tls, auth, names, tokens_file, public_url")
	}
	if a.Probes != b.Probes {
		names = append(names, "probes")
	}
	if a.Store != b.Store {
		names = append(names, "store")
	}
	if keys := a.Logs.NeedsRestart(b.Logs.Config); len(keys) > 0 {
		names = append(names, "logs: "+strings.Join(keys, ", "))
	}
	if !reflect.DeepEqual(a.Traps, b.Traps) {
		names = append(names, "traps")
	}
	if !reflect.DeepEqual(a.Replies, b.Replies) {
		names = append(names, "replies")
	}
	slices.Sort(names)
	return names
}

// currentGeneration holds the one in force.
type currentGeneration struct {
	mu sync.RWMutex
	g  *generation
}

func (c *currentGeneration) get() *generation {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.g
}

// swap puts g in force and wakes who waits for a change.
func (c *currentGeneration) swap(g *generation) {
	c.mu.Lock()
	old := c.g
	c.g = g
	c.mu.Unlock()
	if old != nil {
		close(old.replaced)
	}
}

// checkDeps is what checks may use of the world.
func (s *server) checkDeps(from *settings) checks.Deps {
	return checks.Deps{
		Logger: s.log, Now: time.Now, Dialer: &net.Dialer{KeepAlive: -1}, Resolver: net.DefaultResolver,
		Query: s.query, LastSeen: s.lastSeen, Plugins: plugins.NewPool(from.Plugins), Pinger: s.pinger, Names: from.Names,
	}
}

// query asks the store for checks.
func (s *server) query(ctx context.Context, expr string, at time.Time) ([]checks.Point, error) {
	series, err := s.store.Query(ctx, expr, at)
	if err != nil {
		return nil, err
	}
	points := make([]checks.Point, 0, len(series))
	for _, one := range series {
		if len(one.Points) == 1 {
			points = append(points, checks.Point{Labels: one.Labels, At: one.Points[0].At, Value: one.Points[0].Value})
		}
	}
	return points, nil
}
