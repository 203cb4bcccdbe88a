package procfs

// SoftnetCPU is one line of /proc/net/softnet_stat: packets handled by one
// processor's backlog. Counters are 32 bits wide and wrap; Backlog is a gauge
// (zero before Linux 5.10).
type SoftnetCPU struct {
	CPU                                                     int // -1 when the kernel does not say (before 5.10)
	Processed, Dropped, TimeSqueeze, ReceivedRPS, FlowLimit uint32
	Backlog                                                 uint32
}

// ParseSoftnetStat reads /proc/net/softnet_stat into cpus, which it returns.
// Lines are of online processors, in order.
// Source: softnet_seq_show in net/core/net-procfs.c.
func ParseSoftnetStat(b []byte, cpus []SoftnetCPU) []SoftnetCPU {
	cpus = cpus[:0]
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		var f [13]uint64
		n := 0
		for n < len(f) {
			var w []byte
			w, line = cutField(line)
			v, ok := parseHex(w)
			if !ok {
				break
			}
			f[n] = v
			n++
		}
		if n < 3 {
			continue
		}
		c := SoftnetCPU{CPU: -1, Processed: uint32(f[0]), Dropped: uint32(f[1]), TimeSqueeze: uint32(f[2]),
			ReceivedRPS: uint32(f[9]), FlowLimit: uint32(f[10]), Backlog: uint32(f[11])}
		if n == len(f) && f[12] < maxCPUs {
			c.CPU = int(f[12])
		}
		cpus = append(cpus, c)
	}
	return cpus
}
