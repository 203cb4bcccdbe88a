package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Place is where something stands in a file. The zero value is nowhere: a
// default, or a value that came from a command line.
type Place struct {
	File string
	Line int // 1 is the first
	Col  int // in characters, 1 is the first; 0 is the whole line
}

// IsZero reports whether there is no place.
func (p Place) IsZero() bool { return p == Place{} }

// String writes file:line:col, as editors read it; file:line without a column, ""
// when there is no place.
func (p Place) String() string {
	if p.IsZero() || p.Col == 0 {
		return p.Short()
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Short writes file:line, for people.
func (p Place) Short() string {
	if p.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// PlacedFault is a Fault with its path from the root and where it stands.
type PlacedFault struct {
	Place   Place
	Path    string // from the root, such as hosts.web1.checks.front.url
	Problem string
}

// Error writes file:line:col: path: problem.
func (f PlacedFault) Error() string {
	parts := []string{f.Place.String(), f.Path, f.Problem}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}

// Faults is everything wrong with a configuration, in the order of the files.
type Faults []PlacedFault

// maxFaults bounds what one report prints; a person mends the first ones first.
const maxFaults = 100

// Error writes one fault a line, at most a hundred, then how many more there are.
func (fs Faults) Error() string {
	var b strings.Builder
	for i, f := range fs {
		if i == maxFaults {
			fmt.Fprintf(&b, "\nand %d more faults", len(fs)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(f.Error())
	}
	return b.String()
}

// Err is fs as an error, sorted and without repeats; nil when there is none.
func (fs Faults) Err() error {
	fs = fs.tidy()
	if len(fs) == 0 {
		return nil
	}
	return fs
}

// tidy sorts by place and drops repeats: one mistake in a template is told
// once, not once for each host that uses it.
func (fs Faults) tidy() Faults {
	fs = slices.Clone(fs)
	slices.SortStableFunc(fs, func(a, b PlacedFault) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line), cmp.Compare(a.Place.Col, b.Place.Col))
	})
	seen := map[PlacedFault]bool{}
	return slices.DeleteFunc(fs, func(f PlacedFault) bool {
		key := f
		if !f.Place.IsZero() {
			key.Path = ""
		}
		twice := seen[key]
		seen[key] = true
		return twice
	})
}

// AllFaults takes an error apart: the placed faults in it, and the others as
// faults without a place. Fault paths become relative to path.
func AllFaults(err error, path string) Faults {
	var out Faults
	walkErrors(err, func(leaf error) {
		if placed, ok := leaf.(PlacedFault); ok {
			out = append(out, placed)
			return
		}
		if f, ok := errors.AsType[Fault](leaf); ok {
			out = append(out, PlacedFault{Path: JoinPath(path, f.Path), Problem: f.Problem})
			return
		}
		out = append(out, PlacedFault{Path: path, Problem: leaf.Error()})
	})
	return out
}

// walkErrors visits every leaf of a tree made by errors.Join; Faults is one too.
func walkErrors(err error, visit func(error)) {
	switch e := err.(type) {
	case nil:
	case Faults:
		for _, f := range e {
			visit(f)
		}
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			walkErrors(one, visit)
		}
	default:
		visit(err)
	}
}
