package config

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Key is one option of a struct, for help texts.
type Key struct {
	Name    string // as in YAML, and as --name on a command line
	Type    string // text, number, integer, true|false, duration, range, list, map, file
	Default string // as it would be written; "" when there is none
	Doc     string // the struct's doc tag
}

// Keys lists the options of the struct that target points to, in the order of
// its fields. The defaults are what target holds.
func Keys(target any) []Key {
	v := reflect.ValueOf(target).Elem()
	var out []Key
	for _, f := range structFields(v.Type()) {
		value := v.FieldByIndex(f.index)
		k := Key{Name: f.key, Type: typeName(f.typ), Doc: f.doc}
		if !value.IsZero() && value.Kind() != reflect.Struct || value.CanAddr() && isText(value) && !value.IsZero() {
			k.Default = writeDefault(value)
		}
		out = append(out, k)
	}
	return out
}

func isText(v reflect.Value) bool { return v.Addr().Type().Implements(textType) }

func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == durationType:
		return "duration"
	case t == secretType:
		return "file"
	case reflect.PointerTo(t).Implements(textType):
		return strings.ToLower(t.Name())
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true|false"
	case reflect.Slice:
		return "list"
	case reflect.Map, reflect.Struct:
		return "map"
	case reflect.Float32, reflect.Float64:
		return "number"
	}
	return "integer"
}

func writeDefault(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		return FormatDuration(x)
	case encoding.TextMarshaler:
		b, err := x.MarshalText()
		if err != nil {
			return ""
		}
		return string(b)
	}
	if v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = fmt.Sprint(v.Index(i).Interface())
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v.Interface())
}

// FormatDuration writes d without the zeroes of d.String: 1m, not 1m0s.
func FormatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// FromFlags fills target, a pointer to a struct that holds its defaults, from a
// command line's options, and validates it. A list is written a,b or as YAML
// [a, b]; a map k=v,k=v or as YAML {k: v}; a secret as the path of its file.
// Faults begin with --name instead of a place.
func FromFlags(target any, flags map[string]string) error {
	n := &Node{Kind: Map}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		value := &Node{Kind: Scalar, Text: flags[name], Style: Loose}
		n.Entries = append(n.Entries, Entry{Key: name, Value: value})
	}
	err := Decode(n, "", target)
	faults, ok := err.(Faults)
	if !ok {
		return err
	}
	for i := range faults {
		if faults[i].Path != "" {
			faults[i].Path = "--" + faults[i].Path
		}
	}
	return faults
}

// looseList reads a list from a command line.
func looseList(n *Node) *Node {
	if parsed := looseYAML(n, "["); parsed != nil {
		return parsed
	}
	out := &Node{Kind: List, Place: n.Place}
	if n.Text == "" {
		return out
	}
	for part := range strings.SplitSeq(n.Text, ",") {
		out.Items = append(out.Items, &Node{Kind: Scalar, Place: n.Place, Text: strings.TrimSpace(part), Style: Loose})
	}
	return out
}

// looseMap reads a map from a command line; n itself when it is none.
func looseMap(n *Node) *Node {
	if parsed := looseYAML(n, "{"); parsed != nil {
		return parsed
	}
	out := &Node{Kind: Map, Place: n.Place}
	if n.Text == "" {
		return out
	}
	for part := range strings.SplitSeq(n.Text, ",") {
		key, value, ok := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		if !ok || out.entry(key) != nil {
			return n
		}
		out.Entries = append(out.Entries, Entry{Key: key, Place: n.Place, Value: &Node{Kind: Scalar, Place: n.Place, Text: value, Style: Loose}})
	}
	return out
}

func looseYAML(n *Node, start string) *Node {
	if !strings.HasPrefix(n.Text, start) {
		return nil
	}
	parsed, err := ParseBytes(n.Place.File, []byte(n.Text))
	if err != nil {
		return nil
	}
	return parsed
}
