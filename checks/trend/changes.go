package trend

import (
	"math"
	"slices"
	"time"
)

// Changes dates the shifts of level within the history that is kept (four
// weeks of hours, or so many steps), for pictures and for people. It splits the
// history where two means explain it best, and each part again (binary
// segmentation; Scott and Knott 1974, penalty as in Yao 1988, raised where
// values resemble their neighbours).
func (d *Detector) Changes() []time.Time {
	s := &d.s
	var v []float64
	for i := int(s.Slots.Len) - 1; i >= 0; i-- {
		x := s.Slots.back(i)
		if math.IsNaN(x) && len(v) > 0 {
			x = v[len(v)-1]
		}
		if !math.IsNaN(x) {
			v = append(v, x)
		}
	}
	if s.Slots.N > 0 && s.Slots.Width > 3600 {
		v = append(v, s.Slots.Sum/float64(s.Slots.N))
	}
	if len(v) < minSlots {
		return nil
	}
	first := s.Slots.Last - int64(len(v)) + 1
	if s.Slots.N > 0 && s.Slots.Width > 3600 {
		first++
	}
	var out []time.Time
	for _, i := range splits(v) {
		out = append(out, time.Unix((first+int64(i))*s.Slots.Width, 0))
	}
	return out
}

// splits are the places where another level begins, in order.
func splits(v []float64) []int {
	noise := stepNoise(v)
	penalty := 3 * math.Log(float64(len(v))) * noise * noise
	least := max(4, len(v)/40)
	var out []int
	var part func(from, to, depth int)
	part = func(from, to, depth int) {
		at, gain := bestSplit(v[from:to], least)
		if depth > 2 || gain <= penalty*inflation(v[from:to], at) || gain < slopeGain(v[from:to]) {
			return
		}
		out = append(out, from+at)
		part(from, from+at, depth+1)
		part(from+at, to, depth+1)
	}
	part(0, len(v), 0)
	slices.Sort(out)
	return out
}

// stepNoise is the deviation of noise, from the middle step between neighbours.
func stepNoise(v []float64) float64 {
	steps := make([]float64, 0, len(v))
	sum := 0.0
	for i := 1; i < len(v); i++ {
		steps = append(steps, math.Abs(v[i]-v[i-1]))
		sum += steps[i-1]
	}
	slices.Sort(steps)
	return max(steps[len(steps)/2]*1.4826, sum/float64(len(steps))*1.25/2) / math.Sqrt2
}

// bestSplit is the split that lowers the sum of squares most, and by how much.
func bestSplit(v []float64, least int) (at int, gain float64) {
	total := 0.0
	for _, x := range v {
		total += x
	}
	n, left := float64(len(v)), 0.0
	for i := 1; i < len(v); i++ {
		left += v[i-1]
		if i < least || len(v)-i < least {
			continue
		}
		l, r := float64(i), n-float64(i)
		diff := left/l - (total-left)/r
		if g := diff * diff * l * r / n; g > gain {
			at, gain = i, g
		}
	}
	return at, gain
}

// slopeGain is by how much a straight line lowers the sum of squares: what
// rises all the time has no shift of level.
func slopeGain(v []float64) float64 {
	mean, mid := meanOf(v), float64(len(v)-1)/2
	cross, square := 0.0, 0.0
	for i, x := range v {
		cross += (float64(i) - mid) * (x - mean)
		square += (float64(i) - mid) * (float64(i) - mid)
	}
	if square == 0 {
		return 0
	}
	return cross * cross / square
}

// inflation is how much longer noise remembers than independent noise does:
// (1+r)/(1-r) for the correlation r of neighbours on both sides of a split.
func inflation(v []float64, at int) float64 {
	var same, all, prev float64
	a, b := meanOf(v[:at]), meanOf(v[at:])
	for i, x := range v {
		if i < at {
			x -= a
		} else {
			x -= b
		}
		if i > 0 {
			same += x * prev
		}
		all += x * x
		prev = x
	}
	if all == 0 {
		return 1
	}
	r := max(0, min(0.98, same/all))
	return (1 + r) / (1 - r)
}
