package host

import (
	"context"
	"strings"

	"monitord/collectors"
	"monitord/internal/procfs"
)

const sectorBytes = 512 // the unit of /proc/diskstats, whatever the device's own

// diskstats is /proc/diskstats.
type diskstats struct {
	file   *procfs.File
	disks  []procfs.Disk
	labels []deviceLabels
}

// deviceLabels is the label of the device at one position of a file.
type deviceLabels struct {
	name   string
	labels []string // nil: not collected
}

// labelsAt returns the labels of a device, made again only when another one
// stands at this position.
func labelsAt(known *[]deviceLabels, i int, name string, skip func(name string) bool) []string {
	for len(*known) <= i {
		*known = append(*known, deviceLabels{})
	}
	l := &(*known)[i]
	if l.name != name {
		*l = deviceLabels{name: name}
		if skip == nil || !skip(name) {
			l.labels = []string{"device", name}
		}
	}
	return l.labels
}

func newDiskstats(o Options) *diskstats { return &diskstats{file: o.file("diskstats")} }

// Name is "diskstats".
func (*diskstats) Name() string { return "diskstats" }

// Collect reads /proc/diskstats.
func (c *diskstats) Collect(_ context.Context, sink collectors.Sink) error {
	b, err := c.file.Read()
	if err != nil {
		return err
	}
	c.disks = procfs.ParseDiskstats(b, c.disks)
	for i := range c.disks {
		d := &c.disks[i]
		labels := labelsAt(&c.labels, i, d.Name, skipDisk)
		if labels == nil || d.Fields < 11 {
			continue
		}
		addDisk(sink, d, labels)
	}
	return nil
}

func addDisk(sink collectors.Sink, d *procfs.Disk, labels []string) {
	sink.Add("node_disk_io_now", float64(d.InFlight), labels...)
	sink.Add("node_disk_io_time_seconds_total", float64(d.IOTicks)/1000, labels...)
	sink.Add("node_disk_io_time_weighted_seconds_total", float64(d.QueueTicks)/1000, labels...)
	sink.Add("node_disk_read_bytes_total", float64(d.ReadSectors)*sectorBytes, labels...)
	sink.Add("node_disk_read_time_seconds_total", float64(d.ReadTicks)/1000, labels...)
	sink.Add("node_disk_reads_completed_total", float64(d.ReadIOs), labels...)
	sink.Add("node_disk_reads_merged_total", float64(d.ReadMerges), labels...)
	sink.Add("node_disk_write_time_seconds_total", float64(d.WriteTicks)/1000, labels...)
	sink.Add("node_disk_writes_completed_total", float64(d.WriteIOs), labels...)
	sink.Add("node_disk_writes_merged_total", float64(d.WriteMerges), labels...)
	sink.Add("node_disk_written_bytes_total", float64(d.WriteSectors)*sectorBytes, labels...)
	if d.Fields >= 15 {
		sink.Add("node_disk_discard_time_seconds_total", float64(d.DiscardTicks)/1000, labels...)
		sink.Add("node_disk_discarded_sectors_total", float64(d.DiscardSectors), labels...)
		sink.Add("node_disk_discards_completed_total", float64(d.DiscardIOs), labels...)
		sink.Add("node_disk_discards_merged_total", float64(d.DiscardMerges), labels...)
	}
	if d.Fields >= 17 {
		sink.Add("node_disk_flush_requests_time_seconds_total", float64(d.FlushTicks)/1000, labels...)
		sink.Add("node_disk_flush_requests_total", float64(d.FlushIOs), labels...)
	}
}

// skipDisk leaves out what node_exporter does: memory and loop devices and
// partitions, ^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$.
func skipDisk(name string) bool {
	base := strings.TrimRight(name, "0123456789")
	if base == name {
		return false
	}
	switch base {
	case "ram", "zram", "loop", "fd":
		return true
	}
	if rest, ok := strings.CutPrefix(base, "nvme"); ok {
		return strings.HasSuffix(rest, "p") && strings.Contains(rest, "n")
	}
	for _, bus := range []string{"hd", "sd", "vd", "xvd"} {
		if rest, ok := strings.CutPrefix(base, bus); ok && len(rest) == 1 && rest[0] >= 'a' && rest[0] <= 'z' {
			return true
		}
	}
	return false
}
