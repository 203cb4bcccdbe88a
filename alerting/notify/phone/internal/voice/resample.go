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
	in := r.Samples[:min(len(r.Samples), (most+1)*r.Rate/Rate+taps)]
	n := min(most, len(in)*Rate/r.Rate)
	out := make([]float64, n)
	step := float64(r.Rate) / Rate
	cutoff := band / max(1, step) // of the input's half rate
	width := taps / cutoff        // input samples on each side
	for i := range out {
		centre := float64(i) * step
		first, last := max(0, int(math.Ceil(centre-width))), min(len(in)-1, int(centre+width))
		for j := first; j <= last; j++ {
			out[i] += float64(in[j]) * lowPass(float64(j)-centre, cutoff, width)
		}
	}
	return loud(out)
}

// lowPass is a sinc with a Hann window.
func lowPass(x, cutoff, width float64) float64 {
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
