package trend

import "math"

const (
	dayCells  = 24
	weekCells = 168
	young     = 3 * 86400 // seconds before anything is said
)

// place is a robust centre and spread. The centre moves by clipped steps, the
// spread is the mean distance, scaled to the deviation of Gaussian noise.
type place struct{ Centre, Spread float32 }

// normal is what a series does at an hour: by nothing, by the day, by the week.
type normal struct {
	Flat    place
	Day     [2 * dayCells]place // workday, weekend
	Week    [weekCells]place
	DayN    [2 * dayCells]uint8 // visits
	WeekN   [weekCells]uint8
	Err     [3]float64 // running mean distance: flat, day, week
	By      uint8      // which of them serves
	Since   int64      // from when
	Hour    int32      // the hour of the week that is being visited, plus one
	Offset  float64    // of late, against normal
	ErrOff  float64    // mean distance with the offset taken away
	Quantum float64    // the smallest step seen
	Prev    float64
	Low     float64 // the range that was seen: no hour's centre is outside
	High    float64
	Whole   bool // only whole numbers, none below zero
	Seen    int64
}

// How much is learned from what is not normal, and from what may not be.
const (
	abnormal = 0.15
	doubtful = 0.3
)

const (
	byFlat = iota
	byDay
	byWeek
)

func dayCell(week int64) int {
	c := int(week % 86400 / 3600)
	if week >= 5*86400 {
		c += dayCells
	}
	return c
}

// at is what is expected at a second of the week, without the offset: between
// the middles of two hours on the line between them.
func (n *normal) at(week int64) (centre, spread float64) { return n.by(n.By, week) }

func (n *normal) by(by uint8, week int64) (centre, spread float64) {
	here := n.place(by, week)
	if by == byFlat {
		return float64(here.Centre), float64(here.Spread)
	}
	part := float64(week%3600)/3600 - 0.5
	next := int64(3600)
	if part < 0 {
		part, next = -part, -3600
	}
	there := n.place(by, (week+next+604800)%604800)
	return float64(here.Centre) + part*float64(there.Centre-here.Centre), float64(here.Spread)
}

// place is the cell that serves, or the best there is for it.
func (n *normal) place(by uint8, week int64) *place {
	d := dayCell(week)
	switch {
	case by == byWeek && n.WeekN[week/3600] > 0:
		return &n.Week[week/3600]
	case by != byFlat && n.DayN[d] > 0:
		return &n.Day[d]
	}
	return &n.Flat
}

// now is what is expected at a second of the week: the centre, and a spread
// that quiet nights, whole numbers and coarse steps cannot make too small.
func (n *normal) now(week int64, origin float64) (centre, spread float64) {
	centre, spread = n.at(week)
	usual := 1.25 * n.Err[n.By]
	if n.ErrOff < 0.9*n.Err[n.By] {
		centre += n.Offset
		spread *= n.ErrOff / n.Err[n.By]
		usual = 1.25 * n.ErrOff
	}
	level := math.Abs(centre + origin)
	spread = max(spread, usual/3, n.Quantum/2, 0.005*level, 1e-9)
	if n.Whole { // counts vary by their root, as far as this series does on the whole
		poisson := math.Sqrt(max(1, math.Abs(float64(n.Flat.Centre)+origin)))
		spread = max(spread, math.Sqrt(max(1, level))*min(1, usual/poisson))
	}
	return centre, spread
}

// doubt is how much wider a spread is taken to be while its hour was visited
// only a few times.
func (n *normal) doubt(week int64) float64 {
	if n.By == byFlat {
		return 1
	}
	return 1 + 1/float64(max(1, n.DayN[dayCell(week)]))
}

// known tells whether this hour was visited on two days before.
func (n *normal) known(week int64) bool { return n.By == byFlat || n.DayN[dayCell(week)] > 1 }

// learn takes a value in. rate is 1, or less while something is going on; p are
// the weights for the time since the last value.
func (n *normal) learn(week int64, v, origin float64, p *paces, rate float64) {
	d, h := dayCell(week), int(week/3600)
	visit := n.Hour != int32(h)+1
	n.Hour = int32(h) + 1
	if visit {
		n.DayN[d] = min(n.DayN[d]+1, 250)
		n.WeekN[h] = min(n.WeekN[h]+1, 250)
	}
	if n.Seen == 0 {
		n.Low, n.High = v, v
	}
	n.Low, n.High = min(n.Low, v), max(n.High, v)
	n.Seen++
	n.steps(v + origin)
	var by [3]float64
	for i := range by {
		by[i], _ = n.by(uint8(i), week)
	}
	n.errors(v, by, p, rate)
	if rate < doubtful { // spreads are not learned from what is not normal
		n.Flat.Centre += float32(rate * p.day * (v - by[byFlat]))
		return
	}
	n.Flat.learn(v, v-by[byFlat], rate*max(p.day, 1/float64(n.Seen)), n.Seen < 8)
	n.Day[d].learn(v, v-by[byDay], rate*p.visit(n.DayN[d], leastDay, p.ofDay), visit && n.DayN[d] == 1)
	n.Week[h].learn(v, v-by[byWeek], rate*p.visit(n.WeekN[h], leastWeek, p.ofWeek), visit && n.WeekN[h] == 1)
	for _, p := range [3]*place{&n.Flat, &n.Day[d], &n.Week[h]} {
		p.Centre = max(float32(n.Low), min(float32(n.High), p.Centre))
	}
}

