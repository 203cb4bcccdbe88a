package sar

import (
	"math"
	"strconv"
	"strings"

	"monitord/internal/procfs"
)

const (
	cpuColumns    = "CPU %user %nice %system %iowait %steal %idle"
	cpuAllColumns = "CPU %usr %nice %sys %iowait %steal %irq %soft %guest %gnice %idle"
)

// cpuPair is one processor at both ends of the interval.
type cpuPair struct {
	before, after procfs.CPU
	ticks         uint64 // spent in between, all modes
	shown         bool
}

func cpuTable(in *input) []Table {
	if in.before.Stat == nil || in.after.Stat == nil {
		return nil
	}
	columns, row := cpuColumns, cpuRow
	if in.option == "-u ALL" && in.Layout != Layout7 {
		columns, row = cpuAllColumns, cpuAllRow
	}
	all, pairs := pairCPUs(in.before.Stat, in.after.Stat)
	all.ticks = max(all.ticks, 1) // all processors together cannot have slept
	t := Table{Columns: strings.Fields(columns), Rows: [][]string{append([]string{"all"}, row(all)...)}}
	for id, p := range pairs {
		if in.PerCPU && p.shown {
			t.Rows = append(t.Rows, append([]string{strconv.Itoa(id)}, row(p)...))
		}
	}
	return []Table{t}
}

// pairCPUs finds each processor in both snapshots and sums those that can be
// compared. One that is offline now, or was before, is not shown.
func pairCPUs(before, after *procfs.Stat) (all cpuPair, pairs []cpuPair) {
	if len(before.CPUs) == 0 || len(after.CPUs) == 0 {
		all = cpuPair{before: before.All, after: after.All}
		all.ticks = comparable(&all)
		return all, nil
	}
	pairs = make([]cpuPair, maxID(before.CPUs, after.CPUs)+1)
	for _, c := range before.CPUs {
		pairs[c.ID].before = c
	}
	for _, c := range after.CPUs {
		pairs[c.ID].after = c
	}
	for i := range pairs {
		p := &pairs[i]
		p.shown = total(p.after) != 0 && total(p.before) != 0
		if !p.shown {
			continue
		}
		p.ticks = comparable(p)
		all.ticks += p.ticks
		addCPU(&all.before, p.before)
		addCPU(&all.after, p.after)
	}
	return all, pairs
}

func maxID(lists ...[]procfs.CPU) int {
	top := 0
	for _, l := range lists {
		for _, c := range l {
			top = max(top, c.ID)
		}
	}
	return top
}

func total(c procfs.CPU) uint64 {
	return c.User + c.Nice + c.System + c.Idle + c.Iowait + c.IRQ + c.SoftIRQ + c.Steal
}

func addCPU(sum *procfs.CPU, c procfs.CPU) {
	sum.User += c.User
	sum.Nice += c.Nice
	sum.System += c.System
	sum.Idle += c.Idle
	sum.Iowait += c.Iowait
	sum.IRQ += c.IRQ
	sum.SoftIRQ += c.SoftIRQ
	sum.Steal += c.Steal
	sum.Guest += c.Guest
	sum.GuestNice += c.GuestNice
}

// nearWrap is where a decrease is rather an overflow than a processor that
// came back online.
const nearWrap = math.MaxUint64 - 0x7ffff

// comparable corrects the processor's earlier values where they cannot be
// compared with the later ones, and returns the ticks in between.
//
// The kernel may move waiting time to idle afterwards: iowait then shrinks
// while idle grows, and its share is zero. A processor that came back online
// has idle and iowait start at zero again, so they count from there. Guest time
// may run ahead of the user time that includes it; the difference is added so
// that the shares do not exceed 100 %.
func comparable(p *cpuPair) uint64 {
	b, a := &p.before, &p.after
	var ticks uint64
	if usr, was := a.User-a.Guest, b.User-b.Guest; a.User >= b.User && usr < was {
		ticks += was - usr
	}
	if nice, was := a.Nice-a.GuestNice, b.Nice-b.GuestNice; a.Nice >= b.Nice && nice < was {
		ticks += was - nice
	}
	if a.Iowait < b.Iowait && b.Iowait < nearWrap {
		if a.Idle > b.Idle || b.Idle >= nearWrap {
			b.Iowait = a.Iowait
		} else {
			b.Iowait = 0
		}
	}
	if a.Idle < b.Idle && b.Idle < nearWrap {
		b.Idle = 0
	}
	return ticks + minus(a.User, b.User) + minus(a.Nice, b.Nice) + minus(a.System, b.System) +
		minus(a.Iowait, b.Iowait) + minus(a.Idle, b.Idle) + minus(a.Steal, b.Steal) +
		minus(a.IRQ, b.IRQ) + minus(a.SoftIRQ, b.SoftIRQ)
}

// cpuRow is -u: system time includes hard and soft interrupts.
func cpuRow(p cpuPair) []string {
	if p.ticks == 0 {
		return decs(0, 0, 0, 0, 0, 100)
	}
	b, a, t := p.before, p.after, p.ticks
	return decs(rate(b.User, a.User, t), rate(b.Nice, a.Nice, t),
		rate(b.System+b.IRQ+b.SoftIRQ, a.System+a.IRQ+a.SoftIRQ, t),
		rate(b.Iowait, a.Iowait, t), rate(b.Steal, a.Steal, t), rate(b.Idle, a.Idle, t))
}

// cpuAllRow is -u ALL: guest time is taken out of user and nice.
func cpuAllRow(p cpuPair) []string {
	if p.ticks == 0 {
		return decs(0, 0, 0, 0, 0, 0, 0, 0, 0, 100)
	}
	b, a, t := p.before, p.after, p.ticks
	return decs(rate(b.User-b.Guest, a.User-a.Guest, t), rate(b.Nice-b.GuestNice, a.Nice-a.GuestNice, t),
		rate(b.System, a.System, t), rate(b.Iowait, a.Iowait, t), rate(b.Steal, a.Steal, t),
		rate(b.IRQ, a.IRQ, t), rate(b.SoftIRQ, a.SoftIRQ, t),
		rate(b.Guest, a.Guest, t), rate(b.GuestNice, a.GuestNice, t), rate(b.Idle, a.Idle, t))
}
