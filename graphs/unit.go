package graphs

import (
	"math"
	"strconv"
)

// scale is a prefix of a unit: values are divided by factor and carry suffix.
type scale struct {
	factor float64
	suffix string // with its space, empty for plain numbers
}

// base is 1024 for units counted in bytes, else 1000.
func (u Unit) base() float64 {
	if u == Bytes || u == BytesPerSecond {
		return 1024
	}
	return 1000
}

// scaleFor chooses the prefix in which v is written, by its magnitude.
func (u Unit) scaleFor(v float64) scale {
	v = math.Abs(v)
	switch u {
	case Percent:
		return scale{0.01, " %"}
	case Seconds:
		return secondsScale(v)
	case Bytes:
		return prefixed(v, 1024, [...]string{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"})
	case BytesPerSecond:
		return prefixed(v, 1024, [...]string{" B/s", " KiB/s", " MiB/s", " GiB/s", " TiB/s", " PiB/s", " EiB/s"})
	case BitsPerSecond:
		return prefixed(v, 1000, [...]string{" b/s", " kb/s", " Mb/s", " Gb/s", " Tb/s", " Pb/s", " Eb/s"})
	case PerSecond:
		return prefixed(v, 1000, [...]string{" /s", " k/s", " M/s", " G/s", " T/s", " P/s", " E/s"})
	}
	s := prefixed(v, 1000, [...]string{"", " k", " M", " G", " T", " P", " E"})
	if v != 0 && v < 0.01 {
		return scale{1e-3, " m"}
	}
	return s
}

func prefixed(v, base float64, suffixes [7]string) scale {
	s := scale{1, suffixes[0]}
	for _, suffix := range suffixes[1:] {
		// 999.5 would be written as 1000: the next prefix is due already.
		if v < s.factor*(base-0.5) {
			break
		}
		s = scale{s.factor * base, suffix}
	}
	return s
}

func secondsScale(v float64) scale {
	for _, s := range [...]scale{{86400, " d"}, {3600, " h"}, {60, " min"}} {
		if v >= 2*s.factor {
			return s
		}
	}
	switch {
	case v >= 0.9995 || v == 0:
		return scale{1, " s"}
	case v >= 0.9995e-3:
		return scale{1e-3, " ms"}
	}
	return scale{1e-6, " µs"}
}

// format writes v with at most three significant digits and its unit;
// NaN is a dash.
func (u Unit) format(v float64) string {
	if !drawable(v) {
		return "–"
	}
	return u.scaleFor(v).format(v)
}

// format writes v in this scale with at most three significant digits.
func (s scale) format(v float64) string {
	v /= s.factor
	digits := 2
	switch a := math.Abs(v); {
	case a >= 1e6:
		return strconv.FormatFloat(v, 'g', 3, 64) + s.suffix
	case a >= 99.95:
		digits = 0
	case a >= 9.995:
		digits = 1
	}
	return trimZeros(strconv.FormatFloat(v, 'f', digits, 64)) + s.suffix
}

// trimZeros takes zeros from the end of a fraction: 2.50 is 2.5, 3.00 is 3.
func trimZeros(s string) string {
	dot := false
	for i := range len(s) {
		dot = dot || s[i] == '.'
	}
	for dot && s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// limit is the largest magnitude that is drawn. Larger values are treated as
// missing: sums and differences of them overflow, and no measurement is so large.
const limit = 1e100

// drawable says whether v can be drawn: finite and within limit.
func drawable(v float64) bool { return v >= -limit && v <= limit }

// Format writes v as pictures write it: at most three significant digits, and the
// unit with its prefix; what is no number is a dash.
func (u Unit) Format(v float64) string { return u.format(v) }
