package trend

import "math"

// The channels of the score: what an operator would say is unusual.
const (
	chDeviation = iota // the last few values together
	chPattern          // the shape of the last values
	chSustained        // it stays unusual
	chLevel            // another level than in the long run
	chDrift            // another level than the clock explains
	chHour             // far from what is normal at this hour
	chLively           // it moves more than it used to
	chCalm             // it moves less
	channels
)

// setting is what the score is tuned by: one for all series (docs/adr/0024).
type setting struct {
	Short, Sustain, Pattern, Moves, Mid, Drift, Slow, Clock float64 // weights of the newest point in running means
	Learn                                                   int     // points before the first judgement
	Rest                                                    float64 // points after which an alert is half forgotten
	RestShare                                               float64 // and for each point seen
	Again                                                   float64 // digits taken off for each tenfold of like events before
	Half                                                    float64 // digits at which the score is one half
	W                                                       [4]float64
}

// oneSetting serves every series. The reasons stand in docs/adr/0024.
func oneSetting() setting {
	return setting{
		Short: 1.0 / 3, Pattern: 1.0 / 3, Sustain: 1.0 / 8, Moves: 1.0 / 24, Mid: 1.0 / 24, Drift: 1.0 / 72, Slow: 1.0 / 288, Clock: 1.0 / 14,
		Learn: 96, Rest: 36, RestShare: 0.02, Again: 0.5, Half: 4,
		W: [4]float64{1, 1, 1, 1},
	}
}

const clockBins = 48 // half hours

// cell is a running mean by the clock, in steps of a thousandth of a spread and up
// to 32 of them: a distance's inverse hyperbolic sine comes that far nowhere.
type cell int16

const cellUnit = 1024

func (c cell) mean() float64 { return float64(c) / cellUnit }

// learn takes z in; n counts the values to 250.
func (c *cell) learn(n *uint8, z, rate float64) {
	*n = min(*n+1, 250)
	mean := c.mean() + max(rate, 1/float64(*n))*(z-c.mean())
	*c = cell(math.Round(clip(mean*cellUnit, math.MaxInt16)))
}

// score is the state of the anomaly score of one series.
type score struct {
	N       int64
	Past    sample
	Shapes  shapes
	Day     [2 * clockBins]cell // workday and weekend
	Week    [7 * 24]cell
	DayN    [2 * clockBins]uint8
	WeekN   [7 * 24]uint8
	Tail    [channels]tail
	Bits    [channels]float64
	Slow    float64
	Short   float64
	Mid     float64
	Drift   float64
	ErrDay  float64 // running error of the clock's expectation
	ErrSlow float64 // and of the long mean
	Hour    float64 // running distance from what is normal at the hour
	Prev    float64 // the last value in spreads
	Fast    float64 // running step of late
	Steps   float64 // and in the long run
	Hold    float64 // digits that the next alert has to exceed
	Events  events
}

// explanation is what the score makes of one value.
type explanation struct {
	Z, Expected, Total, Score float64
}

// judge gives the score of value x at a moment of the week, counted in seconds
// from Monday 00:00, and learns it. x is counted from origin; hour is its
// distance from what is normal at the hour, in the spreads of that hour.
func (d *score) judge(p *setting, week int64, x, origin, hour float64) explanation {
	centre, spread := d.Past.quantile(0.5), d.Past.spread()
	spread += 1e-3*math.Abs(centre+origin) + 1e-9
	d.Past.add(float32(x))
	d.N++
	z := 0.0
	if d.N > 5 {
		z = asinh((x - centre) / spread)
	}
	expected, unexplained := d.expect(p, week, z)
	d.channels(p, z, expected, unexplained)
	d.habits(p, z, hour)
	total := d.total(p)
	e := explanation{Z: z, Expected: expected, Total: total}
	// A running event is told once; a clearly stronger one is told again.
	excess := total - d.Hold - p.Again*d.Events.like(total)
	d.Events.fade()
	d.Events.note(total, p.Half)
	rest := p.Rest + p.RestShare*float64(d.N)
	d.Hold *= 1 - math.Ln2/rest
	if d.N > int64(p.Learn) && excess > 0 {
		e.Score = 1 / (1 + math.Exp(p.Half-excess))
	}
	if e.Score >= 0.5 {
		d.Hold = max(d.Hold, total)
	}
	return e
}

