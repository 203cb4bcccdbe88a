package ocf

import (
	_ "embed"
	"errors"
	"path/filepath"
	"regexp"
	"strings"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Verb is what is done to the resource.
type Verb string

// The verbs; each takes the other back.
const (
	Start Verb = "start"
	Stop  Verb = "stop"
)

func (v Verb) inverse() Verb {
	if v == Start {
		return Stop
	}
	return Start
}

// Config is the options of the action.
type Config struct {
	Do         Verb              `yaml:"do"`
	Agent      string            `yaml:"agent"` // PROVIDER:TYPE
	Parameters map[string]string `yaml:"parameters"`
	Instance   string            `yaml:"instance"` // empty: the type
	Root       string            `yaml:"ocf_root"`
}

// DefaultConfig is what holds where nothing is written.
func DefaultConfig() Config { return Config{Root: "/usr/lib/ocf"} }

var (
	agentName     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*:[A-Za-z0-9][A-Za-z0-9_.-]*$`)
	parameterName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) // becomes part of a variable's name
	instanceName  = regexp.MustCompile(`^[A-Za-z0-9_.:-]*$`)       // becomes part of file names
)

// Validate reports every fault; it touches no files.
func (c *Config) Validate() error {
	var faults []error
	if c.Do != Start && c.Do != Stop {
		faults = append(faults, config.Faultf("do", "got %q; want start or stop", string(c.Do)))
	}
	if !agentName.MatchString(c.Agent) {
		faults = append(faults, config.Faultf("agent", "got %q; want PROVIDER:TYPE, such as heartbeat:IPaddr2", c.Agent))
	}
	for name, value := range c.Parameters {
		if !parameterName.MatchString(name) || strings.ContainsRune(value, 0) {
			faults = append(faults, config.Faultf(config.KeyPath("parameters", name), "is no parameter of an agent"))
		}
	}
	if !instanceName.MatchString(c.Instance) || strings.HasPrefix(c.Instance, ".") {
		faults = append(faults, config.Faultf("instance", "got %q; want letters, digits, '_', '.', ':' and '-'", c.Instance))
	}
	if !filepath.IsAbs(c.Root) {
		faults = append(faults, config.Faultf("ocf_root", "got %q; want an absolute folder", c.Root))
	}
	return errors.Join(faults...)
}

// split is the two parts of the agent's name.
func (c *Config) split() (provider, kind string) {
	provider, kind, _ = strings.Cut(c.Agent, ":")
	return provider, kind
}

// path is the agent's file.
func (c *Config) path() string {
	provider, kind := c.split()
	return filepath.Join(c.Root, "resource.d", provider, kind)
}

// instance is the resource's name.
func (c *Config) instance() string {
	if c.Instance != "" {
		return c.Instance
	}
	_, kind := c.split()
	return kind
}
