package dashboards

import (
	"fmt"
	"math"
	"strings"
	"time"

	"monitord/graphs"
)

// The series of an interface's traffic, as snmp_exporter's module if_mib names
// them: counters of 64 bits, and those of 32 bits of devices that have no others.
var (
	inOctets  = octets{"ifHCInOctets", "ifInOctets"}
	outOctets = octets{"ifHCOutOctets", "ifOutOctets"}
)

// resetMarks tells of counters that were reset and do not show it (poll.ResetMetric).
const resetMarks = "monitord_snmp_counters_reset"

type octets struct{ wide, narrow string }

// fiveMinutes is the grain of traffic: MRTG's. What a picture shows and its legend
// says are averages and the maximum of five-minute averages.
const fiveMinutes = 5 * time.Minute

// maxGrains bounds the points of one range query; the store takes 11,000.
const maxGrains = 10_000

// cadence is how often a device is asked, and so how its counters become rates.
type cadence struct{ every time.Duration }

// slowPoll is the interval above which five minutes do not hold two polls safely.
const slowPoll = 150 * time.Second

// rates turns the counters of a selector into bytes a second, one line for what
// agrees in the labels by. A line ends with its last poll. There is no value where
// too little is known: over a reset or a restart the counters of 64 bits, which are
// kept as the device tells them, may begin anywhere, so that their growth would be a
// peak that never was; one that jumped ahead is known by its mark. Those of 32 bits are summed up before they are stored, and
// begin at 0.
//
// A renumbered interface is two series. The old one is no longer fresh when the new
// one has its second poll, so they are never counted twice.
func (c cadence) rates(o octets, selector, by string, fine bool) string {
	of := func(metric string, reset bool) string {
		s := metric + selector
		e, window := c.last(s), c.memory()
		if !fine && c.every <= slowPoll {
			e, window = c.average(s)+" or "+e, max(window, c.averaged())
		}
		if reset {
			e = fmt.Sprintf("(%s) unless resets(%s[%[3]s]) > 0 unless present_over_time(%[4]s[%[3]s])", e, s, promDur(window), resetMarks+selector)
		}
		return "sum " + by + "(" + e + ")"
	}
	return of(o.wide, true) + " or " + of(o.narrow, false)
}

// average is the mean of five minutes: what the counter grew between the last poll and
// the one of five minutes before, by the time between these two. So each octet is in
// one average, whenever the polls came, and their mean is what went through; rate()
// counts only what lies between the polls within its window. Polls lost between the two
// do no harm; where one of the two is not there, nothing is known.
func (c cadence) average(s string) string {
	w, back := promDur(c.fresh()), promDur(fiveMinutes)
	return fmt.Sprintf("((%[1]s - %[1]s offset %[3]s) / (timestamp(%[1]s) - timestamp(%[1]s offset %[3]s)) and present_over_time(%[1]s[%[2]s]) and present_over_time(%[1]s[%[2]s] offset %[3]s) unless resets(%[1]s[%[4]s]) > 0)",
		s, w, back, promDur(c.averaged()))
}

// fresh is how old a poll may be and still be the last.
func (c cadence) fresh() time.Duration { return c.every + c.every/4 }

// averaged is the window that holds both polls of an average.
func (c cadence) averaged() time.Duration { return fiveMinutes + c.fresh() }

// last is the rate between the last two polls, as long as the last one is fresh;
// one lost poll between them is bridged, as MRTG's heartbeat does.
func (c cadence) last(s string) string {
	return fmt.Sprintf("(irate(%s[%s]) and present_over_time(%s[%s]))", s, promDur(c.memory()), s, promDur(c.fresh()))
}

// memory is the window of the last two polls.
func (c cadence) memory() time.Duration { return c.every*3 + c.every/4 }

// cadenceOf is how often a host's interfaces are asked for; 5 minutes when nothing
// says: then rates are between two polls, which is true for faster ones too.
func (p *Pages) cadenceOf(host string) cadence {
	c := cadence{fiveMinutes}
	inv := p.Inventory()
	if inv == nil {
		return c
	}
	if h, ok := inv.Host(host); ok {
		for _, k := range h.Checks {
			if k.Type == kindInterfaces && k.Interval > 0 {
				c.every = k.Interval
			}
		}
	}
	return c
}

// traffic is one direction of one interface, in bytes a second.
type traffic struct {
	points  []graphs.Point // averages over the picture's steps
	figures graphs.Figures
}

// trafficSteps are the steps of pictures of traffic: the first with at most 400
// points. A day's is 5 minutes, a week's 30, a month's 2 hours, a year's a day, as
// MRTG's are.
var trafficSteps = []time.Duration{5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 7 * day}

// fineSpan is the span up to which a picture shows each poll.
const fineSpan = 6 * time.Hour

// fineEnd is how old the end of such a picture may be.
const fineEnd = 10 * time.Second

