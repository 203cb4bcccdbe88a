package trend

import (
	"math"
	"slices"
	"time"

	"monitord/internal/text"
)

// Point is one moment of a forecast.
type Point struct {
	At            time.Time
	P10, P50, P90 float64
}

// Forecast is when a limit is reached. A zero time means "not in sight": not
// within the horizon, with that chance.
type Forecast struct {
	Enough        bool // false: too little data to say anything
	Reached       bool // it is reached already
	P10, P50, P90 time.Time
	Cleaned       bool // earlier fillings ended below the limit, and this one is expected to
	Until         time.Time
}

const (
	paths       = 200
	horizonDays = 120
	minSlots    = 12
)

// Forecast says when the limit is reached, counted from the last value.
func (d *Detector) Forecast(limit float64) Forecast {
	s := &d.s
	f := Forecast{Until: time.Unix(s.Last+int64(horizonDays*24)*s.Slots.Width, 0)}
	gap, ok := d.gap(limit)
	if !ok {
		return f
	}
	f.Enough = true
	if gap <= 0 {
		f.Reached = true
		f.P10, f.P50, f.P90 = time.Unix(s.Last, 0), time.Unix(s.Last, 0), time.Unix(s.Last, 0)
		return f
	}
	w := d.walk()
	if w == nil {
		f.Enough = false
		return f
	}
	hits := make([]int64, paths)
	for i := range hits {
		hits[i] = w.hit(gap, uint64(i))
	}
	f.Cleaned = w.cleaned
	slices.Sort(hits)
	at := func(q float64) time.Time {
		h := hits[min(paths-1, int(q*paths))]
		if h < 0 || h == math.MaxInt64 {
			return time.Time{}
		}
		return time.Unix(s.Last+h, 0)
	}
	f.P10, f.P50, f.P90 = at(0.1), at(0.5), at(0.9)
	return f
}

// gap is how far the limit is from the last value, upwards.
func (d *Detector) gap(limit float64) (float64, bool) {
	s := &d.s
	if s.N == 0 || math.IsNaN(limit) || math.IsInf(limit, 0) {
		return 0, false
	}
	if d.cfg.Below {
		return s.Value - limit, s.Slots.Len >= minSlots
	}
	return limit - s.Value, s.Slots.Len >= minSlots
}

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
	w := &walk{width: s.Slots.Width, noise: t.Jitter / 1.128}
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
	if s.Last-s.Teeth.Cur.Start < 3*s.Slots.Width && s.Teeth.N > 0 || len(w.steps) < 6 {
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

// hit is the seconds until one path has risen by gap; MaxInt64 within the
// horizon never. Each path draws from its own choice of days: how fast a disk
// fills is known from few days only.
func (w *walk) hit(gap float64, seed uint64) int64 {
	r := splitmix(seed*0x9e3779b97f4a7c15 + 1)
	blocks := max(1, len(w.steps)/w.block)
	var pool [28]int
	for i := range pool {
		pool[i] = w.pick(&r, blocks)
	}
	// The first value that touches the limit is one that noise helps.
	gap = max(1e-9, gap-w.noise*(0.3+1.2*math.Abs(r.normal())))
	x, end := w.ahead, w.next+w.spread*r.normal()-w.now
	for slot := 0; slot < horizonDays*24; {
		b := pool[r.below(min(len(pool), blocks))]
		for i := w.block - 1; i >= 0; i-- {
			step := w.steps[b*w.block+i]
			slot++
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

// Cone is the forecast of the value itself at so many equal steps up to ahead:
// how the series changed over as long a time before, from the same hour of the
// day where it has a rhythm.
func (d *Detector) Cone(ahead time.Duration, count int) []Point {
	s := &d.s
	if s.Slots.Len < minSlots || count < 1 || ahead <= 0 {
		return nil
	}
	var out []Point
	for i := 1; i <= count; i++ {
		at := time.Duration(int64(ahead) / int64(count) * int64(i))
		h := int(max(1, (int64(at.Seconds())+s.Slots.Width/2)/s.Slots.Width))
		p, ok := d.changeOver(h)
		if !ok {
			break
		}
		p.At = time.Unix(s.Last, 0).Add(at)
		out = append(out, p)
	}
	return out
}

// changeOver is the value h slots from now.
func (d *Detector) changeOver(h int) (Point, bool) {
	s := &d.s
	stride := 1
	if s.Normal.By != byFlat && s.Slots.Width == 3600 {
		stride = 24
	}
	var diff []float64
	for i := 0; i+h < int(s.Slots.Len); i++ {
		if phase := (i + h) % stride; phase > 1 && phase < stride-1 {
			continue // another hour of the day than now
		}
		if v := s.Slots.back(i) - s.Slots.back(i+h); !math.IsNaN(v) {
			diff = append(diff, v)
		}
	}
	if len(diff) < 8 {
		return Point{}, false
	}
	wide := widening(diff)
	slices.Sort(diff)
	// Few independent spans know little of the tails: ask for rarer ones.
	spans := float64(s.Slots.Len)/float64(h) + 1
	q := 0.085 * max(0, 1-1.5/spans)
	last := s.Slots.back(0)
	at := func(q float64) float64 {
		x := q * float64(len(diff)-1)
		k := min(int(x), len(diff)-2)
		return last + s.Origin + diff[k] + (x-float64(k))*(diff[k+1]-diff[k])
	}
	p := Point{P10: at(q), P50: at(0.5), P90: at(1 - q)}
	p.P10, p.P90 = p.P50-wide*(p.P50-p.P10), p.P50+wide*(p.P90-p.P50)
	return p, true
}

// widening is by how much the interval of the older half of the changes, newest
// first, had to be wider to hold eight in ten of the newer half: a series that
// grows changes by more than it used to. Never narrower, at most three times.
func widening(diff []float64) float64 {
	half := len(diff) / 2
	if half < 10 {
		return 1.1
	}
	old := slices.Sorted(slices.Values(diff[half:]))
	at := func(q float64) float64 { return old[int(q*float64(len(old)-1)+0.5)] }
	low, mid, high := at(0.1), at(0.5), at(0.9)
	far := make([]float64, 0, half)
	for _, x := range diff[:half] {
		side := high - mid
		if x < mid {
			side = mid - low
		}
		far = append(far, math.Abs(x-mid)/max(side, 1e-12))
	}
	slices.Sort(far)
	return max(1, min(3, far[half*8/10]))
}

// Sentence says it for people. series is how they call it.
func (f Forecast) Sentence(series string, limit, now float64) text.Message {
	name, at, value, until := text.Str("series", series), text.Num("limit", limit), text.Num("now", now), text.Time("until", f.Until)
	switch {
	case !f.Enough:
		return text.M("trend.too-little", name)
	case f.Reached:
		return text.M("trend.limit-reached", name, at, value)
	case f.P10.IsZero():
		return text.M("trend.limit-far", name, at, until)
	case f.P50.IsZero():
		return text.M("trend.limit-unlikely", name, at, until, text.Time("p10", f.P10))
	case f.P90.IsZero():
		return text.M("trend.limit-open", name, at, value, text.Time("p10", f.P10), text.Time("p50", f.P50))
	}
	return text.M("trend.limit", name, at, value, text.Time("p10", f.P10), text.Time("p50", f.P50), text.Time("p90", f.P90))
}
