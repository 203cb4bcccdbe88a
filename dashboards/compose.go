package dashboards

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/graphs"
)

// asker puts range queries for one picture and keeps the first error.
type asker struct {
	ctx        context.Context
	p          *Pages
	host       string
	start, end time.Time
	step       time.Duration
	err        error
}

// stepOf is the distance of the points of a picture: about what its width can
// show, and never finer than half the collectors' interval of 10 s.
func stepOf(span time.Duration) time.Duration {
	return max(5*time.Second, (span / 400).Truncate(5*time.Second))
}

// sparse is how long a value counts as known after its sample: three and a half
// intervals of the collectors. Beyond it there is a gap, which must not be bridged.
const sparse = 35 * time.Second

// window is the look-back of a rate or an average: four steps and at least a
// minute, so that one lost sample leaves no hole.
func (a *asker) window() time.Duration { return max(4*a.step, time.Minute) }

// rate turns counters into rates. On short spans it takes the last two samples,
// as sar does between two lines: it is true from the second sample on, where
// rate() would divide what it has by a window that has not passed yet.
func (a *asker) rate(selector string) string {
	if a.step <= 15*time.Second {
		return fmt.Sprintf("irate(%s[%s])", selector, promDur(sparse))
	}
	return fmt.Sprintf("rate(%s[%s])", selector, promDur(a.window()))
}

// level averages a gauge over a step, as sar's columns are.
func (a *asker) level(selector string) string {
	if a.step <= 15*time.Second {
		return fmt.Sprintf("last_over_time(%s[%s])", selector, promDur(sparse))
	}
	return fmt.Sprintf("avg_over_time(%s[%s])", selector, promDur(max(a.step, time.Minute)))
}

func promDur(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }

// of is the selector of a metric of the picture's host, with further matchers.
func (a *asker) of(metric string, matchers ...string) string {
	return metric + "{" + strings.Join(append([]string{fmt.Sprintf("host=%q", a.host)}, matchers...), ",") + "}"
}

func (a *asker) ask(expr string) []Series {
	if a.err != nil {
		return nil
	}
	s, err := a.p.QueryRange(a.ctx, expr, a.start, a.end, a.step)
	a.err = err
	return s
}

// one asks for what is a single series.
func (a *asker) one(expr string) []graphs.Point {
	s := a.ask(expr)
	if len(s) == 0 {
		return nil
	}
	return s[0].Points
}

// words is what a composer needs of the reader's language.
type words func(id string) string

// cpu is sar -u: shares of all cores' time, %system with hard and soft interrupts.
func (a *asker) cpu(w words) *graphs.Picture {
	byMode := map[string][]graphs.Point{}
	for _, s := range a.ask("sum by (mode) (" + a.rate(a.of("node_cpu_seconds_total")) + ")") {
		byMode[s.Labels["mode"]] = s.Points
	}
	var all [][]graphs.Point
	for _, points := range byMode {
		all = append(all, points)
	}
	total := add(all...)
	share := func(modes ...string) []graphs.Point {
		var parts [][]graphs.Point
		for _, m := range modes {
			parts = append(parts, byMode[m])
		}
		return divide(add(parts...), total)
	}
	return &graphs.Picture{Unit: graphs.Percent, Max: 1, Layers: []graphs.Layer{
		{Name: w("graph.cpu.system"), Kind: graphs.Stack, Color: 5, Points: share("system", "irq", "softirq")},
		{Name: w("graph.cpu.user"), Kind: graphs.Stack, Color: 1, Points: share("user", "nice")},
		{Name: w("graph.cpu.steal"), Kind: graphs.Stack, Color: 4, Points: share("steal")},
		{Name: w("graph.cpu.iowait"), Kind: graphs.Stack, Color: 3, Points: share("iowait")},
	}}
}

// realDisks leaves out partitions and devices that stand on others, as sar -b does:
// their requests would be counted twice.
const realDisks = `device!~"(loop|ram|zram|dm-|md|drbd|fd).*|(h|s|v|xv)d[a-z]+[0-9]+|(nvme[0-9]+n|mmcblk|nbd)[0-9]+p[0-9]+"`

// io is sar -b's requests and, at the right, sar -d's await over all disks.
func (a *asker) io(w words) *graphs.Picture {
	sum := func(metric string) []graphs.Point {
		return a.one("sum(" + a.rate(a.of(metric, realDisks)) + ")")
	}
	reads, writes := sum("node_disk_reads_completed_total"), sum("node_disk_writes_completed_total")
	waited := add(sum("node_disk_read_time_seconds_total"), sum("node_disk_write_time_seconds_total"))
	return &graphs.Picture{Unit: graphs.PerSecond, RightUnit: graphs.Seconds, Layers: []graphs.Layer{
		{Name: w("graph.io.writes"), Color: 3, Points: writes},
		{Name: w("graph.io.reads"), Color: 2, Points: reads},
		{Name: w("graph.io.wait"), Color: 5, Right: true, Points: divide(waited, add(reads, writes))},
	}}
}

