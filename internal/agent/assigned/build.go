package assigned

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/text"
	"monitord/internal/wire"
)

// build makes a check of what the server said. It always makes one: what cannot
// be run says so.
func (r *Runner) build(c wire.AssignedCheck) checks.Check {
	for _, t := range r.deps.Types {
		if t.Name != c.Type {
			continue
		}
		check, err := r.make(t, c)
		if err != nil {
			return unusable{checks.ReasonInternal, text.M("assigned.options", text.Str("detail", oneLine(err)))}
		}
		return check
	}
	return unusable{checks.ReasonInternal, text.M("assigned.type", text.Str("type", c.Type), text.Str("version", r.deps.Version))}
}

func (r *Runner) make(t checks.Type, c wire.AssignedCheck) (checks.Check, error) {
	cfg := t.NewConfig()
	raw := []byte(c.Config)
	if len(raw) == 0 {
		raw = []byte("{}") // every option has its default
	}
	if err := config.DecodeBytes(c.Name, raw, cfg); err != nil {
		return nil, err
	}
	if err := r.allowSecrets(reflect.ValueOf(cfg)); err != nil {
		return nil, err
	}
	return t.New(cfg, r.deps.Checks)
}

// oneLine writes several faults as one sentence.
func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}

// errSecret says which file the server may not have read.
var errSecret = errors.New("secrets of checks must lie in the probe's own folder for them")

var secretType = reflect.TypeFor[config.Secret]()

// allowSecrets looks for files that the options would have read.
func (r *Runner) allowSecrets(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return r.allowSecrets(v.Elem())
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := r.allowSecrets(v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			if err := r.allowSecrets(iter.Value()); err != nil {
				return err
			}
		}
	case reflect.Struct:
		if v.Type() == secretType {
			return r.allowFile(v.FieldByName("File").String())
		}
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue // never decoded
			}
			if err := r.allowSecrets(v.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Runner) allowFile(path string) error {
	if path == "" {
		return nil
	}
	inside, err := filepath.Rel(r.deps.Secrets, path)
	if err != nil || r.deps.Secrets == "" || inside == "." || !filepath.IsLocal(inside) {
		return fmt.Errorf("%w: %s is not in %s", errSecret, path, r.deps.Secrets)
	}
	return nil
}

// unusable answers for a check that cannot be run here.
type unusable struct {
	reason checks.Reason
	why    text.Message
}

// Run is UNKNOWN, always.
func (u unusable) Run(context.Context, checks.Target) ([]checks.Result, error) {
	return []checks.Result{{State: checks.Unknown, Reason: u.reason, Summary: u.why}}, nil
}
