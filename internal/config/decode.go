package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Validator is a value with rules of its own. Validate is called after the
// value was decoded, and returns every fault at once, as an errors.Join of
// Fault values whose paths are relative to it. It touches neither network nor
// files.
type Validator interface{ Validate() error }

// nodeSetter is a value that wants to know where it was written.
type nodeSetter interface{ SetNode(*Node) }

var (
	durationType = reflect.TypeFor[time.Duration]()
	secretType   = reflect.TypeFor[Secret]()
	nodeType     = reflect.TypeFor[*Node]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// Decode fills targets, pointers that hold their defaults, from n. Several
// structs may share one mapping: a key is unknown when none of them knows it,
// and goes to each that does. A nil n leaves the defaults. Path is that of n
// from the root. Every fault is reported at once, as Faults.
//
// A Go type takes:
//   - string: text, or a number as it was written; not true, false or nothing
//   - bool: true or false; integers and floats: numbers in the type's range
//   - time.Duration: 90s, 1m30s, 250ms, 1h, and also 2d and 1w
//   - encoding.TextUnmarshaler: what it reads
//   - Secret: {file: PATH}
//   - slices, maps with text keys, structs by yaml tags, pointers
//   - *Node: anything, as it stands
//
// Nothing (null, ~, or no value) leaves the default, except that it makes a
// pointer nil.
func Decode(n *Node, path string, targets ...any) error {
	d := &decoder{root: n, rootPath: path}
	values := make([]reflect.Value, 0, len(targets))
	for _, t := range targets {
		v := reflect.ValueOf(t)
		if v.Kind() != reflect.Pointer || v.IsNil() {
			return fmt.Errorf("decode %s: target %T is not a pointer", path, t)
		}
		values = append(values, v.Elem())
	}
	if len(values) == 1 {
		d.value(n, path, values[0])
	} else {
		d.structs(n, path, values)
		for _, v := range values {
			d.validate(n, path, v)
		}
	}
	return d.faults.Err()
}

// DecodeBytes decodes one YAML or JSON document into target: the options of a
// check that the server assigned to a probe.
func DecodeBytes(file string, raw []byte, targets ...any) error {
	n, err := ParseBytes(file, raw)
	if err != nil {
		return err
	}
	return Decode(n, "", targets...)
}

type decoder struct {
	root     *Node
	rootPath string
	faults   Faults
}

func (d *decoder) fault(place Place, path, format string, args ...any) {
	d.faults = append(d.faults, PlacedFault{Place: place, Path: path, Problem: fmt.Sprintf(format, args...)})
}

func (d *decoder) want(n *Node, path, want string) {
	d.fault(n.Place, path, "wrong type (got %s; want %s)", describe(n), want)
}

// describe writes a value for a fault, shortened.
func describe(n *Node) string {
	if n.Kind != Scalar {
		return n.Kind.String()
	}
	text := []rune(n.Text)
	if len(text) > 40 {
		text = append(text[:40], '…')
	}
	if n.Style == Quoted {
		return fmt.Sprintf("%q", string(text))
	}
	return strings.ToValidUTF8(string(text), "�")
}

// value decodes n into v, then lets v check itself.
func (d *decoder) value(n *Node, path string, v reflect.Value) {
	if v.Type() == nodeType {
		if n != nil {
			v.Set(reflect.ValueOf(n))
		}
		return
	}
	if setter, ok := v.Addr().Interface().(nodeSetter); ok {
		setter.SetNode(n)
	}
	if n != nil && n.Kind != Null || v.Kind() == reflect.Pointer && n != nil {
		d.decode(n, path, v)
	}
	if v.Kind() != reflect.Pointer { // what it points to was validated as a value
		d.validate(n, path, v)
	}
}

func (d *decoder) decode(n *Node, path string, v reflect.Value) {
	switch {
	case v.Type() == secretType:
		d.secret(n, path, v)
		return
	case v.Type() == durationType:
		d.duration(n, path, v)
		return
	case v.Kind() != reflect.Pointer && v.Addr().Type().Implements(textType):
		d.text(n, path, v)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		d.pointer(n, path, v)
	case reflect.Struct:
		d.structs(n, path, []reflect.Value{v})
	case reflect.Slice:
		d.slice(n, path, v)
	case reflect.Map:
		d.mapping(n, path, v)
	default:
		d.scalar(n, path, v)
	}
}

func (d *decoder) pointer(n *Node, path string, v reflect.Value) {
	if n.Kind == Null {
		v.SetZero()
		return
	}
	fresh := reflect.New(v.Type().Elem())
	if !v.IsNil() {
		fresh.Elem().Set(v.Elem())
	}
	d.value(n, path, fresh.Elem())
	v.Set(fresh)
}

// target is a field of one of the structs that share a mapping.
type target struct {
	key   string
	value reflect.Value
}

// structs decodes one mapping into all of vs.
func (d *decoder) structs(n *Node, path string, vs []reflect.Value) {
	if n != nil && n.Kind != Map && n.Kind != Null {
		d.want(n, path, "a mapping")
		return
	}
	var targets []target
	for _, v := range vs {
		for _, f := range structFields(v.Type()) {
			targets = append(targets, target{f.key, v.FieldByIndex(f.index)})
		}
	}
	keys := make([]string, len(targets))
	for i, t := range targets {
		keys[i] = t.key
	}
	if n != nil {
		for _, e := range n.Entries {
			d.known(e, path, keys)
		}
	}
	for _, t := range targets {
		// A part that is not written still has its say: it may be required.
		sub := n.Get(t.key)
		if sub != nil || t.value.Kind() == reflect.Struct {
			d.value(sub, KeyPath(path, t.key), t.value)
		}
	}
}

func (d *decoder) known(e Entry, path string, keys []string) {
	if slices.Contains(keys, e.Key) {
		return
	}
	hint := "want one of " + strings.Join(sorted(slices.Clone(keys)), ", ")
	if near := nearest(e.Key, keys); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	if len(keys) == 0 {
		hint = "no key is known here"
	}
	d.fault(e.Place, KeyPath(path, e.Key), "unknown key (%s)", hint)
}

func sorted(keys []string) []string {
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (d *decoder) slice(n *Node, path string, v reflect.Value) {
	if n.Kind == Scalar && n.Style == Loose {
		n = looseList(n)
	}
	if n.Kind != List {
		d.want(n, path, "a list, such as [a, b]")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		if at := IndexPath(path, i); item.Kind == Null && v.Type().Elem() != nodeType {
			d.fault(item.Place, at, "the element is empty")
		} else {
			d.value(item, at, out.Index(i))
		}
	}
	v.Set(out)
}

// mapping adds to the map that is there: its entries are defaults.
func (d *decoder) mapping(n *Node, path string, v reflect.Value) {
	if n.Kind == Scalar && n.Style == Loose {
		n = looseMap(n)
	}
	if n.Kind != Map {
		d.want(n, path, "a mapping")
		return
	}
	t := v.Type()
	out := reflect.MakeMapWithSize(t, len(n.Entries))
	for iter := v.MapRange(); iter.Next(); {
		out.SetMapIndex(iter.Key(), iter.Value())
	}
	for _, e := range n.Entries {
		at := KeyPath(path, e.Key)
		key, elem := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		before := len(d.faults)
		d.decode(&Node{Kind: Scalar, Place: e.Place, Text: e.Key, Style: Loose}, at, key)
		if len(d.faults) > before {
			continue
		}
		if old := out.MapIndex(key); old.IsValid() {
			elem.Set(old)
		}
		d.value(e.Value, at, elem)
		out.SetMapIndex(key, elem)
	}
	v.Set(out)
}

// validate calls the value's own rules. A rule about a value that could not
// even be decoded would only confuse, so it is left out.
func (d *decoder) validate(n *Node, path string, v reflect.Value) {
	var rules Validator
	if v.CanAddr() {
		rules, _ = v.Addr().Interface().(Validator)
	}
	if rules == nil {
		return
	}
	for _, f := range AllFaults(rules.Validate(), path) {
		if f.Place.IsZero() {
			f.Place = d.place(n, path, f.Path)
		}
		if !slices.ContainsFunc(d.faults, func(g PlacedFault) bool { return covers(g, f) }) {
			d.faults = append(d.faults, f)
		}
	}
}

func covers(known, f PlacedFault) bool {
	unknownKey := strings.HasPrefix(known.Problem, "unknown key")
	return known.Path == f.Path && !unknownKey
}

// place finds where the value at path is written: below n when n is there,
// else the nearest thing above it.
func (d *decoder) place(n *Node, nodePath, path string) Place {
	if n != nil && n.Kind == Map {
		if rest, ok := strings.CutPrefix(path, nodePath); ok && rest != "" {
			return n.Locate(rest)
		}
	}
	if rest, ok := strings.CutPrefix(path, d.rootPath); ok {
		return d.root.Locate(rest)
	}
	if n != nil {
		return n.Place
	}
	return Place{}
}
