package actions

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/inventory"
	"monitord/internal/logkeys"
)

// KindProbe is Record.Kind of an action that a probe carries out.
const KindProbe = "probe"

// Plan is the section `actions` of one generation, worked out. It is never
// changed after Make.
type Plan struct {
	Actions []*Planned // sorted by name
	inv     *inventory.Inventory
	unauth  map[string]bool // types of check whose results anybody could have written
	index   map[unitKey]place
}

// place is where a plan has an action for a host.
type place struct{ action, target int }

// Planned is one action.
type Planned struct {
	Name    string
	Kind    string // a failover.Kind's name, or KindProbe
	Config  ActionConfig
	Targets []Target // sorted by host; never empty

	action  failover.Action // nil when a probe acts
	options failover.Config
	kind    failover.Kind
	remote  string // the name in the probe's own file
}

// Target is one host that an action may act for.
type Target struct {
	Host, Address string
	Services      []checks.Service // whose states ask for it; without an item, every item
	Confirm       []checks.Service
	Peers         []checks.Service
	Probe         string // the host whose probe acts; empty: the server
}

// Build works the section out: which hosts, which kinds, and that all that is
// named exists. enrolled are the hosts that have a probe; rules are those on logs
// that name an action. The error is a
// config.Faults with everything that is wrong.
func Build(c Config, inv *inventory.Inventory, kinds []failover.Kind, types []checks.Type, enrolled []string, rules ...Rule) (*Plan, error) {
	b := &builder{kinds: kinds, rules: rules, enrolled: enrolled, plan: &Plan{inv: inv, unauth: map[string]bool{}, index: map[unitKey]place{}}}
	for _, t := range types {
		b.plan.unauth[t.Name] = t.Unauthenticated
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		b.add(name, c[name])
	}
	b.faults = append(b.faults, ruleFaults(c, rules)...)
	if err := b.faults.Err(); err != nil {
		return nil, err
	}
	return b.plan, nil
}

// Make makes the actions. Each gets a folder of its own below dir.
func (p *Plan) Make(deps failover.Deps, dir string) error {
	var errs []error
	for _, one := range p.Actions {
		if one.Kind == KindProbe {
			continue
		}
		own := deps
		own.Dir = filepath.Join(dir, one.Name)
		if deps.Logger != nil {
			own.Logger = deps.Logger.With(slog.String(logkeys.Action, one.Name))
		}
		var err error
		if one.action, err = one.kind.New(one.options, own); err != nil {
			errs = append(errs, fmt.Errorf("action %s: %w", one.Name, err))
			continue
		}
		if _, can := one.action.(failover.Undoer); !can && one.Config.Undo != nil {
			errs = append(errs, fmt.Errorf("action %s: undo: %s cannot be taken back (leave undo out)", one.Name, one.Kind))
		}
	}
	return errors.Join(errs...)
}

// find returns an action and its target for a host.
func (p *Plan) find(name, host string) (*Planned, *Target) {
	if p == nil {
		return nil, nil
	}
	at, ok := p.index[unitKey{name, host}]
	if !ok {
		return nil, nil
	}
	one := p.Actions[at.action]
	return one, &one.Targets[at.target]
}

// source says who runs a check, and whether its results prove who wrote them.
func (p *Plan) source(s checks.Service) (from string, unauthenticated bool) {
	from = failover.FromServer
	h, ok := p.inv.Host(s.Host)
	if !ok {
		return from, false
	}
	for _, c := range h.Checks {
		if c.Name == s.Check {
			if c.RunOn == inventory.RunProbe {
				from = "probe " + s.Host
			}
			return from, p.unauth[c.Type]
		}
	}
	return from, false
}

// builder gathers a plan and every fault on the way.
type builder struct {
	kinds    []failover.Kind
	enrolled []string
	rules    []Rule
	plan     *Plan
	faults   config.Faults

	// The action at hand.
	node *config.Node
	root string // its path
}

// fault is one of the action at hand; path is relative to it.
func (b *builder) fault(path, format string, args ...any) {
	b.faults = append(b.faults, config.PlacedFault{Place: b.node.Locate(path), Path: b.root + "." + path, Problem: fmt.Sprintf(format, args...)})
}

func (b *builder) add(name string, c ActionConfig) {
	one := &Planned{Name: name, Config: c}
	b.node, b.root = c.node, config.KeyPath("actions", name)
	probe := b.do(one)
	for _, host := range b.hosts(name, c.When) {
		t := Target{Host: host.name, Services: host.services}
		h, _ := b.plan.inv.Host(host.name)
		t.Address = h.Address
		t.Confirm = b.references("premises.confirmed_by", host.name, c.Premises.ConfirmedBy)
		t.Peers = b.references("premises.peers", host.name, c.Premises.Peers)
		t.Probe = b.probe(host.name, probe)
		b.plan.index[unitKey{name, t.Host}] = place{len(b.plan.Actions), len(one.Targets)}
		one.Targets = append(one.Targets, t)
	}
	b.plan.Actions = append(b.plan.Actions, one)
}

