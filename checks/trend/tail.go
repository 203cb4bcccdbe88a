package trend

import "math"

// tailBins covers a positive statistic up to 16 in steps of a fourth of a factor e;
// within a step the count is interpolated.
const (
	tailBins   = 40
	tailFirst  = 1e-3
	tailPerExp = 4.0 // bins for each factor e
	tailFull   = 16384
)

// tail remembers how often a positive statistic was how large. When it is full
// every count is halved, so that the far past fades.
type tail struct {
	Count [tailBins]float32
	Sum   float32
	Max   float32
}

// meet is -log10 of the share of the past in which s was reached, before s
// itself is learned. A record counts by how far it goes beyond the last one, up
// to one decade. The record fades by half in some 35,000 points.
func (h *tail) meet(s float64) float64 {
	k, part := tailBin(s)
	b := 0.0
	if h.Sum >= 30 {
		above := h.Count[k] * (1 - part)
		for _, c := range h.Count[k+1:] {
			above += c
		}
		b = -math.Log10((float64(above) + 0.5) / (float64(h.Sum) + 1))
		if m := float64(h.Max); s > m {
			b += math.Min(1, 2*math.Log10((s+tailFirst)/(m+tailFirst)))
		}
	}
	h.learn(k, s)
	return b
}

func (h *tail) learn(k int, s float64) {
	h.Max = max(float32(s), h.Max*(1-2e-5))
	h.Count[k]++
	h.Sum++
	if h.Sum < tailFull {
		return
	}
	h.Sum = 0
	for i := range h.Count {
		h.Count[i] /= 2
		h.Sum += h.Count[i]
	}
}

func tailBin(s float64) (int, float32) {
	x := math.Log(s/tailFirst+1) * tailPerExp
	if !(x > 0) {
		return 0, 0
	}
	if x >= tailBins-1 {
		return tailBins - 1, 0
	}
	return int(x), float32(x - math.Floor(x))
}
