package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// jsonPath is a path to one value: names and indices, the part of RFC 9535
// that has a single answer ("singular query", section 2.3.5.1).
type jsonPath []any // string: member; int: element, from the end when negative

// parseJSONPath reads $.a.b[0]['odd name']; "" is nil.
func parseJSONPath(s string) (jsonPath, error) {
	if s == "" {
		return nil, nil
	}
	bad := fmt.Errorf("got %.80q; want a path to one value, such as $.items[0].state or $['odd name']", s)
	rest, ok := strings.CutPrefix(s, "$")
	if !ok {
		return nil, bad
	}
	path := jsonPath{}
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "['") || strings.HasPrefix(rest, `["`):
			name, after, ok := strings.Cut(rest[2:], rest[1:2]+"]")
			if !ok {
				return nil, bad
			}
			path, rest = append(path, name), after
		case rest[0] == '[':
			digits, after, ok := strings.Cut(rest[1:], "]")
			n, err := strconv.Atoi(digits)
			if !ok || err != nil {
				return nil, bad
			}
			path, rest = append(path, n), after
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			name := rest[1 : 1+end]
			if name == "" || strings.ContainsAny(name, "*]'\" ") {
				return nil, bad
			}
			path, rest = append(path, name), rest[1+end:]
		default:
			return nil, bad
		}
	}
	return path, nil
}

var errNotThere = errors.New("there is no such value")

// find is the value at the path: a string as it is, anything else as JSON.
func (p jsonPath) find(body []byte) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // 1.10 stays 1.10
	var v any
	if err := dec.Decode(&v); err != nil {
		return "", fmt.Errorf("no JSON: %w", err)
	}
	for _, part := range p {
		switch part := part.(type) {
		case string:
			object, ok := v.(map[string]any)
			if !ok {
				return "", errNotThere
			}
			if v, ok = object[part]; !ok {
				return "", errNotThere
			}
		case int:
			list, ok := v.([]any)
			if part < 0 {
				part += len(list)
			}
			if !ok || part < 0 || part >= len(list) {
				return "", errNotThere
			}
			v = list[part]
		}
	}
	if s, ok := v.(string); ok {
		return s, nil
	}
	out, err := json.Marshal(v)
	return string(out), err
}

// jsonShown is what stands at a path, for a sentence.
func jsonShown(got string, err error) string {
	if err != nil {
		return err.Error()
	}
	return strings.ToValidUTF8(got[:min(len(got), 80)], "")
}
