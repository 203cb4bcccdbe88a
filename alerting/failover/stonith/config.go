package stonith

import (
	_ "embed"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Power is what is done to a machine.
type Power string

// What a device can do to a machine.
const (
	Off    Power = "off"
	Reboot Power = "reboot"
)

// Config is the options of the action.
type Config struct {
	Agent         string                   `yaml:"agent"`   // a fence agent's path; empty: Type
	Type          string                   `yaml:"type"`    // a type of cluster-glue's; empty: Agent
	Stonith       string                   `yaml:"stonith"` // cluster-glue's program
	Action        Power                    `yaml:"action"`
	Params        map[string]string        `yaml:"params"`
	Secrets       map[string]config.Secret `yaml:"secrets"`
	Hosts         map[string]Host          `yaml:"hosts"` // who may be fenced
	Quiet         time.Duration            `yaml:"quiet"` // a machine is not fenced twice within
	SilentPort    int                      `yaml:"silent_port"`
	ConfirmWithin time.Duration            `yaml:"confirm_within"`
}

// Host is what the device knows of a machine.
type Host struct {
	Plug   string            `yaml:"plug"`   // the device's name for it; empty: none (fence agents), the host's name (cluster-glue)
	Params map[string]string `yaml:"params"` // over those of all
}

// DefaultConfig is what holds where nothing is written.
func DefaultConfig() Config {
	return Config{Stonith: "/usr/sbin/stonith", Action: Off, Quiet: time.Hour, ConfirmWithin: 20 * time.Second}
}

var (
	agentName = regexp.MustCompile(`^fence_[a-z0-9_]+$`)
	typeName  = regexp.MustCompile(`^(external/)?[A-Za-z0-9][A-Za-z0-9_.-]*$`)
	paramName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	// program names parameters that make an agent start a program of the
	// configuration's choice, or write a file.
	program = regexp.MustCompile(`(_script|_path|_file|_binary)$|^ipmitool$`)
)

// reserved are parameters that are ours to give, and variables of the environment
// that a program's loader or shell obeys.
var reserved = map[string]bool{
	"action": true, "plug": true, "port": true, "nodename": true, "PATH": true, "HOME": true, "IFS": true, "ENV": true, "BASH_ENV": true,
}

func isReserved(name string) bool {
	return reserved[name] || strings.HasPrefix(name, "LD_") || strings.HasPrefix(name, "PYTHON") || strings.HasPrefix(name, "PERL")
}

// Validate reports every fault; it touches neither network nor files.
func (c *Config) Validate() error {
	var faults []error
	add := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	switch {
	case c.Agent == "" && c.Type == "":
		add("agent", "is missing; want a fence agent such as /usr/sbin/fence_ipmilan, or a type of cluster-glue's")
	case c.Agent != "" && c.Type != "":
		add("type", "got %q beside agent; want one of them", c.Type)
	case c.Agent != "" && (!filepath.IsAbs(c.Agent) || !agentName.MatchString(filepath.Base(c.Agent))):
		add("agent", "got %q; want the whole path of a program whose name begins with fence_", c.Agent)
	case c.Type != "" && !typeName.MatchString(c.Type):
		add("type", "got %q; want one of those that stonith -L lists", c.Type)
	}
	if !filepath.IsAbs(c.Stonith) || filepath.Base(c.Stonith) != "stonith" {
		add("stonith", "got %q; want the whole path of cluster-glue's stonith", c.Stonith)
	}
	if c.Action != Off && c.Action != Reboot {
		add("action", "got %q; want off or reboot", string(c.Action))
	}
	if len(c.Hosts) == 0 {
		add("hosts", "is missing; want the machines that may be fenced")
	}
	if c.Quiet < time.Minute {
		add("quiet", "got %s; want at least 1m: a machine that is fenced needs time to come back", c.Quiet)
	}
	if c.SilentPort < 0 || c.SilentPort > 65535 {
		add("silent_port", "got %d; want 1 to 65535, or 0 for none", c.SilentPort)
	}
	if c.SilentPort > 0 && c.Action == Reboot {
		add("silent_port", "goes with action: off only: a machine that boots answers again")
	}
	if c.ConfirmWithin < time.Second || c.ConfirmWithin > 5*time.Minute {
		add("confirm_within", "got %s; want 1s to 5m", c.ConfirmWithin)
	}
	return errors.Join(append(faults, c.checkParams()...)...)
}

func (c *Config) checkParams() []error {
	faults := checkAll("params", c.Params)
	for name, s := range c.Secrets {
		faults = append(faults, checkParam(config.KeyPath("secrets", name), name, "")...)
		if s.IsZero() {
			faults = append(faults, config.Faultf(config.KeyPath("secrets", name), "is empty; want {file: PATH}"))
		}
	}
	for host, h := range c.Hosts {
		path := config.KeyPath("hosts", host)
		faults = append(faults, checkAll(path+".params", h.Params)...)
		if !oneLine(h.Plug) || strings.HasPrefix(h.Plug, "-") {
			faults = append(faults, config.Faultf(path+".plug", "got %q; want one line that does not begin with -", h.Plug))
		}
		if c.Type != "" && h.Plug == "" && !oneLine(host) {
			faults = append(faults, config.Faultf(path+".plug", "is missing"))
		}
	}
	return faults
}

func checkAll(path string, params map[string]string) []error {
	var faults []error
	for name, v := range params {
		faults = append(faults, checkParam(config.KeyPath(path, name), name, v)...)
	}
	return faults
}

// checkParam refuses what would be another line of the agent's input, or what
// would start another program.
func checkParam(path, name, value string) []error {
	switch {
	case !paramName.MatchString(name):
		return []error{config.Faultf(path, "got the name %q; want letters, digits, _ and -", name)}
	case isReserved(name):
		return []error{config.Faultf(path, "is not yours to set (plug is given for each host)")}
	case program.MatchString(name):
		return []error{config.Faultf(path, "would let the agent start a program or write a file; leave it out")}
	case !oneLine(value):
		return []error{config.Faultf(path, "got %q; want one line", value)}
	}
	return nil
}

// oneLine reports whether s stays one line, and one string of C.
func oneLine(s string) bool { return !strings.ContainsAny(s, "\n\r\x00") }
