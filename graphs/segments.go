package graphs

import (
	"math"
	"slices"
	"time"
)

// dot is a point in drawing space: seconds since the picture's start, and the
// value with the extremes of what was gathered into it.
type dot struct {
	t, v   float64
	lo, hi float64
}

// track is a layer made safe to draw: runs of dots without a gap inside. A NaN
// would make go-chart loop for ever and a gap would be bridged by a line, so
// neither gets as far as that.
type track struct {
	runs   [][]dot
	dense  bool // dots are columns of several points; lo and hi matter
	points []dot
	gap    float64 // seconds without a point that make a gap
}

// frame is the time and width a track is made for.
type frame struct {
	start   time.Time
	seconds float64
	columns int
}

// newTrack cleans, splits and thins out points. Points outside the picture, and
// those that step back in time, are dropped; NaN and ±Inf are gaps.
func newTrack(points []Point, gap time.Duration, f frame) track {
	dots := within(points, f)
	tr := track{points: dots, gap: gap.Seconds()}
	if gap <= 0 {
		tr.gap = 3 * medianStep(dots)
	}
	tr.dense = len(dots) > 2*f.columns
	wide := 0.0
	if tr.dense { // a gap narrower than a pixel cannot be seen; skipping it bounds the runs
		wide = f.seconds / float64(f.columns)
	}
	tr.runs = split(dots, tr.gap, wide)
	if tr.dense {
		for i, run := range tr.runs {
			tr.runs[i] = columns(run, f)
		}
	}
	return tr
}

// within keeps the points of the picture in order of time; what cannot be drawn
// becomes NaN.
func within(points []Point, f frame) []dot {
	dots := make([]dot, 0, min(len(points), 1<<20))
	last := math.Inf(-1)
	for _, p := range points {
		t := p.At.Sub(f.start).Seconds()
		if t < 0 || t > f.seconds || t <= last {
			continue
		}
		last = t
		v := p.Value
		if !drawable(v) {
			v = math.NaN()
		}
		dots = append(dots, dot{t, v, v, v})
	}
	return dots
}

// medianStep is the usual distance between points, which no gap can stretch.
func medianStep(dots []dot) float64 {
	if len(dots) < 2 {
		return 0
	}
	// A sample of 255 steps is as good as all of them.
	stride := max(1, (len(dots)-1)/255)
	var steps []float64
	for i := stride; i < len(dots); i += stride {
		steps = append(steps, dots[i].t-dots[i-1].t)
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// split cuts at NaN and wherever two points lie more than gap apart, unless the
// hole is narrower than wide.
func split(dots []dot, gap, wide float64) [][]dot {
	var runs [][]dot
	from, last := -1, -1
	for i, d := range dots {
		if math.IsNaN(d.v) {
			continue
		}
		if last >= 0 {
			hole := d.t - dots[last].t
			if (last != i-1 || hole > gap) && hole >= wide {
				runs = append(runs, real(dots[from:last+1]))
				from = i
			}
		} else {
			from = i
		}
		last = i
	}
	if last >= 0 {
		runs = append(runs, real(dots[from:last+1]))
	}
	return runs
}

// real is run without its NaN, which are there only when too narrow to see.
func real(run []dot) []dot {
	if !slices.ContainsFunc(run, func(d dot) bool { return math.IsNaN(d.v) }) {
		return run
	}
	return slices.DeleteFunc(slices.Clone(run), func(d dot) bool { return math.IsNaN(d.v) })
}

// columns gathers a run into one dot per pixel column: the mean, with the
// extremes kept beside it, so that a spike of one sample stays visible in a
// picture of a year.
func columns(run []dot, f frame) []dot {
	out := make([]dot, 0, min(len(run), f.columns+1))
	per := f.seconds / float64(f.columns)
	for i := 0; i < len(run); {
		col := math.Floor(run[i].t / per)
		c := dot{lo: math.Inf(1), hi: math.Inf(-1)}
		n := 0.0
		for ; i < len(run) && math.Floor(run[i].t/per) == col; i++ {
			n++
			c.t += (run[i].t - c.t) / n
			c.v += (run[i].v - c.v) / n
			c.lo, c.hi = min(c.lo, run[i].v), max(c.hi, run[i].v)
		}
		out = append(out, c)
	}
	// The edges of a run are where a gap begins and ends: they stay exact.
	out[0].t, out[len(out)-1].t = run[0].t, run[len(run)-1].t
	return out
}

// span is a stretch of time in seconds since the picture's start.
type span struct{ from, to float64 }

// gaps are the stretches in which no track has data. Before the first and after
// the last point a stretch counts when it is longer than the longest gap
// allowed; a picture without any data has none, it says so in words instead.
func gaps(tracks []track, f frame) []span {
	var seen []span
	allowed := f.seconds / float64(2*f.columns)
	for _, tr := range tracks {
		allowed = max(allowed, tr.gap)
		for _, run := range tr.runs {
			seen = append(seen, span{run[0].t, run[len(run)-1].t})
		}
	}
	if len(seen) == 0 {
		return nil
	}
	slices.SortFunc(seen, func(a, b span) int { return cmpFloat(a.from, b.from) })
	var out []span
	if seen[0].from > allowed {
		out = append(out, span{0, seen[0].from})
	}
	end := seen[0].to
	for _, s := range seen[1:] {
		if s.from > end {
			out = append(out, span{end, s.from})
		}
		end = max(end, s.to)
	}
	if f.seconds-end > allowed {
		out = append(out, span{end, f.seconds})
	}
	return slices.DeleteFunc(out, func(s span) bool { return s.to-s.from < f.seconds/float64(2*f.columns) })
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
