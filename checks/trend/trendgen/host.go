package trendgen

import (
	"math"
	"math/rand/v2"
	"time"
)

// HostSeries is one series of a host: what it is, and what is judged of it.
type HostSeries struct {
	Series
	Below bool // Limit is a floor
}

// Host makes the series of a Linux host by which it is watched, a value a
// minute, in which nothing happens but what always does: timers every few
// minutes and every hour, log rotation at midnight, a backup at night, package
// lists once a day, packages on Sunday mornings, somebody logged in on workdays.
//
// A busy host has users, too. How its values vary from minute to minute, and how
// long they remember, is what sadc recorded in ten minutes on a host with two
// processors at full work: deviation of a minute's mean against the mean
// processes 0.09, load 0.21, switches of context 0.14, forks 0.24, bytes written
// 0.23, open files 0.28, memory 0.15, bytes received 1.2. What an idle host receives was
// recorded, too: nothing in three minutes of four, and then bursts over three
// decades. Everything that takes longer than ten minutes is made up.
func Host(busy bool, seed uint64, days int) []HostSeries {
	h := &host{rng: rand.New(rand.NewPCG(seed, 0x686f7374)), busy: busy}
	h.plan()
	names := []string{"load", "processes", "received", "sent", "requests", "disk", "inodes", "available", "swap", "files"}
	out := make([]HostSeries, len(names))
	for i, name := range names {
		out[i].Name, out[i].Limit = name, math.NaN()
	}
	for i := range days * 1440 {
		at := monday.Add(time.Duration(i) * time.Minute)
		for k, v := range h.minute(at) {
			out[k].Times, out[k].Values = append(out[k].Times, at), append(out[k].Values, v)
		}
	}
	out[5].Limit, out[6].Limit, out[7].Limit, out[8].Limit, out[9].Limit = 100, 100, 0, 0, 100
	out[7].Below, out[8].Below = true, true
	return out
}

// host is what goes on in it.
type host struct {
	rng  *rand.Rand
	busy bool

	users                  float64 // how busy at the top, in processors
	hour, night, lists     int     // minute of the hour, of the day
	tonight                int     // minute of the day at which the backup of this night begins
	backup, update, logins float64 // minutes that are left of them
	listing                float64
	backupLong             float64
	drift                  [8]float64
	load, disk, logs, swap float64
	procs, memory          float64
}

func (h *host) plan() {
	r := h.rng
	h.hour, h.night, h.lists = r.IntN(60), 60+r.IntN(240), 300+r.IntN(120)
	h.users, h.backupLong = 1+3*r.Float64(), 8+40*r.Float64()
	h.procs, h.memory = 90+120*r.Float64(), 20+30*r.Float64()
	h.disk, h.swap = 20+40*r.Float64(), 2e6
}

// drifts moves what the values remember: some four minutes, some an hour.
func (h *host) drifts() {
	for i := range h.drift {
		k := math.Exp(-1.0 / 4)
		if i >= 4 {
			k = math.Exp(-1.0 / 60)
		}
		h.drift[i] = k*h.drift[i] + math.Sqrt(1-k*k)*h.rng.NormFloat64()
	}
}

// timers starts and ends what the clock starts.
func (h *host) timers(at time.Time) (cron float64) {
	r := h.rng
	day := at.Hour()*60 + at.Minute()
	for _, left := range []*float64{&h.backup, &h.update, &h.logins, &h.listing} {
		*left = math.Max(0, *left-1)
	}
	if day == 0 {
		h.tonight = h.night + r.IntN(2)
		if r.IntN(10) == 0 { // what runs before it took longer
			h.tonight += r.IntN(60)
		}
	}
	if day == h.tonight {
		h.backup = h.backupLong * math.Exp(0.2*r.NormFloat64())
	}
	if day == h.lists {
		h.listing = 1 + 2*r.Float64()
		if at.Weekday() == time.Sunday {
			h.update = 4 + 8*r.Float64()
		}
	}
	if !weekend(at) && at.Hour() >= 8 && at.Hour() < 18 && r.Float64() < 1.5/600 {
		h.logins = 5 + 60*r.Float64()
	}
	if at.Minute()%5 == 0 {
		cron += 0.3
	}
	if at.Minute() == h.hour {
		cron++
	}
	if day == 0 {
		cron, h.logs = cron+2, 0
	}
	return cron
}

// on is 1 while something lasts.
func on(left float64) float64 {
	if left > 0 {
		return 1
	}
	return 0
}

// minute is the values of all series.
func (h *host) minute(at time.Time) []float64 {
	r := h.rng
	h.drifts()
	cron := h.timers(at)
	work := 0.0
	if h.busy {
		work = 0.15 + workday(at)
		if weekend(at) {
			work *= 0.5
		}
		work *= math.Exp(0.1 * h.drift[4])
	}
	jobs := 0.9*on(h.backup) + 1.3*on(h.update) + 0.4*on(h.listing) + 0.15*cron*r.ExpFloat64()
	run := h.users*work*math.Exp(0.21*h.drift[0]) + jobs + 0.05*poisson(r, 0.4)
	h.load += (1 - math.Exp(-1)) * (run - h.load)
	busy := work * h.users
	heavy := func(scale, sigma float64) float64 { return scale * math.Exp(sigma*r.NormFloat64()) }
	received := 6e5*busy*heavy(0.8, 0.35)*math.Exp(0.2*h.drift[1]) + 4e6*on(h.listing)*r.Float64() + 9e6*on(h.update)*r.Float64()
	if r.Float64() < 0.26 {
		received += math.Min(3e4, heavy(60, 1.6))
	}
	received += 4e3 * on(h.logins) * r.ExpFloat64()
	sent := 2e6*busy*heavy(0.8, 0.3)*math.Exp(0.2*h.drift[1]) + 2.5e7*on(h.backup)*(0.8+0.3*r.Float64()) + 9e3*on(h.logins)*r.ExpFloat64() + 40*poisson(r, 0.3)
	h.logs += 3e-4 * (0.2 + busy) * 2 * r.Float64()
	h.disk += 2e-5 * (0.1 + busy) * r.Float64()
	h.swap = math.Max(1.8e6, h.swap-0.02*on(h.backup)*math.Abs(r.NormFloat64()))
	return []float64{
		math.Round(100*h.load) / 100,
		math.Round(h.procs*(1+0.09*work*h.drift[2]) + 3*on(h.logins) + 4*on(h.backup) + 8*on(h.update) + poisson(r, 0.5+cron) + 12*busy),
		math.Round(received), math.Round(sent),
		math.Round(poisson(r, 60*(0.01+40*busy*math.Exp(0.05*h.drift[3])))/6) / 10,
		math.Round(100*(h.disk+h.logs+0.4*on(h.update))) / 100,
		math.Round(100*(h.disk/3+0.1*on(h.update))) / 100,
		math.Round(8e6 * (1 - (h.memory+6*busy*math.Exp(0.15*h.drift[5])+4*on(h.backup)+3*on(h.update))/100)),
		math.Round(h.swap),
		math.Round(10*(1.2+0.8*busy*math.Exp(0.28*h.drift[6])+0.1*on(h.backup))) / 10,
	}
}
