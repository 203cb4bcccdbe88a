package sar

import "strconv"

// rate is a counter's increase a second over itv (1/100 s). A counter that
// went backwards has none: 0.
func rate(before, after, itv uint64) float64 {
	if after < before {
		return 0
	}
	return float64(after-before) / float64(itv) * 100
}

// rate32 is rate of a counter that is 32 bits wide. It wraps; an increase
// beyond half of its range is taken for a step backwards.
func rate32(before, after, itv uint64) float64 {
	d := uint32(after) - uint32(before)
	if d > 1<<31 {
		return 0
	}
	return float64(d) / float64(itv) * 100
}

// percent is part of whole in percent; 0 of nothing.
func percent(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole * 100
}

// minus is a-b, and 0 where that would be below.
func minus(a, b uint64) uint64 {
	if b > a {
		return 0
	}
	return a - b
}

// interval is the time between two snapshots in 1/100 s, never 0.
func interval(before, after *Snapshot) uint64 {
	return max(minus(after.Uptime, before.Uptime), 1)
}

// dec prints with two decimals, as sar does with rates and percentages.
func dec(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// whole prints without decimals, as sar does with gauges.
func whole(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }

func decs(vs ...float64) []string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = dec(v)
	}
	return out
}

func wholes(vs ...float64) []string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = whole(v)
	}
	return out
}
