package trend

import "slices"

const (
	sampleSize   = 128
	sampleStride = 32 // then the oldest goes: some 4,000 points
)

// sample is a picture of the past: points at even distances, sorted. When it is
// full every second one goes and the distance doubles, up to sampleStride.
type sample struct {
	Ring, Sorted   [sampleSize]float32
	Len, Pos       uint16
	Stride, Passed uint16
	Wide           float64 // spread as of the newest point
}

func (s *sample) add(v float32) {
	s.Stride = max(s.Stride, 1)
	if s.Passed++; s.Passed < s.Stride && s.Len > 0 {
		return
	}
	s.Passed = 0
	if s.Len == sampleSize && s.Stride < sampleStride {
		s.thin()
	}
	n := int(s.Len)
	if n == sampleSize {
		old := s.Ring[s.Pos]
		i, _ := slices.BinarySearch(s.Sorted[:n], old)
		n--
		copy(s.Sorted[i:n], s.Sorted[i+1:n+1])
		s.Ring[s.Pos] = v
		s.Pos = (s.Pos + 1) % sampleSize
	} else {
		s.Ring[n] = v
		s.Len++
	}
	i, _ := slices.BinarySearch(s.Sorted[:n], v)
	copy(s.Sorted[i+1:n+1], s.Sorted[i:n])
	s.Sorted[i] = v
	s.Wide = s.measure()
}

func (s *sample) thin() {
	for i := 0; i < sampleSize; i += 2 {
		s.Ring[i/2] = s.Ring[i]
	}
	s.Len = sampleSize / 2
	s.Stride *= 2
	copy(s.Sorted[:s.Len], s.Ring[:s.Len])
	slices.Sort(s.Sorted[:s.Len])
}

// quantile of the picture; 0 without one.
func (s *sample) quantile(q float64) float64 {
	if s.Len == 0 {
		return 0
	}
	return float64(s.Sorted[min(int(q*float64(s.Len)), int(s.Len)-1)])
}

// spread is a standard deviation; 0 without a picture.
func (s *sample) spread() float64 { return s.Wide }

// measure survives outliers (the inner 80 %) and series that stand still most of
// the time (the mean distance from the median): the mean of both, each scaled
// to a standard deviation of Gaussian noise.
func (s *sample) measure() float64 {
	if s.Len == 0 {
		return 0
	}
	mid, sum := s.Sorted[s.Len/2], float32(0)
	for _, v := range s.Sorted[:s.Len] {
		if v < mid {
			sum += mid - v
		} else {
			sum += v - mid
		}
	}
	inner := float64(s.Sorted[int(s.Len)*9/10]-s.Sorted[int(s.Len)/10]) / 2.56
	return inner/2 + 1.25*float64(sum)/float64(s.Len)/2
}
