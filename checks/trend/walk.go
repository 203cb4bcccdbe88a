package trend

import "math"

// walk is what the paths of a forecast are made of: the steps of whole days (or
// less, in a short history) between resets, the newest first.
type walk struct {
	width   int64
	block   int
	steps   []float64 // upwards, a slot each, newest first
	now     float64
	ahead   float64 // where the filling is without the noise of the last value
	noise   float64 // deviation of a value from the filling
	cleaned bool
	next    float64 // where fillings are ended
	spread  float64
	low     float64 // where they begin again
}

func (d *Detector) walk() *walk {
	s, t := &d.s, &d.s.Teeth
	w := &walk{width: s.Slots.Width, noise: t.noise()}
	sign := 1.0
	if d.cfg.Below {
		sign = -1
	}
	skip := 0
	for i := 0; i+1 < int(s.Slots.Len) && len(w.steps) < 28*24; i++ {
		step := sign * (s.Slots.back(i) - s.Slots.back(i+1))
		if math.IsNaN(step) {
			step = 0
		}
		if d.inReset(s.Slots.Last - int64(i)) {
			skip++
			step = math.NaN() // the neighbours of a reset say nothing of the filling
		}
		w.steps = append(w.steps, step)
	}
	w.mend()
	if len(w.steps)-skip < minSlots-1 {
		return nil
	}
	w.now = sign * (s.Value - s.Origin)
	w.ahead = d.start(w, sign) - w.now
	w.block = 24
	if len(w.steps) < 72 {
		w.block = max(1, len(w.steps)/4)
	}
	w.next, w.spread, w.low, w.cleaned = t.cleaned(w.now)
	return w
}

// start is where the filling is now: the mean of the last slot, carried on, or
// the last value when a reset is too near.
func (d *Detector) start(w *walk, sign float64) float64 {
	s := &d.s
	if s.Last-s.Teeth.Start < 3*s.Slots.Width && s.Teeth.N > 0 || len(w.steps) < 6 {
		return w.now
	}
	since := float64(s.Last)/float64(s.Slots.Width) - float64(s.Slots.Last) - 0.5
	at := sign*s.Slots.back(0) + meanOf(w.steps[:6])*since
	if math.IsNaN(at) || math.Abs(at-w.now) > 4*w.noise+math.Abs(w.steps[0]) {
		return w.now
	}
	return at
}

// inReset tells whether a slot's step is the fall of a reset.
func (d *Detector) inReset(slot int64) bool {
	t, w := &d.s.Teeth, d.s.Slots.Width
	for i := range t.N {
		if at := floorDiv(t.Done[i].End, w); slot == at || slot == at+1 || slot == at-1 {
			return true
		}
	}
	return false
}

// mend gives steps at resets the mean of the same hour on other days.
func (w *walk) mend() {
	for i, v := range w.steps {
		if !math.IsNaN(v) {
			continue
		}
		sum, n := 0.0, 0.0
		for j := i % 24; j < len(w.steps); j += 24 {
			if !math.IsNaN(w.steps[j]) {
				sum += w.steps[j]
				n++
			}
		}
		w.steps[i] = sum / max(1, n)
	}
}

// hit is the seconds until one path has risen by gap; MaxInt64 within so many
// slots never. Each path draws from its own choice of days: how fast a disk
// fills is known from few days only.
func (w *walk) hit(gap float64, seed uint64, ahead int) int64 {
	r := splitmix(seed*0x9e3779b97f4a7c15 + 1)
	blocks := max(1, len(w.steps)/w.block)
	var pool [28]int
	for i := range pool {
		pool[i] = w.pick(&r, blocks)
	}
	// The first value that touches the limit is one that noise helps.
	gap = max(1e-9, gap-w.noise*(0.3+1.2*math.Abs(r.normal())))
	x, end := w.ahead, w.next+w.spread*r.normal()-w.now
	for slot := 0; slot < ahead; {
		b := pool[r.below(min(len(pool), blocks))]
		for i := w.block - 1; i >= 0; i-- {
			step := w.steps[b*w.block+i]
			slot++
			if slot > ahead {
				break
			}
			if x+step >= gap {
				part := 1.0
				if step > 0 {
					part = (gap - x) / step
				}
				return int64((float64(slot-1) + part) * float64(w.width))
			}
			x += step
			if w.cleaned && x >= end {
				x, end = w.low-w.now, w.next+w.spread*r.normal()-w.now
			}
		}
	}
	return math.MaxInt64
}

// pick prefers the newest week: half of the draws are from it.
func (w *walk) pick(r *splitmix, blocks int) int {
	if recent := 7 * 24 / w.block; r.next()&1 == 0 && blocks > recent {
		return r.below(recent)
	}
	return r.below(blocks)
}

// splitmix is a small generator: the same series gives the same forecast
// (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
type splitmix uint64

func (s *splitmix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (s *splitmix) below(n int) int { return int(s.next() >> 33 % uint64(max(1, n))) }

// normal is the sum of twelve uniform draws: close enough to Gaussian here.
func (s *splitmix) normal() float64 {
	sum := -6.0
	for range 12 {
		sum += float64(s.next()>>11) / (1 << 53)
	}
	return sum
}
