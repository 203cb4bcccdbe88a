package main

import (
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A name is a package, a folder, a word on command lines and the beginning of
// catalogue IDs.
var goodName = regexp.MustCompile(`^[a-z][a-z0-9]{1,19}$`)

// reserved names would hide something: a file of every plug-in, a folder that is
// no plug-in, or a package that the lists import.
var reserved = []string{
	"builtin", "checks", "collectors", "config", "doc", "failover", "internal", "local", "logs", "main", "schedule", "testdata", "trend", "vendor",
}

// checkName says what is wrong with a name for a new plug-in of a kind.
func checkName(root string, k *kind, name string) error {
	switch {
	case !goodName.MatchString(name):
		return fmt.Errorf("name %q: want 2 to 20 lower-case letters and digits, the first a letter, such as foo", name)
	case token.IsKeyword(name) || types.Universe.Lookup(name) != nil || slices.Contains(reserved, name):
		return fmt.Errorf("name %q: it has a meaning already in Go or in this tree; want another one", name)
	}
	if _, err := os.Stat(filepath.Join(root, k.folder(name))); err == nil {
		return fmt.Errorf("name %q: %s exists; want another one", name, k.folder(name))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return sentencesFree(root, name)
}

// sentencesFree refuses a name whose catalogue IDs belong to somebody else.
func sentencesFree(root, name string) error {
	files, err := filepath.Glob(filepath.Join(root, "internal/text/catalogue/*.yaml"))
	if err != nil {
		return err
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if strings.Contains("\n"+string(raw), "\n"+name+".") {
			return fmt.Errorf("name %q: %s has sentences that begin with %s.; want another one", name, filepath.Base(file), name)
		}
	}
	return nil
}
