package timeperiod

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/internal/config"
)

// Definition is a period as the operator writes it, under periods.NAME.
type Definition struct {
	Zone    string   `yaml:"zone"`    // such as Asia/Tokyo; empty is the configuration's own
	Times   []string `yaml:"times"`   // rules; a line "exclude NAME" works as in Nagios
	Exclude []string `yaml:"exclude"` // names of periods
}

// Build makes every period of a configuration. zone is for those that name
// none. The error joins a config.Fault for everything that is wrong, with paths
// below periods.
func Build(defs map[string]*Definition, zone *time.Location) (map[string]*Period, error) {
	b := builder{defs: defs, zone: zone, done: map[string]*Period{}}
	for _, name := range slices.Sorted(maps.Keys(defs)) {
		b.period(name, nil)
	}
	if len(b.faults) > 0 {
		return nil, errors.Join(b.faults...)
	}
	return b.done, nil
}

type builder struct {
	defs   map[string]*Definition
	zone   *time.Location
	done   map[string]*Period
	faults []error
}

func (b *builder) fault(path, format string, args ...any) {
	b.faults = append(b.faults, config.Faultf(path, format, args...))
}

// period makes one period and what it excludes; trail holds those being made.
func (b *builder) period(name string, trail []string) *Period {
	if p, ok := b.done[name]; ok {
		return p
	}
	def := b.defs[name]
	if def == nil {
		def = &Definition{}
	}
	path := config.KeyPath("periods", name)
	p := &Period{name: name, zone: b.zone}
	if def.Zone != "" {
		zone, err := time.LoadLocation(def.Zone)
		if err != nil {
			b.fault(path+".zone", "unknown time zone (got %q; want a name such as Asia/Tokyo)", def.Zone)
			zone = time.UTC
		}
		p.zone = zone
	}
	trail = append(slices.Clone(trail), name)
	for i, x := range def.Exclude {
		b.exclude(p, trail, config.IndexPath(path+".exclude", i), x)
	}
	for i, line := range def.Times {
		at := config.IndexPath(path+".times", i)
		if names, ok := strings.CutPrefix(strings.TrimSpace(line), "exclude "); ok {
			for x := range strings.SplitSeq(names, ",") {
				b.exclude(p, trail, at, strings.TrimSpace(x))
			}
			continue
		}
		r, err := ParseRule(line)
		if err != nil {
			b.fault(at, "%v", err)
			continue
		}
		p.rules = append(p.rules, r)
	}
	b.done[name] = p
	return p
}

func (b *builder) exclude(p *Period, trail []string, path, name string) {
	if i := slices.Index(trail, name); i >= 0 {
		b.fault(path, "periods exclude each other in a circle (%s)", strings.Join(append(slices.Clone(trail[i:]), name), " → "))
		return
	}
	if _, ok := b.defs[name]; !ok {
		b.fault(path, "unknown period (got %q; want one of %s)", name, strings.Join(slices.Sorted(maps.Keys(b.defs)), ", "))
		return
	}
	x := b.period(name, trail)
	if def := b.defs[name]; def == nil || def.Zone == "" {
		// A list of holidays without a zone means the days of who uses it.
		x = &Period{name, nil, x.rules, x.exclude}
	}
	p.exclude = append(p.exclude, x)
}
