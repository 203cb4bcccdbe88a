package execute

import (
	_ "embed"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"monitord/alerting/notify"
	"monitord/internal/config"
)

// Sample is the part of the configuration file that this channel reads: every
// option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Config is the section exec: commands by name.
type Config map[string]Command

// Command is one that may be run.
type Command struct {
	Command []string          `yaml:"command"` // the program's whole path and its arguments
	Dir     string            `yaml:"dir"`     // folder that it starts in; empty: /
	Env     map[string]string `yaml:"env"`     // further environment variables
	Timeout time.Duration     `yaml:"timeout"` // 0: DefaultTimeout
}

// DefaultTimeout is how long a command may run.
const DefaultTimeout = 30 * time.Second

// DefaultConfig has no command.
func DefaultConfig() Config { return Config{} }

// Validate checks the names.
func (c Config) Validate() error { return notify.NamesValid(c) }

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Validate reports every fault; it touches no files.
func (c *Command) Validate() error {
	var faults []error
	add := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	switch {
	case len(c.Command) == 0:
		add("command", "is missing; want a list: the program's whole path and its arguments")
	case !filepath.IsAbs(c.Command[0]) || filepath.Clean(c.Command[0]) != c.Command[0]:
		add("command", "got %q; want the program's whole path: no PATH is searched", c.Command[0])
	case strings.ContainsRune(strings.Join(c.Command, ""), 0):
		add("command", "holds a zero byte")
	}
	if c.Dir != "" && !filepath.IsAbs(c.Dir) {
		add("dir", "got %q; want an absolute folder", c.Dir)
	}
	for name, value := range c.Env {
		path := config.KeyPath("env", name)
		switch {
		case !variable.MatchString(name):
			add(path, "is no name of a variable")
		case strings.HasPrefix(name, prefix):
			add(path, "begins with %s, which are ours", prefix)
		case strings.ContainsRune(value, 0):
			add(path, "holds a zero byte")
		}
	}
	if c.Timeout != 0 && (c.Timeout < time.Second || c.Timeout > 10*time.Minute) {
		add("timeout", "got %s; want 1s to 10m", c.Timeout)
	}
	return errors.Join(faults...)
}
