package sar

import "strings"

// ioTable is -b: all physical devices together. A sum that went backwards
// (a device is gone) is told as 0, as sar does.
func ioTable(in *input) []Table {
	if in.before.Disks == nil || in.after.Disks == nil {
		return nil
	}
	b, a := sumIO(in.before.Disks), sumIO(in.after.Disks)
	r := func(i int) float64 { return rate(b[i], a[i], in.itv) }
	if in.Layout == Layout7 {
		old := func(s [6]uint64) uint64 { return s[0] + s[1] }
		return one("tps rtps wtps bread/s bwrtn/s", decs(rate(old(b), old(a), in.itv), r(0), r(1), r(3), r(4)))
	}
	tps := rate(b[0]+b[1]+b[2], a[0]+a[1]+a[2], in.itv)
	return one("tps rtps wtps dtps bread/s bwrtn/s bdscd/s", decs(tps, r(0), r(1), r(2), r(3), r(4), r(5)))
}

// sumIO adds up reads, writes, discards and the sectors of each.
func sumIO(disks []Disk) (s [6]uint64) {
	for _, d := range disks {
		if !d.Physical {
			continue
		}
		for i, v := range [...]uint64{d.ReadIOs, d.WriteIOs, d.DiscardIOs, d.ReadSectors, d.WriteSectors, d.DiscardSectors} {
			s[i] += v
		}
	}
	return s
}

const (
	diskColumns  = "DEV tps rkB/s wkB/s dkB/s areq-sz aqu-sz await %util"
	diskColumns7 = "DEV tps rd_sec/s wr_sec/s avgrq-sz avgqu-sz await svctm %util"
)

// diskTable is -d: devices that were ever used.
func diskTable(in *input) []Table {
	if in.before.Disks == nil || in.after.Disks == nil {
		return nil
	}
	columns, row := diskColumns, diskRow
	if in.Layout == Layout7 {
		columns, row = diskColumns7, diskRow7
	}
	t := Table{Columns: strings.Fields(columns)}
	for i := range in.after.Disks {
		a := &in.after.Disks[i]
		if a.ReadIOs|a.WriteIOs|a.DiscardIOs == 0 || !(a.Whole || in.Partitions) {
			continue
		}
		b := previousDisk(in.before.Disks, a)
		name := strings.ReplaceAll(a.Name, "!", "/") // the kernel writes cciss!c0d0 where /dev has a folder
		t.Rows = append(t.Rows, append([]string{name}, row(b, a, in.itv)...))
	}
	return []Table{t}
}

// ios is all operations of a disk.
func ios(d *Disk) uint64 { return d.ReadIOs + d.WriteIOs + d.DiscardIOs }

// previousDisk finds the earlier line of a disk by its device number. When all
// of its counters shrank it is another disk, which counts from zero.
func previousDisk(before []Disk, a *Disk) *Disk {
	for i := range before {
		b := &before[i]
		if b.Major != a.Major || b.Minor != a.Minor || ios(b) == 0 {
			continue
		}
		shrank := func(was, is uint64) bool { return was == 0 || is < was }
		if ios(a) < ios(b) && shrank(b.ReadSectors, a.ReadSectors) &&
			shrank(b.WriteSectors, a.WriteSectors) && shrank(b.DiscardSectors, a.DiscardSectors) {
			break
		}
		return b
	}
	return &Disk{}
}

// perOp is what one operation took: its size in sectors and its time in
// milliseconds. Times are 32 bits wide and wrap.
func perOp(b, a *Disk) (sectors, millis float64) {
	n := minus(ios(a), ios(b))
	if n == 0 {
		return 0, 0
	}
	ticks := uint32(a.ReadTicks) - uint32(b.ReadTicks) + uint32(a.WriteTicks) - uint32(b.WriteTicks) +
		uint32(a.DiscardTicks) - uint32(b.DiscardTicks)
	if ticks > 1<<31 { // a sum that went backwards
		ticks = 0
	}
	size := a.ReadSectors - b.ReadSectors + a.WriteSectors - b.WriteSectors + a.DiscardSectors - b.DiscardSectors
	if size > 1<<63 {
		size = 0
	}
	return float64(size) / float64(n), float64(ticks) / float64(n)
}

func diskRow(b, a *Disk, itv uint64) []string {
	sectors, millis := perOp(b, a)
	return decs(rate(ios(b), ios(a), itv),
		rate(b.ReadSectors, a.ReadSectors, itv)/2, rate(b.WriteSectors, a.WriteSectors, itv)/2,
		rate(b.DiscardSectors, a.DiscardSectors, itv)/2,
		sectors/2, rate32(b.QueueTicks, a.QueueTicks, itv)/1000, millis,
		rate(b.IOTicks, a.IOTicks, itv)/10)
}

// diskRow7 is -d of sysstat 7: sectors, and a service time that is the share
// of busy time of one operation.
func diskRow7(b, a *Disk, itv uint64) []string {
	sectors, millis := perOp(b, a)
	tps, util := rate(ios(b), ios(a), itv), rate(b.IOTicks, a.IOTicks, itv)
	service := 0.0
	if tps > 0 {
		service = util / tps
	}
	return decs(tps, rate(b.ReadSectors, a.ReadSectors, itv), rate(b.WriteSectors, a.WriteSectors, itv),
		sectors, rate32(b.QueueTicks, a.QueueTicks, itv)/1000, millis, service, util/10)
}
