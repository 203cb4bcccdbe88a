package logs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
)

// Config is the rules of a configuration, or of a file of their own.
type Config struct {
	Rules []RuleConfig `yaml:"rules" doc:"what is looked for, in this order"`
}

// DefaultConfig has no rules.
func DefaultConfig() Config { return Config{} }

// Section is the part `logs` of a configuration.
func Section() config.Section {
	return config.Section{Name: "logs", Target: func() any { c := DefaultConfig(); return &c }}
}

// RuleConfig is one rule in YAML. Each begins with one of match, ignore, expect.
type RuleConfig struct {
	Name   string       `yaml:"name" doc:"its name; left out, the expression"`
	Match  *config.Node `yaml:"match" doc:"an expression, or a list of which one is enough"`
	Except *config.Node `yaml:"except" doc:"lines that match this too are not meant"`
	Ignore *config.Node `yaml:"ignore" doc:"hides lines from the rules below"`
	Expect *config.Node `yaml:"expect" doc:"a line that has to come again and again"`
	Case   *bool        `yaml:"case" doc:"false: upper and lower case are the same"`
	Stop   bool         `yaml:"stop" doc:"the rules below do not see a line that matches"`

	Files      []string `yaml:"files" doc:"only lines of these files; * and ? as in a shell"`
	Hosts      []string `yaml:"hosts" doc:"only lines of these hosts, such as web*"`
	Programs   []string `yaml:"programs" doc:"only lines of these programs, such as sshd"`
	Facilities []string `yaml:"facilities" doc:"only lines by syslog of these facilities, such as auth or local*"`
	Severity   Severity `yaml:"severity" doc:"only lines as bad as this, or worse"`

	Without  *config.Node     `yaml:"without" doc:"told when no such line follows within the time"`
	Then     []string         `yaml:"then" doc:"told when these follow, in order, within the time"`
	Distinct string           `yaml:"distinct" doc:"told when this has count different values within the time, such as $user"`
	Count    int              `yaml:"count" doc:"of distinct values"`
	Within   time.Duration    `yaml:"within" doc:"the time for without, then and distinct"`
	By       string           `yaml:"by" doc:"what belongs together, such as $ip: each has its own count"`
	Limit    *ThresholdConfig `yaml:"threshold" doc:"how many matches it takes, or how many are told"`
	Throttle time.Duration    `yaml:"throttle" doc:"a message that comes again is told once in this time"`
	OnlyIf   *ConditionConfig `yaml:"only_if" doc:"what else must be so"`

	Every    time.Duration `yaml:"every" doc:"how often an expected line comes at least"`
	Grace    time.Duration `yaml:"grace" doc:"how late it may be"`
	During   []string      `yaml:"during" doc:"the clock of an expectation runs only then, such as monday 02:00-06:00"`
	Timezone string        `yaml:"timezone" doc:"of during and when"`

	State      string        `yaml:"state" doc:"warning, critical or unknown: raises a service"`
	Service    string        `yaml:"service" doc:"its name; left out, the rule's"`
	Clear      *config.Node  `yaml:"clear" doc:"a line that ends it"`
	ClearAfter time.Duration `yaml:"clear_after" doc:"ends it after so long without a match"`
	Message    string        `yaml:"message" doc:"what is told instead of the line"`

	Exec    []string       `yaml:"exec" doc:"a program and its arguments; $0 is the line, $1 a group"`
	Pipe    []string       `yaml:"pipe" doc:"a program that reads the line"`
	Mail    []string       `yaml:"mail" doc:"addresses that get the line"`
	Write   []string       `yaml:"write" doc:"users whose terminals get the line"`
	Echo    bool           `yaml:"echo" doc:"prints the line"`
	Bell    int            `yaml:"bell" doc:"rings the terminal so often"`
	When    string         `yaml:"when" doc:"days and hours in which actions are carried out, such as 1-5:8-17"`
	Samples []SampleConfig `yaml:"samples" doc:"numbers of the line that become samples"`

	Action       string `yaml:"action" doc:"server: an action of the section actions that the service asks for"`
	JournalLines *int   `yaml:"journal_lines" doc:"server: lines a minute in the journal, the rest is counted; left out, 30"`

	node *config.Node
}

