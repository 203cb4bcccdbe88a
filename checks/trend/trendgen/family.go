package trendgen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Series is what a generator made. Times and Values have the same length.
type Series struct {
	Name   string
	Times  []time.Time
	Values []float64
	Events []Event
	Limit  float64 // the value that must not be reached; NaN when there is none
}

// Options say how a series is sampled.
type Options struct {
	Family string
	Seed   uint64
	Start  time.Time     // zero: Monday, 5 January 2026
	Step   time.Duration // zero: 5 minutes
	Days   float64       // zero: 35
	Events []Event
}

// Families lists what Make knows.
//
//	daily    a working day, Gaussian noise
//	weekly   the same with quiet weekends
//	flat     a level, Gaussian noise
//	wander   a level that drifts (autoregressive, hours of memory)
//	bursty   a level with short bursts at random times
//	count    Poisson counts under a daily rhythm, small at night
//	counter  a counter of such a rhythm, with restarts
//	heavy    multiplicative noise with a long tail
//	quantum  a level in few whole steps
//	sawtooth a disk that fills and is cleaned
//	spiky    mostly nothing, with jobs by the clock
func Families() []string {
	return []string{"daily", "weekly", "flat", "wander", "bursty", "count", "counter", "heavy", "quantum", "sawtooth", "spiky"}
}

// model is a family at work: base is the expected value, noise its spread.
type model struct {
	rng     *rand.Rand
	family  string
	base    func(at time.Time) (mean, sigma float64)
	finish  func(mean, sigma float64) float64
	counter bool
	missing float64 // share of the values that do not come
}

// Make generates one series. An unknown family is an error.
func Make(o Options) (Series, error) {
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	}
	if o.Step <= 0 {
		o.Step = 5 * time.Minute
	}
	if o.Days <= 0 {
		o.Days = 35
	}
	m := model{rng: rand.New(rand.NewPCG(o.Seed, 0x7472656e64)), family: o.Family}
	if err := m.choose(o); err != nil {
		return Series{}, err
	}
	s := Series{Name: o.Family, Events: o.Events, Limit: math.NaN()}
	if o.Family == "sawtooth" {
		s.Limit = 100
	}
	total, frozen := 0.0, math.NaN()
	n := int(o.Days * 24 * float64(time.Hour) / float64(o.Step))
	for i := range n {
		at := o.Start.Add(time.Duration(i) * o.Step)
		mean, sigma, hold := m.under(at, o.Events)
		x := m.finish(mean, sigma)
		if hold && !math.IsNaN(frozen) {
			x = frozen
		}
		frozen = x
		if m.missing > 0 && m.rng.Float64() < m.missing {
			continue
		}
		if m.counter {
			total += x * o.Step.Seconds()
			if m.rng.Float64() < 1/(9*24*float64(time.Hour)/float64(o.Step)) {
				total = 0
			}
			x = total
		}
		s.Times, s.Values = append(s.Times, at), append(s.Values, x)
	}
	return s, nil
}

// workday is a rhythm between 0 and 1: quiet at four, busy in the afternoon.
func workday(at time.Time) float64 {
	h := float64(at.Hour()) + float64(at.Minute())/60
	x := 0.5 - 0.5*math.Cos(2*math.Pi*(h-3)/24)
	return x*x*0.6 + x*0.4
}

func weekend(at time.Time) bool { return at.Weekday() == time.Sunday || at.Weekday() == time.Saturday }

