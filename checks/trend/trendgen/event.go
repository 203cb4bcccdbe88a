package trendgen

import (
	"math"
	"time"
)

// What an event does to a series.
const (
	Surge    = "surge"    // up by Size sigmas, then back
	Drop     = "drop"     // down by Size sigmas, then back
	Zero     = "zero"     // nothing comes any more, for a while
	Shift    = "shift"    // another level from now on, by Size sigmas
	Variance = "variance" // Size times the noise from now on
	Freeze   = "freeze"   // the last value for ever
	Flatten  = "flatten"  // the rhythm ends at the quiet level
	Phase    = "phase"    // the rhythm comes Size hours later
	Slide    = "slide"    // down by Size sigmas a day
)

// Event is laid over a series between At and Until; a zero Until is the end.
type Event struct {
	What  string
	At    time.Time
	Until time.Time
	Size  float64
}

// Kind is what a detector should call it.
func (e Event) Kind() string {
	switch e.What {
	case Surge:
		return "surge"
	case Drop, Zero, Slide:
		return "drop"
	}
	return "pattern"
}

func (e Event) on(at time.Time) bool {
	return !at.Before(e.At) && (e.Until.IsZero() || at.Before(e.Until))
}

// under is the family's mean and spread at a moment, with the events over it.
func (m *model) under(at time.Time, events []Event) (mean, sigma float64, hold bool) {
	seen := at
	for _, e := range events {
		if e.on(at) && e.What == Phase {
			seen = at.Add(-time.Duration(e.Size * float64(time.Hour)))
		}
		if e.on(at) && e.What == Flatten {
			seen = time.Date(2026, 1, 6, 3, 0, 0, 0, time.UTC)
		}
	}
	mean, sigma = m.base(seen)
	unit := sigma
	for _, e := range events {
		if !e.on(at) {
			continue
		}
		switch e.What {
		case Surge, Shift:
			mean += e.Size * unit
		case Drop:
			mean -= e.Size * unit
		case Slide:
			mean -= e.Size * unit * at.Sub(e.At).Hours() / 24
		case Zero:
			mean, sigma = 0, 0
		case Variance:
			sigma *= e.Size
		case Freeze:
			hold = true
		}
	}
	if m.family == "count" {
		mean = math.Max(0, mean)
	}
	return mean, sigma, hold
}