// do reads what is to be done; probe is the host whose probe does it, as written.
func (b *builder) do(one *Planned) (probe string) {
	n, path := one.Config.Do, "do"
	if n == nil || n.Kind != config.Map {
		return "" // said by Validate
	}
	if n.Get(KindProbe) != nil {
		return b.doByProbe(one, n, path)
	}
	var names []string
	for _, k := range b.kinds {
		names = append(names, k.Name)
	}
	if len(n.Entries) != 1 {
		b.fault(path, "exactly one thing is done (got %d keys; want one of %s, or probe and action)", len(n.Entries), strings.Join(names, ", "))
		return ""
	}
	i := slices.IndexFunc(b.kinds, func(k failover.Kind) bool { return k.Name == n.Entries[0].Key })
	if i < 0 {
		b.fault(path+"."+n.Entries[0].Key, "unknown kind of action (want one of %s, or probe and action)", strings.Join(names, ", "))
		return ""
	}
	one.kind, one.Kind = b.kinds[i], b.kinds[i].Name
	options, err := failover.Options(one.kind, n.Entries[0].Value, b.root+"."+path+"."+one.Kind)
	b.faults = append(b.faults, config.AllFaults(err, "")...)
	one.options = options
	return ""
}

// byProbe is `do` of an action that a probe carries out. There are no arguments
// on purpose: the probe's own file has them.
type byProbe struct {
	Probe  string `yaml:"probe"`
	Action string `yaml:"action"`
}

func (b *builder) doByProbe(one *Planned, n *config.Node, path string) string {
	var d byProbe
	if err := config.Decode(n, b.root+"."+path, &d); err != nil {
		b.faults = append(b.faults, config.AllFaults(err, "")...)
		return ""
	}
	if !actionName.MatchString(d.Action) {
		b.fault(path+".action", "got %q; want the name of an action in that probe's own probe.yaml", d.Action)
	}
	one.Kind, one.remote = KindProbe, d.Action
	return d.Probe
}

// hostMacro stands for the host that an action acts for.
const hostMacro = "{{host}}"

func (b *builder) probe(host, probe string) string {
	if probe == "" {
		return ""
	}
	probe = strings.ReplaceAll(probe, hostMacro, host)
	if !slices.Contains(b.enrolled, probe) {
		if _, known := b.plan.inv.Host(probe); !known {
			b.fault("do.probe", "unknown host (got %q; want a host that has a probe, or %s)", probe, hostMacro)
		}
	}
	return probe
}

// references reads names of services for one host.
func (b *builder) references(path, host string, names []string) []checks.Service {
	var list []checks.Service
	for i, name := range names {
		s, err := checks.ParseService(strings.ReplaceAll(name, hostMacro, host))
		if err == nil {
			err = b.knows(s)
		}
		if err != nil {
			b.fault(config.IndexPath(path, i), "%v", err)
			continue
		}
		list = append(list, s)
	}
	return list
}

func (b *builder) knows(s checks.Service) error {
	h, ok := b.plan.inv.Host(s.Host)
	if !ok {
		return fmt.Errorf("unknown host (got %q)", s.Host)
	}
	var names []string
	for _, c := range h.Checks {
		names = append(names, c.Name)
	}
	if !slices.Contains(names, s.Check) {
		return fmt.Errorf("host %s has no such check (got %q; want one of %s)", s.Host, s.Check, strings.Join(names, ", "))
	}
	return nil
}

// matched is a host with what on it asks for the action.
type matched struct {
	name     string
	services []checks.Service
}

// hosts finds what `when` means.
func (b *builder) hosts(action string, w WhenConfig) []matched {
	found := map[string][]checks.Service{}
	for _, s := range b.references("when.services", "", w.Services) {
		found[s.Host] = append(found[s.Host], s)
	}
	for i, h := range w.Hosts {
		if _, ok := b.plan.inv.Host(h); !ok {
			b.fault(config.IndexPath("when.hosts", i), "unknown host (got %q)", h)
		}
	}
	for i, g := range w.Groups {
		if !slices.ContainsFunc(b.plan.inv.Hosts, func(h inventory.Host) bool { return h.In(g) }) {
			b.fault(config.IndexPath("when.groups", i), "no host is in this group (got %q)", g)
		}
	}
	for i, check := range w.Checks {
		if !b.match(found, w, check) {
			b.fault(config.IndexPath("when.checks", i), "none of these hosts has such a check (got %q)", check)
		}
	}
	if w.Rules {
		b.raisedByRules(found, action, w)
	}
	var list []matched
	for _, host := range slices.Sorted(maps.Keys(found)) {
		list = append(list, matched{host, found[host]})
	}
	return list
}

func (b *builder) match(found map[string][]checks.Service, w WhenConfig, check string) (any bool) {
	for _, h := range b.plan.inv.Hosts {
		if !w.narrows(h) {
			continue
		}
		for _, c := range h.Checks {
			s := checks.Service{Host: h.Name, Check: check}
			if c.Name == check {
				any = true
				if !slices.Contains(found[h.Name], s) {
					found[h.Name] = append(found[h.Name], s)
				}
			}
		}
	}
	return any
}