// choose sets the family's functions.
func (m *model) choose(o Options) error {
	r := m.rng
	level, amp := 20+60*r.Float64(), 60+60*r.Float64()
	gauss := func(mean, sigma float64) float64 { return mean + sigma*r.NormFloat64() }
	m.finish = gauss
	switch o.Family {
	case "daily":
		m.base = func(at time.Time) (float64, float64) { return level + amp*workday(at), 5 }
	case "weekly":
		m.base = func(at time.Time) (float64, float64) {
			w := workday(at)
			if weekend(at) {
				w *= 0.25
			}
			return level + amp*w, 5
		}
	case "flat":
		m.base = func(time.Time) (float64, float64) { return level, 5 }
	case "wander":
		drift, keep := 0.0, math.Exp(-o.Step.Hours()/6)
		m.base = func(time.Time) (float64, float64) { return level + 100, 5 }
		m.finish = func(mean, sigma float64) float64 {
			drift = keep*drift + math.Sqrt(1-keep*keep)*sigma*r.NormFloat64()
			return mean + drift + 0.3*sigma*r.NormFloat64()
		}
	case "bursty":
		left, size := 0.0, 0.0
		m.base = func(time.Time) (float64, float64) { return level, 3 }
		m.finish = func(mean, sigma float64) float64 {
			if left--; left < 0 && r.Float64() < 3*o.Step.Hours()/24 {
				left, size = math.Ceil((0.1+0.5*r.Float64())/o.Step.Hours()), 20+40*r.Float64()
			}
			if left >= 0 {
				mean += size
			}
			return gauss(mean, sigma)
		}
	case "count":
		m.base = func(at time.Time) (float64, float64) { return 2 + 30*workday(at), math.Sqrt(20) }
		m.finish = func(mean, _ float64) float64 { return poisson(r, mean) }
	case "counter":
		m.counter = true
		m.base = func(at time.Time) (float64, float64) { return 1e3 * (level + amp*workday(at)), 5e3 }
		m.finish = func(mean, sigma float64) float64 { return math.Max(0, gauss(mean, sigma)) }
	case "heavy":
		m.base = func(time.Time) (float64, float64) { return level, level * 0.35 }
		m.finish = func(mean, sigma float64) float64 {
			return math.Max(0, mean-level) + math.Min(mean, level)*math.Exp(0.3*r.NormFloat64()/math.Sqrt(0.2+r.ExpFloat64()))
		}
	case "quantum":
		m.base = func(time.Time) (float64, float64) { return 4, 1 }
		m.finish = func(mean, sigma float64) float64 { return math.Round(gauss(mean, sigma*0.4)) }
	case "sawtooth":
		m.sawtooth(o)
	case "spiky":
		m.base = func(at time.Time) (float64, float64) {
			if at.Hour()%6 == 2 && at.Minute() < 20 {
				return 60, 5
			}
			return 1, 5
		}
		m.finish = func(mean, sigma float64) float64 {
			return math.Max(0, mean+0.2*sigma*r.NormFloat64()*math.Sqrt(mean/10+0.1))
		}
	default:
		if !m.operate(o) {
			return fmt.Errorf("family %q: want one of %v or %v", o.Family, Families(), Operated())
		}
	}
	return nil
}

// sawtooth fills by some percent a day, more by day, and is cleaned near 75 %.
func (m *model) sawtooth(o Options) {
	r := m.rng
	perDay, clean := 3+6*r.Float64(), 70+10*r.Float64()
	x, next := 25+30*r.Float64(), clean+3*r.NormFloat64()
	m.base = func(at time.Time) (float64, float64) {
		x += perDay * o.Step.Hours() / 24 * (0.4 + 1.4*workday(at)) * (0.5 + r.Float64())
		if x > next {
			x, next = 20+8*r.Float64(), clean+3*r.NormFloat64()
		}
		return x, 0.15
	}
	m.finish = func(mean, sigma float64) float64 { return math.Min(100, math.Max(0, mean+sigma*r.NormFloat64())) }
}

// poisson draws by Knuth's product, and by the normal law above 200.
func poisson(r *rand.Rand, mean float64) float64 {
	if mean <= 0 {
		return 0
	}
	if mean > 200 {
		return math.Max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))
	}
	n, p, end := 0.0, r.Float64(), math.Exp(-mean)
	for p > end {
		n++
		p *= r.Float64()
	}
	return n
}
