package exec

import (
	_ "embed"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"monitord/internal/config"
)

// Sample is every option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Config is the options of the action.
type Config struct {
	Command []string          `yaml:"command"` // the program and its arguments
	Undo    []string          `yaml:"undo"`    // takes it back; empty: cannot be
	Status  []string          `yaml:"status"`  // asks whether it is so; empty: nobody knows
	Env     map[string]string `yaml:"env"`
	Dir     string            `yaml:"dir"`
}

// DefaultConfig is what holds where nothing is written.
func DefaultConfig() Config { return Config{Dir: "/"} }

// ShortKey makes `exec: [/usr/local/sbin/x]` possible.
func (c *Config) ShortKey() string { return "command" }

// Validate reports every fault; it touches no files.
func (c *Config) Validate() error {
	var faults []error
	if len(c.Command) == 0 {
		faults = append(faults, config.Faultf("command", "is missing; want a list: the program's whole path and its arguments"))
	}
	for key, argv := range map[string][]string{"command": c.Command, "undo": c.Undo, "status": c.Status} {
		faults = append(faults, checkVector(key, argv)...)
	}
	for name, value := range c.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.ContainsRune(value, 0) {
			faults = append(faults, config.Faultf("env", "%q is no environment variable", name))
		}
		if strings.HasPrefix(name, "MONITORD_") {
			faults = append(faults, config.Faultf(config.KeyPath("env", name), "is ours to set; want a name that does not begin with MONITORD_"))
		}
	}
	if !filepath.IsAbs(c.Dir) {
		faults = append(faults, config.Faultf("dir", "got %q; want an absolute folder", c.Dir))
	}
	return errors.Join(faults...)
}

func checkVector(key string, argv []string) (faults []error) {
	if len(argv) == 0 {
		return nil
	}
	if _, ok := placeholder(argv[0]); ok {
		faults = append(faults, config.Faultf(config.IndexPath(key, 0), "got %q; a request must not choose the program", argv[0]))
	} else if !filepath.IsAbs(argv[0]) {
		hint := ""
		if strings.ContainsAny(argv[0], " \t") {
			hint = " as the first of several entries: no shell takes one text apart"
		}
		faults = append(faults, config.Faultf(config.IndexPath(key, 0), "got %q; want the program's whole path%s", argv[0], hint))
	}
	for i, word := range argv {
		if err := checkWord(word); err != nil {
			faults = append(faults, config.Faultf(config.IndexPath(key, i), "got %q; %v", word, err))
		}
	}
	return faults
}

// names are what may stand in {{…}}.
var names = []string{"host", "address", "service", "check", "item", "state", "incident", "id"}

func checkWord(word string) error {
	if strings.ContainsRune(word, 0) {
		return errors.New("it holds a NUL byte")
	}
	if !strings.Contains(word, "{{") {
		return nil
	}
	if name, ok := placeholder(word); !ok || !slices.Contains(names, name) {
		return fmt.Errorf("want a whole argument of {{%s}}; inside a word, let the program read its environment", strings.Join(names, "}}, {{"))
	}
	return nil
}

// placeholder is the name in a word that is {{name}} and nothing else.
func placeholder(word string) (string, bool) {
	rest, begins := strings.CutPrefix(word, "{{")
	name, ends := strings.CutSuffix(rest, "}}")
	return strings.TrimSpace(name), begins && ends && !strings.ContainsAny(name, "{}")
}
