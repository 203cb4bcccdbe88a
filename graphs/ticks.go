package graphs

import "time"

// timeTick is one tick of the time axis.
type timeTick struct {
	at    time.Time
	label string
	bold  bool // midnight, or the first of a month or year on longer axes
}

// timeStep is a distance between ticks: a part of a day, days, or months.
type timeStep struct {
	part   time.Duration
	days   int
	months int
}

// timeSteps lists the steps from fine to coarse.
func timeSteps() []timeStep {
	var steps []timeStep
	for _, s := range [...]int{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200} {
		steps = append(steps, timeStep{part: time.Duration(s) * time.Second})
	}
	for _, d := range [...]int{1, 2, 7, 14} {
		steps = append(steps, timeStep{days: d})
	}
	for _, m := range [...]int{1, 2, 3, 6, 12, 24, 60, 120, 240, 600} {
		steps = append(steps, timeStep{months: m})
	}
	return steps
}

// length is the step's approximate length.
func (s timeStep) length() time.Duration {
	const day = 24 * time.Hour
	return s.part + time.Duration(s.days)*day + time.Duration(s.months)*30*day
}

// clock formats the local time of day, with seconds where steps need them.
func (s timeStep) clock(t time.Time) string {
	if s.part < time.Minute {
		return t.Format("15:04:05")
	}
	return t.Format("15:04")
}

// label is the text at t, and whether it is bold.
func (s timeStep) label(t time.Time, w Words) (string, bool) {
	switch {
	case s.months > 0:
		return w.month(t), t.Month() == time.January
	case s.days > 0:
		return w.day(t), false
	case t.Equal(midnight(t)):
		return w.day(t), true
	}
	return s.clock(t), false
}

// timeTicks are the ticks of [start, end] in its zone at the finest step whose
// ticks stay minPx apart and whose labels, measured by width, do not touch.
func timeTicks(start, end time.Time, pixels float64, w Words, width func(string) float64) []timeTick {
	const minPx = 46
	perPx := float64(end.Sub(start)) / max(1, pixels)
	for _, s := range timeSteps() {
		text, _ := s.label(start.Add(time.Nanosecond), w)
		room := width(text) + 8
		if s.part >= time.Hour { // one of the neighbours is a date
			room = (room + width(w.day(start)) + 8) / 2
		}
		if float64(s.length())/perPx >= max(minPx, room) {
			return s.ticks(start, end, w)
		}
	}
	return nil
}

// ticks walks local wall time, so that a day with a change of clocks keeps its
// ticks on whole hours.
func (s timeStep) ticks(start, end time.Time, w Words) []timeTick {
	var ticks []timeTick
	for at := s.first(start); !at.After(end) && len(ticks) < 4096; {
		if !at.Before(start) {
			label, bold := s.label(at, w)
			ticks = append(ticks, timeTick{at, label, bold})
		}
		next := s.after(at)
		if !next.After(at) {
			break
		}
		at = next
	}
	return ticks
}

// first is a tick at or before t.
func (s timeStep) first(t time.Time) time.Time {
	y, m, d := t.Date()
	switch {
	case s.months > 0:
		n := (y*12 + int(m) - 1) / s.months * s.months
		return time.Date(n/12, time.Month(n%12+1), 1, 0, 0, 0, 0, t.Location())
	case s.days >= 7:
		return time.Date(y, m, d-(int(t.Weekday())+6)%7, 0, 0, 0, 0, t.Location()) // Mondays
	case s.days > 1:
		return time.Date(y, m, d-(d-1)%s.days, 0, 0, 0, 0, t.Location())
	case s.days == 1:
		return midnight(t)
	}
	return midnight(t).Add(t.Sub(midnight(t)).Truncate(s.part))
}

// after is the tick that follows t.
func (s timeStep) after(t time.Time) time.Time {
	if s.part == 0 {
		return t.AddDate(0, s.months, s.days)
	}
	next := t.Add(s.part)
	if y, m, d := t.Date(); !next.Before(time.Date(y, m, d+1, 0, 0, 0, 0, t.Location())) {
		return time.Date(y, m, d+1, 0, 0, 0, 0, t.Location())
	}
	// On the day of a change of clocks return to multiples of the step.
	h, m, sec := next.Clock()
	past := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second
	if off := past % s.part; off != 0 && s.part > time.Hour {
		if off*2 > s.part {
			return next.Add(s.part - off)
		}
		return next.Add(-off)
	}
	return next
}

// midnight is the start of t's local day.
func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}
