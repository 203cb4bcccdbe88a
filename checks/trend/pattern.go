package trend

import "math"

// frozen finds a value that does not move any more, in a series that does.
func (d *Detector) frozen(m measured) {
	s, c := &d.s, &d.s.Change
	f := s.find(Pattern)
	if f != nil && f.Form == Frozen && m.v != c.Prev {
		f.end(d.at)
	}
	if m.v == c.Prev {
		if c.Run++; c.Run == 1 {
			c.RunFrom = m.now
		}
	} else {
		c.Run = 0
	}
	c.Prev = m.v
	if most := s.Habit.Day[stRun].nth(s.Today, 0); float64(c.Run) < max(24, 2*most) {
		same := 0.0
		if c.Run > 0 {
			same = 1
		}
		c.Same += max(1.0/500, 1/float64(c.Count)) * (same - c.Same)
	}
	run := float64(c.Run)
	told := f != nil && f.Form == Frozen
	if d.Enough() && !told && c.RunFrom > c.AcceptAt && c.Run >= 12 && m.now-c.RunFrom >= 3600 && run*math.Log(max(c.Same, 0.02)) < -25 && run > 3*s.Habit.Day[stRun].nth(s.Today, 0) {
		if d.gone(m) {
			d.outage(m)
		} else {
			d.replace(Finding{Kind: Pattern, Form: Frozen, Severity: 1, Onset: c.RunFrom}, m.week)
		}
	}
	if !told {
		s.Habit.note(stRun, run)
	}
}

// replace opens a pattern finding in the place of a surge or drop that began
// with it: it is the same incident, better understood. A fall to nothing is not:
// no name says more of it.
func (d *Detector) replace(f Finding, week int64) *Finding {
	if !d.cfg.wants(Pattern) {
		return nil
	}
	s := &d.s
	old := s.find(Surge, Drop)
	if old != nil && old.Kind == Drop && d.silent() {
		return nil
	}
	if old == nil || old.Onset < f.Onset-86400 {
		if p := s.find(Pattern); p != nil {
			if p.Form == Frozen || f.Form != Frozen {
				return nil
			}
			p.end(d.at)
		}
		return d.open(f, week)
	}
	old.Kind, old.Form, old.Period, old.Changed = Pattern, f.Form, f.Period, d.at
	d.news = Pattern
	return old
}

// How long it has to last: calmFor is longer than a night, for nights may be calm;
// livelyFor than one hour, for noise is known by the hour, and that of a job is not
// the noise of the hours beside it.
const (
	calmFor   = 10 * 3600
	livelyFor = 3600
)

// noise is the spread of this hour without the floor that distances have: nights
// are calmer than days.
func (d *Detector) noise(m measured) float64 {
	n := &d.s.Normal
	_, spread := n.at(m.week)
	return max(spread, 0.02*m.spread, n.Quantum/2, 1e-9)
}

// leastMove is the step, in spreads, below which it does not matter how small it is.
const leastMove = 0.05

// mostMove is the step, in spreads, above which it does not matter how large it
// is: a job that begins in a quiet hour is one step, not a livelier series.
const mostMove = 12

// variance compares the geometric mean of the last steps with the usual one: a
// few bursts, or their absence, change it little.
func (d *Detector) variance(m measured) {
	s, c := &d.s, &d.s.Change
	step := math.Log(min(math.Abs(m.v-c.Before)/d.noise(m), mostMove) + leastMove)
	if s.Last-s.First < 2*86400 {
		return
	}
	c.Moves++
	c.MoveFast += (step - c.MoveFast) / 48
	if s.find(Surge, Drop) != nil { // how it came and went is no other noise
		c.MoveFast = c.Move
	}
	rate := max(d.pace.threeDays, 1/float64(c.Moves))
	f := s.find(Pattern)
	told := f != nil && (f.Form == Livelier || f.Form == Calmer)
	if told {
		rate *= 0.5
	} else if s.busy() {
		rate = 0
	}
	c.Move += rate * (step - c.Move)
	ratio := math.Exp(c.MoveFast - c.Move)
	if ratio < 1.35 && ratio > 0.7 {
		c.VarSince = m.now
		if told {
			f.end(d.at)
		}
	}
	s.Habit.note(stLively, ratio)
	s.Habit.note(stCalm, 1/ratio)
	if c.Same > 0.5 || d.noise(m) < 0.01*d.swings() { // most values are alike, or the noise is nothing beside the bursts
		if !told {
			c.VarSince = m.now // such an hour says nothing
		}
		return
	}
	if told || !d.Enough() || c.Run > 6 || s.find(Surge, Drop, Pattern) != nil || s.Last-s.First < 8*86400 || math.Abs(c.Mid) > 1.5 || math.Abs(c.Slow) > 1.5 {
		return
	}
	switch {
	case ratio > d.bar(stLively) && m.now-c.VarSince > livelyFor:
		d.open(Finding{Kind: Pattern, Form: Livelier, Severity: 1, Onset: c.VarSince, Size: ratio}, m.week)
	case 1/ratio > d.bar(stCalm) && m.now-c.VarSince > calmFor:
		d.open(Finding{Kind: Pattern, Form: Calmer, Severity: 1, Onset: c.VarSince, Size: -1 / ratio}, m.week)
	}
}
