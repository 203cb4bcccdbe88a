package trendgen

import (
	"math"
	"math/rand/v2"
	"time"
)

// Operated lists the families that resemble what operators have. Make knows
// them, too; they are apart because none has noise of one kind.
//
//	mentions     counts of a day's rhythm, with spikes of a heavy tail that die away
//	batch        processor time of a machine that idles and works jobs of any length
//	rate         clicks for a view by the hour: multiplicative, a weak rhythm, outliers
//	occupancy    a road's sensor: two rush hours, quiet weekends, values missing
//	temperature  a hall that follows the weather slowly, cooled in steps
//	fivehour     a job every five hours: a period that is no part of a day
func Operated() []string {
	return []string{"mentions", "batch", "rate", "occupancy", "temperature", "fivehour"}
}

// operate sets the functions of one of these families; false for another one.
func (m *model) operate(o Options) bool {
	switch o.Family {
	case "mentions":
		m.mentions(o)
	case "batch":
		m.batch(o)
	case "rate":
		m.rate(o)
	case "occupancy":
		m.occupancy(o)
	case "temperature":
		m.temperature(o)
	case "fivehour":
		m.fiveHour(o)
	default:
		return false
	}
	return true
}

// once tells whether something that happens so often a day happens in this step.
func once(r *rand.Rand, o Options, perDay float64) bool {
	return r.Float64() < perDay*o.Step.Hours()/24
}

// keep is the share of a drift that is left after a step.
func keep(o Options, hours float64) float64 { return math.Exp(-o.Step.Hours() / hours) }

// mentions: a spike is a Pareto draw and dies away within an hour or so.
func (m *model) mentions(o Options) {
	r := m.rng
	level, perDay, tail := math.Exp(1+3*r.Float64()), 0.5+2*r.Float64(), 1.2+r.Float64()
	drift, echo, k := 0.0, 0.0, keep(o, 3)
	m.base = func(at time.Time) (float64, float64) {
		mean := level * (0.3 + workday(at))
		return mean, math.Sqrt(mean) + 0.3*mean
	}
	m.finish = func(mean, sigma float64) float64 {
		drift = k*drift + 0.25*math.Sqrt(1-k*k)*r.NormFloat64()
		echo *= keep(o, 0.4)
		if once(r, o, perDay) {
			echo += 2 * level * math.Min(30, math.Pow(r.Float64(), -1/tail))
		}
		if sigma == 0 {
			return 0
		}
		return poisson(r, math.Max(0, mean)*math.Exp(drift)+echo)
	}
}

// batch: jobs come at random, more by night; each has its own share of the machine.
func (m *model) batch(o Options) {
	r := m.rng
	idle, perDay, left, load := 2+4*r.Float64(), 3+9*r.Float64(), 0.0, 0.0
	m.base = func(at time.Time) (float64, float64) { return idle, 8 }
	m.finish = func(mean, sigma float64) float64 {
		if left -= o.Step.Hours(); left < 0 && once(r, o, perDay) {
			left, load = math.Min(5, 0.5*math.Exp(0.8*r.NormFloat64())), 25+65*r.Float64()
		}
		if left >= 0 {
			mean += load + sigma*0.5*r.NormFloat64()
		}
		return math.Min(100, math.Max(0, mean+0.1*sigma*r.NormFloat64()))
	}
}

// rate: what is paid for a click; the noise is a factor, and now and then huge.
func (m *model) rate(o Options) {
	r := m.rng
	level, noise := 0.2+r.Float64(), 0.08+0.15*r.Float64()
	m.base = func(at time.Time) (float64, float64) {
		mean := level * (0.9 + 0.2*workday(at))
		return mean, mean * noise
	}
	m.finish = func(mean, sigma float64) float64 {
		x := mean + sigma*r.NormFloat64()
		if once(r, o, 0.15) {
			x *= 1 + 2*r.Float64()
		}
		return math.Max(0, x)
	}
}

// occupancy: whole and half percent, with rush hours at eight and at five.
func (m *model) occupancy(o Options) {
	r := m.rng
	top, drift, k := 8+12*r.Float64(), 0.0, keep(o, 1)
	rush := func(h, at float64) float64 { return math.Exp(-(h - at) * (h - at) / 3) }
	m.base = func(at time.Time) (float64, float64) {
		h := float64(at.Hour()) + float64(at.Minute())/60
		x := 0.15 + 0.35*workday(at) + rush(h, 8) + 0.9*rush(h, 17)
		if weekend(at) {
			x = 0.15 + 0.45*workday(at)
		}
		return top * x, 0.3 + 0.2*top*x
	}
	m.finish = func(mean, sigma float64) float64 {
		drift = k*drift + math.Sqrt(1-k*k)*r.NormFloat64()
		if once(r, o, 0.3) {
			mean *= 1.8
		}
		return math.Max(0, math.Round(2*(mean+sigma*(0.6*drift+0.5*r.NormFloat64())))/2)
	}
	m.missing = 0.08
}

// temperature: weather of two days' memory, a day's rhythm, a cooler in steps.
func (m *model) temperature(o Options) {
	r := m.rng
	level, amp, weather, k, on := 20+60*r.Float64(), 1+3*r.Float64(), 0.0, keep(o, 48), false
	m.base = func(at time.Time) (float64, float64) { return level + amp*workday(at), 1.5 }
	m.finish = func(mean, sigma float64) float64 {
		weather = k*weather + 2*math.Sqrt(1-k*k)*r.NormFloat64()
		if once(r, o, 6) {
			on = !on
		}
		if on {
			mean--
		}
		return mean + weather + 0.2*sigma*r.NormFloat64()
	}
}

// fiveHour: a job of some forty minutes, every five hours, wherever midnight is.
func (m *model) fiveHour(o Options) {
	r := m.rng
	level, work, begin := 10+20*r.Float64(), 30+30*r.Float64(), 5*r.Float64()
	m.base = func(at time.Time) (float64, float64) {
		if math.Mod(at.Sub(o.Start).Hours()+begin, 5) < 0.7 {
			return level + work, 3
		}
		return level, 3
	}
	m.finish = func(mean, sigma float64) float64 { return mean + sigma*r.NormFloat64() }
}
