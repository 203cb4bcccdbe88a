package logfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"monitord/internal/config"
)

// Config says which files are followed and within which bounds.
type Config struct {
	// Files are the files and patterns; the first that names a file rules it.
	Files []Source `yaml:"files"`
	// MaxLine is how many bytes of a line are read; the rest is counted and
	// skipped.
	MaxLine int `yaml:"max_line"`
	// MaxOpen bounds the files that are open at a time. Files without news give
	// their descriptor back.
	MaxOpen int `yaml:"max_open"`
	// Linger is how long a rotated file is still read after its last line: its
	// writer may not yet know that it was rotated.
	Linger time.Duration `yaml:"linger"`
}

// Source is a file or a pattern.
type Source struct {
	// Path is absolute; its parts may hold * ? [a-z] as in path/filepath.Match.
	Path string `yaml:"path"`
	// Exclude lists patterns of paths, or of names when they hold no slash.
	Exclude []string `yaml:"exclude"`
	// Encoding is that of lines that are not UTF-8: auto guesses for each file.
	Encoding string `yaml:"encoding"`
	// From says where to begin in files that are there when their pattern is
	// followed for the first time: end or beginning. A file that appears later is
	// always read from its beginning.
	From string `yaml:"from"`
	// Rotated is a folder (olddir of logrotate) in which rotated files are sought,
	// beside the file's own folder and the folders in it.
	Rotated string `yaml:"rotated"`
}

// Bounds of the configuration.
const (
	minLine   = 256
	maxLine   = 16 << 20
	minOpen   = 16
	maxOpen   = 65536
	minLinger = 100 * time.Millisecond
	maxLinger = time.Hour
)

// Where to begin.
const (
	fromEnd       = "end"
	fromBeginning = "beginning"
)

// DefaultConfig follows nothing.
func DefaultConfig() Config {
	return Config{MaxLine: 64 << 10, MaxOpen: 512, Linger: 2 * time.Second}
}

// DefaultSource is what a source without further keys means.
func DefaultSource(path string) Source {
	return Source{Path: path, Encoding: "auto", From: fromEnd}
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	var errs []error
	if c.MaxLine < minLine || c.MaxLine > maxLine {
		errs = append(errs, config.Faultf("max_line", "got %d; want %d to %d bytes", c.MaxLine, minLine, maxLine))
	}
	if c.MaxOpen < minOpen || c.MaxOpen > maxOpen {
		errs = append(errs, config.Faultf("max_open", "got %d; want %d to %d files", c.MaxOpen, minOpen, maxOpen))
	}
	if c.Linger < minLinger || c.Linger > maxLinger {
		errs = append(errs, config.Faultf("linger", "got %s; want %s to %s", c.Linger, minLinger, maxLinger))
	}
	for i, s := range c.Files {
		errs = append(errs, s.validate(fmt.Sprintf("files[%d]", i)))
	}
	return errors.Join(errs...)
}

func (s Source) validate(at string) error {
	var errs []error
	if !filepath.IsAbs(s.Path) {
		errs = append(errs, config.Faultf(at+".path", "got %q; want an absolute path or pattern", s.Path))
	}
	for i, p := range append([]string{s.Path}, s.Exclude...) {
		if _, err := filepath.Match(p, ""); err != nil {
			key := at + ".path"
			if i > 0 {
				key = fmt.Sprintf("%s.exclude[%d]", at, i-1)
			}
			errs = append(errs, config.Faultf(key, "got %q: %v; want a pattern of * ? [a-z]", p, err))
		}
	}
	if _, ok := encodings()[s.encoding()]; !ok {
		errs = append(errs, config.Faultf(at+".encoding", "got %q; want auto, utf-8, euc-jp, shift_jis, iso-2022-jp, latin-1, utf-16le or utf-16be", s.Encoding))
	}
	if s.From != "" && s.From != fromEnd && s.From != fromBeginning {
		errs = append(errs, config.Faultf(at+".from", "got %q; want end or beginning", s.From))
	}
	if s.Rotated != "" && !filepath.IsAbs(s.Rotated) {
		errs = append(errs, config.Faultf(at+".rotated", "got %q; want an absolute folder", s.Rotated))
	}
	return errors.Join(errs...)
}

func (s Source) encoding() string {
	if s.Encoding == "" {
		return "auto"
	}
	return s.Encoding
}

// names says whether the source follows a path that its pattern matches.
func (s Source) names(path string) bool {
	for _, p := range s.Exclude {
		subject := path
		if filepath.Base(p) == p {
			subject = filepath.Base(path)
		}
		if ok, _ := filepath.Match(p, subject); ok {
			return false
		}
	}
	return true
}
