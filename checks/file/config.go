package file

import (
	"errors"
	"path/filepath"
	"regexp"
	"strconv"

	"monitord/checks"
	"monitord/internal/config"
)

// Config is the options of a file check; sample.yaml says what each decides.
type Config struct {
	Path          string            `yaml:"path"`
	Expect        string            `yaml:"expect"`
	Kind          string            `yaml:"kind"`
	AgeOf         string            `yaml:"age_of"`
	AgeWarning    *checks.Threshold `yaml:"age_warning"`
	AgeCritical   *checks.Threshold `yaml:"age_critical"`
	SizeWarning   *checks.Threshold `yaml:"size_warning"`
	SizeCritical  *checks.Threshold `yaml:"size_critical"`
	CountWarning  *checks.Threshold `yaml:"count_warning"`
	CountCritical *checks.Threshold `yaml:"count_critical"`
	Owner         string            `yaml:"owner"`
	Group         string            `yaml:"group"`
	Mode          string            `yaml:"mode"`
	Contains      string            `yaml:"contains"`
	NotContains   string            `yaml:"not_contains"`
	Regexp        string            `yaml:"regexp"`
	MaxRead       int               `yaml:"max_read"`
}

// The values of Config.Expect, Config.Kind and Config.AgeOf.
const (
	ExpectPresent = "present"
	ExpectAbsent  = "absent"
	ExpectAny     = "any"

	KindAny  = "any"
	KindFile = "file"
	KindDir  = "dir"

	AgeOfNewest = "newest"
	AgeOfOldest = "oldest"
)

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{Expect: ExpectPresent, Kind: KindAny, AgeOf: AgeOfNewest, MaxRead: 1 << 20}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if !filepath.IsAbs(c.Path) {
		faults = append(faults, config.Faultf("path", "got %q; want an absolute path or pattern, such as /var/spool/mail/*", c.Path))
	}
	if _, err := filepath.Match(c.Path, "/"); err != nil {
		faults = append(faults, config.Faultf("path", "got %q: %v", c.Path, err))
	}
	for _, e := range []struct {
		key, got string
		want     [3]string
	}{
		{"expect", c.Expect, [3]string{ExpectPresent, ExpectAbsent, ExpectAny}},
		{"kind", c.Kind, [3]string{KindAny, KindFile, KindDir}},
		{"age_of", c.AgeOf, [3]string{AgeOfNewest, AgeOfOldest, AgeOfNewest}},
	} {
		if e.got != e.want[0] && e.got != e.want[1] && e.got != e.want[2] {
			faults = append(faults, config.Faultf(e.key, "got %q; want one of %v", e.got, e.want))
		}
	}
	if c.Mode != "" {
		if _, err := strconv.ParseUint(c.Mode, 8, 12); err != nil {
			faults = append(faults, config.Faultf("mode", "got %q; want octal digits in quotes, such as \"0640\"", c.Mode))
		}
	}
	if _, err := regexp.Compile(c.Regexp); err != nil {
		faults = append(faults, config.Faultf("regexp", "%v", err))
	}
	if c.MaxRead < 1 || c.MaxRead > 64<<20 {
		faults = append(faults, config.Faultf("max_read", "got %d; want 1 to %d", c.MaxRead, 64<<20))
	}
	return errors.Join(faults...)
}

// reads reports whether content is asked for.
func (c *Config) reads() bool { return c.Contains != "" || c.NotContains != "" || c.Regexp != "" }
