package inventory

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/text"
	"monitord/internal/timeperiod"
)

// Config is what the operator writes: the top-level keys language, timezone,
// hosts, groups, templates, contacts, teams, rotas, escalations, storm and
// periods. Build makes an Inventory of it.
type Config struct {
	Language    text.Lang                         `yaml:"language"` // en or ja
	Timezone    string                            `yaml:"timezone"` // such as Asia/Tokyo; empty is the machine's own
	Hosts       map[string]*HostConfig            `yaml:"hosts"`
	Groups      map[string]*GroupConfig           `yaml:"groups"` // by path, such as tokyo/web
	Templates   map[string]*TemplateConfig        `yaml:"templates"`
	Contacts    map[string]*ContactConfig         `yaml:"contacts"`
	Teams       map[string]*TeamConfig            `yaml:"teams"`
	Rotas       map[string]*RotaConfig            `yaml:"rotas"`
	Escalations []EscalationConfig                `yaml:"escalations"`
	Storm       StormConfig                       `yaml:"storm"`
	Periods     map[string]*timeperiod.Definition `yaml:"periods"` // times at which something applies

	node  *config.Node
	kinds []ChannelKind
}

// HostConfig is one host as written.
type HostConfig struct {
	Address   string                  `yaml:"address"`   // IP address or DNS name; the host's name when left out
	Groups    []string                `yaml:"groups"`    // paths; the first is {{group}}
	Parents   []string                `yaml:"parents"`   // hosts that it hangs behind
	Templates []string                `yaml:"templates"` // later ones win
	Alive     string                  `yaml:"alive"`     // ping, tcp:PORT, probe, none, or the name of a check
	Vars      map[string]string       `yaml:"vars"`
	Checks    map[string]*config.Node `yaml:"checks"`
	Logs      *config.Node            `yaml:"logs"` // what its probe follows: see internal/hostlogs
}

// GroupConfig is what all hosts of a group and of the groups below it share.
type GroupConfig struct {
	Parents   []string                `yaml:"parents"` // for hosts that name none
	Templates []string                `yaml:"templates"`
	Alive     string                  `yaml:"alive"`
	Vars      map[string]string       `yaml:"vars"`
	Checks    map[string]*config.Node `yaml:"checks"`
	Logs      *config.Node            `yaml:"logs"` // what its probe follows: see internal/hostlogs
}

// TemplateConfig is a bundle applied to hosts and groups by name.
type TemplateConfig struct {
	Alive  string                  `yaml:"alive"`
	Vars   map[string]string       `yaml:"vars"`
	Checks map[string]*config.Node `yaml:"checks"`
	Logs   *config.Node            `yaml:"logs"` // what its probe follows: see internal/hostlogs
}

// ContactConfig is somebody who can be told.
type ContactConfig struct {
	Language text.Lang      `yaml:"language"`
	Timezone string         `yaml:"timezone"`
	Hours    string         `yaml:"hours"`    // a period; outside of it the contact is left out
	Channels []*config.Node `yaml:"channels"` // {KIND: ADDRESS, form: …, within: …, hours: …}, in the order tried
}

// Severity is a state as configuration writes it: warning, critical, unknown.
type Severity checks.State

// UnmarshalText reads warning, critical or unknown.
func (s *Severity) UnmarshalText(b []byte) error {
	state, err := checks.ParseState(strings.ToUpper(string(b)))
	if err != nil || state == checks.OK {
		return fmt.Errorf("not a severity (got %q; want warning, critical or unknown)", b)
	}
	*s = Severity(state)
	return nil
}

// NewConfig returns the configuration without any key. kinds are the channels
// that contacts may name.
func NewConfig(kinds ...ChannelKind) *Config {
	return &Config{Language: text.English, Storm: defaultStorm, kinds: kinds}
}

// Section is the inventory's part of the configuration, at the top level. Its
// value is a *Config.
func Section(kinds ...ChannelKind) config.Section {
	return config.Section{Name: "inventory", Inline: true, Target: func() any { return NewConfig(kinds...) }}
}

// AddressMust adds a rule for the addresses of a kind of channel: what its own
// section of the configuration serves.
func (c *Config) AddressMust(kind string, rule func(to string) error) {
	c.kinds = slices.Clone(c.kinds)
	for i := range c.kinds {
		if check := c.kinds[i].Address; c.kinds[i].Name == kind {
			c.kinds[i].Address = func(to string) error {
				if err := check(to); err != nil {
					return err
				}
				return rule(to)
			}
		}
	}
}

// SetNode remembers where the configuration was written, for Build's faults.
func (c *Config) SetNode(n *config.Node) { c.node = n }

// Validate checks what can be known without the kinds of check; Build checks
// the rest.
func (c *Config) Validate() error {
	faults := []error{lang("language", c.Language, false), zone("timezone", c.Timezone)}
	return errors.Join(faults...)
}

func lang(path string, l text.Lang, mayBeEmpty bool) error {
	if l == "" && mayBeEmpty {
		return nil
	}
	if _, err := text.ParseLang(string(l)); err != nil {
		return config.Faultf(path, "%v", err)
	}
	return nil
}

func zone(path, name string) error {
	if _, err := loadZone(name, time.Local); err != nil {
		return config.Faultf(path, "unknown time zone (got %q; want a name such as Asia/Tokyo)", name)
	}
	return nil
}

func loadZone(name string, fallback *time.Location) (*time.Location, error) {
	if name == "" {
		return fallback, nil
	}
	return time.LoadLocation(name)
}

// Validate checks language, time zone and that somebody can be reached.
func (c *ContactConfig) Validate() error {
	faults := []error{lang("language", c.Language, true), zone("timezone", c.Timezone)}
	if len(c.Channels) == 0 {
		faults = append(faults, config.Faultf("channels", "a contact needs a channel (want a list such as [{mail: noc@example.net}])"))
	}
	return errors.Join(faults...)
}

// DefaultFile is the name by which the embedded default appears as a place.
const DefaultFile = "default.yaml"

// DefaultYAML is the embedded default: the template linux.
//
//go:embed default.yaml
var DefaultYAML []byte

// embedded reads the embedded default. Its templates lie below the operator's
// templates of the same name.
func embedded() (*Config, error) {
	c := NewConfig()
	if err := config.DecodeBytes(DefaultFile, DefaultYAML, c); err != nil {
		return nil, fmt.Errorf("embedded default: %w", err)
	}
	return c, nil
}
