package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// Section is one feature's part of the configuration.
type Section struct {
	// Name is the feature's top-level key.
	Name string
	// Inline says that the keys of the target's struct stand at the top level,
	// beside the other sections; Name is then only what Get asks for.
	Inline bool
	// Target returns a new pointer to the feature's struct, holding its defaults.
	Target func() any
}

// Loaded is a configuration that was read, decoded and found valid.
type Loaded struct {
	Files   []string // that were read, in order
	Root    *Node    // everything merged
	targets map[string]any
}

// File is one file's name and content.
type File struct {
	Name string
	Data []byte
}

// Load reads a file, or every *.yaml and *.yml of a directory (not below it,
// hidden files left out) in the order of their names, as one configuration. An
// empty path is the configuration without any key. The error is a Faults when
// the content is wrong; what could be decoded is returned beside it.
func Load(path string, sections ...Section) (*Loaded, error) {
	files, err := ReadFiles(path)
	if err != nil {
		return nil, err
	}
	return Parse(files, sections...)
}

// Parse is Load for files that were read already. With an error, what could be
// decoded is returned too, so that more faults can be looked for.
func Parse(files []File, sections ...Section) (*Loaded, error) {
	l := &Loaded{Root: &Node{Kind: Map}, targets: map[string]any{}}
	var faults Faults
	for _, f := range files {
		l.Files = append(l.Files, f.Name)
		n, err := ParseBytes(f.Name, f.Data)
		faults = append(faults, AllFaults(err, "")...)
		if n == nil {
			continue
		}
		if n.Kind != Map {
			faults = append(faults, PlacedFault{Place: n.Place, Problem: fmt.Sprintf("a configuration is a mapping (got %s; want key: value)", n.Kind)})
			continue
		}
		if l.Root.Place.IsZero() {
			l.Root.Place = Place{File: f.Name, Line: 1, Col: 1}
		}
		faults = append(faults, l.Root.add(n, "")...)
	}
	faults = append(faults, l.decode(sections)...)
	return l, faults.Err()
}

// add merges another file into n: mappings key by key, so that hosts may stand
// in several files; anything else may be defined only once.
func (n *Node) add(more *Node, path string) Faults {
	var faults Faults
	index := make(map[string]int, len(n.Entries))
	for i, e := range n.Entries {
		index[e.Key] = i
	}
	for _, e := range more.Entries {
		at := KeyPath(path, e.Key)
		i, ok := index[e.Key]
		if !ok {
			n.Entries = append(n.Entries, e)
			continue
		}
		switch mine := &n.Entries[i]; {
		case path == "" && mine.Value.Kind == Map && e.Value.Kind == Map:
			joined := *mine.Value // a node is shared by its aliases: change a copy
			joined.Entries = slices.Clone(joined.Entries)
			mine.Value = &joined
			faults = append(faults, joined.add(e.Value, at)...)
		case path == "" && mine.Value.Kind == List && e.Value.Kind == List:
			joined := *mine.Value
			joined.Items = slices.Concat(joined.Items, e.Value.Items)
			mine.Value = &joined
		default:
			faults = append(faults, PlacedFault{Place: e.Place, Path: at, Problem: fmt.Sprintf("the key is defined twice (first at %s)", mine.Place)})
		}
	}
	return faults
}

// decode fills every section's target and reports keys that belong to none.
func (l *Loaded) decode(sections []Section) Faults {
	var faults Faults
	var known []string
	rest := *l.Root
	var inline []any
	for _, s := range sections {
		t := s.Target()
		l.targets[s.Name] = t
		if s.Inline {
			inline = append(inline, t)
			for _, k := range Keys(t) {
				known = append(known, k.Name)
			}
			continue
		}
		known = append(known, s.Name)
		rest.Entries = slices.DeleteFunc(slices.Clone(rest.Entries), func(e Entry) bool { return e.Key == s.Name })
		d := &decoder{root: l.Root}
		n := l.Root.Get(s.Name)
		d.value(n, s.Name, reflect.ValueOf(t).Elem())
		faults = append(faults, d.faults...)
	}
	rest.Entries = slices.DeleteFunc(slices.Clone(rest.Entries), func(e Entry) bool {
		if slices.Contains(known, e.Key) {
			return false
		}
		d := &decoder{}
		d.known(e, "", known)
		faults = append(faults, d.faults...)
		return true
	})
	if len(inline) > 0 {
		faults = append(faults, AllFaults(Decode(&rest, "", inline...), "")...)
	}
	for _, t := range inline {
		if placed, ok := t.(nodeSetter); ok {
			placed.SetNode(&rest) // for faults that are found later
		}
	}
	return faults
}

// Get returns a section's decoded value; T is what its Target returns.
func Get[T any](l *Loaded, section string) (T, error) {
	t, ok := l.targets[section].(T)
	if !ok {
		return t, fmt.Errorf("configuration section %q holds %T, not %T", section, l.targets[section], t)
	}
	return t, nil
}

// ReadFiles reads what Load reads.
func ReadFiles(path string) ([]File, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if !info.IsDir() {
		f, err := readFile(path)
		return []File{f}, err
	}
	names := map[string]bool{}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && (ext == ".yaml" || ext == ".yml") {
			names[filepath.Join(path, e.Name())] = true
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("read configuration: directory %s holds no *.yaml file", path)
	}
	var out []File
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f, err := readFile(name)
		out, faults = append(out, f), append(faults, err)
	}
	return out, errors.Join(faults...)
}

// readFile reads one byte more than is allowed, so that ParseBytes sees it.
func readFile(name string) (File, error) {
	f, err := os.Open(name)
	if err != nil {
		return File{}, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return File{}, fmt.Errorf("read configuration %s: %w", name, err)
	}
	return File{Name: name, Data: raw}, nil
}
