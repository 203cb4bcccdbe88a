package trend

import "math"

// tooth is one filling, from a reset to the next, upwards to the limit.
type tooth struct {
	Start, End int64
	Low, High  float32
}

// teeth are the last fillings of a series that somebody cleans.
type teeth struct {
	Done     [12]tooth
	N        int32
	Cur      tooth
	Recent   float64 // the highest value of the last two slots
	RecentAt int64
	Jitter   float64 // usual step
	Min, Max float64
	Prev     float64
	Below    int32 // values in a row that look like a reset
	Release  int32 // slots in a row in which the limit was out of sight
	Started  bool
}

// tooth follows the filling. A fall within two slots by an eighth of all that
// was ever seen, far more than a usual step, is a reset.
func (d *Detector) tooth(now int64, rel float64) {
	t := &d.s.Teeth
	if d.cfg.Below {
		rel = -rel
	}
	if !t.Started {
		*t = teeth{Started: true, Min: rel, Max: rel, Prev: rel, Recent: rel, RecentAt: now, Cur: tooth{Start: now, Low: float32(rel), High: float32(rel)}}
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
	if t.Recent-rel <= max(0.125*(t.Max-t.Min), 10*t.Jitter) {
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
	t.Cur = tooth{Start: now, Low: float32(rel), High: float32(rel)}
	t.Recent, t.RecentAt, t.Below = rel, now, 0
}

// cleaned is how high fillings were let grow: the mean, the rise from one to
// the next, and the spread; false with fewer than three, or when this filling
// went beyond all of them: then nobody cleans.
func (t *teeth) cleaned(now float64) (next, spread float64, ok bool) {
	if t.N < 3 {
		return 0, 0, false
	}
	var sum, sumI, cross, square float64
	n := float64(t.N)
	for i := range t.N {
		sum += float64(t.Done[i].High)
		sumI += float64(i)
	}
	mean, mid := sum/n, sumI/n
	top := math.Inf(-1)
	for i := range t.N {
		h := float64(t.Done[i].High)
		cross += (float64(i) - mid) * (h - mean)
		square += (float64(i) - mid) * (float64(i) - mid)
		spread += math.Abs(h - mean)
		top = max(top, h)
	}
	slope := cross / square // by age: negative when they rise
	next = mean - slope*(mid+1)
	spread = 1.25*spread/n + 0.01*(t.Max-t.Min)
	return next, spread, now <= max(top, next)+2*spread
}
