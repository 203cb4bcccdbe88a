package alerting

import "monitord/checks"

// flapSlots is the number of states in a flapping window, and flapIntervals the
// number of steps between them (Nagios Core, base/flapping.c).
const (
	flapSlots     = 21
	flapIntervals = flapSlots - 1
)

// FlapWindow is the last 21 states that count for flapping, two bits each, the
// newest in the lowest. Its zero value is 21 times OK, as Nagios begins.
type FlapWindow uint64

// push adds the newest state and forgets the oldest.
func (w FlapWindow) push(s checks.State) FlapWindow {
	return (w<<2 | FlapWindow(s)&3) & (1<<(2*flapSlots) - 1)
}

// Percent is how much the state changed, 0 to 100: each change weighs from 0.75
// (the oldest) to 1.25 (the newest).
func (w FlapWindow) Percent() float64 {
	var sum float64
	for x := 1; x <= flapIntervals; x++ {
		newer := w >> (2 * (flapIntervals - x)) & 3
		if older := w >> (2 * (flapIntervals - x + 1)) & 3; older != newer {
			sum += 0.75 + float64(x-1)*(1.25-0.75)/(flapIntervals-1)
		}
	}
	return sum * 100 / flapIntervals
}

// changes counts the changes in the window.
func (w FlapWindow) changes() int {
	n := 0
	for i := range flapIntervals {
		if w>>(2*i)&3 != w>>(2*(i+1))&3 {
			n++
		}
	}
	return n
}
