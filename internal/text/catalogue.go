package text

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed catalogue/*.yaml
var files embed.FS

// entry is one sentence of the catalogue.
type entry struct {
	En string `yaml:"en"`
	Ja string `yaml:"ja"`
}

// Catalogue holds every sentence; it never changes after New.
type Catalogue struct {
	entries map[string]entry
}

// Default is the embedded catalogue, read once. It panics only when the build
// itself is broken, which a test excludes.
var Default = sync.OnceValue(func() *Catalogue {
	c, err := New(files)
	if err != nil {
		panic(err)
	}
	return c
})

// New reads every catalogue/*.yaml of fsys and checks that each sentence has
// both languages with the same placeholders.
func New(fsys fs.FS) (*Catalogue, error) {
	paths, err := fs.Glob(fsys, "catalogue/*.yaml")
	if err != nil {
		return nil, err
	}
	c := &Catalogue{entries: map[string]entry{}}
	var faults []error
	for _, path := range paths {
		raw, err := fs.ReadFile(fsys, path)
		if err != nil {
			return nil, err
		}
		var part map[string]entry
		if err := yaml.UnmarshalWithOptions(raw, &part, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for id, e := range part {
			if _, twice := c.entries[id]; twice {
				faults = append(faults, fmt.Errorf("%s: %s stands in two files", path, id))
			}
			if e.En == "" || e.Ja == "" {
				faults = append(faults, fmt.Errorf("%s: %s lacks a language", path, id))
			}
			if !slices.Equal(placeholders(e.En), placeholders(e.Ja)) {
				faults = append(faults, fmt.Errorf("%s: %s: placeholders differ: %v, %v", path, id, placeholders(e.En), placeholders(e.Ja)))
			}
			c.entries[id] = e
		}
	}
	return c, errors.Join(faults...)
}

var placeholder = regexp.MustCompile(`\{([a-z_]+)[|}]`)

// placeholders lists the distinct argument names of a pattern, sorted. The
// plural form {n|a|b} counts only together with {n}: Japanese needs none.
func placeholders(pattern string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(pattern, -1) {
		if !strings.HasSuffix(m[0], "|") {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// IDs lists every ID, sorted.
func (c *Catalogue) IDs() []string {
	ids := make([]string, 0, len(c.entries))
	for id := range c.entries {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Placeholders lists the argument names that a sentence needs.
func (c *Catalogue) Placeholders(id string) []string { return placeholders(c.entries[id].En) }

func (c *Catalogue) pattern(lang Lang, id string) (string, bool) {
	e, ok := c.entries[id]
	if lang == Japanese {
		return e.Ja, ok
	}
	return e.En, ok
}
