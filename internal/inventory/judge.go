package inventory

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/timeperiod"
)

// Judge says how results of a check become states, and when people are told.
// Its zero value judges by attempts alone, without flapping and freshness, and
// tells at any time.
type Judge struct {
	ConfirmAfter time.Duration  // a problem is hard once it is that old, instead of after attempts; 0: attempts
	RecoverAfter time.Duration  // a recovery counts once the service has been well that long; 0: at once
	Volatile     bool           // every bad result of a hard problem is told
	Freshness    time.Duration  // without a result for that long a service is MISSED; 0: never
	FlapLow      float64        // percent below which flapping ends
	FlapHigh     float64        // percent at which it begins; 0: no detection
	FlapOn       []checks.State // states that count for it; empty: all
	NotifyOn     NotifyOn       // what is told; 0: everything
	EveryChange  bool           // also a change of a hard problem that is not for the worse is told, as Nagios does
	NotifyPeriod *timeperiod.Period
	CheckPeriod  *timeperiod.Period
	DependsOn    []Dependency
}

// Dependency says what must be well for a service to be judged on its own:
// AtLeast of the checks Of.
type Dependency struct {
	Of      []CheckRef
	AtLeast int
}

// CheckRef names a check of a host.
type CheckRef struct{ Host, Check string }

// String is host/check.
func (r CheckRef) String() string { return r.Host + "/" + r.Check }

// NotifyOn is a set of what is told of a service; the empty set is everything.
type NotifyOn uint8

// The members of NotifyOn, as notify_on names them.
const (
	NotifyWarning NotifyOn = 1 << iota
	NotifyCritical
	NotifyUnknown
	NotifyRecovery
	NotifyFlapping
	NotifyMissed
)

var notifyNames = map[string]NotifyOn{"warning": NotifyWarning, "critical": NotifyCritical, "unknown": NotifyUnknown,
	"recovery": NotifyRecovery, "flapping": NotifyFlapping, "missed": NotifyMissed}

// Has reports whether the set holds what; the empty set holds everything.
func (n NotifyOn) Has(what NotifyOn) bool { return n == 0 || n&what != 0 }

// OfState is the member for a problem's state; 0 for OK.
func OfState(s checks.State) NotifyOn {
	return map[checks.State]NotifyOn{checks.Warning: NotifyWarning, checks.Critical: NotifyCritical, checks.Unknown: NotifyUnknown}[s]
}

// The defaults of flapping are those of Nagios.
const (
	defaultFlapLow  = 5
	defaultFlapHigh = 20
)

// judgeConfig is the keys of a check that say how it is judged.
type judgeConfig struct {
	ConfirmAfter  time.Duration  `yaml:"confirm_after"`
	RecoverAfter  time.Duration  `yaml:"recover_after"`
	Volatile      bool           `yaml:"volatile"`
	Freshness     *time.Duration `yaml:"freshness"` // 3×interval + timeout when left out; 0s: never
	Flapping      bool           `yaml:"flapping"`
	FlapLow       float64        `yaml:"flap_low"`
	FlapHigh      float64        `yaml:"flap_high"`
	FlapOn        []string       `yaml:"flap_on"` // ok, warning, critical, unknown; all when left out
	NotifyOn      []string       `yaml:"notify_on"`
	NotifyChanges string         `yaml:"notify_changes"` // worse or all
	NotifyPeriod  string         `yaml:"notify_period"`
	CheckPeriod   string         `yaml:"check_period"`
	DependsOn     []*config.Node `yaml:"depends_on"` // host/check, or {of: [host/check, …], at_least: 2}
}

func newJudge() *judgeConfig {
	return &judgeConfig{Flapping: true, FlapLow: defaultFlapLow, FlapHigh: defaultFlapHigh, NotifyChanges: "worse"}
}

// maxConfirm bounds confirm_after and recover_after: a day.
const maxConfirm = 24 * time.Hour

