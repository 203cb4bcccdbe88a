package agent

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"

	"monitord/internal/config"
	"monitord/internal/plugins"
)

// Config is probe.yaml.
type Config struct {
	// Server is where to send: https://HOST:PORT.
	Server string `yaml:"server"`
	// Dir holds certificate, key, CA and spool; relative to the file's folder.
	Dir string `yaml:"dir"`
	// Interval is the time between collections until the server says otherwise.
	Interval time.Duration `yaml:"interval"`
	// SpoolBytes bounds the spool on disk.
	SpoolBytes int64 `yaml:"spool_bytes"`
	// SpoolAge bounds how long the spool keeps what could not be sent.
	SpoolAge time.Duration `yaml:"spool_age"`
	// Plugins are those that assigned checks may run: none until this file, which
	// is the owner's of this machine, names their folders. The server cannot
	// extend it.
	Plugins plugins.Config `yaml:"plugins"`
	// Actions are what the server may ask for by name: none until this file
	// names them. They are read by who carries them out (see Actor).
	Actions map[string]any `yaml:"actions"`
	// Logs bounds what the server may have followed.
	Logs LogsConfig `yaml:"logs"`
	// SNMP is what checks by SNMP know.
	SNMP SNMPConfig `yaml:"snmp"`
}

// SNMPConfig is the part snmp of probe.yaml.
type SNMPConfig struct {
	// MIBs are folders of makers' MIB files. nil is mibs below Config.Dir, where it
	// is; an empty list is none.
	MIBs []string `yaml:"mibs"`
}

// LogsConfig is the part logs of probe.yaml.
type LogsConfig struct {
	// Allow lists paths and patterns, and the words journald and kernel. /** at the
	// end of a path is everything below it. The server cannot extend it.
	Allow []string `yaml:"allow"`
}

// DefaultConfig is what a probe.yaml without further keys means.
func DefaultConfig() Config {
	return Config{Dir: ".", Interval: 10 * time.Second, SpoolBytes: 256 << 20, SpoolAge: 24 * time.Hour,
		Logs: LogsConfig{Allow: []string{"/var/log/**", "journald", "kernel"}}}
}

// ReadConfig reads probe.yaml strictly. The error names line and column.
func ReadConfig(path string) (Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w (`probe enroll` writes it)", err)
	}
	c := DefaultConfig()
	if err := yaml.UnmarshalWithOptions(b, &c, yaml.Strict()); err != nil {
		return Config{}, fmt.Errorf("read configuration %s: %s", path, yaml.FormatError(err, false, true))
	}
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	c.Plugins.File = path
	if !filepath.IsAbs(c.Dir) {
		c.Dir = filepath.Join(filepath.Dir(path), c.Dir)
	}
	return c, nil
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	var errs []error
	if err := CheckServer(c.Server); err != nil {
		errs = append(errs, fmt.Errorf("server: %w", err))
	}
	if c.Dir == "" {
		errs = append(errs, errors.New("dir: is empty; want a folder"))
	}
	if c.Interval < minInterval || c.Interval > maxInterval {
		errs = append(errs, fmt.Errorf("interval: got %s; want %s to %s", c.Interval, minInterval, maxInterval))
	}
	if c.SpoolBytes < 1<<20 {
		errs = append(errs, fmt.Errorf("spool_bytes: got %d; want at least 1048576", c.SpoolBytes))
	}
	if c.SpoolAge < time.Minute {
		errs = append(errs, fmt.Errorf("spool_age: got %s; want at least 1m", c.SpoolAge))
	}
	for i, p := range c.Logs.Allow {
		if _, err := filepath.Match(p, ""); err != nil || p != "journald" && p != "kernel" && (!filepath.IsAbs(p) || p != filepath.Clean(p)) {
			errs = append(errs, fmt.Errorf("logs.allow[%d]: got %q; want an absolute path such as /var/log/** or /srv/app/*.log, journald or kernel", i, p))
		}
	}
	for i, folder := range c.SNMP.MIBs {
		if !filepath.IsAbs(folder) {
			errs = append(errs, fmt.Errorf("snmp.mibs[%d]: got %q; want an absolute folder of MIB files", i, folder))
		}
	}
	if err := c.Plugins.Validate(); err != nil {
		for _, f := range config.AllFaults(err, "plugins") {
			errs = append(errs, errors.New(f.Error()))
		}
	}
	return errors.Join(errs...)
}

// CheckServer tells whether a URL can be the server's.
func CheckServer(server string) error {
	u, err := url.Parse(server)
	if err != nil {
		return fmt.Errorf("got %q; want https://HOST:PORT", server)
	}
	if u.Scheme != "https" || u.Host == "" || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.User != nil {
		return fmt.Errorf("got %q; want https://HOST:PORT", server)
	}
	return nil
}

// The files in Config.Dir.
const (
	CertFile       = "probe.crt"
	KeyFile        = "probe.key"
	CAFile         = "ca.crt"
	ConfigFile     = "probe.yaml"
	assignmentFile = "assignment.json"
)
