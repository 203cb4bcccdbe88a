package trend

import (
	"math"
	"time"
)

// limit judges, once in a slot, whether the limit comes near.
func (d *Detector) limit(now int64) {
	if d.cfg.Limit == nil || !d.cfg.wants(Limit) {
		return
	}
	s := &d.s
	f := s.find(Limit)
	gap, ok := d.gap(*d.cfg.Limit)
	if !ok {
		return
	}
	if free := d.free(*d.cfg.Limit, gap); gap <= 0 || f.reached() && (gap <= touching*s.Teeth.noise() || free <= leastFree) {
		s.Teeth.Release = 0
		d.tell(f, Forecast{Reached: true}, 2)
		return
	}
	if d.nearlyGone(*d.cfg.Limit, gap) {
		s.Teeth.Release = 0
		fc := d.Forecast(*d.cfg.Limit)
		fc.Near = fc.Near || fc.P50.IsZero()
		d.tell(f, fc, 2)
		return
	}
	warn := d.cfg.Warn.Seconds()
	if f != nil {
		warn *= 1.5 // what is told is taken back later than it is told
	}
	short, long, agree := d.slopes()
	eta := gap / max(short, long)
	roomy := f == nil && d.free(*d.cfg.Limit, gap) > d.cfg.MinFree && eta > 2*d.cfg.Critical.Seconds()
	if !agree || eta > 1.5*warn || roomy { // no need to ask for dates
		d.release(f)
		return
	}
	fc := d.Forecast(*d.cfg.Limit)
	left := math.Inf(1)
	if !fc.P50.IsZero() {
		left = float64(fc.P50.Unix() - now)
	}
	pressing := left <= d.cfg.Critical.Seconds()
	if left > warn || !pressing && f == nil && d.free(*d.cfg.Limit, gap) > d.cfg.MinFree {
		d.release(f)
		return
	}
	s.Teeth.Release = 0
	severity := uint8(1)
	if pressing {
		severity = 2
	}
	d.tell(f, fc, severity)
}

// touching is how many deviations of a value's noise a limit that was reached may
// be away again before it counts as left: three, and noise that is cut off at the
// limit shows half of itself.
const touching = 6

// reached tells whether it was told last that the limit is reached.
func (f *Finding) reached() bool { return f != nil && f.Form == Approach && f.P50 == 0 }

// leastFree is the share below which a limit presses, whatever the forecast.
const leastFree = 0.03

// nearlyGone tells whether next to nothing is left of what was free: a series
// that always was like that is made so.
func (d *Detector) nearlyGone(limit, gap float64) bool {
	t := &d.s.Teeth
	return d.free(limit, gap) <= leastFree && t.Max-t.Min > 4*gap && !t.young(d.s.Last)
}

// brink tells whether next to nothing is left and this filling had an hour (or
// step) like which another one would be too much: after a collapse, the days
// before it say nothing of when the rest goes.
func (d *Detector) brink(limit, gap float64) bool {
	s := &d.s
	if !d.nearlyGone(limit, gap) {
		return false
	}
	sign := 1.0
	if d.cfg.Below {
		sign = -1
	}
	after := s.Value - s.Origin
	for i := 0; s.Slots.Last-int64(i) > floorDiv(s.Teeth.Start, s.Slots.Width); i++ {
		before := s.Slots.back(i)
		if sign*(after-before) >= gap {
			return true
		}
		if i >= int(s.Slots.Len) {
			return false
		}
		after = before
	}
	return false
}

// roomAgain is the share that has to be free before a limit that was reached, or
// nearly, is taken back: twice that at which it is told. What wobbles at the limit is
// one incident, however small its falls are beside all that it ever did.
const roomAgain = 2 * leastFree

// settled is for how many slots less room than that has to stay: what stands close
// to its limit for a week, and does not reach it, is made so.
const settled = 168

// release ends a finding when the limit was out of sight for six slots, or at
// once after a reset; one of a limit that was reached, or nearly, when there is room.
func (d *Detector) release(f *Finding) {
	t := &d.s.Teeth
	if f == nil {
		return
	}
	t.Release++
	if gap, _ := d.gap(*d.cfg.Limit); (f.reached() || f.Form == Near) && d.free(*d.cfg.Limit, gap) <= roomAgain && t.Release < settled {
		f.Now = d.s.Value
		return
	}
	if t.Release >= 6 || t.N > 0 && t.Done[0].End >= f.Found {
		f.end(d.at)
		t.Release = 0
	}
}

func (d *Detector) tell(f *Finding, fc Forecast, severity uint8) {
	if f == nil {
		f = d.open(Finding{Kind: Limit, Form: Approach, Severity: severity, Onset: d.s.Teeth.Start, Was: *d.cfg.Limit}, 0)
		if f == nil {
			return
		}
	}
	form := Approach
	if fc.Near {
		form = Near
	}
	if f.Form != form {
		f.Form, f.Changed = form, d.at
	}
	f.worsen(severity, d.at)
	f.Now = d.s.Value
	f.P10, f.P50, f.P90 = unixOrZero(fc.P10), unixOrZero(fc.P50), unixOrZero(fc.P90)
}

func unixOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// free is the share that is left: of the limit, or of the most that was free.
func (d *Detector) free(limit, gap float64) float64 {
	s := &d.s
	whole := math.Abs(limit)
	if d.cfg.Below || whole == 0 {
		whole = gap + (s.Teeth.Prev - s.Teeth.Min)
	}
	return gap / max(whole, 1e-12)
}

// slopes are the rise in a second over two horizons: this filling (a week of it
// at most) and its last quarter (a day, where there are days). They agree when
// both rise and neither is four times the other.
func (d *Detector) slopes() (short, long float64, agree bool) {
	s := &d.s
	w := s.Slots.Width
	n := int(min(168, (s.Last-s.Teeth.Start)/w, int64(s.Slots.Len)-1))
	if n < 3 {
		return 0, 0, false
	}
	q := max(2, n/4)
	if n >= 48 {
		n, q = n/24*24, 24
	}
	long, short = d.rise(n), d.rise(q)
	return short, long, short > 0 && long > 0 && short < 4*long && long < 4*short
}

// rise is the slope from n slots ago to now, between the middles of three.
func (d *Detector) rise(n int) float64 {
	s := &d.s
	a, b := s.Slots.back(0), s.Slots.back(n)
	if n >= 6 {
		a = middle(a, s.Slots.back(1), s.Slots.back(2))
		b = middle(s.Slots.back(n-2), s.Slots.back(n-1), b)
		n -= 2
	}
	v := (a - b) / float64(int64(n)*s.Slots.Width)
	if d.cfg.Below {
		v = -v
	}
	if math.IsNaN(v) {
		return 0
	}
	return v
}
