package trend

import "math"

const rhythmSlots = 10

// otherShape is the share of the usual rhythm by which what differs from it has to
// move: a day that is busier than usual, hour by hour, has the rhythm that it had.
// One that comes six hours late differs by more than the whole.
const otherShape = 2.0 / 3

// stillness is the share of the usual way of its rhythm that a series goes at most
// when its rhythm is missing.
const stillness = 0.4

// rhythmless tells whether a series that has a rhythm stood for ten hours in which its
// normal moved. What is far from normal is so because normal went away from it: that
// is the end of a rhythm and no slide, also where the hours that rhythm asks for are
// not over yet.
func (d *Detector) rhythmless() bool {
	_, centres, values := d.window(0, rhythmSlots)
	if d.s.Normal.By == byFlat || values == nil {
		return false
	}
	moves := meanAbs(centres, meanOf(centres))
	return moves > d.leastMoves() && meanAbs(values, meanOf(values)) < stillness*moves
}

// leastRhythm is the size of a rhythm beside which others are nothing.
func (d *Detector) leastRhythm() float64 {
	return max(0.2*d.s.Normal.Err[byFlat], 0.1*d.swings())
}

// leastMoves is how far normal has to go in ten hours before it says something
// whether a series goes with it.
func (d *Detector) leastMoves() float64 { return max(2*d.usual(), d.leastRhythm()) }

// rhythm tells when the expected rhythm is not followed any more.
func (d *Detector) rhythm(now, week, age int64) {
	s, n := &d.s, &d.s.Normal
	f := s.find(Pattern)
	told := f != nil && (f.Form == RhythmLost || f.Form == RhythmOther)
	if f != nil && f.Form == RhythmNew && now-f.Found > 86400 {
		f.end(d.at)
	}
	if n.By == byFlat || s.Slots.Width > 3600 {
		if told && !s.Change.Accepted { // one of a few hours is told for a day
			f.end(d.at)
		}
		return
	}
	r, centres, _ := d.window(0, rhythmSlots)
	if r == nil || age < 8*86400 {
		return
	}
	least := d.leastRhythm()
	off, moves := meanAbs(r, 0), meanAbs(centres, meanOf(centres))
	u := d.usual()
	if told {
		if now-f.Found > rhythmForgotten {
			d.forgetRhythm(f.Form)
			f.end(d.at)
		} else if off < 2*u && moves > d.leastMoves() { // at the quiet time, whatever stands is near its normal
			f.end(d.at)
		}
		return
	}
	if n.Err[byFlat] < 1.4*n.Err[n.By] {
		return
	}
	switch {
	case off > 3*u && mostly(r, max(2.5*u, least/2)) && d.rhythmless():
		d.lost(RhythmLost, r, week)
	case off > max(3*u, least) && meanAbs(r, meanOf(r)) > otherShape*n.Err[byFlat] && odd(r, max(2*u, least)):
		d.lost(RhythmOther, r, week)
	}
}

// rhythmForgotten is how long a rhythm that is not followed is missed. Then the
// series is one that has none, or has to show its new one.
const rhythmForgotten = 14 * 86400

// forgetRhythm makes what the last day was the normal one.
func (d *Detector) forgetRhythm(form Form) {
	n := &d.s.Normal
	_, _, values := d.window(0, dayCells)
	if values == nil {
		return
	}
	level, spread := meanOf(values), 1.25*n.Err[byFlat]
	if form == RhythmLost {
		_, noise := n.at(d.slotWeek(d.s.Slots.Last))
		spread = max(noise, 1.25*meanAbs(values, level))
	}
	n.Flat = place{float32(level), float32(spread)}
	n.Day, n.DayN, n.Week, n.WeekN = [2 * dayCells]place{}, [2 * dayCells]uint8{}, [weekCells]place{}, [weekCells]uint8{}
	n.By, n.Since, n.Offset = byFlat, d.s.Last, 0
	n.Err, n.ErrOff = [3]float64{spread, spread, spread}, spread
}

func (d *Detector) lost(form Form, r []float64, week int64) {
	f := d.replace(Finding{Kind: Pattern, Form: form, Severity: 1, Period: d.s.Normal.period(), Onset: d.since(meanOf(r))}, week)
	if f != nil {
		f.Now = d.s.Slots.back(0) + d.s.Origin
		d.s.Change.Accepted = false
	}
}

func meanAbs(v []float64, from float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += math.Abs(x - from)
	}
	return sum / float64(max(1, len(v)))
}

// broad tells whether the day's rhythm is one of many hours. A job at the same hour
// each night is expected, too, but nobody would call it a rhythm: the mean distance
// of hours from their mean is 0.64 of the greatest in a wave, 0.08 with one peak.
func (d *Detector) broad() bool {
	_, centres, _ := d.window(0, dayCells)
	mean, far := meanOf(centres), 0.0
	for _, c := range centres {
		far = max(far, math.Abs(c-mean))
	}
	return meanAbs(centres, mean) > 0.25*far
}

// mostly tells whether six of ten are farther off than by.
func mostly(r []float64, by float64) bool {
	n := 0
	for _, x := range r {
		if math.Abs(x) > by {
			n++
		}
	}
	return n*10 >= len(r)*6
}

// odd tells whether the shape is wrong, and not only the level: eight of ten are
// far off, and not all by the same.
func odd(r []float64, by float64) bool {
	n := 0
	for _, x := range r {
		if math.Abs(x) > by {
			n++
		}
	}
	last := r[:len(r)*8/10]
	return n*10 >= len(r)*8 && meanAbs(last, meanOf(last)) > by
}
