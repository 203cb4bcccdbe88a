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
	if h.Sum >= 30 && s > 0 { // all of the past reached zero
		above := h.Count[k]*(1-part) + total(h.Count[k+1:])
		b = log10of2 * quickLog2((float64(h.Sum)+1)/(float64(above)+0.5))
		if m := float64(h.Max); s > m {
			b += math.Min(1, 2*math.Log10((s+tailFirst)/(m+tailFirst)))
		}
	}
	h.learn(k, s)
	return b
}

// total adds in four sums that do not wait for each other.
func total(counts []float32) float32 {
	var a, b, c, d float32
	for ; len(counts) >= 4; counts = counts[4:] {
		a, b, c, d = a+counts[0], b+counts[1], c+counts[2], d+counts[3]
	}
	for _, x := range counts {
		a += x
	}
	return a + b + c + d
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
	x := quickLog2(s/tailFirst+1) * (tailPerExp / math.Log2E)
	if !(x > 0) {
		return 0, 0
	}
	if x >= tailBins-1 {
		return tailBins - 1, 0
	}
	return int(x), float32(x - math.Floor(x))
}

const log10of2 = math.Ln2 / math.Ln10

// quickLog2 is the binary logarithm of a positive number to four decimals, in a
// fifth of the time of math.Log: with m the mantissa between 1 and 2 and
// t = (m-√2)/(m+√2), it is the exponent + 1/2 + 2/ln 2 · (t + t³/3 + t⁵/5).
func quickLog2(x float64) float64 {
	bits := math.Float64bits(x)
	exponent := float64(int(bits>>52) - 1023)
	m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
	t := (m - math.Sqrt2) / (m + math.Sqrt2)
	tt := t * t
	return exponent + 0.5 + 2*math.Log2E*t*(1+tt*(1.0/3+tt/5))
}
