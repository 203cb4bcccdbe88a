package trend

import "math"

// tailBins covers a positive statistic up to 16 in steps of a fourth of a factor e;
// within a step the count is interpolated.
const (
	tailBins   = 40
	tailFirst  = 1e-3
	tailPerExp = 4.0 // bins for each factor e
	tailOnce   = 2
	tailFull   = 16384 * tailOnce // below what 16 bits hold
)

// tail remembers how often a positive statistic was how large, two for each time.
// When it is full every count is halved, so that the far past fades; what came
// once leaves one.
type tail struct {
	Count [tailBins]uint16
	Sum   uint32
	Max   float32
}

// meet is -log10 of the share of the past in which s was reached, before s
// itself is learned. A record counts by how far it goes beyond the last one, up
// to one decade. The record fades by half in some 35,000 points.
func (h *tail) meet(s float64) float64 {
	k, part := tailBin(s)
	b := 0.0
	if h.Sum >= 30*tailOnce && s > 0 { // all of the past reached zero
		above := float64(h.Count[k])*(1-part) + float64(total(h.Count[k+1:]))
		b = log10of2 * quickLog2((float64(h.Sum)+tailOnce)/(above+0.5*tailOnce))
		if m := float64(h.Max); s > m {
			b += math.Min(1, 2*math.Log10((s+tailFirst)/(m+tailFirst)))
		}
	}
	h.learn(k, s)
	return b
}

func total(counts []uint16) (sum uint32) {
	for _, x := range counts {
		sum += uint32(x)
	}
	return sum
}

func (h *tail) learn(k int, s float64) {
	h.Max = max(float32(s), h.Max*(1-2e-5))
	h.Count[k] += tailOnce
	h.Sum += tailOnce
	if h.Sum < tailFull {
		return
	}
	for i := range h.Count {
		h.Count[i] = (h.Count[i] + 1) / 2
	}
	h.Sum = total(h.Count[:])
}

func tailBin(s float64) (bin int, part float64) {
	x := quickLog2(s/tailFirst+1) * (tailPerExp / math.Log2E)
	if !(x > 0) {
		return 0, 0
	}
	if x >= tailBins-1 {
		return tailBins - 1, 0
	}
	bin = int(x)
	return bin, x - float64(bin)
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
