package checks

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Range is a Nagios threshold range: a value is bad when it lies outside
// [Start, End], or inside when Inside is set (a leading '@'). The zero value
// alerts on everything but 0, as "0" does.
// Source: Nagios Plugin Development Guidelines, "Threshold and Ranges".
type Range struct {
	Start  float64 `json:"start"` // -Inf for '~'
	End    float64 `json:"end"`   // +Inf when left out
	Inside bool    `json:"inside,omitempty"`
}

// ParseRange reads 10, 10:, ~:10, 10:20 or @10:20.
func ParseRange(s string) (Range, error) {
	bad := func() (Range, error) {
		return Range{}, fmt.Errorf("range %q: want N, N:, ~:N, N:M or @N:M", s)
	}
	rest, inside := strings.CutPrefix(strings.TrimSpace(s), "@")
	from, to, both := strings.Cut(rest, ":")
	if !both {
		from, to = "0", rest
	}
	r := Range{Start: 0, End: math.Inf(1), Inside: inside}
	switch from {
	case "":
	case "~":
		r.Start = math.Inf(-1)
	default:
		v, err := parseFinite(from)
		if err != nil {
			return bad()
		}
		r.Start = v
	}
	if to != "" {
		v, err := parseFinite(to)
		if err != nil {
			return bad()
		}
		r.End = v
	} else if from == "" || !both {
		return bad()
	}
	if r.Start > r.End {
		return Range{}, fmt.Errorf("range %q: the start is above the end", s)
	}
	return r, nil
}

func parseFinite(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err == nil && (math.IsInf(v, 0) || math.IsNaN(v)) {
		err = strconv.ErrRange
	}
	return v, err
}

// Alerts reports whether v is bad by this range. NaN is always bad.
func (r Range) Alerts(v float64) bool {
	if math.IsNaN(v) {
		return true
	}
	within := v >= r.Start && v <= r.End
	return within == r.Inside
}

// String writes the range as ParseRange reads it.
func (r Range) String() string {
	var b strings.Builder
	if r.Inside {
		b.WriteByte('@')
	}
	switch {
	case math.IsInf(r.Start, -1):
		b.WriteString("~:")
	case r.Start != 0 || math.IsInf(r.End, 1):
		b.WriteString(strconv.FormatFloat(r.Start, 'g', -1, 64) + ":")
	}
	if !math.IsInf(r.End, 1) {
		b.WriteString(strconv.FormatFloat(r.End, 'g', -1, 64))
	}
	return b.String()
}

// MarshalText writes the range as String does.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the range as ParseRange does.
func (r *Range) UnmarshalText(b []byte) error {
	got, err := ParseRange(string(b))
	if err != nil {
		return err
	}
	*r = got
	return nil
}