// Validate checks ranges and words.
func (c *judgeConfig) Validate() error {
	var faults []error
	bad := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	for path, d := range map[string]time.Duration{"confirm_after": c.ConfirmAfter, "recover_after": c.RecoverAfter} {
		if d < 0 || d > maxConfirm {
			bad(path, "out of range (got %s; want 0s to 1d)", config.FormatDuration(d))
		}
	}
	if c.Freshness != nil && *c.Freshness < 0 {
		bad("freshness", "out of range (got %s; want 0s or more)", config.FormatDuration(*c.Freshness))
	}
	if !(c.FlapLow >= 0 && c.FlapLow < c.FlapHigh && c.FlapHigh <= 100) {
		bad("flap_high", "the limits of flapping do not fit (got %g and %g percent; want 0 ≤ flap_low < flap_high ≤ 100)", c.FlapLow, c.FlapHigh)
	}
	for i, name := range c.FlapOn {
		if _, err := checks.ParseState(strings.ToUpper(name)); err != nil {
			bad(config.IndexPath("flap_on", i), "unknown state (got %q; want ok, warning, critical or unknown)", name)
		}
	}
	for i, name := range c.NotifyOn {
		if notifyNames[name] == 0 {
			bad(config.IndexPath("notify_on", i), "unknown word (got %q; want %s)", name, strings.Join(slices.Sorted(maps.Keys(notifyNames)), ", "))
		}
	}
	if c.NotifyChanges != "worse" && c.NotifyChanges != "all" {
		bad("notify_changes", "unknown word (got %q; want worse or all)", c.NotifyChanges)
	}
	return errors.Join(faults...)
}

// judge makes the rules of one check. References to other checks are looked at
// when every host is known.
func (hb *hostBuilder) judge(path string, c *judgeConfig, common *commonConfig) Judge {
	j := Judge{ConfirmAfter: c.ConfirmAfter, RecoverAfter: c.RecoverAfter, Volatile: c.Volatile, EveryChange: c.NotifyChanges == "all"}
	j.Freshness = freshness(common.Interval, common.timeout())
	if c.Freshness != nil {
		j.Freshness = *c.Freshness
	}
	if c.Flapping {
		j.FlapLow, j.FlapHigh = c.FlapLow, c.FlapHigh
	}
	for _, name := range c.FlapOn {
		if state, err := checks.ParseState(strings.ToUpper(name)); err == nil {
			j.FlapOn = append(j.FlapOn, state)
		}
	}
	for _, name := range c.NotifyOn {
		j.NotifyOn |= notifyNames[name]
	}
	j.NotifyPeriod = hb.namedPeriod(path+".notify_period", c.NotifyPeriod)
	j.CheckPeriod = hb.namedPeriod(path+".check_period", c.CheckPeriod)
	for i, n := range c.DependsOn {
		j.DependsOn = append(j.DependsOn, hb.dependency(config.IndexPath(path+".depends_on", i), n))
	}
	return j
}

// freshness is after how long without a result a service is MISSED by default.
func freshness(interval, timeout time.Duration) time.Duration { return 3*interval + timeout }

// namedPeriod is the period of that name; nil for none.
func (b *builder) namedPeriod(path, name string) *timeperiod.Period {
	if name == "" {
		return nil
	}
	p := b.inv.Periods[name]
	if p == nil {
		known := strings.Join(slices.Sorted(maps.Keys(b.inv.Periods)), ", ")
		b.fault(path, "unknown period (got %q; want one of %s)", name, cmp.Or(known, "periods: none is configured"))
	}
	return p
}

// dependency reads host/check or {of: […], at_least: N}.
func (hb *hostBuilder) dependency(path string, n *config.Node) Dependency {
	var c struct {
		Of      []string `yaml:"of"`
		AtLeast int      `yaml:"at_least"`
	}
	if n != nil && n.Kind == config.Scalar {
		c.Of, c.AtLeast = []string{n.Text}, 1
	} else if err := config.Decode(n, path, &c); err != nil {
		hb.faults = append(hb.faults, config.AllFaults(err, path)...)
		return Dependency{}
	}
	if len(c.Of) == 0 || c.AtLeast < 1 || c.AtLeast > len(c.Of) {
		hb.fault(path, "not a dependency (want host/check, or {of: [host/check, …], at_least: 1 to their number})")
		return Dependency{}
	}
	d := Dependency{AtLeast: c.AtLeast}
	for _, name := range c.Of {
		host, check, ok := strings.Cut(name, "/")
		if !ok {
			host, check = hb.name, name // a check of the same host
		}
		d.Of = append(d.Of, CheckRef{host, check})
	}
	return d
}

