package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/timeperiod"
)

// Escalation says who is told about which services, and when.
type Escalation struct {
	Name  string // its place in the list, or the name it was given; unique
	Match Match
	Steps []Step // by After
}

// Match is true of a service when every field that is set is.
type Match struct {
	Groups   []string           // a host in any of these groups or below
	Hosts    []string           // one of these hosts
	Checks   []string           // one of these check names
	Severity *checks.State      // this state or worse; nil means WARNING or worse and UNKNOWN
	During   *timeperiod.Period // when the incident opens, or gets worse; nil: always
}

// Step tells people once the incident is After old.
type Step struct {
	To          []string      // names of contacts, teams and rotas
	Channel     string        // only by channels of this kind; empty: by each contact's channels in their order
	After       time.Duration // since the incident opened
	Repeat      time.Duration // told again so long after the last time; 0: once
	Times       int           // told at most so often; 0: without limit (where Repeat is set)
	UntilClosed bool          // also while somebody has it: an acknowledgement does not end it
}

// Storm bounds how many pages one recipient gets.
type Storm struct {
	Pages  int // in Within; what comes beyond is one page with counts. 0: no bound
	Within time.Duration
}

// EscalationConfig says who is told when.
type EscalationConfig struct {
	Name  string       `yaml:"name"` // for people; its place when left out
	Match MatchConfig  `yaml:"match"`
	Steps []StepConfig `yaml:"steps"`
}

// MatchConfig narrows an escalation; every key that is set must fit.
type MatchConfig struct {
	Groups   []string  `yaml:"groups"`
	Hosts    []string  `yaml:"hosts"`
	Checks   []string  `yaml:"checks"`
	Severity *Severity `yaml:"severity"` // this or worse
	During   string    `yaml:"during"`   // a period
}

// StepConfig tells people.
type StepConfig struct {
	To      *config.Node  `yaml:"to"` // a contact, team or rota, or a list of them
	Channel string        `yaml:"channel"`
	After   time.Duration `yaml:"after"`
	Repeat  time.Duration `yaml:"repeat"`
	Times   int           `yaml:"times"`
	Until   Until         `yaml:"until"`
}

// Until says what ends the repeats of a step.
type Until string

// The ends of a step's repeats.
const (
	UntilAcknowledged Until = "acknowledged"
	UntilClosed       Until = "closed"
)

// StormConfig is the section storm.
type StormConfig struct {
	Pages  int           `yaml:"pages"`
	Within time.Duration `yaml:"within"`
}

// defaultStorm is far more than one person can work on.
var defaultStorm = StormConfig{Pages: 20, Within: 10 * time.Minute}

// Validate checks the numbers.
func (c *StormConfig) Validate() error {
	var faults []error
	if c.Pages < 0 || c.Pages > 1000 {
		faults = append(faults, config.Faultf("pages", "out of range (got %d; want 1 to 1000, or 0 for no bound)", c.Pages))
	}
	if c.Within < time.Minute || c.Within > 24*time.Hour {
		faults = append(faults, config.Faultf("within", "out of range (got %s; want 1m to 24h)", config.FormatDuration(c.Within)))
	}
	return errors.Join(faults...)
}

// Validate checks that there is a step.
func (e *EscalationConfig) Validate() error {
	if len(e.Steps) == 0 {
		return config.Faultf("steps", "an escalation tells nobody (want a list such as [{to: noc, after: 0s}])")
	}
	return nil
}

// leastRepeat keeps a step from ringing without a pause.
const leastRepeat = time.Second

// Validate checks times and words.
func (s *StepConfig) Validate() error {
	var faults []error
	bad := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	if s.After < 0 {
		bad("after", "it is before the incident (got %s; want 0s or more)", s.After)
	}
	if s.Repeat < 0 || s.Repeat > 0 && s.Repeat < leastRepeat {
		bad("repeat", "out of range (got %s; want 1s or more, or nothing)", s.Repeat)
	}
	if s.Times < 0 || s.Times > 1 && s.Repeat == 0 {
		bad("times", "it needs repeat, and is 1 or more (got %d)", s.Times)
	}
	switch s.Until {
	case "", UntilAcknowledged, UntilClosed:
	default:
		bad("until", "unknown word (got %q; want acknowledged or closed)", string(s.Until))
	}
	return errors.Join(faults...)
}

