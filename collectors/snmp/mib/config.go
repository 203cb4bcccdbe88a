package mib

import (
	"errors"
	"os"
	"path/filepath"
	"sync"

	"monitord/internal/config"
)

// DefaultFolder is where makers' MIB files lie unless something else is said. It
// need not be there.
const DefaultFolder = "/etc/monitord/mibs"

// Config is the section `snmp` of the configuration.
type Config struct {
	// MIBs are folders of MIB files, whose names are added to the standard ones. nil
	// is DefaultFolder, where it is; an empty list is none.
	MIBs []string `yaml:"mibs"`
}

// Validate wants absolute folders; files are not looked at.
func (c *Config) Validate() error {
	var faults []error
	for i, folder := range c.MIBs {
		if !filepath.IsAbs(folder) || filepath.Clean(folder) == "/" {
			faults = append(faults, config.Faultf(config.IndexPath("mibs", i), "got %q; want an absolute folder of MIB files, such as %s", folder, DefaultFolder))
		}
	}
	return errors.Join(faults...)
}

// Section is the section `snmp`.
func Section() config.Section {
	return config.Section{Name: "snmp", Target: func() any { return &Config{} }}
}

// Source reads the names: now, when there are folders, so that what is wrong with
// a file is known now; otherwise the standard ones when they are first asked for.
// The error is a config.Faults with the place in each faulty MIB file.
func (c *Config) Source() (func() (*Names, error), error) {
	folders := c.MIBs
	if folders == nil {
		folders = Folders(DefaultFolder)
	}
	if len(folders) == 0 {
		return sync.OnceValues(Builtin), nil
	}
	names, err := Load(folders...)
	if err != nil {
		return nil, placed(err)
	}
	return func() (*Names, error) { return names, nil }, nil
}

// Folders is the folder, or nothing where there is none.
func Folders(folder string) []string {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil
	}
	return []string{folder}
}

// Default is for programs without a configuration: the standard names and those of
// DefaultFolder. Like Load, it returns names beside what is wrong with files.
func Default() (*Names, error) { return Load(Folders(DefaultFolder)...) }

// placed makes faults of MIB files faults of the configuration.
func placed(err error) error {
	var faults config.Faults
	for _, leaf := range leaves(err) {
		if f, ok := errors.AsType[*Fault](leaf); ok {
			faults = append(faults, config.PlacedFault{Place: config.Place{File: f.File, Line: f.Line}, Problem: f.Problem})
			continue
		}
		faults = append(faults, config.PlacedFault{Path: "snmp.mibs", Problem: leaf.Error()})
	}
	return faults.Err()
}

// leaves are the errors that errors.Join joined, in its order.
func leaves(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, leaves(one)...)
	}
	return all
}
