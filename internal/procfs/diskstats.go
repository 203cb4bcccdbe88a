package procfs

// Disk is one line of /proc/diskstats. Counters are since the device appeared;
// sectors are 512 bytes, times milliseconds that wrap at 32 bits. Discards
// exist since Linux 4.18, flushes since 5.5; Fields tells what was there.
// Source: Documentation/admin-guide/iostats.rst.
type Disk struct {
	Major, Minor                                            uint64
	Name                                                    string
	ReadIOs, ReadMerges, ReadSectors, ReadTicks             uint64
	WriteIOs, WriteMerges, WriteSectors, WriteTicks         uint64
	InFlight, IOTicks, QueueTicks                           uint64
	DiscardIOs, DiscardMerges, DiscardSectors, DiscardTicks uint64
	FlushIOs, FlushTicks                                    uint64
	Fields                                                  int // numbers behind the name: 4, 11, 15 or 17
}

// ParseDiskstats reads /proc/diskstats into disks, which it returns; names of
// the last call are reused. The short lines of partitions before Linux 2.6.25
// (four numbers: reads, sectors, writes, sectors) fill those four fields.
func ParseDiskstats(b []byte, disks []Disk) []Disk {
	disks = disks[:0]
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		major, rest, ok1 := cutUint(line)
		minor, rest, ok2 := cutUint(rest)
		name, rest := cutField(rest)
		if !ok1 || !ok2 || len(name) == 0 {
			continue
		}
		var f [17]uint64
		n := cutUints(rest, f[:])
		if n < 4 {
			continue
		}
		disks = extend(disks)
		d := &disks[len(disks)-1]
		*d = Disk{Major: major, Minor: minor, Name: intern(d.Name, name), Fields: n}
		d.fill(&f)
	}
	return disks
}

func (d *Disk) fill(f *[17]uint64) {
	if d.Fields < 11 {
		d.ReadIOs, d.ReadSectors, d.WriteIOs, d.WriteSectors = f[0], f[1], f[2], f[3]
		return
	}
	d.ReadIOs, d.ReadMerges, d.ReadSectors, d.ReadTicks = f[0], f[1], f[2], f[3]
	d.WriteIOs, d.WriteMerges, d.WriteSectors, d.WriteTicks = f[4], f[5], f[6], f[7]
	d.InFlight, d.IOTicks, d.QueueTicks = f[8], f[9], f[10]
	d.DiscardIOs, d.DiscardMerges, d.DiscardSectors, d.DiscardTicks = f[11], f[12], f[13], f[14]
	d.FlushIOs, d.FlushTicks = f[15], f[16]
}
