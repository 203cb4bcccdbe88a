package config

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// Marshal writes v as JSON by its yaml tags, so that DecodeBytes reads it back:
// the options of a check on their way to a probe. Durations and text types are
// written as text, a Secret as {"file": PATH}, nil as null.
func Marshal(v any) (json.RawMessage, error) {
	plain, err := plainValue(reflect.ValueOf(v))
	if err != nil {
		return nil, err
	}
	return json.Marshal(plain)
}

func plainValue(v reflect.Value) (any, error) {
	if !v.IsValid() {
		return nil, nil
	}
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return nil, nil
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		return x.String(), nil
	case Secret:
		if x.IsZero() {
			return nil, nil
		}
		return map[string]string{"file": x.File}, nil
	case *Node:
		return plainNode(x), nil
	case encoding.TextMarshaler:
		b, err := x.MarshalText()
		return string(b), err
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return plainValue(v.Elem())
	case reflect.Struct:
		return plainStruct(v)
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			item, err := plainValue(v.Index(i))
			if err != nil {
				return nil, err
			}
			out[i] = item
		}
		return out, nil
	case reflect.Map:
		out := map[string]any{}
		for iter := v.MapRange(); iter.Next(); {
			item, err := plainValue(iter.Value())
			if err != nil {
				return nil, err
			}
			out[fmt.Sprint(iter.Key().Interface())] = item
		}
		return out, nil
	}
	return v.Interface(), nil
}

// plainNode is what a node says, without where. A scalar is text.
func plainNode(n *Node) any {
	switch n.Kind {
	case Scalar:
		return n.Text
	case List:
		out := make([]any, len(n.Items))
		for i, item := range n.Items {
			out[i] = plainNode(item)
		}
		return out
	case Map:
		out := map[string]any{}
		for _, e := range n.Entries {
			out[e.Key] = plainNode(e.Value)
		}
		return out
	}
	return nil
}

func plainStruct(v reflect.Value) (any, error) {
	out := map[string]any{}
	for _, f := range structFields(v.Type()) {
		item, err := plainValue(v.FieldByIndex(f.index))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.key, err)
		}
		out[f.key] = item
	}
	return out, nil
}
