package actions

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/inventory"
)

// Config is the section `actions`, by name. It is worked out by Build.
type Config map[string]ActionConfig

// ActionConfig is one action as written.
type ActionConfig struct {
	When           WhenConfig      `yaml:"when"`
	Do             *config.Node    `yaml:"do"` // {KIND: {…}}, or {probe: HOST, action: NAME}
	Undo           *UndoConfig     `yaml:"undo"`
	Premises       PremisesConfig  `yaml:"premises"`
	Budget         failover.Budget `yaml:"budget"`
	Cooldown       time.Duration   `yaml:"cooldown"`        // between two starts for the same host
	Deadline       time.Duration   `yaml:"deadline"`        // of carrying it out and making sure
	Approval       bool            `yaml:"approval"`        // a second person must approve
	ApprovalWithin time.Duration   `yaml:"approval_within"` // not approved by then, nothing is done
	DryRun         bool            `yaml:"dry_run"`         // premises are looked at and recorded, nothing is done

	node *config.Node
}

// WhenConfig says which states ask for the action.
type WhenConfig struct {
	Services []string           `yaml:"services"` // such as web1/http; without an item, every item
	Checks   []string           `yaml:"checks"`   // names of checks, of the hosts below
	Groups   []string           `yaml:"groups"`
	Hosts    []string           `yaml:"hosts"`
	Rules    bool               `yaml:"rules"` // rules on logs may name this action
	State    inventory.Severity `yaml:"state"` // critical, or warning: this or worse
	For      time.Duration      `yaml:"for"`   // how long the confirmed state must hold
}

// UndoConfig says when an action is taken back.
type UndoConfig struct {
	AfterGood int `yaml:"after_good"` // good results in a row
}

// PremisesConfig says what must be seen before it is done.
type PremisesConfig struct {
	MaxAge        time.Duration `yaml:"max_age"` // of each result that counts
	Wait          time.Duration `yaml:"wait"`    // for newer results of the checks named here
	ConfirmedBy   []string      `yaml:"confirmed_by"`
	AtLeast       int           `yaml:"at_least"` // of confirmed_by; 0: all of them
	Peers         []string      `yaml:"peers"`    // services that must be well
	PeersAtLeast  int           `yaml:"peers_at_least"`
	NotInDowntime bool          `yaml:"not_in_downtime"`
}

// Bounds of the options.
const (
	maxActions  = 1000
	maxDeadline = 10 * time.Minute
	maxWait     = time.Minute
)

// DefaultConfig is one action with nothing written.
func DefaultConfig() ActionConfig {
	return ActionConfig{
		When:     WhenConfig{State: inventory.Severity(checks.Critical)},
		Premises: PremisesConfig{MaxAge: 90 * time.Second, Wait: 10 * time.Second, NotInDowntime: true},
		Budget:   failover.Budget{Runs: 2, Per: time.Hour}, Cooldown: 10 * time.Minute, Deadline: time.Minute,
		ApprovalWithin: 15 * time.Minute,
	}
}

// Section is the section `actions` of the configuration; its value is a *Config.
func Section() config.Section {
	return config.Section{Name: "actions", Target: func() any { return &Config{} }}
}

// SetNode puts the defaults there before an action is decoded, and remembers
// where it is written, for Build's faults.
func (c *ActionConfig) SetNode(n *config.Node) { *c = DefaultConfig(); c.node = n }

// SetNode puts the default there.
func (u *UndoConfig) SetNode(*config.Node) { u.AfterGood = 3 }

// actionName is what may stand in a request's ID, a path and a service's item.
var actionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$`)

// Validate checks the names; each action checks itself.
func (c *Config) Validate() error {
	var faults []error
	for name := range *c {
		if !actionName.MatchString(name) {
			faults = append(faults, config.Faultf(config.KeyPath("", name), "not a name for an action (want at most 40 letters a-z, digits, '.' and '-')"))
		}
	}
	if len(*c) > maxActions {
		faults = append(faults, config.Faultf("", "too many actions (got %d; want at most %d)", len(*c), maxActions))
	}
	return errors.Join(faults...)
}

// Validate checks what can be known without hosts and kinds.
func (c *ActionConfig) Validate() error {
	var faults []error
	fault := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	between := func(path string, got, from, to time.Duration) {
		if got < from || got > to {
			fault(path, "out of range (got %s; want %s to %s)", config.FormatDuration(got), config.FormatDuration(from), config.FormatDuration(to))
		}
	}
	if c.Do == nil || c.Do.Kind != config.Map {
		fault("do", "nothing is to be done (want {KIND: {…}}, or {probe: HOST, action: NAME})")
	}
	if len(c.When.Services) == 0 && len(c.When.Checks) == 0 && !c.When.Rules {
		fault("when", "no state asks for it (want services: [web1/http], or checks: [http] with groups or hosts, or rules: true for rules on logs)")
	}
	if len(c.When.Checks) == 0 && !c.When.Rules && len(c.When.Groups)+len(c.When.Hosts) > 0 {
		fault("when", "groups and hosts narrow checks and rules (want checks: [http] or rules: true beside them)")
	}
	if s := checks.State(c.When.State); s != checks.Critical && s != checks.Warning {
		fault("when.state", "got %s; want critical or warning: UNKNOWN says that nobody knows, and is no reason to act", strings.ToLower(s.String()))
	}
	if c.Undo != nil && (c.Undo.AfterGood < 1 || c.Undo.AfterGood > 1000) {
		fault("undo.after_good", "out of range (got %d; want 1 to 1000)", c.Undo.AfterGood)
	}
	if c.Budget.Runs < 1 || c.Budget.Runs > 1000 {
		fault("budget.runs", "out of range (got %d; want 1 to 1000)", c.Budget.Runs)
	}
	between("budget.per", c.Budget.Per, time.Minute, 366*24*time.Hour)
	between("when.for", c.When.For, 0, 24*time.Hour)
	between("cooldown", c.Cooldown, 0, 366*24*time.Hour)
	between("deadline", c.Deadline, time.Second, maxDeadline)
	between("approval_within", c.ApprovalWithin, time.Minute, 24*time.Hour)
	faults = append(faults, c.Premises.faults()...)
	return errors.Join(faults...)
}

func (p *PremisesConfig) faults() (faults []error) {
	if p.MaxAge < time.Second || p.MaxAge > 24*time.Hour {
		faults = append(faults, config.Faultf("premises.max_age", "out of range (got %s; want 1s to 1d)", config.FormatDuration(p.MaxAge)))
	}
	if p.Wait < 0 || p.Wait > maxWait {
		faults = append(faults, config.Faultf("premises.wait", "out of range (got %s; want 0s to %s)", config.FormatDuration(p.Wait), config.FormatDuration(maxWait)))
	}
	for _, n := range []struct {
		key    string
		got    int
		of     []string
		beside string
	}{{"at_least", p.AtLeast, p.ConfirmedBy, "confirmed_by"}, {"peers_at_least", p.PeersAtLeast, p.Peers, "peers"}} {
		if n.got < 0 || n.got > len(n.of) {
			faults = append(faults, config.Faultf("premises."+n.key, "got %d; want 1 to the number of %s (%d), or 0 for all", n.got, n.beside, len(n.of)))
		}
		if i := slices.IndexFunc(n.of, func(s string) bool { return s == "" }); i >= 0 {
			faults = append(faults, config.Faultf(fmt.Sprintf("premises.%s[%d]", n.beside, i), "a service has a name (want host/check)"))
		}
	}
	return faults
}
