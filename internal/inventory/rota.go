package inventory

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/internal/config"
	"monitord/internal/rota"
)

// RotaConfig is who is on call when.
type RotaConfig struct {
	Timezone  string           `yaml:"timezone"`
	Layers    []LayerConfig    `yaml:"layers"`    // the last one that speaks counts
	Overrides []OverrideConfig `yaml:"overrides"` // before all layers
}

// LayerConfig is one rotation: members in turns of the same length, or turns.
type LayerConfig struct {
	Members []string      `yaml:"members"`
	Every   time.Duration `yaml:"every"` // 1w when left out
	Turns   []TurnConfig  `yaml:"turns"` // in place of members and every
	Start   string        `yaml:"start"` // 2026-11-02 09:00: when the first turn begins
	During  string        `yaml:"during"`
}

// TurnConfig is one turn of a custom rotation.
type TurnConfig struct {
	Member string        `yaml:"member"`
	For    time.Duration `yaml:"for"`
}

// OverrideConfig puts somebody in another's place.
type OverrideConfig struct {
	Member string `yaml:"member"`
	From   string `yaml:"from"`
	To     string `yaml:"to"`
}

// wallTime is how moments are written, on the clock of the rota's zone.
const wallTime = "2006-01-02 15:04"

const wantWallTime = "want a moment such as 2026-11-02 09:00"

// week is the length of a turn that says nothing else.
const week = 7 * 24 * time.Hour

// Validate checks what needs no other part of the configuration.
func (c *RotaConfig) Validate() error {
	var faults []error
	if _, err := loadZone(c.Timezone, time.UTC); err != nil {
		faults = append(faults, config.Faultf("timezone", "unknown time zone (got %q; want a name such as Asia/Tokyo)", c.Timezone))
	}
	if len(c.Layers) == 0 {
		faults = append(faults, config.Faultf("layers", "a rota without a layer has nobody (want a list such as [{members: [dba1, dba2], start: 2026-11-02 09:00}])"))
	}
	return errors.Join(faults...)
}

// Validate checks turns and start.
func (c *LayerConfig) Validate() error {
	var faults []error
	bad := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	switch {
	case len(c.Members) > 0 && len(c.Turns) > 0:
		bad("turns", "stands beside members (want one of them)")
	case len(c.Members) == 0 && len(c.Turns) == 0:
		bad("members", "the layer has nobody (want a list of contacts, or turns)")
	}
	if c.Every != 0 && (c.Every < time.Minute || c.Every > 53*week) {
		bad("every", "out of range (got %s; want 1m to 53w)", config.FormatDuration(c.Every))
	}
	for i, t := range c.Turns {
		if t.For < time.Minute || t.For > 53*week {
			bad(config.IndexPath("turns", i)+".for", "out of range (got %s; want 1m to 53w)", config.FormatDuration(t.For))
		}
	}
	if _, err := time.Parse(wallTime, c.Start); err != nil && !(c.Start == "" && len(c.Members) == 1) {
		bad("start", "not a moment (got %q; %s)", c.Start, wantWallTime)
	}
	return errors.Join(faults...)
}

// Validate checks the moments.
func (c *OverrideConfig) Validate() error {
	var faults []error
	from, err1 := time.Parse(wallTime, c.From)
	to, err2 := time.Parse(wallTime, c.To)
	if err1 != nil {
		faults = append(faults, config.Faultf("from", "not a moment (got %q; %s)", c.From, wantWallTime))
	}
	if err2 != nil {
		faults = append(faults, config.Faultf("to", "not a moment (got %q; %s)", c.To, wantWallTime))
	}
	if err1 == nil && err2 == nil && !to.After(from) {
		faults = append(faults, config.Faultf("to", "ends before it begins (got %s to %s)", c.From, c.To))
	}
	return errors.Join(faults...)
}

// coverage is how far ahead a rota must have somebody: over every holiday and
// change of daylight saving time of a year.
const coverage = 400 * 24 * time.Hour

// rotas builds every rota, and refuses one with a hole.
func (b *builder) rotas() {
	for _, name := range slices.Sorted(maps.Keys(b.cfg.Rotas)) {
		path, cfg := config.KeyPath("rotas", name), b.cfg.Rotas[name]
		if cfg == nil {
			b.fault(path, "a rota without a layer has nobody (want {layers: [{members: [dba1, dba2], start: 2026-11-02 09:00}]})")
			continue
		}
		before := len(b.faults)
		zone, err := loadZone(cfg.Timezone, b.inv.Zone)
		if err != nil {
			continue // told by Validate
		}
		r := rota.Rota{Name: name, Zone: zone}
		for i, l := range cfg.Layers {
			r.Layers = append(r.Layers, b.layer(config.IndexPath(path+".layers", i), l, zone))
		}
		for i, o := range cfg.Overrides {
			at := config.IndexPath(path+".overrides", i)
			b.knownContact(at+".member", o.Member)
			r.Overrides = append(r.Overrides, rota.Override{Member: o.Member, From: moment(o.From, zone), To: moment(o.To, zone)})
		}
		if len(b.faults) > before {
			continue
		}
		if hole, found := r.Hole(b.now(), b.now().Add(coverage)); found {
			b.fault(path, "nobody is on call at %s (add a layer without during below the others, or make the periods meet)", hole.In(zone).Format(wallTime+" MST"))
		}
		b.inv.Rotas = append(b.inv.Rotas, r)
	}
}

func (b *builder) layer(path string, cfg LayerConfig, zone *time.Location) rota.Layer {
	l := rota.Layer{Start: moment(cfg.Start, zone), During: b.namedPeriod(path+".during", cfg.During)}
	every := cfg.Every
	if every == 0 {
		every = week
	}
	for i, m := range cfg.Members {
		b.knownContact(config.IndexPath(path+".members", i), m)
		l.Turns = append(l.Turns, rota.Turn{Member: m, For: every})
	}
	for i, t := range cfg.Turns {
		b.knownContact(config.IndexPath(path+".turns", i)+".member", t.Member)
		l.Turns = append(l.Turns, rota.Turn(t))
	}
	return l
}

func (b *builder) knownContact(path, name string) {
	if b.cfg.Contacts[name] == nil {
		b.fault(path, "unknown contact (got %q; want one of %s)", name, b.contactNames())
	}
}

func (b *builder) contactNames() string {
	if len(b.cfg.Contacts) == 0 {
		return "contacts: none is configured"
	}
	return strings.Join(slices.Sorted(maps.Keys(b.cfg.Contacts)), ", ")
}

// moment reads what Validate has looked at.
func moment(s string, zone *time.Location) time.Time {
	t, err := time.ParseInLocation(wallTime, s, zone)
	if err != nil {
		return time.Time{}.In(zone) // a layer with one member needs no start
	}
	return t
}
