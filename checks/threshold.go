package checks

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Threshold is a Range as people configure it: its bounds may carry a unit.
// "500ms" and "2s" are seconds, "20%" is a ratio, "10MiB" is bytes; a bare
// number is taken as it stands. A nil *Threshold sets no limit.
type Threshold struct {
	Range
}

// ParseThreshold reads 10, 500ms, 90%, ~:20%, 10s:20s or @1:2.
func ParseThreshold(s string) (Threshold, error) {
	rest, inside := strings.CutPrefix(strings.TrimSpace(s), "@")
	bounds := strings.Split(rest, ":")
	for i, b := range bounds {
		plain, err := baseUnit(b)
		if err != nil {
			return Threshold{}, fmt.Errorf("threshold %q: %w", s, err)
		}
		bounds[i] = plain
	}
	rest = strings.Join(bounds, ":")
	if inside {
		rest = "@" + rest
	}
	r, err := ParseRange(rest)
	if err != nil {
		return Threshold{}, fmt.Errorf("threshold %q: want N, N:, ~:N, N:M or @N:M, each N a number, a time (500ms), a share (90%%) or a size (10MiB)", s)
	}
	return Threshold{r}, nil
}

// sizeUnits are the sizes that a bound may carry, as IEC 80000-13 has them.
var sizeUnits = [...]struct {
	name string
	size float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}}

// baseUnit rewrites one bound as a bare number in base units; "" and "~" stay.
func baseUnit(b string) (string, error) {
	b = strings.TrimSpace(b)
	if b == "" || b == "~" {
		return b, nil
	}
	if _, err := strconv.ParseFloat(b, 64); err == nil {
		return b, nil
	}
	if n, ok := strings.CutSuffix(b, "%"); ok {
		return scaled(n, 0.01)
	}
	for _, u := range sizeUnits {
		if n, ok := strings.CutSuffix(b, u.name); ok {
			return scaled(n, u.size)
		}
	}
	d, err := time.ParseDuration(b)
	if err != nil {
		return "", fmt.Errorf("bound %q is no number, time (500ms), share (90%%) or size (10MiB)", b)
	}
	return formatBound(d.Seconds()), nil
}

func scaled(n string, by float64) (string, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
	if err != nil {
		return "", fmt.Errorf("bound %q is no number", n)
	}
	return formatBound(v * by), nil
}

// formatBound rounds to 15 digits, so that 7 % is 0.07 and not 0.07000000000000001.
func formatBound(v float64) string { return strconv.FormatFloat(v, 'g', 15, 64) }

// UnmarshalText reads the threshold as ParseThreshold does.
func (t *Threshold) UnmarshalText(b []byte) error {
	got, err := ParseThreshold(string(b))
	if err != nil {
		return err
	}
	*t = got
	return nil
}

// AsRange is the range for Perf.Warn and Perf.Crit; nil for no limit.
func (t *Threshold) AsRange() *Range {
	if t == nil {
		return nil
	}
	return &t.Range
}

// Judge is the state of a measured value; a nil limit never alerts.
func Judge(v float64, warning, critical *Threshold) State {
	switch {
	case critical != nil && critical.Alerts(v):
		return Critical
	case warning != nil && warning.Alerts(v):
		return Warning
	}
	return OK
}
