package trend

import "math"

// extent is how far values went, as of before they went far off: what a fall is
// compared with must not hold the fall. Of late holds what was not taken over yet.
type extent struct {
	Low, High       float32
	LateLow, LateHi float32
}

// note takes a value in. far: it, or the middle of the last three, is far off, or it
// is nothing.
func (e *extent) note(v float64, first, far bool) {
	x := float32(v)
	if first {
		*e = extent{x, x, x, x}
	}
	e.LateLow, e.LateHi = min(e.LateLow, x), max(e.LateHi, x)
	if !far {
		e.Low, e.High = min(e.Low, e.LateLow), max(e.High, e.LateHi)
		e.LateLow, e.LateHi = x, x
	}
}

// beyond tells whether the value is outside of all that was seen before.
func (d *Detector) beyond(v float64) bool {
	e := &d.s.Change.Extent
	margin := d.s.Score.Past.spread()
	return v > float64(e.High)+margin || v < float64(e.Low)-margin
}

// zero tells whether a value, or the least that was seen, is nothing at all. A mean
// of equal values may miss it by a rounding.
func (d *Detector) zero(v float64) bool {
	return math.Abs(v+d.s.Origin) <= 1e-6*math.Abs(d.s.Origin)
}

// silent tells whether nothing came twice in a row.
func (d *Detector) silent() bool {
	c := &d.s.Change
	return c.Run > 0 && d.zero(c.Prev)
}

// gone tells whether nothing comes at an hour at which something usually does: of
// late nothing did, so the offset of late is not asked.
func (d *Detector) gone(m measured) bool {
	n := &d.s.Normal
	usual, _ := n.at(m.week)
	return d.zero(m.v) && usual+d.s.Origin > max(n.Quantum/2, 1e-9)
}

// farNothing is how far off nothing has to be where it never was, in spreads. That it
// never was there in three days, and now is exactly, twice in a row, says nearly all;
// this is for gauges that creep along close to it. Of a series that never varied, and
// so has no spread, it is asked whether it never was at half of its normal.
const farNothing = 2

// stopped tells whether a series that never was at nothing fell there at once.
// However much it varies, that is an outage.
func (d *Detector) stopped(m measured) bool {
	c := &d.s.Change
	low := float64(c.Extent.Low)
	if !d.gone(m) || !d.zero(c.Prev) || d.zero(low) {
		return false
	}
	low, normal := low+d.s.Origin, m.centre+d.s.Origin
	return low > normal/2 || low > 0 && m.z <= -farNothing
}

// outage opens a drop for what stays at nothing, where noise or a quiet hour hid the
// fall itself. A value that does not move is frozen only where it was.
func (d *Detector) outage(m measured) {
	s := &d.s
	if !d.cfg.wants(Drop) || s.find(Drop) != nil {
		return
	}
	if old := s.find(Surge, Pattern); old != nil {
		old.end(d.at)
	}
	if f := d.open(Finding{Kind: Drop, Form: Sudden, Severity: 1, Onset: s.Change.RunFrom, Size: m.fast}, m.week); f != nil {
		f.Now = 0
		s.Change.Calm, s.Change.Accepted = 0, false
	}
}