// Check returns a check by its name.
func (inv *Inventory) Check(ref CheckRef) (*Check, bool) {
	h, ok := inv.Host(ref.Host)
	if !ok {
		return nil, false
	}
	for i := range h.Checks {
		if h.Checks[i].Name == ref.Check {
			return &h.Checks[i], true
		}
	}
	return nil, false
}

// Requires lists what must be well for a check to be judged on its own: its
// dependencies, its host's alive check and, for that one, an alive check among
// the host's parents. Parents without one are passed over to theirs. What another
// host's probe runs also needs that probe.
func (inv *Inventory) Requires(c *Check) []Dependency {
	list := slices.Clone(c.Judge.DependsOn)
	if of, ok := inv.poller(c); ok {
		list = append(list, Dependency{Of: []CheckRef{of}, AtLeast: 1})
	}
	h, ok := inv.Host(c.Host)
	if !ok {
		return list
	}
	if h.Alive != "" && h.Alive != c.Name {
		return append(list, Dependency{Of: []CheckRef{{h.Name, h.Alive}}, AtLeast: 1})
	}
	if of := inv.above(h, map[string]bool{}); len(of) > 0 {
		list = append(list, Dependency{Of: of, AtLeast: 1})
	}
	return list
}

// Sources lists what must be well for what a host sends to say something about
// it: its alive check, or those above it, and the check of its probe.
func (inv *Inventory) Sources(h *Host) []Dependency {
	list := inv.Requires(&Check{Host: h.Name})
	for i := range h.Checks {
		if c := &h.Checks[i]; c.Type == "probe" && c.Name != h.Alive {
			list = append(list, Dependency{Of: []CheckRef{{h.Name, c.Name}}, AtLeast: 1})
		}
	}
	return list
}

// poller is what tells that the probe of another host, which runs a check, is
// there: that host's check of its probe, or else its alive check.
func (inv *Inventory) poller(c *Check) (CheckRef, bool) {
	if c.Probe == "" || c.Probe == c.Host {
		return CheckRef{}, false
	}
	h, ok := inv.Host(c.Probe)
	if !ok {
		return CheckRef{}, false
	}
	for i := range h.Checks {
		if h.Checks[i].Type == "probe" {
			return CheckRef{h.Name, h.Checks[i].Name}, true
		}
	}
	return CheckRef{h.Name, h.Alive}, h.Alive != ""
}

// above lists the alive checks of what a host hangs behind.
func (inv *Inventory) above(h *Host, seen map[string]bool) []CheckRef {
	var list []CheckRef
	for _, name := range h.Parents {
		p, ok := inv.Host(name)
		if !ok || seen[name] {
			continue
		}
		seen[name] = true
		if p.Alive != "" {
			list = append(list, CheckRef{p.Name, p.Alive})
		} else {
			list = append(list, inv.above(p, seen)...)
		}
	}
	return list
}

// dependencies checks that what is depended on exists, and that nothing depends
// on itself.
func (b *builder) dependencies() {
	state := map[CheckRef]int{}
	for i := range b.inv.Hosts {
		for j := range b.inv.Hosts[i].Checks {
			b.visit(&b.inv.Hosts[i].Checks[j], state, nil)
		}
	}
}

func (b *builder) visit(c *Check, state map[CheckRef]int, trail []CheckRef) {
	const visiting, done = 1, 2
	ref := CheckRef{c.Host, c.Name}
	path := config.KeyPath(config.KeyPath("hosts", c.Host)+".checks", c.Name) + ".depends_on"
	if state[ref] == visiting {
		var loop []string
		for _, r := range append(trail[slices.Index(trail, ref):], ref) {
			loop = append(loop, r.String())
		}
		b.fault(path, "checks depend on each other in a circle (%s)", strings.Join(loop, " → "))
	}
	if state[ref] != 0 {
		return
	}
	state[ref] = visiting
	for _, d := range b.inv.Requires(c) {
		for _, of := range d.Of {
			if next, ok := b.inv.Check(of); ok {
				b.visit(next, state, append(slices.Clone(trail), ref))
			} else {
				b.fault(path, "unknown check (got %q; want host/check)", of)
			}
		}
	}
	state[ref] = done
}
