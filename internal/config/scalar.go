package config

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

func (d *decoder) secret(n *Node, path string, v reflect.Value) {
	if n.Kind == Scalar && n.Style == Loose {
		v.Set(reflect.ValueOf(Secret{File: n.Text}))
		return
	}
	if n.Kind != Map {
		// The value itself is not repeated: it may be the password.
		d.fault(n.Place, path, "a secret does not stand in the configuration (got %s; want {file: PATH}, a file that only the server can read)", n.Kind)
		return
	}
	before := len(d.faults)
	d.structs(n, path, []reflect.Value{v})
	if len(d.faults) == before && v.Interface().(Secret).File == "" {
		d.fault(n.Place, path, "a secret needs its file (want {file: PATH})")
	}
}

func (d *decoder) duration(n *Node, path string, v reflect.Value) {
	if n.Kind != Scalar {
		d.want(n, path, "a time span, such as 60s")
		return
	}
	span, err := ParseDuration(n.Text)
	if err != nil {
		d.fault(n.Place, path, "%v", err)
		return
	}
	v.SetInt(int64(span))
}

// ParseDuration reads what time.ParseDuration does and, before it, weeks and
// days: 1w, 2d, 1d12h. A day is 24 hours. A number needs its unit; only 0 does not.
func ParseDuration(s string) (time.Duration, error) {
	rest, sign := strings.TrimSpace(s), time.Duration(1)
	if after, ok := strings.CutPrefix(rest, "-"); ok {
		rest, sign = after, -1
	}
	bad := fmt.Errorf("not a time span (got %.40q; want a number with its unit, such as 60s, 5m, 1h30m, 2d)", s)
	var sum time.Duration
	for _, unit := range []struct {
		letter string
		span   time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		digits, after, ok := strings.Cut(rest, unit.letter)
		if !ok {
			continue
		}
		count, err := strconv.ParseUint(digits, 10, 31)
		if err != nil || count > uint64(math.MaxInt64/unit.span)/2 {
			return 0, bad
		}
		sum, rest = sum+time.Duration(count)*unit.span, after
		if rest == "" {
			return sign * sum, nil
		}
	}
	more, err := time.ParseDuration(rest)
	if err != nil || rest[0] == '-' || rest[0] == '+' || sum+more < sum {
		return 0, bad
	}
	return sign * (sum + more), nil
}

func (d *decoder) text(n *Node, path string, v reflect.Value) {
	if n.Kind != Scalar {
		d.want(n, path, "a single value")
		return
	}
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Text)); err != nil {
		d.fault(n.Place, path, "%v", err)
	}
}

func (d *decoder) scalar(n *Node, path string, v reflect.Value) {
	want := kindWanted(v)
	if n.Kind != Scalar || n.Style == Quoted && v.Kind() != reflect.String {
		d.want(n, path, want)
		return
	}
	var err error
	switch {
	case v.Kind() == reflect.String:
		if n.Style == Plain && (n.Text == "true" || n.Text == "false") {
			want, err = "text; put it in quotes when it is meant so", strconv.ErrSyntax
			break
		}
		v.SetString(n.Text)
	case v.Kind() == reflect.Bool:
		var b bool
		if b, err = parseBool(n.Text); err == nil {
			v.SetBool(b)
		}
	case v.CanInt():
		var i int64
		if i, err = strconv.ParseInt(n.Text, 0, v.Type().Bits()); err == nil {
			v.SetInt(i)
		}
	case v.CanUint():
		var u uint64
		if u, err = strconv.ParseUint(n.Text, 0, v.Type().Bits()); err == nil {
			v.SetUint(u)
		}
	case v.CanFloat():
		var f float64
		if f, err = strconv.ParseFloat(n.Text, v.Type().Bits()); err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
			err = strconv.ErrRange
		}
		if err == nil {
			v.SetFloat(f)
		}
	default:
		d.fault(n.Place, path, "the program cannot read this type of value (%s)", v.Type())
		return
	}
	if err != nil {
		d.want(n, path, want)
	}
}

func parseBool(s string) (bool, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, strconv.ErrSyntax
}

func kindWanted(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.String:
		return "text"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.CanInt():
		return fmt.Sprintf("a whole number of at most %d bits", v.Type().Bits())
	case v.CanUint():
		return fmt.Sprintf("a whole number from 0 of at most %d bits", v.Type().Bits())
	}
	return "a finite number"
}