// ThresholdConfig is swatch's threshold.
type ThresholdConfig struct {
	Type   string        `yaml:"type" doc:"limit: the first count of each within are told; threshold: each time count came within; both: once a within, when count came"`
	Count  int           `yaml:"count"`
	Within time.Duration `yaml:"within"`
	By     string        `yaml:"by" doc:"what is counted apart, such as $ip; left out, the rule's by"`
}

// ConditionConfig joins a rule with a metric or with the state of a service.
type ConditionConfig struct {
	Query   string   `yaml:"query" doc:"PromQL; fulfilled when an answer is not 0"`
	Service string   `yaml:"service" doc:"such as db1/sql"`
	State   []string `yaml:"state" doc:"one of these; left out, any but OK"`
}

// SampleConfig makes a number of a line into a sample.
type SampleConfig struct {
	Name  string `yaml:"name" doc:"of the series; left out, monitord_log_value"`
	Value string `yaml:"value" doc:"such as $1"`
	Unit  string `yaml:"unit" doc:"of the number in the line: s, ms, us, ns, min, h, B, KB, MB, GB, TB or %"`
}

// SetNode remembers where a rule is written.
func (c *RuleConfig) SetNode(n *config.Node) { c.node = n }

// Locate is where a key of the rule is written.
func (c *RuleConfig) Locate(path string) config.Place { return c.node.Locate(path) }

// Validate compiles the rule, so that every fault is found where it stands.
func (c *RuleConfig) Validate() error {
	_, err := c.rule()
	return err
}

// Compiled turns the configuration into rules. Faults have been reported by
// Validate already.
func (c Config) Compiled() ([]*Rule, error) {
	var out []*Rule
	var faults []error
	names := map[string]int{}
	for i := range c.Rules {
		r, err := c.Rules[i].rule()
		if err != nil {
			faults = append(faults, err)
			continue
		}
		// Rules without a name of their own may look for the same.
		if names[r.Name]++; names[r.Name] > 1 && c.Rules[i].Name == "" {
			r.Name = fmt.Sprintf("%s (%d)", r.Name, names[r.Name])
		}
		out = append(out, r)
	}
	return out, errors.Join(faults...)
}

// ParseYAML reads a file of rules: `rules:`, or `logs:` with rules in it as in the
// server's configuration, or the bare list.
func ParseYAML(name string, data []byte) ([]*Rule, error) {
	n, err := config.ParseBytes(name, data)
	if err != nil {
		return nil, err
	}
	c := DefaultConfig()
	switch inner := n.Get("logs"); {
	case inner != nil: // the server's own keys beside the rules are its business
		if rules := inner.Get("rules"); rules != nil {
			err = config.Decode(rules, "logs.rules", &c.Rules)
		}
	case n.Kind == config.List:
		err = config.Decode(n, "rules", &c.Rules)
	default:
		err = config.Decode(n, "", &c)
	}
	if err != nil {
		return nil, err
	}
	if len(c.Rules) == 0 {
		return nil, config.Faults{{Place: config.Place{File: name, Line: 1, Col: 1}, Problem: "there are no rules in it (want rules: and a list of them)"}}.Err()
	}
	return c.Compiled()
}

var units = map[string]float64{"": 1, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "min": 60, "h": 3600,
	"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40, "%": 0.01}

var stateNames = map[string]checks.State{"ok": checks.OK, "warning": checks.Warning, "critical": checks.Critical, "unknown": checks.Unknown}

func namesOf[V any](m map[string]V) string {
	names := slices.Sorted(maps.Keys(m))
	return strings.Join(slices.DeleteFunc(names, func(s string) bool { return s == "" }), ", ")
}
