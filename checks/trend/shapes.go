package trend

import "math"

const (
	shapeLen   = 8
	shapeCount = 60
	shapeNear  = 0.35 // spreads a point: within that, it is the same shape
)

// shapeUnit is the fraction of a spread in which shapes are kept.
const shapeUnit = 512

// shapes remembers how the series moves: leaders of the windows seen, in
// fractions of a spread. A window near a leader moves it; another one replaces
// the leader that was not met for longest.
type shapes struct {
	Leader [shapeCount][shapeLen]int16
	Met    [shapeCount]int32
	Len    int32
	Tick   int32
	Recent [shapeLen]int16
	Seen   int32
	Last   int32 // the leader that was nearest
}

// novelty is the mean distance of the last points from the nearest leader.
func (m *shapes) novelty(z float64) float64 {
	copy(m.Recent[1:], m.Recent[:shapeLen-1])
	m.Recent[0] = int16(clip(z*shapeUnit, math.MaxInt16))
	if m.Seen < shapeLen {
		m.Seen++
		return 0
	}
	m.Tick++
	best, at := int32(math.MaxInt32), -1
	if m.Last < m.Len { // often the one before is near again: then the others are given up early
		best, at = shapeDistance(&m.Recent, &m.Leader[m.Last], best), int(m.Last)
	}
	for i := range m.Leader[:m.Len] {
		if d := shapeDistance(&m.Recent, &m.Leader[i], best); d < best {
			best, at = d, i
		}
	}
	d := float64(best) / (shapeLen * shapeUnit)
	if at >= 0 && d <= shapeNear {
		m.Met[at], m.Last = m.Tick, int32(at)
		l := &m.Leader[at]
		for j := range l {
			l[j] += int16((int32(m.Recent[j]) - int32(l[j])) / 16)
		}
		return d
	}
	slot := m.Len
	if m.Len < shapeCount {
		m.Len++
	} else {
		slot = 0
		for i, met := range m.Met {
			if met < m.Met[slot] {
				slot = int32(i)
			}
		}
	}
	m.Leader[slot], m.Met[slot], m.Last = m.Recent, m.Tick, slot
	if at < 0 {
		return 0
	}
	return d
}

// shapeDistance is the sum of distances; it gives up above the limit.
func shapeDistance(a, b *[shapeLen]int16, limit int32) int32 {
	d := apart(a[0], b[0]) + apart(a[1], b[1]) + apart(a[2], b[2]) + apart(a[3], b[3])
	if d >= limit {
		return d
	}
	return d + apart(a[4], b[4]) + apart(a[5], b[5]) + apart(a[6], b[6]) + apart(a[7], b[7])
}

func apart(a, b int16) int32 {
	d := int32(a) - int32(b)
	return max(d, -d)
}
