package trend

import (
	"math"
	"time"
)

// slotWeek is the second of the week in the middle of a slot.
func (d *Detector) slotWeek(slot int64) int64 {
	w := d.s.Slots.Width
	return d.week(time.Unix(slot*w+w/2, 0))
}

// residual is the distance of a closed slot's mean from normal, i slots back,
// and that normal; NaN without data.
func (d *Detector) residual(i int) (r, centre float64) {
	s := &d.s
	v := s.Slots.back(i)
	c, _ := s.Normal.at(d.slotWeek(s.Slots.Last - int64(i)))
	if s.Normal.ErrOff < 0.9*s.Normal.Err[s.Normal.By] {
		c += s.Normal.Offset
	}
	return v - c, c
}

// window is the residuals of n slots, the newest first, from slot `from` back.
// It is empty when a third of the data is missing.
func (d *Detector) window(from, n int) (r, centres, values []float64) {
	for i := from; i < from+n; i++ {
		x, c := d.residual(i)
		if !math.IsNaN(x) {
			r, centres, values = append(r, x), append(centres, c), append(values, x+c)
		}
	}
	if len(r)*3 < n*2 {
		return nil, nil, nil
	}
	return r, centres, values
}

func meanOf(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(max(1, len(v)))
}

// usual is the usual distance of an hour's mean from normal.
func (d *Detector) usual() float64 {
	n := &d.s.Normal
	return max(d.s.Change.Usual, n.Quantum/4, 1e-9)
}

// level tells slow changes, and lets a change that stays become the new normal.
func (d *Detector) level(now, week, age int64) {
	s, c := &d.s, &d.s.Change
	if r, _ := d.residual(0); !math.IsNaN(r) && !s.busy() {
		a := math.Abs(r)
		if c.Usual > 0 {
			a = min(a, 5*c.Usual)
		}
		c.Slotted++
		c.Usual += max(1.0/168, 1/float64(c.Slotted)) * (a - c.Usual)
	}
	if p := s.find(Surge, Drop, Pattern); p != nil && c.Accepted && now-c.AcceptAt >= 86400 {
		p.end(d.at)
		c.Accepted = false
		return
	}
	last, _, _ := d.window(0, 6)
	first, _, _ := d.window(6, 6)
	if last == nil || first == nil {
		return
	}
	a, b := meanOf(last), meanOf(first)
	stands := math.Abs(a-b) < 0.25*math.Abs(a) && (math.Abs(a-b) < 3*d.usual() || (a-b)*a < 0) && math.Abs(a) > 2*d.usual()
	if f := s.find(Surge, Drop); f != nil {
		wait := 12 * s.Slots.Width
		if !d.cfg.wants(Pattern) {
			wait = 7 * 86400 // what is low stays told
		}
		if f.Kind == Drop && d.silent() {
			wait = 7 * 86400 // nothing is no level: it may be one when it stood for a week
		}
		if stands && !c.Accepted && now-f.Onset >= wait && sameSide(append(last, first...), a) {
			d.accept(f, a, now)
		}
		return
	}
	if p := s.find(Pattern); p != nil {
		if p.Form == LevelShift && !c.Accepted && stands {
			d.accept(p, a, now)
		} else if p.Form == LevelShift && !c.Accepted && math.Abs(a) < d.usual() {
			p.end(d.at)
		}
		return
	}
	d.slowly(a, b, append(last, first...), stands, now, week, age)
}

// slowly opens a finding for a change that no minute showed.
func (d *Detector) slowly(a, b float64, r []float64, stands bool, now, week, age int64) {
	c := &d.s.Change
	up := c.Level / d.bar(stLevel)
	down := -c.Level / d.bar(stLevel+1)
	if c.Filling != 0 || d.rhythmless() || max(up, down) < 1 || math.Abs(a) < slightLevel*d.swings() || !sameSide(r, a) || age < 5*86400 {
		return
	}
	kind := Surge
	if down > up {
		kind = Drop
	}
	onset := d.since(a)
	if stands {
		if f := d.open(Finding{Kind: Pattern, Form: LevelShift, Severity: 1, Onset: onset, Size: c.Level}, week); f != nil {
			d.accept(f, a, now)
		}
	} else if (a-b)*a > 0 && max(up, down) > 1.3 {
		d.open(Finding{Kind: kind, Form: Slide, Severity: 1, Onset: onset, Size: c.Level}, week)
	}
}

// sameSide tells whether nearly all residuals have the sign of a.
func sameSide(r []float64, a float64) bool {
	n := 0
	for _, x := range r {
		if x*a > 0 {
			n++
		}
	}
	return n*12 >= len(r)*11
}

// since dates a change: back from now while the residual is on the side of a
// and farther off than usual, one slot forgiven.
func (d *Detector) since(a float64) int64 {
	s := &d.s
	i, missed := 0, 0
	for ; i < int(s.Slots.Len) && missed < 2; i++ {
		if r, _ := d.residual(i); math.IsNaN(r) || r*a <= 0 || math.Abs(r) < d.slight(i) {
			missed++
		}
	}
	i -= missed   // the first slot before the change
	for range 2 { // it began where the residual left what it was before
		here, _ := d.residual(i)
		before, _ := d.residual(i + 1)
		if !((here-before)*math.Copysign(1, a) > 0.25*d.usual()) {
			break
		}
		i++
	}
	return (s.Slots.Last - int64(i) + 1) * s.Slots.Width
}

// slight is a distance of an hour's mean that says nothing: half of the usual
// one, or of the spread of that hour where nights are calmer than that.
func (d *Detector) slight(i int) float64 {
	_, spread := d.s.Normal.at(d.slotWeek(d.s.Slots.Last - int64(i)))
	return 0.5 * min(d.usual(), max(spread, d.usual()/8))
}

// accept makes the level of the last hours the normal one.
func (d *Detector) accept(f *Finding, by float64, now int64) {
	s := &d.s
	if d.silent() {
		d.forgetRhythm(RhythmLost)
	} else {
		s.Normal.shift(by + s.Normal.Offset)
	}
	if d.cfg.wants(Pattern) {
		if f.Kind != Pattern {
			d.news = Pattern
		}
		f.Kind, f.Form, f.Changed = Pattern, LevelShift, d.at
		if f.Now = f.Was + by; d.silent() {
			f.Now = 0
		}
	}
	s.Change.Accepted, s.Change.AcceptAt = true, now
	s.Change.Level, s.Change.Slow, s.Change.Mid, s.Change.Z = 0, 0, 0, [3]float64{}
}
