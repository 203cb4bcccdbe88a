package trend

// The statistics whose habit is known by day.
const (
	stFast  = iota // the middle of three distances: up, then down
	_              //
	stMid          // a dozen values
	_              //
	stSlow         // four dozen
	_              //
	stLevel        // half a day
	_              //
	stLively
	stCalm
	stFar // distance of one value, not in spreads
	_
	stFarMid // the same of a dozen
	_
	stRun // equal values in a row
	stats
)

// base is what each statistic must reach where there is no habit. Gaussian
// noise of spread one has the deviations 0.67, 0.21 and 0.10 in the first
// three: these are its seven to twelve deviations, because noise has tails,
// memory, and a spread that is only estimated.
func base(st int) float64 {
	return [stats]float64{5.5, 5.5, 2.4, 2.4, 1.7, 1.7, 1, 1, 2, 1.9, 0, 0, 0, 0, 0}[st]
}

// habits keeps the greatest values of each statistic by day.
type habits struct {
	Max  [stats]float32 // of today
	Skip bool           // the day began within a finding: no habit
	Day  [stats]peaks
}

func (h *habits) note(st int, v float64) { h.Max[st] = max(h.Max[st], float32(v)) }

func (h *habits) flush(day int32) {
	if h.Skip {
		return
	}
	for i := range h.Day {
		h.Day[i].add(day, float64(h.Max[i]))
	}
}

// memory is how many times its usual size a statistic must reach: six
// deviations of Gaussian noise, also where values resemble their neighbours.
const memory = 5

// bar is what a statistic must exceed to be told.
func (d *Detector) bar(st int) float64 { return float64(d.s.Bar[st]) }

// bars are worked out once in a slot.
func (d *Detector) bars() {
	for st := range d.s.Bar {
		d.s.Bar[st] = float32(d.worth(st))
	}
}

// farMargin is by how much a value must go beyond what two days before reached.
const farMargin = 1.5

// onceMargin is the same for what only one day did: a job of five minutes may
// have fallen into two means of five, each of them half as high.
const onceMargin = 2 * farMargin

func (d *Detector) worth(st int) float64 {
	s := &d.s
	b := base(st)
	if st < stLively {
		b *= 1 + max(0, 1-float64(s.Last-s.First)/(7*86400))
	}
	if st < stLively {
		b = max(b, memory*s.Change.Mean[st/2])
	}
	if st >= stFar && st < stRun {
		days, week := farMargin*s.Habit.Day[st].nth(s.Today, 1), s.Habit.Day[st].weekAgo(s.Today)
		if week > days { // a job of this day of the week, seen once
			return onceMargin * week
		}
		return max(days, farMargin*week)
	}
	margin := 1.3
	if st < stLively {
		margin = 1.6
	}
	margin += max(0, 1-float64(s.Last-s.First)/(14*86400)) // distances shrink while the normal is learned
	p := &s.Habit.Day[st]
	return max(b, margin*max(p.nth(s.Today, 2), p.weekAgo(s.Today)))
}
