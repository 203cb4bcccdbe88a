package trend

import "math"

// period is a rhythm of hours that is no part of a day: a job every five hours.
// The clock of the day cannot know it; the correlation of the history with
// itself does.
type period struct {
	Lag      int32 // slots; 0 is none
	Hits     int32 // days in a row on which it was found
	Strength float64
}

const (
	periodLeast  = 2
	periodMost   = 84
	periodStrong = 0.45 // of the variance at least is explained by it
	periodDays   = 3    // in a row, before its loss is worth a word
	periodAgain  = 12   // days after a loss: by then the history is another
)

// seek looks for a period once a day, in the last week and a half.
func (d *Detector) seek() {
	p := &d.s.Period
	var v []float64
	for i := range min(int(d.s.Slots.Len), 10*24) {
		v = append(v, d.s.Slots.back(i))
	}
	lag, r := bestLag(v)
	if lag > 0 && (lag%24 == 0 || 24%lag == 0) {
		r = 0 // the clock knows that
	}
	switch {
	case r < periodStrong:
		*p = period{}
	case int32(lag) == p.Lag:
		p.Hits, p.Strength = p.Hits+1, r
	default:
		*p = period{Lag: int32(lag), Hits: 1, Strength: r}
	}
}

// bestLag is where a series resembles itself most: a peak of the autocorrelation,
// the shortest of those that are nearly as high. Slots without data count nothing.
func bestLag(v []float64) (lag int, r float64) {
	if len(v) < 4*24 {
		return 0, 0
	}
	mean, n := 0.0, 0.0
	for _, x := range v {
		if !math.IsNaN(x) {
			mean, n = mean+x, n+1
		}
	}
	mean /= max(1, n)
	at := func(lag int) float64 {
		same, all := 0.0, 0.0
		for i := lag; i < len(v); i++ {
			if a, b := v[i]-mean, v[i-lag]-mean; !math.IsNaN(a + b) {
				same += a * b
				all += (a*a + b*b) / 2
			}
		}
		if all == 0 {
			return 0
		}
		return same / all
	}
	before, here := at(1), at(2)
	for l := periodLeast; l <= min(periodMost, len(v)/3); l++ {
		after := at(l + 1)
		if here > before+0.2 && here >= after && here > r+0.1 {
			lag, r = l, here
		}
		before, here = here, after
	}
	return lag, r
}

// follows is how much of the period is left in the n slots from `from` back: the
// slope of these values over the mean of the same phase in the eight periods
// before them. It is about 1 while the period lasts.
func (d *Detector) follows(from, n, template int) float64 {
	lag := int(d.s.Period.Lag)
	expected := make([]float64, 0, n)
	values := make([]float64, 0, n)
	for i := from; i < from+n; i++ {
		sum, seen := 0.0, 0.0
		for k := range 8 {
			if x := d.s.Slots.back(i%lag + template + k*lag); !math.IsNaN(x) {
				sum, seen = sum+x, seen+1
			}
		}
		if x := d.s.Slots.back(i); !math.IsNaN(x) && seen > 0 {
			expected, values = append(expected, sum/seen), append(values, x)
		}
	}
	e, v := meanOf(expected), meanOf(values)
	cross, square := 0.0, 0.0
	for i := range values {
		cross += (values[i] - v) * (expected[i] - e)
		square += (expected[i] - e) * (expected[i] - e)
	}
	if square == 0 {
		return 1
	}
	return cross / square
}

// periodic tells, once in a slot, that a period of hours is not followed any
// more: three times, and for ten hours.
func (d *Detector) periodic(now, week int64) {
	s, p := &d.s, &d.s.Period
	f := s.find(Pattern)
	told := f != nil && f.Form == RhythmLost
	if s.Normal.By != byFlat || p.Hits < periodDays || told || s.Slots.Width > 3600 {
		return
	}
	lag := int(p.Lag)
	n := (max(3*lag, rhythmSlots) + lag - 1) / lag * lag
	if d.follows(0, n, n) > 0.3 {
		return
	}
	periods := n / lag
	for d.follows(periods*lag, lag, n) < 0.5 && periods < n/lag+3 {
		periods++
	}
	for periods > 1 && d.follows((periods-1)*lag, lag, n+3*lag) > 0.5 {
		periods--
	}
	if f := d.replace(Finding{Kind: Pattern, Form: RhythmLost, Severity: 1, Period: uint8(lag), Onset: (s.Slots.Last - int64(periods*lag) + 1) * s.Slots.Width}, week); f != nil {
		f.Now = s.Slots.back(0) + s.Origin
		s.Change.Accepted = true // what is left is learned
		s.Change.AcceptAt = now
		p.Hits = -periodAgain
	}
}
