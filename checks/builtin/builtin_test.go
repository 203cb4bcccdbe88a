package builtin

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/goccy/go-yaml"

	"monitord/internal/text"
)

// Each type's sample is its defaults, so that what operators read is true.
func TestSamplesAreTheDefaults(t *testing.T) {
	seen := map[string]bool{}
	for _, typ := range Types() {
		if seen[typ.Name] {
			t.Errorf("type %s stands twice", typ.Name)
		}
		seen[typ.Name] = true
		got, want := typ.NewConfig(), typ.NewConfig()
		if err := yaml.UnmarshalWithOptions([]byte(typ.Sample), got, yaml.Strict()); err != nil {
			t.Errorf("%s: %v", typ.Name, err)
			continue
		}
		if !reflect.DeepEqual(normal(got), normal(want)) {
			t.Errorf("%s: sample %+v; defaults %+v", typ.Name, got, want)
		}
		for _, lang := range text.Langs() {
			if s := text.Default().Render(lang, nil, text.Message{ID: typ.Summary}); s == typ.Summary {
				t.Errorf("%s has no summary in %s", typ.Name, lang)
			}
		}
	}
}

// normal makes an empty list or map the same as none.
func normal(config any) any {
	v := reflect.ValueOf(config).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); (f.Kind() == reflect.Map || f.Kind() == reflect.Slice) && f.Len() == 0 {
			f.SetZero()
		}
	}
	return v.Interface()
}

// The examples that the READMEs quote are valid.
func TestExamplesAreValid(t *testing.T) {
	for _, typ := range Types() {
		raw, err := os.ReadFile(filepath.Join("..", typ.Name, "testdata", "example.yaml"))
		if err != nil {
			t.Error(err)
			continue
		}
		cfg := typ.NewConfig()
		if err := yaml.UnmarshalWithOptions(raw, cfg, yaml.Strict()); err != nil {
			t.Errorf("%s: %v", typ.Name, err)
		} else if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", typ.Name, err)
		}
		readme, err := os.ReadFile(filepath.Join("..", typ.Name, "README.md"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, block := range [][]byte{raw, []byte(typ.Sample)} {
			if !bytes.Contains(readme, bytes.TrimSpace(block)) {
				t.Errorf("%s/README.md does not quote:\n%s", typ.Name, block)
			}
		}
	}
}
