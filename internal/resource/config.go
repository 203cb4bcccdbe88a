package resource

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"monitord/internal/config"
)

// DefaultFile is the allow-list: root's file.
const DefaultFile = "/etc/monitord-probe/resources.yaml"

// Config is the file.
type Config struct {
	Resources map[string]Resource `yaml:"resources"`
	// Systemctl is the program that speaks to systemd.
	Systemctl string `yaml:"systemctl"`
}

// Resource is one thing that can be started and stopped: a script or a unit.
type Resource struct {
	Script string   `yaml:"script"` // LSB init script; absolute
	Args   []string `yaml:"args"`   // before start, stop and status
	Unit   string   `yaml:"unit"`   // systemd unit
	// PIDFile replaces the script's status, for scripts that have none or one that
	// always says 0: running is what the file names a living process.
	PIDFile       string        `yaml:"pid_file"`
	StartTimeout  time.Duration `yaml:"start_timeout"`
	StopTimeout   time.Duration `yaml:"stop_timeout"`
	StatusTimeout time.Duration `yaml:"status_timeout"`
}

// DefaultConfig allows nothing.
func DefaultConfig() Config { return Config{Systemctl: "/usr/bin/systemctl"} }

// Validate reports every fault.
func (c *Config) Validate() error {
	if !filepath.IsAbs(c.Systemctl) {
		return config.Faultf("systemctl", "got %q; want an absolute path", c.Systemctl)
	}
	return nil
}

// Defaults and bound of the times of a Resource.
const (
	defaultChange = time.Minute
	defaultStatus = 10 * time.Second
	maxTime       = time.Hour
)

// unitName is what systemd.unit(5) allows.
var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.\\@-]{1,255}$`)

// Validate reports every fault.
func (r *Resource) Validate() error {
	var faults []error
	bad := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	if (r.Script == "") == (r.Unit == "") {
		bad("", "want either script, an init script, or unit, a systemd unit")
	}
	for key, path := range map[string]string{"script": r.Script, "pid_file": r.PIDFile} {
		if path != "" && !filepath.IsAbs(path) {
			bad(key, "got %q; want an absolute path", path)
		}
	}
	if r.Unit != "" && (!unitName.MatchString(r.Unit) || strings.HasPrefix(r.Unit, "-")) {
		bad("unit", "got %q; want the name of a unit, such as postgresql.service", r.Unit)
	}
	if r.Unit != "" && (len(r.Args) > 0 || r.PIDFile != "") {
		bad("unit", "args and pid_file are for scripts")
	}
	for key, d := range map[string]time.Duration{"start_timeout": r.StartTimeout, "stop_timeout": r.StopTimeout, "status_timeout": r.StatusTimeout} {
		if d < 0 || d > maxTime {
			bad(key, "got %s; want 0s (the default) to 1h", config.FormatDuration(d))
		}
	}
	return errors.Join(faults...)
}

// withDefaults fills the times that are not set.
func (r Resource) withDefaults() Resource {
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{{&r.StartTimeout, defaultChange}, {&r.StopTimeout, defaultChange}, {&r.StatusTimeout, defaultStatus}} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	return r
}

// ErrNotListed says that the file does not name a resource.
var ErrNotListed = errors.New("it is not in the list of resources")

// Find reads the file and returns one of its resources. The file must belong to
// root (or to us) and nobody else may write to it.
func Find(path, name string) (Resource, Config, error) {
	if err := trusted(path); err != nil {
		return Resource{}, Config{}, err
	}
	loaded, err := config.Load(path, config.Section{Name: "resources", Inline: true, Target: func() any { c := DefaultConfig(); return &c }})
	if err != nil {
		return Resource{}, Config{}, err
	}
	cfg, err := config.Get[*Config](loaded, "resources")
	if err != nil {
		return Resource{}, Config{}, err
	}
	r, ok := cfg.Resources[name]
	if !ok {
		known := strings.Join(slices.Sorted(maps.Keys(cfg.Resources)), ", ")
		return Resource{}, Config{}, fmt.Errorf("resource %q: %w (%s names: %s)", name, ErrNotListed, path, known)
	}
	return r.withDefaults(), *cfg, nil
}

// trusted refuses a list that others could have written.
func trusted(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read list of resources: %w", err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("list of resources %s: its owner is not known", path)
	}
	if st.Uid != 0 && int(st.Uid) != os.Getuid() {
		return fmt.Errorf("list of resources %s belongs to user %d (chown root %s)", path, st.Uid, path)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("list of resources %s can be written by others (chmod go-w %s)", path, path)
	}
	return nil
}
