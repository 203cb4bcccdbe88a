package checkcli

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// keys lists the options of a configuration struct, in its order: the yaml tag
// and the kind of value, by which a flag is read.
func keys(target any) []key {
	return fieldKeys(reflect.TypeOf(target).Elem())
}

// fieldKeys lists a struct's; those of an inline struct are the outer one's.
func fieldKeys(t reflect.Type) []key {
	var out []key
	for f := range t.Fields() {
		name, opts, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if opts == "inline" {
			out = append(out, fieldKeys(f.Type)...)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		out = append(out, key{name: name, form: formOf(f.Type)})
	}
	return out
}

// key is one option of a type.
type key struct {
	name string
	form form
}

// form is how a flag's text becomes YAML.
type form int

const (
	formText   form = iota // quoted, whatever it is
	formPlain              // a number
	formSwitch             // true or false; alone it means true
	formList               // a,b,c
	formMap                // Name: value, may come several times
	formSecret             // a path
)

func formOf(t reflect.Type) form {
	if t == reflect.TypeFor[time.Duration]() {
		return formText
	}
	switch t.Kind() {
	case reflect.Bool:
		return formSwitch
	case reflect.Int, reflect.Int64, reflect.Float64:
		return formPlain
	case reflect.Slice:
		return formList
	case reflect.Map:
		return formMap
	case reflect.Struct:
		if f, ok := t.FieldByName("File"); ok && f.Tag.Get("yaml") == "file" {
			return formSecret
		}
	}
	return formText
}

// find is the key that a flag names: --max-bytes and --max_bytes are one, a
// secret's flag may end in -file.
func find(all []key, flag string) (key, error) {
	name := strings.ReplaceAll(flag, "-", "_")
	for _, k := range all {
		if k.name == name || k.form == formSecret && k.name+"_file" == name {
			return k, nil
		}
	}
	names := make([]string, 0, len(all))
	for _, k := range all {
		names = append(names, flagName(k))
	}
	slices.Sort(names)
	return key{}, fmt.Errorf("unknown option --%s (options: %s)", flag, strings.Join(names, " "))
}

func flagName(k key) string {
	name := "--" + strings.ReplaceAll(k.name, "_", "-")
	if k.form == formSecret {
		name += "-file"
	}
	return name
}

// decode fills target from flags, by way of YAML, so that a flag means exactly
// what the same key means in the configuration.
func decode(target any, values map[key][]string) error {
	for k, v := range values {
		text, err := k.yaml(v)
		if err != nil {
			return err
		}
		if err := yaml.UnmarshalWithOptions([]byte(text), target, yaml.Strict()); err != nil {
			return fmt.Errorf("option %s: %s", flagName(k), firstLine(err.Error()))
		}
	}
	return nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// yaml writes the key and what its flags said.
func (k key) yaml(values []string) (string, error) {
	last := values[len(values)-1]
	switch k.form {
	case formPlain, formSwitch:
		return k.name + ": " + last, nil
	case formSecret:
		return k.name + ": {file: " + strconv.Quote(last) + "}", nil
	case formList:
		var quoted []string
		for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
			quoted = append(quoted, strconv.Quote(strings.TrimSpace(part)))
		}
		return k.name + ": [" + strings.Join(quoted, ", ") + "]", nil
	case formMap:
		var b strings.Builder
		b.WriteString(k.name + ":\n")
		for _, v := range values {
			name, value, ok := strings.Cut(v, ":")
			if !ok {
				return "", fmt.Errorf("option %s: got %q; want \"Name: value\"", flagName(k), v)
			}
			fmt.Fprintf(&b, "  %s: %s\n", strconv.Quote(strings.TrimSpace(name)), strconv.Quote(strings.TrimSpace(value)))
		}
		return b.String(), nil
	}
	return k.name + ": " + strconv.Quote(last), nil
}
