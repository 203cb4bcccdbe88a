package config

import (
	"reflect"
	"strings"
)

// field is one key of a struct.
type field struct {
	key   string
	doc   string
	index []int
	typ   reflect.Type
}

// structFields lists the keys of a struct: by its yaml tag, else by its name in
// lower case as yaml does; "-" is no key. Embedded structs and those tagged
// `yaml:",inline"` add their keys to the outer ones.
func structFields(t reflect.Type) []field {
	var out []field
	for f := range fieldsOf(t) {
		name, opts, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		inner := f.Type
		if (f.Anonymous && name == "" || strings.Contains(opts, "inline")) && inner.Kind() == reflect.Struct {
			for _, sub := range structFields(inner) {
				sub.index = append([]int{f.Index[0]}, sub.index...)
				out = append(out, sub)
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		out = append(out, field{key: name, doc: f.Tag.Get("doc"), index: f.Index, typ: f.Type})
	}
	return out
}

func fieldsOf(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// nearest is the known key that a mistyped one most likely means; "" when none
// is near: at most half of its letters wrong, and at most three.
func nearest(key string, known []string) string {
	best, bestDistance := "", 1+min(3, (len([]rune(key))+1)/2)
	if len(key) > 100 {
		return ""
	}
	for _, k := range known {
		if d := distance(key, k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance counts the edits between a and b: insert, delete, replace or swap
// of neighbours, each 1 (the optimal string alignment distance).
func distance(a, b string) int {
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	before, last := []int(nil), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}