// memory is sar -r and -S: used is what is neither free nor buffer, cache or slab.
func (a *asker) memory(w words) *graphs.Picture {
	get := func(name string) []graphs.Point {
		return a.one(a.level(a.of("node_memory_" + name + "_bytes")))
	}
	total, buffers := get("MemTotal"), get("Buffers")
	cache := add(get("Cached"), get("Slab"))
	used := subtract(total, get("MemFree"), buffers, cache)
	swap := subtract(get("SwapTotal"), get("SwapFree"))
	pic := &graphs.Picture{Unit: graphs.Bytes, RightUnit: graphs.Bytes, Layers: []graphs.Layer{
		{Name: w("graph.memory.used"), Kind: graphs.Stack, Color: 1, Points: used},
		{Name: w("graph.memory.buffers"), Kind: graphs.Stack, Color: 4, Points: buffers},
		{Name: w("graph.memory.cache"), Kind: graphs.Faint, Color: 5, Points: cache},
		{Name: w("graph.memory.swap"), Color: 3, Right: true, Points: swap},
	}}
	if len(total) > 0 {
		pic.Max = total[len(total)-1].Value
	}
	return pic
}

// load is sar -q's averages.
func (a *asker) load(w words) *graphs.Picture {
	get := func(name string) []graphs.Point { return a.one(a.level(a.of(name))) }
	return &graphs.Picture{Unit: graphs.Number, Layers: []graphs.Layer{
		{Name: w("graph.load.1"), Color: 1, Points: get("node_load1")},
		{Name: w("graph.load.5"), Color: 5, Points: get("node_load5")},
		{Name: w("graph.load.15"), Color: 6, Points: get("node_load15")},
	}}
}

// net is MRTG's picture of one interface: in as an area, out as a line.
func (a *asker) net(device string, w words) *graphs.Picture {
	bits := func(metric string) []graphs.Point {
		return a.one("8 * sum(" + a.rate(a.of(metric, fmt.Sprintf("device=%q", device))) + ")")
	}
	return &graphs.Picture{Unit: graphs.BitsPerSecond, Layers: []graphs.Layer{
		{Name: w("graph.net.in"), Kind: graphs.In, Color: 2, Points: bits("node_network_receive_bytes_total")},
		{Name: w("graph.net.out"), Color: 1, Points: bits("node_network_transmit_bytes_total")},
	}}
}

// filesystem is the share of each mount that is used, the fullest first.
func (a *asker) filesystem(words) *graphs.Picture {
	list := a.ask("1 - " + a.level(a.of("node_filesystem_avail_bytes")) + " / " + a.level(a.of("node_filesystem_size_bytes")))
	slices.SortFunc(list, func(x, y Series) int { return int(math.Copysign(1, lastValue(y)-lastValue(x))) })
	pic := &graphs.Picture{Unit: graphs.Percent, Max: 1}
	for _, s := range list[:min(len(list), 6)] {
		pic.Layers = append(pic.Layers, graphs.Layer{Name: cut(s.Labels["mountpoint"], 30), Points: s.Points})
	}
	return pic
}

func lastValue(s Series) float64 {
	if len(s.Points) == 0 {
		return 0
	}
	return s.Points[len(s.Points)-1].Value
}

// add sums series moment by moment; a moment that only some have counts what
// there is: a mode that a kernel does not know is zero, not a gap.
func add(list ...[]graphs.Point) []graphs.Point {
	sum := map[int64]float64{}
	for _, points := range list {
		for _, p := range points {
			sum[p.At.UnixNano()] += p.Value
		}
	}
	out := make([]graphs.Point, 0, len(sum))
	for at, v := range sum {
		out = append(out, graphs.Point{At: time.Unix(0, at), Value: v})
	}
	slices.SortFunc(out, func(a, b graphs.Point) int { return a.At.Compare(b.At) })
	return out
}

// subtract takes the others from the first, at the moments that all have.
func subtract(from []graphs.Point, others ...[]graphs.Point) []graphs.Point {
	out := slices.Clone(from)
	for _, points := range others {
		if len(points) == 0 {
			continue
		}
		by := index(points)
		out = slices.DeleteFunc(out, func(p graphs.Point) bool { _, ok := by[p.At.UnixNano()]; return !ok })
		for i := range out {
			out[i].Value -= by[out[i].At.UnixNano()]
		}
	}
	return out
}

// divide is a / b at the moments that both have; 0 / 0 is 0: no request waited.
func divide(a, b []graphs.Point) []graphs.Point {
	by := index(b)
	var out []graphs.Point
	for _, p := range a {
		d, ok := by[p.At.UnixNano()]
		switch {
		case !ok:
			continue
		case d == 0:
			p.Value = 0
		default:
			p.Value /= d
		}
		out = append(out, p)
	}
	return out
}

func index(points []graphs.Point) map[int64]float64 {
	m := make(map[int64]float64, len(points))
	for _, p := range points {
		m[p.At.UnixNano()] = p.Value
	}
	return m
}

// unitOf is the axis of a check's measured values.
func unitOf(u string) graphs.Unit {
	switch checks.Unit(u) {
	case checks.UnitSeconds:
		return graphs.Seconds
	case checks.UnitBytes:
		return graphs.Bytes
	case checks.UnitRatio:
		return graphs.Percent
	}
	return graphs.Number
}