// stepsOf are the grain and the step of a picture of traffic over a span.
func (c cadence) stepsOf(span time.Duration) (grain, step time.Duration, fine bool) {
	if span <= fineSpan {
		step = max(stepOf(span), c.every)
		return step, step, true
	}
	for _, step = range trafficSteps {
		if span/step <= 400 {
			break
		}
	}
	return fiveMinutes, step, false
}

// traffic asks for one direction between the picture's start and end, in pieces
// that the store takes, and joins five-minute averages to steps.
func (a *asker) traffic(o octets, selector string, c cadence, span time.Duration) traffic {
	grain, step, fine := c.stepsOf(span)
	a.step = step
	a.end = a.p.Now().Truncate(grain)
	if fine { // the second poll of a new device is seen at once, not at the next full step
		a.end = a.p.Now().Truncate(min(grain, fineEnd))
	}
	a.start = a.end.Add(-span.Truncate(step))
	expr := c.rates(o, selector, "", fine)
	var all []graphs.Point
	for from := a.start.Add(grain); !from.After(a.end); from = from.Add(maxGrains * grain) {
		until := earlier(a.end, from.Add((maxGrains-1)*grain))
		found, err := a.p.QueryRange(a.ctx, expr, from, until, grain)
		if err != nil {
			a.err = err
			return traffic{}
		}
		if len(found) > 0 {
			all = append(all, found[0].Points...)
		}
	}
	if len(all) == 0 && !fine { // a new device is seen at its second poll
		all = a.first(c.rates(o, selector, "", true), step)
	}
	return traffic{points: consolidate(all, a.start, step), figures: figuresOf(all, a.end, step)}
}

// first is the rate of this moment, at which the picture then ends.
func (a *asker) first(expr string, step time.Duration) []graphs.Point {
	now := a.p.Now().Truncate(fineEnd)
	found, err := a.p.QueryRange(a.ctx, expr, now, now, step)
	if err != nil {
		a.err = err
	}
	if err != nil || len(found) == 0 {
		return nil
	}
	a.start, a.end = a.start.Add(now.Sub(a.end)), now
	return found[0].Points
}

// consolidate averages what is known of each step; a step of which nothing is known
// has no point. A point stands at the end of its step.
func consolidate(points []graphs.Point, start time.Time, step time.Duration) []graphs.Point {
	var out []graphs.Point
	sum, n := 0.0, 0
	for i, p := range points {
		if !math.IsNaN(p.Value) {
			sum += p.Value
			n++
		}
		end := stepEnd(p.At, start, step)
		if last := i == len(points)-1 || stepEnd(points[i+1].At, start, step).After(end); last {
			if n > 0 {
				out = append(out, graphs.Point{At: end, Value: sum / float64(n)})
			}
			sum, n = 0, 0
		}
	}
	return out
}

// stepEnd is the end of the step that a moment belongs to; a step's end belongs
// to it, its start does not.
func stepEnd(at, start time.Time, step time.Duration) time.Time {
	n := (at.Sub(start) + step - 1) / step
	return start.Add(n * step)
}

// figuresOf are the last value, if it is not older than a step, and the smallest,
// mean and largest of all.
func figuresOf(points []graphs.Point, end time.Time, step time.Duration) graphs.Figures {
	f := graphs.Figures{Current: math.NaN(), Min: math.Inf(1), Max: math.Inf(-1)}
	n := 0.0
	for _, p := range points {
		if math.IsNaN(p.Value) {
			continue
		}
		n++
		f.Avg += (p.Value - f.Avg) / n
		f.Min, f.Max = min(f.Min, p.Value), max(f.Max, p.Value)
		if end.Sub(p.At) < min(step, 2*fiveMinutes) {
			f.Current = p.Value
		}
	}
	if n == 0 {
		return graphs.Figures{Current: math.NaN(), Min: math.NaN(), Avg: math.NaN(), Max: math.NaN()}
	}
	return f
}

// times multiplies all values: bytes become bits.
func (t traffic) times(factor float64) traffic {
	for i := range t.points {
		t.points[i].Value *= factor
	}
	f := &t.figures
	f.Current, f.Min, f.Avg, f.Max = f.Current*factor, f.Min*factor, f.Avg*factor, f.Max*factor
	return t
}

// interfaceSelectors are the ways in which series may carry an interface's name:
// by ifName; by ifDescr, on devices without one; with the index behind it, where
// several have the same; and by the index alone.
func interfaceSelectors(host, name string) []string {
	of := func(matchers ...any) string {
		var b strings.Builder
		fmt.Fprintf(&b, "{host=%q", host)
		for i := 0; i+1 < len(matchers); i += 2 {
			fmt.Fprintf(&b, ",%s=%q", matchers[i], matchers[i+1])
		}
		return b.String() + "}"
	}
	list := []string{of("ifName", name), of("ifName", "", "ifDescr", name)}
	if i := strings.LastIndex(name, " #"); i > 0 {
		base, index := name[:i], name[i+2:]
		list = append(list, of("ifName", base, "ifIndex", index), of("ifName", "", "ifDescr", base, "ifIndex", index))
	}
	return append(list, of("ifName", "", "ifDescr", "", "ifIndex", name))
}
