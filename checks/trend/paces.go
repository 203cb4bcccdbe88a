package trend

import "math"

// paces are the weights of one value in running means of several spans, for
// the time since the value before. They are a function of that time alone.
type paces struct {
	dt, hours                               float64
	halfDay, day, sixHours, threeDays, week float64
	ofDay, ofWeek                           float64 // of one value in a visit of an hour
}

func (p *paces) set(dt float64) {
	if dt == p.dt {
		return
	}
	over := func(hours float64) float64 { return 1 - math.Exp(-dt/3600/hours) }
	*p = paces{dt: dt, hours: min(dt/3600, 1), sixHours: over(6), halfDay: over(12), day: 1 - math.Exp(-min(dt/3600, 1)/24), threeDays: over(72), week: over(168),
		ofDay: share(min(dt/3600, 1), leastDay), ofWeek: share(min(dt/3600, 1), leastWeek)}
}
