package procfs

import (
	"bytes"
	"math"
)

// cutLine takes the first line, without its end, off b.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// cutField takes the first word off b; it is empty at the end of the line.
func cutField(b []byte) (field, rest []byte) {
	i := 0
	for i < len(b) && isBlank(b[i]) {
		i++
	}
	j := i
	for j < len(b) && !isBlank(b[j]) {
		j++
	}
	return b[i:j], b[j:]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// parseUint reads a whole word of decimal digits. What does not fit is the
// largest number: counters beyond 64 bits do not exist, and a reader that
// stops there would lose the rest of the file.
func parseUint(b []byte) (v uint64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		d := uint64(c) - '0'
		if d > 9 {
			return 0, false
		}
		if v > (math.MaxUint64-d)/10 {
			v = math.MaxUint64
			continue
		}
		v = v*10 + d
	}
	return v, true
}

// parseInt reads a whole word of decimal digits with an optional sign.
func parseInt(b []byte) (v int64, ok bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	u, ok := parseUint(b)
	u = min(u, math.MaxInt64)
	if neg {
		return -int64(u), ok
	}
	return int64(u), ok
}

// parseHex reads a whole word of hexadecimal digits, at most 16.
func parseHex(b []byte) (v uint64, ok bool) {
	if len(b) == 0 || len(b) > 16 {
		return 0, false
	}
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			v = v<<4 | uint64(c-'a'+10)
		case c >= 'A' && c <= 'F':
			v = v<<4 | uint64(c-'A'+10)
		default:
			return 0, false
		}
	}
	return v, true
}

// parseHundredths reads 12.34 as 1234: the kernel prints load, pressure and
// uptime with exactly two decimals, which a float would blur.
func parseHundredths(b []byte) (v uint64, ok bool) {
	whole, frac, dotted := bytes.Cut(b, []byte{'.'})
	v, ok = parseUint(whole)
	if !ok {
		return 0, false
	}
	if v > math.MaxUint64/100-1 {
		return math.MaxUint64, true
	}
	v *= 100
	if !dotted {
		return v, true
	}
	if len(frac) > 2 {
		frac = frac[:2]
	}
	f, ok := parseUint(frac)
	if len(frac) == 1 {
		f *= 10
	}
	return v + f, ok
}

// cutUint takes the first word off b as a number; 0 when there is none.
func cutUint(b []byte) (v uint64, rest []byte, ok bool) {
	f, rest := cutField(b)
	v, ok = parseUint(f)
	return v, rest, ok
}

// cutUints fills dst with the numbers at the start of b, stops at the first
// word that is none, zeroes the rest of dst and returns how many there were.
func cutUints(b []byte, dst []uint64) int {
	n := 0
	for n < len(dst) {
		v, rest, ok := cutUint(b)
		if !ok {
			break
		}
		dst[n], b = v, rest
		n++
	}
	clear(dst[n:])
	return n
}

// hasPrefix spares a conversion that bytes.HasPrefix would need.
func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// intern returns b as a string, and old itself when they are equal: the names
// in a file stay the same from one reading to the next.
func intern(old string, b []byte) string {
	if old == string(b) {
		return old
	}
	return string(b)
}

// extend lengthens s by one element that keeps what a previous use left there.
func extend[T any](s []T) []T {
	if len(s) < cap(s) {
		return s[:len(s)+1]
	}
	var zero T
	return append(s, zero)
}
