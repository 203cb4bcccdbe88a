package trend

import "math"

// change is the state of the sudden findings and of what is measured for all.
type change struct {
	Z            [3]float64 // the last distances, in spreads of their hour
	Far          [3]float64 // and as they are: two hours may have spreads that are worlds apart
	Mid          float64
	Slow         float64
	Level        float64
	Count        int64
	Calm         int32 // values in a row that were normal again
	Since        int64 // when the middle of three distances was small last
	Near         int64 // when it was less than far last
	Accepted     bool  // the new level is normal now
	AcceptAt     int64
	Move         float64 // running mean of the logarithm of steps in spreads, slow
	MoveFast     float64
	Moves        int64
	VarSince     int64
	Run          int64 // equal values in a row
	RunFrom      int64
	Same         float64 // share of values that equal the one before
	Prev         float64
	FarMid       float64 // running mean of a dozen distances, not in spreads
	Before       float64 // the bucket before
	Usual        float64 // usual distance of an hour's mean
	Slotted      int64
	Mean         [4]float64 // usual size of the four statistics of distance
	FillSince    int64      // slot
	Extent       extent
	Way, Filling int8 // 1 it fills, -1 it empties, 0 neither
}

func (c *change) pause() { c.Z, c.Far, c.Calm, c.Run = [3]float64{}, [3]float64{}, 0, 0 }

// measured is one value against its normal.
type measured struct {
	now, week         int64
	v, centre, spread float64
	z, fast, far      float64
	dt                float64
}

func (d *Detector) measure(now, week int64, v, dt float64) measured {
	s, c := &d.s, &d.s.Change
	m := measured{now: now, week: week, v: v, dt: dt}
	m.centre, m.spread = s.Normal.now(week, s.Origin)
	m.z = d.apart(week, v)
	c.Count++
	c.Z[0], c.Z[1], c.Z[2] = c.Z[1], c.Z[2], m.z
	m.fast = middle(c.Z[0], c.Z[1], c.Z[2])
	c.Far[0], c.Far[1], c.Far[2] = c.Far[1], c.Far[2], v-m.centre
	m.far = middle(c.Far[0], c.Far[1], c.Far[2])
	c.Mid += (clip(m.z, 12) - c.Mid) / 12
	c.FarMid += (v - m.centre - c.FarMid) / 12
	if s.Last-s.First > young && s.Normal.known(week) {
		s.Habit.note(stFar, v-m.centre)
		s.Habit.note(stFar+1, m.centre-v)
		s.Habit.note(stFarMid, c.FarMid)
		s.Habit.note(stFarMid+1, -c.FarMid)
	}
	c.Slow += (clip(m.z, 6) - c.Slow) / 48
	c.Level += d.pace.halfDay * (clip(m.z, 6) - c.Level)
	c.Extent.note(v, c.Count == 1, math.Abs(m.fast) >= farFast || math.Abs(m.z) >= farFast || d.zero(v))
	if math.Abs(m.fast) < 1 {
		c.Since = now
	}
	if math.Abs(m.fast) < farFast {
		c.Near = now
	}
	for i, v := range [4]float64{m.fast, c.Mid, c.Slow, c.Level} {
		c.Mean[i] += max(d.pace.week, 1/float64(c.Count)) * (min(math.Abs(v), base(2*i)) - c.Mean[i])
		s.Habit.note(2*i, v)
		s.Habit.note(2*i+1, -v)
	}
	return m
}

func middle(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }

func clip(v, by float64) float64 { return max(-by, min(by, v)) }

// wholeWeek is the time after which every hour of the week was seen.
const wholeWeek = 8 * 86400

// excess is by how much a direction's evidence exceeds its bar: above 1 it is told.
func (d *Detector) excess(m measured, down int) float64 {
	c := &d.s.Change
	sign := 1 - 2*float64(down)
	fast, mid, slow := sign*m.fast/d.bar(stFast+down), sign*c.Mid/d.bar(stMid+down), sign*c.Slow/d.bar(stSlow+down)
	if tiny := 0.1 * d.swings(); sign*m.far <= max(tiny, d.bar(stFar+down)) { // the series does that now and then
		fast = min(fast, 0.99)
	}
	if sign*c.FarMid <= max(slightLevel*d.swings(), d.bar(stFarMid+down)) {
		mid = min(mid, 0.99)
		if sign*c.FarMid <= max(slightLevel*d.swings(), slightFar*d.bar(stFarMid+down)) {
			slow = min(slow, 0.99)
		}
	}
	if age := d.s.Last - d.s.First; age < wholeWeek { // a job of the week is not known yet: what lasts for an hour
		if !d.beyond(m.v) {
			return 0
		}
		return max(mid, slow) / 2
	}
	return max(fast, mid, slow)
}

// sudden opens, follows and closes surges and drops.
func (d *Detector) sudden(m measured) {
	s := &d.s
	if f := s.find(Surge, Drop); f != nil {
		d.follow(f, m)
		return
	}
	for down, kind := range [2]Kind{Surge, Drop} {
		x := d.excess(m, down)
		stopped := down == 1 && d.stopped(m)
		if !stopped && (x < 1 || m.fast*(1-2*float64(down)) < 1 || !d.moved(m, down)) || d.habitual(kind) {
			continue
		}
		if p := s.find(Pattern); p != nil && !s.Change.Accepted && !stopped && (x < 2 || !d.beyond(m.v)) {
			continue
		}
		form := d.form(m)
		f := d.open(Finding{Kind: kind, Form: form, Severity: 1, Onset: d.began(form, m), Size: m.fast}, m.week)
		if f == nil {
			return
		}
		s.Change.Calm, s.Change.Accepted = 0, false
		d.weigh(f, m, x)
		return
	}
}

