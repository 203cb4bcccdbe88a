package trend

import (
	"math"
	"slices"
	"time"
)

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
