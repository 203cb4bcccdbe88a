package trendgen

import (
	"math"
	"math/rand/v2"
	"time"
)

// Picture is one of the six that operators know, with the moments that count.
type Picture struct {
	Series
	Mate   []float64            // a second series that follows the first, or nil
	Moment map[string]time.Time // named moments of the story
	Below  bool                 // the limit is approached from above
}

var monday = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// steps calls make for each minute step of some days.
func steps(name string, days float64, seed uint64, make func(r *rand.Rand, at time.Time, day float64) float64) Series {
	s := Series{Name: name, Limit: math.NaN()}
	r := rand.New(rand.NewPCG(seed, 0x70696374))
	for i := range int(days * 288) {
		at := monday.Add(time.Duration(i) * 5 * time.Minute)
		s.Times = append(s.Times, at)
		s.Values = append(s.Values, make(r, at, float64(i)/288))
	}
	return s
}

func day(d float64) time.Time { return monday.Add(time.Duration(d * 24 * float64(time.Hour))) }

// Periodic is traffic with its daily rhythm, and a load that follows it.
func Periodic(seed uint64) Picture {
	p := Picture{}
	r2 := rand.New(rand.NewPCG(seed, 2))
	p.Series = steps("periodic", 35, seed, func(r *rand.Rand, at time.Time, _ float64) float64 {
		x := 4e6 * (0.1 + workday(at)) * math.Exp(0.12*r.NormFloat64())
		p.Mate = append(p.Mate, 0.15+x/2.5e6+0.08*r2.ExpFloat64())
		return x
	})
	return p
}

// Disk fills, is cleaned, fills again and is full.
func Disk(seed uint64) Picture {
	p := Picture{Moment: map[string]time.Time{}}
	x, cleaned := 35.0, false
	p.Series = steps("disk", 30, seed, func(r *rand.Rand, at time.Time, _ float64) float64 {
		x += 4.2 / 288 * (0.5 + workday(at)) * 2 * r.Float64()
		if x > 86 && !cleaned {
			x, cleaned = 40, true
			p.Moment["cleaned"] = at
		}
		if x >= 100 && p.Moment["full"].IsZero() {
			p.Moment["full"] = at
		}
		x = math.Min(x, 100)
		return math.Round(math.Min(100, x+0.05*r.NormFloat64())*100) / 100
	})
	p.Limit = 100
	return p
}

// Burst is a quiet gauge with one burst of an hour and a half.
func Burst(seed uint64) Picture {
	p := Picture{Moment: map[string]time.Time{"begin": day(24.4), "end": day(24.4).Add(90 * time.Minute)}}
	p.Series = steps("burst", 30, seed, func(r *rand.Rand, at time.Time, _ float64) float64 {
		x := 0.4 + 0.5*workday(at) + 0.12*r.ExpFloat64()
		if !at.Before(p.Moment["begin"]) && at.Before(p.Moment["end"]) {
			x += 9 + 2*r.NormFloat64()
		}
		return x
	})
	return p
}

// Swap is free swap that slides for two days and collapses.
func Swap(seed uint64) Picture {
	p := Picture{Below: true, Moment: map[string]time.Time{"slide": day(21.3), "collapse": day(23.3)}}
	p.Series = steps("swap", 26, seed, func(r *rand.Rand, at time.Time, d float64) float64 {
		x := 2.0e6 + 1500*math.Round(4*r.NormFloat64())
		switch {
		case !at.Before(p.Moment["collapse"]):
			x = 4e4 + 1e4*r.Float64()
		case !at.Before(p.Moment["slide"]):
			x -= 3.5e5 * (d - 21.3)
		}
		return x
	})
	p.Limit = 0
	return p
}

// Ended is traffic whose rhythm ends in a night and does not come back.
func Ended(seed uint64) Picture {
	p := Picture{Moment: map[string]time.Time{"end": day(27.125)}}
	p.Series = steps("ended", 32, seed, func(r *rand.Rand, at time.Time, _ float64) float64 {
		w := workday(at)
		if !at.Before(p.Moment["end"]) {
			w = workday(monday.Add(3 * time.Hour))
		}
		return 4e6 * (0.05 + w) * math.Exp(0.12*r.NormFloat64())
	})
	return p
}

// Pictures lists all of them; the periodic one counts for two.
func Pictures(seed uint64) []Picture {
	return []Picture{Periodic(seed), Disk(seed), Burst(seed), Swap(seed), Ended(seed)}
}