// farFast is a distance of three values that noise reaches hardly ever (six of its
// deviations), and below what is told at least.
const farFast = 4

// began dates a change. Of two far values the middle of three is small for the
// last time when the first one came: that moment is the onset. What came at once is
// looked for above the noise, what came slowly from where it began to be more than
// usual. A mean of five minutes began with them.
func (d *Detector) began(f Form, m measured) int64 {
	onset := d.s.Change.Since
	if f == Sudden && math.Abs(m.fast) > farFast {
		onset = d.s.Change.Near
	}
	if d.s.Step < 0.9*bucketSeconds {
		onset = floorDiv(onset, bucketSeconds) * bucketSeconds
	}
	return max(onset, d.s.First)
}

// moved tells whether the series itself moved since its last normal hours: when only its normal did, the
// rhythm is missing, and that is another finding. It asks what stands out, the last three values or the last
// dozen: a single value is noise, and noise is not on its way.
func (d *Detector) moved(m measured, down int) bool {
	s := &d.s
	before := math.NaN() // the hour before the onset: under a rhythm, one farther back is somewhere else
	onset := int(s.Slots.Last - floorDiv(s.Change.Since, s.Slots.Width) + 1)
	for i := onset; i < onset+3 && math.IsNaN(before); i++ {
		before = s.Slots.back(i)
	}
	if math.IsNaN(before) {
		return true
	}
	gap := m.far
	if math.Abs(m.fast) < d.bar(stFast+down) {
		gap = d.s.Change.FarMid
	}
	return (m.centre+gap-before)*gap > 0.4*gap*gap
}

// form tells a slide from a sudden change: the hour before was on its way.
func (d *Detector) form(m measured) Form {
	r1, _ := d.residual(0)
	r2, _ := d.residual(1)
	if now := m.fast * m.spread; r1/now > 0.3 && r2/r1 < 0.9 && math.Abs(r2) < 3*math.Abs(m.spread) {
		return Slide
	}
	return Sudden
}

// habitual tells whether a series that fills and is emptied, or is emptied and
// filled, does just that.
func (d *Detector) habitual(kind Kind) bool {
	c := &d.s.Change
	if c.Filling == 0 {
		return false
	}
	return (c.Filling > 0) == (kind == Surge) || d.s.Teeth.N > 0
}

// filling notes, once in a slot, whether the last three days went one way: the
// sum of steps is most of the sum of their sizes, falls of a reset apart.
func (d *Detector) filling() {
	s, c := &d.s, &d.s.Change
	net, all, big := 0.0, 0.0, 0.0
	for i := range 72 {
		step := s.Slots.back(i) - s.Slots.back(i+1)
		if math.IsNaN(step) {
			continue
		}
		net, all = net+step, all+math.Abs(step)
		if math.Abs(step) > math.Abs(big) {
			big = step
		}
	}
	if net*big < 0 { // the reset
		net, all = net-big, all-math.Abs(big)
	}
	way := int8(0)
	if s.Slots.Len > 72 && math.Abs(net) > 0.7*all {
		way = 1
		if net < 0 {
			way = -1
		}
	}
	if way != c.Way {
		c.Way, c.FillSince = way, s.Slots.Last
	}
	switch {
	case way != 0 && s.Slots.Last-c.FillSince >= 24:
		c.Filling = way
	case way == 0 && s.Slots.Last-c.FillSince >= 24:
		c.Filling = 0
	}
}

// slightLevel is the share of a series' daily swings below which no level of hours is news.
const slightLevel = 0.03

// slightFar is the share of what a series does now and then below which four
// hours of it are no news either.
const slightFar = 0.15

// swings is how far single values went off on two days of the last weeks.
func (d *Detector) swings() float64 {
	return max(d.bar(stFar), d.bar(stFar+1)) / farMargin
}

// weigh sets what is known of a running finding: the farthest value, and how bad.
func (d *Detector) weigh(f *Finding, m measured, excess float64) {
	if math.Abs(m.fast) >= math.Abs(f.Size) && m.fast*(1.5-float64(f.Kind)) >= 0 {
		f.Size, f.Now = m.fast, m.v+d.s.Origin
	}
	c, ok := f.Change()
	if excess >= 3 && (!ok || c <= -0.5 || c >= 1) {
		f.worsen(2, d.at)
	}
}

// follow lets a finding grow, and end when all is normal again for a while.
func (d *Detector) follow(f *Finding, m measured) {
	s := &d.s
	down := int(f.Kind - Surge)
	sign := 1 - 2*float64(down)
	x := d.excess(m, down)
	d.weigh(f, m, x)
	if f.Kind == Drop && d.gone(m) || sign*m.fast > 0.5*d.bar(stFast+down) || sign*s.Change.Mid > 0.5*d.bar(stMid+down) {
		s.Change.Calm = 0
		return
	}
	if s.Change.Calm++; s.Change.Calm >= 3 && m.now-f.Changed >= 900 && float64(s.Change.Calm)*d.span() >= 900 {
		f.end(d.at)
		s.Change.Mid, s.Change.Slow = 0, 0
	}
}
