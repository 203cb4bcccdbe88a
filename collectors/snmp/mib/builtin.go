package mib

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed table
var tables embed.FS

// Builtin is the names of the standard modules (Modules lists them). It reads
// our tables anew at each call, some milliseconds: keep the result.
func Builtin() (*Names, error) {
	names := newNames()
	entries, err := tables.ReadDir("table")
	if err != nil {
		return nil, err
	}
	var all []*module
	for _, e := range entries {
		raw, err := tables.ReadFile("table/" + e.Name())
		if err != nil {
			return nil, err
		}
		some, err := parseTable(e.Name(), string(raw))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return names, names.link(all)
}

// maxFiles bounds a folder of MIB files.
const maxFiles = 5000

// Load is Builtin and the MIB files in folders (SMIv1 or SMIv2, any file name).
// A faulty file adds what can be read of it; the error joins every fault as
// *Fault, with file and line, and the names are usable all the same.
func Load(folders ...string) (*Names, error) {
	names, err := Builtin()
	if err != nil {
		return nil, err
	}
	var all []*module
	var faults []error
	for _, folder := range folders {
		some, err := readFolder(folder)
		all = append(all, some...)
		faults = append(faults, err)
	}
	return names, errors.Join(append(faults, names.link(all))...)
}

// readFolder parses every file of a folder; hidden ones and folders in it are
// left out.
func readFolder(folder string) ([]*module, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("mib files: %w", err)
	}
	if len(entries) > maxFiles {
		return nil, fmt.Errorf("mib files: %s has %d files; at most %d are read: move what is not needed away", folder, len(entries), maxFiles)
	}
	var all []*module
	var faults []error
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if e.Name()[0] == '.' {
			continue
		}
		some, err := readFile(path)
		all = append(all, some...)
		if err != nil {
			faults = append(faults, err)
		}
	}
	return all, errors.Join(faults...)
}

func readFile(path string) ([]*module, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("mib files: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, err // a folder, or what a name only links to
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil && !errors.Is(err, fs.ErrClosed) {
		return nil, fmt.Errorf("mib files: %w", err)
	}
	return parseModules(path, string(raw))
}
