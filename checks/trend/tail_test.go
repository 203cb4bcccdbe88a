package trend

import (
	"math"
	"testing"
)

func TestTheQuickLogarithmIsRightToFourDecimals(t *testing.T) {
	for x := 1e-6; x < 1e9; x *= 1.0173 {
		if got, want := quickLog2(x), math.Log2(x); math.Abs(got-want) > 1e-4 {
			t.Fatalf("of %v: got %v, want %v", x, got, want)
		}
	}
}

// What came often is less news than what came once; what is not worth an alert
// is not kept.
func TestAnEventThatCameBeforeIsLessNews(t *testing.T) {
	var e events
	if got := e.like(6); got != 0 {
		t.Fatalf("like %v before anything happened", got)
	}
	last := 0.0
	for range 4 {
		for _, total := range []float64{1, 6, 5, 1, 1, 1, 1, 1, 1, 1} {
			e.fade()
			e.note(total, 4)
		}
		got := e.like(6)
		if got <= last {
			t.Fatalf("like %v after %v, want more with each event", got, last)
		}
		last = got
	}
	if got := e.like(9); got > 0.01 {
		t.Errorf("like %v for a far stronger event", got)
	}
	var weak events
	for _, total := range []float64{3, 1, 1, 1, 1, 1, 1} {
		weak.note(total, 4)
	}
	if got := weak.like(3); got != 0 {
		t.Errorf("like %v of what was no event", got)
	}
}