// escalations builds the list. With contacts and no escalation, everybody is
// told at once: a page to too many is better than none.
func (b *builder) escalations() {
	taken := map[string]bool{}
	for i, cfg := range b.cfg.Escalations {
		path := config.IndexPath("escalations", i)
		e := Escalation{Name: cmp.Or(cfg.Name, fmt.Sprintf("escalation %d", i+1)), Match: Match{Groups: cfg.Match.Groups, Hosts: cfg.Match.Hosts, Checks: cfg.Match.Checks}}
		if taken[e.Name] {
			b.fault(path+".name", "the name is taken (got %q)", e.Name)
		}
		taken[e.Name] = true
		if cfg.Match.Severity != nil {
			state := checks.State(*cfg.Match.Severity)
			e.Match.Severity = &state
		}
		e.Match.During = b.namedPeriod(path+".match.during", cfg.Match.During)
		b.checkMatch(path+".match", cfg.Match)
		for j, s := range cfg.Steps {
			e.Steps = append(e.Steps, b.step(config.IndexPath(path+".steps", j), s))
		}
		slices.SortStableFunc(e.Steps, func(a, b Step) int { return cmp.Compare(a.After, b.After) })
		b.inv.Escalations = append(b.inv.Escalations, e)
	}
	if len(b.cfg.Escalations) == 0 && len(b.inv.Contacts) > 0 {
		var all Step
		for _, c := range b.inv.Contacts {
			all.To = append(all.To, c.Name)
		}
		b.inv.Escalations = []Escalation{{Name: "everybody", Steps: []Step{all}}}
	}
}

func (b *builder) step(path string, cfg StepConfig) Step {
	s := Step{Channel: cfg.Channel, After: cfg.After, Repeat: cfg.Repeat, Times: cfg.Times, UntilClosed: cfg.Until == UntilClosed}
	switch {
	case cfg.To != nil && cfg.To.Kind == config.Scalar:
		s.To = []string{cfg.To.Text}
	default:
		if err := config.Decode(cfg.To, path+".to", &s.To); err != nil {
			b.faults = append(b.faults, config.AllFaults(err, "")...)
		}
	}
	if len(s.To) == 0 {
		b.fault(path+".to", "the step tells nobody (want a contact, team or rota, or a list; one of %s)", b.peopleNames(true))
	}
	for _, name := range s.To {
		if b.cfg.Contacts[name] == nil && b.cfg.Teams[name] == nil && b.cfg.Rotas[name] == nil {
			b.fault(path+".to", "unknown contact (got %q; want one of %s)", name, b.peopleNames(true))
		}
	}
	b.stepChannel(path+".channel", s)
	return s
}

// stepChannel finds steps that name a channel which nobody of theirs has.
func (b *builder) stepChannel(path string, s Step) {
	if s.Channel == "" {
		return
	}
	if !slices.ContainsFunc(b.cfg.kinds, func(k ChannelKind) bool { return k.Name == s.Channel }) {
		var names []string
		for _, k := range b.cfg.kinds {
			names = append(names, k.Name)
		}
		b.fault(path, "unknown kind of channel (got %q; want one of %s)", s.Channel, strings.Join(names, ", "))
		return
	}
	for _, name := range s.To {
		for _, c := range b.inv.Everybody(name) {
			if !slices.ContainsFunc(c.Channels, func(ch Channel) bool { return ch.Kind == s.Channel }) {
				b.fault(path, "contact %s has no channel of this kind (got %q; add it to contacts.%s.channels)", c.Name, s.Channel, c.Name)
			}
		}
	}
}

// checkMatch finds hosts and groups that do not exist: an escalation that never
// applies is a page that never comes.
func (b *builder) checkMatch(path string, m MatchConfig) {
	for i, name := range m.Hosts {
		if _, ok := b.inv.Host(name); !ok {
			b.fault(config.IndexPath(path+".hosts", i), "unknown host (got %q)", name)
		}
	}
	for i, group := range m.Groups {
		known := slices.ContainsFunc(b.inv.Hosts, func(h Host) bool { return h.In(group) })
		if _, configured := b.cfg.Groups[group]; !known && !configured {
			b.fault(config.IndexPath(path+".groups", i), "no host is in this group (got %q)", group)
		}
	}
}

// In reports whether the host is in the group or in one below it.
func (h *Host) In(group string) bool {
	return slices.ContainsFunc(h.Groups, func(g string) bool { return g == group || strings.HasPrefix(g, group+"/") })
}

// Contact returns the contact of that name.
func (inv *Inventory) Contact(name string) (*Contact, bool) {
	i := slices.IndexFunc(inv.Contacts, func(c Contact) bool { return c.Name == name })
	if i < 0 {
		return nil, false
	}
	return &inv.Contacts[i], true
}

// Everybody lists the contacts behind a name: a contact, the members of a team,
// and of a rota everybody who may ever be on call, each once.
func (inv *Inventory) Everybody(name string) []*Contact {
	return inv.behind(name, func(i int) []string { return inv.Rotas[i].Members() })
}

// OnCall lists the contacts behind a name at a moment: of a rota who is on call
// then.
func (inv *Inventory) OnCall(name string, at time.Time) []*Contact {
	return inv.behind(name, func(i int) []string { return []string{inv.Rotas[i].At(at)} })
}

func (inv *Inventory) behind(name string, rota func(int) []string) []*Contact {
	names := []string{name}
	if i := slices.IndexFunc(inv.Teams, func(t Team) bool { return t.Name == name }); i >= 0 {
		names = inv.Teams[i].Members
	}
	var list []*Contact
	add := func(name string) {
		if c, ok := inv.Contact(name); ok && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	for _, n := range names {
		for i := range inv.Rotas {
			if inv.Rotas[i].Name == n {
				for _, m := range rota(i) {
					add(m)
				}
			}
		}
		add(n)
	}
	return list
}
