package perfdata

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"monitord/checks"
)

// Limit is how many values of one output are kept: each becomes a series.
const Limit = 64

// Value is one measured value in base units.
type Value struct {
	Label string
	Value float64 // in Unit; NaN when the plugin says that it does not know (U)
	Unit  checks.Unit
	UOM   string        // the unit as the plugin wrote it, at most maxUOM bytes; "" for a plain number
	Warn  *checks.Range // in Unit; nil when there is none
	Crit  *checks.Range
	Min   *float64 // in Unit; nil when there is none
	Max   *float64
}

// maxUOM bounds a unit: it becomes a label of a series.
const maxUOM = 16

// unit is a unit of measurement and its place among the base units.
type unit struct {
	base  checks.Unit
	scale float64
}

// units are those of the guidelines, with the multiples that plugins use in
// addition. KB and KiB are both 1,024 bytes, as the guidelines' plugins count.
var units = map[string]unit{
	"s": {checks.UnitSeconds, 1}, "ms": {checks.UnitSeconds, 1e-3},
	"us": {checks.UnitSeconds, 1e-6}, "µs": {checks.UnitSeconds, 1e-6}, "μs": {checks.UnitSeconds, 1e-6},
	"ns": {checks.UnitSeconds, 1e-9},
	"%":  {checks.UnitRatio, 1e-2},
	"c":  {checks.UnitCount, 1},
	"B":  {checks.UnitBytes, 1},
	"KB": {checks.UnitBytes, 1 << 10}, "kB": {checks.UnitBytes, 1 << 10}, "KiB": {checks.UnitBytes, 1 << 10},
	"MB": {checks.UnitBytes, 1 << 20}, "MiB": {checks.UnitBytes, 1 << 20},
	"GB": {checks.UnitBytes, 1 << 30}, "GiB": {checks.UnitBytes, 1 << 30},
	"TB": {checks.UnitBytes, 1 << 40}, "TiB": {checks.UnitBytes, 1 << 40},
	"PB": {checks.UnitBytes, 1 << 50}, "PiB": {checks.UnitBytes, 1 << 50},
	"EB": {checks.UnitBytes, 1 << 60}, "EiB": {checks.UnitBytes, 1 << 60},
}

// unitOf finds a unit; one that nobody knows keeps its number as it stands.
func unitOf(uom string) unit {
	if u, ok := units[uom]; ok {
		return u
	}
	return unit{checks.UnitNone, 1}
}

// parseValue reads what stands behind the '='. The error concerns the value
// itself; faults are of what follows it.
func parseValue(label, s string) (v Value, faults []error, err error) {
	fields := strings.Split(s, ";")
	number, uom := cutNumber(fields[0])
	v = Value{Label: label, UOM: uom}
	u := unitOf(uom)
	v.Unit = u.base
	switch {
	case fields[0] == "U":
		v.Value, v.UOM = math.NaN(), ""
	case number == "":
		return v, nil, fmt.Errorf("%s: value %.40q is no number", label, fields[0])
	case len(uom) > maxUOM || strings.ContainsAny(uom, `'"=|,.+-0123456789\`):
		return v, nil, fmt.Errorf("%s: unit %.40q of the value is none", label, uom)
	default:
		if v.Value, err = parseNumber(number, u.scale); err != nil {
			return v, nil, fmt.Errorf("%s: value %.40q: %w", label, fields[0], err)
		}
	}
	note := func(what string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %s: %w", label, what, err))
		}
	}
	var bad error
	v.Warn, bad = parseLimit(field(fields, 1), u.scale)
	note("warning", bad)
	v.Crit, bad = parseLimit(field(fields, 2), u.scale)
	note("critical", bad)
	v.Min, bad = parseBound(field(fields, 3), u)
	note("minimum", bad)
	v.Max, bad = parseBound(field(fields, 4), u)
	note("maximum", bad)
	return v, faults, nil
}

func field(fields []string, i int) string {
	if i < len(fields) {
		return fields[i]
	}
	return ""
}

// cutNumber takes the number off the front: digits with a point or, as some
// locales print it, a comma; an exponent only when digits follow.
func cutNumber(s string) (number, rest string) {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	start, digits := i, 0
	for dots := 0; i < len(s); i++ {
		if (s[i] == '.' || s[i] == ',') && dots == 0 {
			dots++
		} else if s[i] >= '0' && s[i] <= '9' {
			digits++
		} else {
			break
		}
	}
	if digits == 0 || i == start {
		return "", s
	}
	if j := exponent(s[i:]); j > 0 {
		i += j
	}
	return s[:i], s[i:]
}

// exponent is the length of e-05 at the front; 0 when there is none.
func exponent(s string) int {
	if len(s) < 2 || (s[0] != 'e' && s[0] != 'E') {
		return 0
	}
	i := 1
	if s[i] == '-' || s[i] == '+' {
		i++
	}
	start := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == start {
		return 0
	}
	return i
}

// parseNumber reads a whole number and converts it to its base unit.
func parseNumber(s string, scale float64) (float64, error) {
	v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v*scale, 0)) {
		err = strconv.ErrRange
	}
	if err != nil {
		return 0, fmt.Errorf("got %.40q; want a finite number", s)
	}
	return scaled(v, scale), nil
}

// scaled divides where that is exact: 1 ms is 0.001 s and not the nearest
// product of two roundings.
func scaled(v, scale float64) float64 {
	if scale < 1 {
		return v / math.Round(1/scale)
	}
	return v * scale
}

// parseLimit reads a range; an empty one is none.
func parseLimit(s string, scale float64) (*checks.Range, error) {
	if s == "" {
		return nil, nil
	}
	r, err := checks.ParseRange(strings.ReplaceAll(s, ",", "."))
	if err != nil {
		return nil, err
	}
	r.Start, r.End = scaled(r.Start, scale), scaled(r.End, scale)
	return &r, nil
}

// parseBound reads a minimum or maximum; a unit behind it is passed over when
// it is the value's own scale or another of the same base.
func parseBound(s string, u unit) (*float64, error) {
	if s == "" || s == "U" {
		return nil, nil
	}
	number, uom := cutNumber(s)
	if uom != "" {
		other, known := units[uom]
		if !known || other.base != u.base {
			return nil, fmt.Errorf("got %.40q; want a number", s)
		}
		u = other
	}
	v, err := parseNumber(number, u.scale)
	if err != nil {
		return nil, err
	}
	return &v, nil
}
