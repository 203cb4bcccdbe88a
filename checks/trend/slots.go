package trend

import "math"

// ringSize is four weeks of hours.
const ringSize = 672

// slots is the mean of each hour (or each step, when steps are longer) of the
// last ringSize of them. Values are kept as distances from the first one. A
// slot without a value is NaN.
type slots struct {
	Mean  [ringSize]float32
	Width int64 // seconds
	Last  int64 // number of the newest closed slot: Unix seconds / Width
	Len   int32
	Sum   float64 // of the open slot
	N     int32
	Open  int64 // number of the open slot
}

// add puts a value into its slot and tells how many slots were closed by it.
func (s *slots) add(at int64, v float64) (closed int64) {
	slot := floorDiv(at, s.Width)
	if s.N == 0 && s.Len == 0 {
		s.Open = slot
	}
	if slot > s.Open {
		closed = s.close(slot)
	}
	s.Sum += v
	s.N++
	return closed
}

// close ends the open slot and leaves empty ones up to next.
func (s *slots) close(next int64) int64 {
	closed := next - s.Open
	m := float32(math.NaN())
	if s.N > 0 {
		m = float32(s.Sum / float64(s.N))
	}
	for i := range min(closed, ringSize) {
		s.Last = next - min(closed, ringSize) + i
		s.Mean[wrap(s.Last)] = m
		if closed > ringSize || i > 0 {
			s.Mean[wrap(s.Last)] = float32(math.NaN())
		}
		s.Len = min(s.Len+1, ringSize)
	}
	s.Last, s.Open, s.Sum, s.N = next-1, next, 0, 0
	return closed
}

// back is the mean of the slot that was closed i slots before the newest.
func (s *slots) back(i int) float64 {
	if i < 0 || i >= int(s.Len) {
		return math.NaN()
	}
	return float64(s.Mean[wrap(s.Last-int64(i))])
}

func wrap(slot int64) int64 { return ((slot % ringSize) + ringSize) % ringSize }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// late mends the mean of a slot that is closed already. The number of values in
// it is not kept, so a late one moves it by a quarter of the distance.
func (s *slots) late(at int64, v float64) {
	i := s.Last - floorDiv(at, s.Width)
	if i < 0 || i >= int64(s.Len) {
		return
	}
	m := &s.Mean[wrap(s.Last-i)]
	if math.IsNaN(float64(*m)) {
		*m = float32(v)
		return
	}
	*m += 0.25 * (float32(v) - *m)
}
