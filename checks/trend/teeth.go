package trend

import "math"

// tooth is one filling, from a reset to the next, upwards to the limit.
type tooth struct {
	End       int64
	Low, High float32
}

// teeth are the last fillings of a series that somebody cleans.
type teeth struct {
	Done     [12]tooth
	N        int32
	Cur      tooth
	Start    int64   // of this filling
	Recent   float64 // the highest value of the last two slots
	RecentAt int64
	Jitter   float64 // usual step
	Min, Max float64
	Prev     float64
	Below    int32 // values in a row that look like a reset
	Release  int32 // slots in a row in which the limit was out of sight
	First    int64
	Started  bool
}

// noise is the deviation of a value from the filling: steps between values with
// Gaussian noise are 2/√π deviations on the average.
func (t *teeth) noise() float64 { return t.Jitter / 1.128 }

// tooth follows the filling. A fall within two slots by an eighth of all that
// was ever seen, far more than a usual step, is a reset.
func (d *Detector) tooth(now int64, rel float64) {
	t := &d.s.Teeth
	if d.cfg.Below {
		rel = -rel
	}
	if !t.Started {
		*t = teeth{Started: true, First: now, Min: rel, Max: rel, Prev: rel, Recent: rel, RecentAt: now, Start: now, Cur: tooth{Low: float32(rel), High: float32(rel)}}
	}
	step := math.Abs(rel - t.Prev)
	t.Prev = rel
	if t.Jitter > 0 {
		step = min(step, 10*t.Jitter)
	}
	t.Jitter += 0.01 * (step - t.Jitter)
	t.Min, t.Max = min(t.Min, rel), max(t.Max, rel)
	if rel >= t.Recent || now-t.RecentAt > 2*d.s.Slots.Width {
		t.Recent, t.RecentAt, t.Below = rel, now, 0
	}
	if t.young(now) || t.Recent-rel <= max(0.125*(t.Max-t.Min), 10*t.Jitter) {
		t.Below = 0
		t.Cur.Low, t.Cur.High = min(t.Cur.Low, float32(rel)), max(t.Cur.High, float32(rel))
		return
	}
	if t.Below++; t.Below < 2 {
		return
	}
	t.Cur.End = now
	copy(t.Done[1:], t.Done[:len(t.Done)-1])
	t.Done[0] = t.Cur
	t.N = min(t.N+1, int32(len(t.Done)))
	t.Start, t.Cur = now, tooth{Low: float32(rel), High: float32(rel)}
	t.Recent, t.RecentAt, t.Below = rel, now, 0
}

// cleaned is how high the next filling will be let grow, by a line through the
// last ones, and the spread around it; false with fewer than three, or when
// this filling went beyond them: then nobody cleans.
func (t *teeth) cleaned(now float64) (next, spread, low float64, ok bool) {
	var high []float64
	for i := range t.N {
		if d := &t.Done[i]; float64(d.High-d.Low) > 0.25*(t.Max-t.Min) {
			high = append(high, float64(d.High))
			low += float64(d.Low)
		}
	}
	n := float64(len(high))
	if n < 3 {
		return 0, 0, 0, false
	}
	mean, mid := meanOf(high), (n-1)/2
	cross, square, top := 0.0, 0.0, math.Inf(-1)
	for i, h := range high {
		cross += (float64(i) - mid) * (h - mean)
		square += (float64(i) - mid) * (float64(i) - mid)
		top = max(top, h)
	}
	slope := cross / square // by age: negative when they rise
	next = mean - slope*(mid+1)
	spread = 1.25*meanAbs(high, mean) + 0.01*(t.Max-t.Min)
	return next, spread, low / n, now <= max(top, next)+2*spread
}

// young tells whether too little was seen to know what a reset is.
func (t *teeth) young(now int64) bool { return now-t.First < 86400 }
