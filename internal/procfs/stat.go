package procfs

import "errors"

// CPU is the time one processor spent in each mode since boot, in ticks of
// 1/100 s (USER_HZ). User includes Guest, Nice includes GuestNice. Idle and
// Iowait may go backwards; after a processor came back online some fields
// start at zero again. Fields that an older kernel does not print are zero.
// Source: /proc/stat, lines cpu and cpuN; proc.rst section 1.7.
type CPU struct {
	ID                                                                      int // processor number; -1 is the sum of all
	User, Nice, System, Idle, Iowait, IRQ, SoftIRQ, Steal, Guest, GuestNice uint64
}

// Stat is /proc/stat. Counters are since boot.
type Stat struct {
	All          CPU   // the first line
	CPUs         []CPU // online processors, in the kernel's order; reused by the next parse
	Intr         uint64
	Ctxt         uint64
	Btime        uint64 // boot time, Unix seconds
	Processes    uint64 // forks
	ProcsRunning uint64 // a gauge; counts the reader itself
	ProcsBlocked uint64 // a gauge; waiting for disk
}

// ErrNoCPU says that /proc/stat has no line "cpu".
var ErrNoCPU = errors.New("parse /proc/stat: no line starts with cpu")

// ParseStat reads /proc/stat.
func ParseStat(b []byte, s *Stat) error {
	cpus := s.CPUs[:0]
	*s = Stat{}
	found := false
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		if hasPrefix(line, "cpu") {
			key, rest := cutField(line)
			if len(key) == len("cpu") {
				found = true
				s.All = CPU{ID: -1}
				s.All.parse(rest)
			} else if id, ok := parseUint(key[3:]); ok && id < maxCPUs {
				cpus = append(cpus, CPU{ID: int(id)})
				cpus[len(cpus)-1].parse(rest)
			}
			continue
		}
		s.parseLine(line)
	}
	s.CPUs = cpus
	if !found {
		return ErrNoCPU
	}
	return nil
}

// parseLine reads a line that is not about a processor. The long lines intr
// and softirq cost only their first number.
func (s *Stat) parseLine(line []byte) {
	key, rest := cutField(line)
	var dst *uint64
	switch string(key) {
	case "intr":
		dst = &s.Intr
	case "ctxt":
		dst = &s.Ctxt
	case "btime":
		dst = &s.Btime
	case "processes":
		dst = &s.Processes
	case "procs_running":
		dst = &s.ProcsRunning
	case "procs_blocked":
		dst = &s.ProcsBlocked
	default:
		return
	}
	*dst, _, _ = cutUint(rest)
}

func (c *CPU) parse(b []byte) {
	var f [10]uint64
	cutUints(b, f[:])
	c.User, c.Nice, c.System, c.Idle, c.Iowait = f[0], f[1], f[2], f[3], f[4]
	c.IRQ, c.SoftIRQ, c.Steal, c.Guest, c.GuestNice = f[5], f[6], f[7], f[8], f[9]
}

// maxCPUs bounds processor numbers, for which readers make room: twice the
// most that a Linux kernel can be built for (NR_CPUS 8192).
const maxCPUs = 1 << 14
