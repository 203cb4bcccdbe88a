package inventory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/hostlogs"
	"monitord/internal/text"
	"monitord/internal/timeperiod"
)

// DefaultTemplate is the template of hosts that have a probe and name none.
const DefaultTemplate = "linux"

// builder gathers an Inventory and every fault on the way.
type builder struct {
	cfg       *Config
	templates map[string]*TemplateConfig
	types     map[string]checks.Type
	enrolled  map[string]bool
	faults    config.Faults
	inv       *Inventory
	now       func() time.Time
}

// Build makes the effective inventory of a configuration. Types are the kinds
// of check that may be named; enrolled are the hosts that have a probe: those
// that are not configured become hosts with the embedded default. Values come
// from, later ones winning: defaults, templates (of the groups, then of the
// host, as listed), groups (from the top down), host. The error is a
// config.Faults with everything that is wrong.
func Build(cfg *Config, types []checks.Type, enrolled []string) (*Inventory, error) {
	base, err := embedded()
	if err != nil {
		return nil, err
	}
	b := &builder{cfg: cfg, now: time.Now, types: map[string]checks.Type{}, enrolled: map[string]bool{}, templates: layTemplates(base.Templates, cfg.Templates)}
	for _, t := range types {
		b.types[t.Name] = t
	}
	for _, name := range enrolled {
		b.enrolled[name] = true
	}
	zone, err := loadZone(cfg.Timezone, localZone())
	if err != nil {
		return nil, fmt.Errorf("timezone: %w", err)
	}
	b.inv = &Inventory{Language: cmp.Or(cfg.Language, text.English), Zone: zone, origins: map[string]origin{}}
	b.names()
	b.periods()
	b.hosts()
	b.parents()
	if len(b.faults) == 0 { // a circle of parents would be found again
		b.dependencies()
	}
	b.onePerson()
	b.contacts()
	b.rotas()
	b.teams()
	b.escalations()
	b.inv.Storm = Storm(cfg.Storm)
	if err := b.faults.Err(); err != nil {
		return nil, err
	}
	return b.inv, nil
}

func (b *builder) periods() {
	var err error
	if b.inv.Periods, err = timeperiod.Build(b.cfg.Periods, b.inv.Zone); err != nil {
		for _, f := range config.AllFaults(err, "") {
			b.fault(f.Path, "%s", f.Problem)
		}
	}
}

func (b *builder) fault(path, format string, args ...any) {
	b.faults = append(b.faults, config.PlacedFault{Place: b.cfg.node.Locate(path), Path: path, Problem: fmt.Sprintf(format, args...)})
}

// keyFault is a fault of the name that a section's key is.
func (b *builder) keyFault(section, name string, err error) {
	place := b.cfg.node.Get(section).KeyPlace(name)
	b.faults = append(b.faults, config.PlacedFault{Place: place, Path: config.KeyPath(section, name), Problem: err.Error()})
}

// layTemplates puts the operator's templates over the embedded ones.
func layTemplates(base, own map[string]*TemplateConfig) map[string]*TemplateConfig {
	out := maps.Clone(base)
	for name, t := range own {
		if t == nil {
			t = &TemplateConfig{}
		}
		if below := base[name]; below != nil {
			t = &TemplateConfig{Alive: cmp.Or(t.Alive, below.Alive), Vars: layVars(below.Vars, t.Vars), Checks: layChecks(below.Checks, t.Checks), Logs: hostlogs.Lay(below.Logs, t.Logs)}
		}
		out[name] = t
	}
	return out
}

func layVars(below, above map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, below)
	maps.Copy(out, above)
	return out
}

// layChecks merges checks key by key. A check of another type replaces the
// whole check: the keys of two types do not mix.
func layChecks(below, above map[string]*config.Node) map[string]*config.Node {
	out := maps.Clone(below)
	if out == nil {
		out = map[string]*config.Node{}
	}
	for name, n := range above {
		old, kind := out[name], n.Get("type")
		if old != nil && kind != nil && old.Get("type") != nil && old.Get("type").Text != kind.Text {
			old = nil
		}
		out[name] = config.Merge(old, n)
	}
	return out
}

// names checks the names that are keys.
func (b *builder) names() {
	for path := range b.cfg.Groups {
		if err := validGroup(path); err != nil {
			b.keyFault("groups", path, err)
		}
		b.knownTemplates(config.KeyPath("groups", path), groupTemplates(b.cfg.Groups[path]))
	}
	for section, names := range map[string][]string{
		"templates": slices.Collect(maps.Keys(b.cfg.Templates)),
		"contacts":  slices.Collect(maps.Keys(b.cfg.Contacts)),
		"teams":     slices.Collect(maps.Keys(b.cfg.Teams)),
		"rotas":     slices.Collect(maps.Keys(b.cfg.Rotas)),
		"hosts":     slices.Collect(maps.Keys(b.cfg.Hosts)),
	} {
		for _, name := range names {
			if err := ValidName(name); err != nil {
				b.keyFault(section, name, err)
			}
		}
	}
}

func groupTemplates(g *GroupConfig) []string {
	if g == nil {
		return nil
	}
	return g.Templates
}

func (b *builder) knownTemplates(path string, names []string) {
	for i, name := range names {
		if b.templates[name] == nil {
			b.fault(config.IndexPath(path+".templates", i), "unknown template (got %q; want one of %s)", name, strings.Join(slices.Sorted(maps.Keys(b.templates)), ", "))
		}
	}
}

// hosts builds every host: those configured, and those known by their probe.
func (b *builder) hosts() {
	all := maps.Clone(b.cfg.Hosts)
	if all == nil {
		all = map[string]*HostConfig{}
	}
	for name := range b.enrolled {
		if _, ok := all[name]; !ok {
			if err := ValidName(name); err != nil {
				b.faults = append(b.faults, config.PlacedFault{Path: "enrolled probe " + name, Problem: err.Error()})
				continue
			}
			all[name] = nil
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		hb := &hostBuilder{builder: b, name: name, path: config.KeyPath("hosts", name), cfg: all[name]}
		if hb.cfg == nil {
			hb.cfg = &HostConfig{}
		}
		b.inv.Hosts = append(b.inv.Hosts, hb.build())
	}
}

// parents checks that parents exist and that nothing hangs behind itself.
func (b *builder) parents() {
	const visiting, done = 1, 2
	state := map[string]int{}
	var visit func(name string, trail []string)
	visit = func(name string, trail []string) {
		h, ok := b.inv.Host(name)
		if !ok || state[name] == done {
			return
		}
		if state[name] == visiting {
			loop := append(slices.Clone(trail[slices.Index(trail, name):]), name)
			b.fault(config.KeyPath("hosts", name)+".parents", "hosts hang behind each other in a circle (%s)", strings.Join(loop, " → "))
			return
		}
		state[name] = visiting
		for _, p := range h.Parents {
			visit(p, append(trail, name))
		}
		state[name] = done
	}
	for _, h := range b.inv.Hosts {
		for i, p := range h.Parents {
			if _, ok := b.inv.Host(p); !ok {
				b.fault(config.IndexPath(config.KeyPath("hosts", h.Name)+".parents", i), "unknown host (got %q)", p)
			}
		}
		visit(h.Name, nil)
	}
}
