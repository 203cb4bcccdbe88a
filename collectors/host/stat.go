package host

import (
	"context"
	"strconv"

	"monitord/collectors"
	"monitord/internal/procfs"
)

// userHZ is the unit of /proc/stat's times, 1/100 s on every architecture that
// Go runs on.
const userHZ = 100

// cpuModes are node_exporter's modes, in the order of cpuTimes.
var cpuModes = [...]string{"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"}

func cpuTimes(c *procfs.CPU) [len(cpuModes)]uint64 {
	return [...]uint64{c.User, c.Nice, c.System, c.Idle, c.Iowait, c.IRQ, c.SoftIRQ, c.Steal}
}

// stat is /proc/stat.
type stat struct {
	file   *procfs.File
	parsed procfs.Stat
	labels []cpuLabels // by processor number
}

type cpuLabels struct {
	modes            [len(cpuModes)][]string
	guest, guestNice []string
}

func newStat(o Options) *stat { return &stat{file: o.file("stat")} }

// Name is "stat".
func (*stat) Name() string { return "stat" }

// Collect reads /proc/stat.
func (s *stat) Collect(_ context.Context, sink collectors.Sink) error {
	b, err := s.file.Read()
	if err != nil {
		return err
	}
	if err := procfs.ParseStat(b, &s.parsed); err != nil {
		return err
	}
	for i := range s.parsed.CPUs {
		s.addCPU(sink, &s.parsed.CPUs[i])
	}
	sink.Add("node_boot_time_seconds", float64(s.parsed.Btime))
	sink.Add("node_context_switches_total", float64(s.parsed.Ctxt))
	sink.Add("node_forks_total", float64(s.parsed.Processes))
	sink.Add("node_intr_total", float64(s.parsed.Intr))
	sink.Add("node_procs_blocked", float64(s.parsed.ProcsBlocked))
	sink.Add("node_procs_running", float64(s.parsed.ProcsRunning))
	return nil
}

func (s *stat) addCPU(sink collectors.Sink, c *procfs.CPU) {
	for len(s.labels) <= c.ID {
		s.labels = append(s.labels, newCPULabels(len(s.labels)))
	}
	l := &s.labels[c.ID]
	for i, v := range cpuTimes(c) {
		sink.Add("node_cpu_seconds_total", float64(v)/userHZ, l.modes[i]...)
	}
	sink.Add("node_cpu_guest_seconds_total", float64(c.GuestNice)/userHZ, l.guestNice...)
	sink.Add("node_cpu_guest_seconds_total", float64(c.Guest)/userHZ, l.guest...)
}

func newCPULabels(id int) cpuLabels {
	cpu := strconv.Itoa(id)
	l := cpuLabels{
		guest:     []string{"cpu", cpu, "mode", "user"},
		guestNice: []string{"cpu", cpu, "mode", "nice"},
	}
	for i, m := range cpuModes {
		l.modes[i] = []string{"cpu", cpu, "mode", m}
	}
	return l
}
