package trend

import "math"

// events remembers the sums of the strongest events of a score. What came before
// is less news, the oftener it came.
type events struct {
	Peak [12]float32
	Top  float32 // of the event that is going on
	Low  int32   // values since it was strong
}

const (
	eventFade = 2e-5 // a peak loses half in some 35,000 values, as a tail does
	eventOver = 6    // values without evidence that end an event
	eventLow  = 2    // digits: what four channels have by chance
)

// like is how many events were about as strong as total, in tenfolds: those that
// were stronger count fully, those a digit weaker by half.
func (e *events) like(total float64) float64 {
	if total < eventLow {
		return 0 // far from an alert
	}
	n := 1.0
	for _, peak := range e.Peak {
		if peak > 0 {
			n += 1 / (1 + math.Exp(4*(total-1-float64(peak))))
		}
	}
	return math.Log10(n)
}

// note takes the sum of a value in, and closes an event that is over. Only what
// was worth an alert, half, is kept.
func (e *events) note(total, half float64) {
	e.Top = max(e.Top, float32(total))
	if e.Low++; total > eventLow {
		e.Low = 0
	}
	if e.Low != eventOver {
		return
	}
	least := 0
	for i := range e.Peak {
		if e.Peak[i] < e.Peak[least] {
			least = i
		}
	}
	if e.Top > max(float32(half), e.Peak[least]) {
		e.Peak[least] = e.Top
	}
	e.Top = 0
}

// fade lets the past go, once for each value.
func (e *events) fade() {
	for i := range e.Peak {
		e.Peak[i] *= 1 - eventFade
	}
}
