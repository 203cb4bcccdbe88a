package voice

import (
	"math"
	"time"
)

// taps is how many zero crossings of the filter lie on each side of a sample.
const taps = 16

// band is the part of the half rate that passes: the rest is the filter's slope.
const band = 0.9

// Telephone makes a recording what a telephone carries: 8 kHz, low-passed with
// a windowed sinc (Smith, "Digital Audio Resampling", eq. 3), as loud as it may
// be, at most limit long.
func (r Recording) Telephone(limit time.Duration) []int16 {
	most := int(limit * Rate / time.Second)
	in := r.Samples[:min(len(r.Samples), most*r.Rate/Rate+r.Rate)]
	out := make([]float64, min(most, len(in)*Rate/r.Rate))
	f := newFilter(r.Rate)
	for i := range out {
		out[i] = f.at(in, i)
	}
	return loud(out)
}

// filter makes samples at Rate of samples at another rate. A sample of the one
// lies between two of the other in a few different ways only, so the weights of
// each way are kept.
type filter struct {
	step, whole int         // whole samples of the output lie step of the input apart
	cutoff      float64     // of the input's half rate
	width       int         // input samples on each side
	weights     [][]float64 // by the place between two input samples, in 1/whole
}

func newFilter(rate int) *filter {
	a, b := rate, Rate
	for b != 0 {
		a, b = b, a%b
	}
	f := &filter{step: rate / a, whole: Rate / a, weights: make([][]float64, Rate/a)}
	f.cutoff = band / max(1, float64(rate)/Rate)
	f.width = int(math.Ceil(taps / f.cutoff))
	return f
}

// at is output sample i.
func (f *filter) at(in []int16, i int) float64 {
	before, place := i*f.step/f.whole, i*f.step%f.whole
	if f.weights[place] == nil {
		w := make([]float64, 2*f.width)
		for k := range w {
			w[k] = lowPass(float64(k-f.width+1)-float64(place)/float64(f.whole), f.cutoff, float64(f.width))
		}
		f.weights[place] = w
	}
	weights, first := f.weights[place], before-f.width+1
	if first < 0 {
		weights, first = weights[-first:], 0
	}
	sum, near := 0.0, in[min(first, len(in)):]
	for k := range min(len(weights), len(near)) {
		sum += weights[k] * float64(near[k])
	}
	return sum
}

// lowPass is a sinc with a Hann window.
func lowPass(x, cutoff, width float64) float64 {
	if math.Abs(x) >= width {
		return 0
	}
	window := 0.5 + 0.5*math.Cos(math.Pi*x/width)
	if x == 0 {
		return cutoff * window
	}
	return math.Sin(math.Pi*cutoff*x) / (math.Pi * x) * window
}

// The loudest sample, and how much quiet speech is raised at most: more would
// raise its noise.
const (
	peak    = 24000
	maxGain = 4
)

// loud brings the loudest sample to peak.
func loud(in []float64) []int16 {
	most := 1.0
	for _, v := range in {
		most = max(most, math.Abs(v))
	}
	gain := min(maxGain, peak/most)
	out := make([]int16, len(in))
	for i, v := range in {
		out[i] = int16(math.Round(v * gain))
	}
	return out
}

// Tone is a sine wave with soft ends.
func Tone(hz float64, length time.Duration) []int16 {
	out := make([]int16, int(length*Rate/time.Second))
	const ramp = Rate / 100
	for i := range out {
		soft := min(1, float64(i)/ramp, float64(len(out)-1-i)/ramp)
		out[i] = int16(peak / 2 * soft * math.Sin(2*math.Pi*hz*float64(i)/Rate))
	}
	return out
}

// Pause is silence.
func Pause(length time.Duration) []int16 { return make([]int16, int(length*Rate/time.Second)) }

// Length is how long samples at Rate last.
func Length(samples []int16) time.Duration {
	return time.Duration(len(samples)) * time.Second / Rate
}