// steps learns how coarse the values are.
func (n *normal) steps(v float64) {
	if n.Seen == 1 {
		n.Whole, n.Prev = true, v
	}
	n.Whole = n.Whole && v >= 0 && v == math.Trunc(v)
	if step := math.Abs(v - n.Prev); step > 0 && (n.Quantum == 0 || step < n.Quantum) {
		n.Quantum = step
	}
	n.Prev = v
}

// What one visit of an hour weighs at least: some eight of the last days, some
// four of the last weeks.
const (
	leastDay  = 0.12
	leastWeek = 0.25
)

// visit is the weight of one value within its visit: all values of an hour
// together weigh 1/visits, or least when there were many; known is that case.
func (p *paces) visit(visits uint8, least, known float64) float64 {
	if float64(visits)*least >= 1 {
		return known
	}
	return share(p.hours, min(0.9, 1/float64(max(1, visits))))
}

func share(hours, whole float64) float64 { return 1 - math.Pow(1-whole, hours) }

// learn takes in a value that is r from what was expected. The centre moves by
// clipped steps; what is far off counts little for the spread, too.
func (p *place) learn(v, r, rate float64, first bool) {
	if first {
		p.Centre, p.Spread = float32(v), float32(1.25*math.Abs(r))
		return
	}
	far, clip := math.Abs(r), 2.5*float64(p.Spread)
	p.Spread += float32(rate * (1.25*min(far, 2*clip+far/8) - float64(p.Spread)))
	if clip > 0 && far > clip {
		r = math.Copysign(clip+min(far/8, 4*clip), r)
	}
	p.Centre += float32(rate * r)
}

// errors keeps who predicts best, over some three days.
func (n *normal) errors(v float64, by [3]float64, p *paces, rate float64) {
	w := rate * max(p.threeDays, 1/float64(n.Seen+1))
	for i, c := range by {
		e := math.Abs(v - c)
		if n.Err[i] > 0 {
			e = min(e, 6*n.Err[i])
		}
		n.Err[i] += w * (e - n.Err[i])
	}
	r := v - by[n.By]
	off := math.Abs(r - n.Offset)
	if n.ErrOff > 0 {
		off = min(off, 6*n.ErrOff)
	}
	n.ErrOff += w * (off - n.ErrOff)
	clip := 3 * n.Err[n.By]
	n.Offset += rate * p.sixHours * (max(-clip, min(clip, r)) - n.Offset)
}

// dayTells is the share of distances that a rhythm of the day may leave.
const dayTells = 0.75

// choose decides, once in a slot, what serves. It tells whether a rhythm came.
func (n *normal) choose(at int64, age int64) (appeared bool) {
	by := n.By
	switch {
	case age >= 14*86400 && n.Err[byWeek] < 0.9*min(n.Err[byDay], n.Err[byFlat]):
		by = byWeek
	case age >= young && n.Err[byDay] < dayTells*n.Err[byFlat]:
		by = byDay
	case n.Err[byFlat] < 1.05*n.Err[n.By]:
		by = byFlat
	}
	if by == n.By {
		return false
	}
	appeared = n.By == byFlat && at-n.Since > 8*86400 && age > 10*86400 && n.Err[by] < 0.6*n.Err[byFlat]
	n.By, n.Offset, n.Since = by, 0, at
	n.ErrOff = n.Err[by]
	return appeared
}

// period is the rhythm that serves, in hours. One that the day explains nearly as
// well as the week is of the day, with days off.
func (n *normal) period() uint8 {
	if n.By == byWeek && n.Err[byDay] >= dayTells*n.Err[byFlat] {
		return weekCells
	}
	return dayCells
}

// shift accepts another level.
func (n *normal) shift(by float64) {
	n.Flat.Centre += float32(by)
	for i := range n.Day {
		n.Day[i].Centre += float32(by)
	}
	for i := range n.Week {
		n.Week[i].Centre += float32(by)
	}
	n.Offset = 0
}
