package plugins

import (
	"errors"
	"path/filepath"
	"regexp"

	"monitord/internal/config"
)

// Config is the section `plugins`. Its zero value allows no plugin at all,
// which is what a probe begins with.
type Config struct {
	Dirs        []string `yaml:"dirs" doc:"folders whose programs may run as plugins; none allows none"`
	Concurrency int      `yaml:"concurrency" doc:"plugins that run at once"`
	// Users are the values of $USER1$ to $USER256$; Secrets those that are
	// passwords. Nagios' contract puts them on the plugin's command line, where
	// every user of this machine can read them.
	Users   map[string]string        `yaml:"users" doc:"values of $USERn$, such as USER1: /usr/lib/nagios/plugins"`
	Secrets map[string]config.Secret `yaml:"secrets" doc:"values of $USERn$ that are read from files"`
	// File is set on a probe: the file of its owner that this list stands in.
	// Sentences name it, and a check, which comes from the server, may then not
	// set environment variables: BASH_ENV or LD_PRELOAD would start what the list
	// does not allow.
	File string `yaml:"-"`
}

// Environment is what a plugin inherits when its check says no more.
func Environment() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/"}
}

// DefaultDir is where Debian's monitoring-plugins live.
const DefaultDir = "/usr/lib/nagios/plugins"

// DefaultConcurrency is how many plugins run at once.
const DefaultConcurrency = 32

// DefaultConfig allows what Debian packages.
func DefaultConfig() Config {
	return Config{Dirs: []string{DefaultDir}, Concurrency: DefaultConcurrency, Users: map[string]string{"USER1": DefaultDir}}
}

var userName = regexp.MustCompile(`^USER([1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-6])$`)

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	for _, d := range c.Dirs {
		if !filepath.IsAbs(d) || filepath.Clean(d) == "/" {
			faults = append(faults, config.Faultf("dirs", "got %q; want an absolute folder of plugins, such as %s", d, DefaultDir))
		}
	}
	if c.Concurrency < 0 || c.Concurrency > 4096 {
		faults = append(faults, config.Faultf("concurrency", "got %d; want 1 to 4096, or 0 for %d", c.Concurrency, DefaultConcurrency))
	}
	for name := range c.Users {
		if !userName.MatchString(name) {
			faults = append(faults, config.Faultf("users."+name, "want USER1 to USER256"))
		}
		if _, twice := c.Secrets[name]; twice {
			faults = append(faults, config.Faultf("secrets."+name, "stands in users too; want one of them"))
		}
	}
	for name, s := range c.Secrets {
		if !userName.MatchString(name) || s.IsZero() {
			faults = append(faults, config.Faultf("secrets."+name, "want USER1 to USER256: {file: PATH}"))
		}
	}
	return errors.Join(faults...)
}

// Section is the section `plugins` of the configuration.
func Section() config.Section {
	return config.Section{Name: "plugins", Target: func() any { c := DefaultConfig(); return &c }}
}
