package trendwatch

import (
	"math"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// arg is a value of the rule's unit, as people read it.
func (r *rule) arg(name string, v float64) text.Arg { return r.Unit.Arg(name, v) }

// Arg is a value of the unit in a sentence.
func (u Unit) Arg(name string, v float64) text.Arg {
	switch u {
	case UnitRatio:
		return text.Ratio(name, v)
	case UnitBytes:
		return text.Bytes(name, v)
	case UnitBytesPerSecond:
		return text.Sub(name, text.M("trendwatch.per_second", text.Bytes("amount", v)))
	case UnitPerSecond:
		return text.Sub(name, text.M("trendwatch.per_second", text.Num("amount", v)))
	case UnitSeconds:
		return text.Dur(name, time.Duration(max(-1e9, min(v, 1e9))*float64(time.Second)))
	}
	return text.Num(name, v)
}

// units writes the plain numbers of a sentence in the unit.
func (u Unit) units(m text.Message) text.Message {
	args := make([]text.Arg, len(m.Args))
	for i, a := range m.Args {
		switch {
		case a.Kind == text.KindNum:
			a = u.Arg(a.Name, a.Num)
		case a.Kind == text.KindMsg && a.Msg != nil:
			a = text.Sub(a.Name, u.units(*a.Msg))
		}
		args[i] = a
	}
	m.Args = args
	return m
}

// perfUnit is the base unit of a measured value.
func (r *rule) perfUnit() checks.Unit {
	switch r.Unit {
	case UnitRatio:
		return checks.UnitRatio
	case UnitBytes, UnitBytesPerSecond:
		return checks.UnitBytes
	case UnitSeconds:
		return checks.UnitSeconds
	}
	return checks.UnitNone
}

// used is the share of a limit that is taken; NaN for a floor, or without one.
func used(now, limit float64, below bool) float64 {
	if below || limit <= 0 {
		return math.NaN()
	}
	return now / limit
}