// asinh is the inverse hyperbolic sine by its definition, twice as fast as
// math.Asinh, which is right to the last bit near zero, too.
func asinh(x float64) float64 {
	far := math.Abs(x)
	return math.Copysign(math.Log(far+math.Sqrt(far*far+1)), x)
}

// expect is what the clock or the long run says about now, and the smallest
// distance from any of these explanations.
func (d *score) expect(p *setting, week int64, z float64) (expected, unexplained float64) {
	slot := int(week % 86400 / (86400 / clockBins))
	if week >= 5*86400 {
		slot += clockBins
	}
	hour := week / 3600
	byDay, byWeek := d.Slow, d.Slow
	if d.DayN[slot] > 0 {
		byDay, byWeek = d.Day[slot].mean(), d.Day[slot].mean()
	}
	if d.WeekN[hour] > 0 {
		byWeek = d.Week[hour].mean()
	}
	expected = byDay
	if d.ErrSlow < d.ErrDay {
		expected = d.Slow
	}
	unexplained = min(math.Abs(z-byDay), math.Abs(z-byWeek))
	d.ErrSlow += p.Slow * (math.Abs(z-d.Slow) - d.ErrSlow)
	d.ErrDay += p.Slow * (math.Abs(z-byDay) - d.ErrDay)
	d.Day[slot].learn(&d.DayN[slot], z, p.Clock)
	d.Week[hour].learn(&d.WeekN[hour], z, p.Clock)
	return expected, unexplained
}

// channels updates the statistics and their bits.
func (d *score) channels(p *setting, z, expected, unexplained float64) {
	young := 1 / float64(d.N)
	mean := func(m *float64, rate, v float64) { *m += max(rate, young) * (v - *m) }
	r := z - expected
	mean(&d.Short, p.Short, r)
	mean(&d.Drift, p.Drift, r)
	mean(&d.Mid, p.Mid, z)
	mean(&d.Slow, p.Slow, z)
	bits := func(ch int, s float64) float64 { return d.Tail[ch].meet(s) }
	d.Bits[chDeviation] = bits(chDeviation, math.Abs(d.Short))
	d.Bits[chPattern] += p.Pattern * (bits(chPattern, d.Shapes.novelty(z)) - d.Bits[chPattern])
	d.Bits[chSustained] += p.Sustain * (bits(chSustained, unexplained) - d.Bits[chSustained])
	d.Bits[chLevel] += p.Sustain * (bits(chLevel, math.Abs(d.Mid-d.Slow)) - d.Bits[chLevel])
	d.Bits[chDrift] += p.Sustain * (bits(chDrift, math.Abs(d.Drift)) - d.Bits[chDrift])
}

// habits updates the statistics that compare with an hour's own noise, and with
// how much the series moves. A single step counts for no more than six usual ones.
func (d *score) habits(p *setting, z, hour float64) {
	young := 1 / float64(d.N)
	step := min(math.Abs(z-d.Prev), 6*d.Steps+0.05)
	d.Prev = z
	d.Fast += max(p.Moves, young) * (step - d.Fast)
	d.Steps += max(p.Slow, young) * (step - d.Steps)
	d.Hour += max(p.Short, young) * (asinh(hour) - d.Hour)
	d.Bits[chHour] = d.Tail[chHour].meet(math.Abs(d.Hour))
	moves := math.Ln2 * quickLog2((d.Fast+0.02)/(d.Steps+0.02))
	d.Bits[chLively] += p.Sustain * (d.Tail[chLively].meet(max(0, moves)) - d.Bits[chLively])
	d.Bits[chCalm] += p.Sustain * (d.Tail[chCalm].meet(max(0, -moves)) - d.Bits[chCalm])
}

// total sums four kinds of evidence: a point, a shape, a while, another state. A
// point has two chances to be rare, a state four: what chance makes of the
// greatest is taken off (Bonferroni).
func (d *score) total(p *setting) float64 {
	b := &d.Bits
	point := max(b[chDeviation], b[chHour]) - math.Log10(2)
	state := max(b[chLevel], b[chDrift], b[chLively], b[chCalm]) - math.Log10(4)
	return p.W[0]*max(0, point) + p.W[1]*b[chPattern] + p.W[2]*b[chSustained] + p.W[3]*max(0, state)
}
