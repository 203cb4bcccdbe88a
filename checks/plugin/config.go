package plugin

import (
	"errors"
	"fmt"
	"strings"

	"monitord/internal/config"
)

// Config is the options of a plugin check; sample.yaml says what each decides.
type Config struct {
	Command   []string          `yaml:"command"`
	Args      []string          `yaml:"args"`
	Env       map[string]string `yaml:"env"`
	MaxOutput int               `yaml:"max_output"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{MaxOutput: 64 << 10} }

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if len(c.Command) == 0 || c.Command[0] == "" {
		faults = append(faults, config.Faultf("command", "is missing; want a list: the plugin and its arguments"))
	} else if strings.ContainsAny(c.Command[0], " \t") && len(c.Command) == 1 {
		faults = append(faults, config.Faultf("command", "got one text with blanks; want a list, such as [check_http, -H, $HOSTADDRESS$]: no shell takes it apart"))
	}
	for i, word := range c.Command {
		_, err := expand(word, func(name string) (string, error) { return "", c.knows(name) })
		if err == nil && strings.ContainsRune(word, 0) {
			err = errors.New("holds a NUL byte")
		}
		if err != nil {
			faults = append(faults, config.Faultf(fmt.Sprintf("command[%d]", i), "%v", err))
		}
	}
	for name, value := range c.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.ContainsRune(value, 0) {
			faults = append(faults, config.Faultf("env", "%q is no environment variable", name))
		}
	}
	if c.MaxOutput < 1 || c.MaxOutput > 1<<20 {
		faults = append(faults, config.Faultf("max_output", "got %d; want 1 to %d", c.MaxOutput, 1<<20))
	}
	return errors.Join(faults...)
}
