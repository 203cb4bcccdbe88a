package graphs

import (
	"math"

	chart "github.com/wcharczuk/go-chart/v2"
)

// valueAxis is the left or the right axis: a range that go-chart translates, and
// round ticks at which its ends lie.
type valueAxis struct {
	unit  Unit
	rng   chart.ContinuousRange
	ticks []chart.Tick
}

// newValueAxis makes an axis that covers lo … hi and zero, with at most
// `intervals` round steps. Without it, go-chart puts ticks at odd values and
// lets a constant series divide by zero.
func newValueAxis(u Unit, lo, hi float64, intervals int) valueAxis {
	lo, hi = min(lo, 0), max(hi, 0)
	if hi-lo < 1e-100 {
		hi = lo + restingMax(u)
	}
	step := roundStep(u, (hi-lo)/float64(max(1, intervals)))
	for math.Ceil(hi/step-1e-9)-math.Floor(lo/step+1e-9) > float64(max(1, intervals)) {
		step = roundStep(u, step*1.01) // zero within the range may cost one more step
	}
	first, last := math.Floor(lo/step+1e-9), math.Ceil(hi/step-1e-9)
	a := valueAxis{unit: u, rng: chart.ContinuousRange{Min: first * step, Max: last * step}}
	sc := u.scaleFor(max(math.Abs(a.rng.Min), a.rng.Max))
	for n := first; n <= last; n++ {
		label := "0"
		if n != 0 {
			label = sc.format(n * step)
		}
		a.ticks = append(a.ticks, chart.Tick{Value: n * step, Label: label})
	}
	return a
}

// alignTo gives the axis as many steps above zero as another has, so that the
// labels of the right axis stand at the grid lines of the left one.
func (a *valueAxis) alignTo(other valueAxis) {
	if a.rng.Min < 0 || other.rng.Min < 0 || len(a.ticks) < 2 {
		return
	}
	step := a.ticks[1].Value
	for len(a.ticks) < len(other.ticks) {
		a.rng.Max = step * float64(len(a.ticks))
		a.ticks = append(a.ticks, chart.Tick{Value: a.rng.Max})
	}
	sc := a.unit.scaleFor(a.rng.Max)
	for i := range a.ticks[1:] {
		a.ticks[i+1].Label = sc.format(a.ticks[i+1].Value)
	}
}

// restingMax is the end of an axis on which everything is zero.
func restingMax(u Unit) float64 {
	if u == Percent {
		return 0.01
	}
	return 1
}

// roundStep is the smallest round step of at least v: 1, 2 or 5 times a power of
// ten, a power of two for bytes, and whole parts of minutes, hours and days.
func roundStep(u Unit, v float64) float64 {
	if u.base() == 1024 {
		return math.Exp2(math.Ceil(math.Log2(v) - 1e-9))
	}
	if u == Seconds && v > 5 {
		for _, s := range [...]float64{10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400} {
			if v <= s {
				return s
			}
		}
		return 86400 * roundStep(Number, v/86400)
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range [...]float64{1, 2, 5} {
		if v <= m*p*(1+1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// intervalsFor is how many steps of the value axis fit a plot of h pixels.
func intervalsFor(h float64) int {
	switch {
	case h < 50:
		return 2
	case h < 90:
		return 3
	case h < 420:
		return 5
	}
	return 8
}
