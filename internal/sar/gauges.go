package sar

// Gauges sums what is no counter over the snapshots of a run, so that the last
// lines can tell averages. The zero value is empty.
type Gauges struct {
	n    uint64
	sums map[string]uint64
}

// Add takes one snapshot, the end of one interval.
func (g *Gauges) Add(s *Snapshot) {
	if g.sums == nil {
		g.sums = map[string]uint64{}
	}
	g.n++
	if s.Meminfo != nil {
		for _, f := range s.Meminfo.Fields {
			g.sums["mem."+f.Key] += f.Value
		}
		g.sums["mem.available"] += available(s)
	}
	if s.Loadavg != nil {
		g.addQueue(s)
	}
	if t := s.Tables; t != nil {
		g.sums["dentries"] += t.UnusedDentries
		g.sums["files"] += t.FilesUsed
		g.sums["inodes"] += t.InodesUsed
		g.sums["ptys"] += t.Ptys
	}
	if k := s.Sockstat; k != nil {
		for i, v := range [...]uint64{k.Sockets, k.TCP, k.UDP, k.Raw, k.Frag, k.TCPTimeWait, k.TCP6, k.UDP6, k.Raw6, k.Frag6} {
			g.sums[sockKeys[i]] += v
		}
	}
	for _, p := range pressures(s) {
		if p.p == nil {
			continue
		}
		g.sums[p.key+".some.10"] += p.p.Some.Avg10
		g.sums[p.key+".some.60"] += p.p.Some.Avg60
		g.sums[p.key+".some.300"] += p.p.Some.Avg300
		g.sums[p.key+".full.10"] += p.p.Full.Avg10
		g.sums[p.key+".full.60"] += p.p.Full.Avg60
		g.sums[p.key+".full.300"] += p.p.Full.Avg300
	}
	for id, c := range softnetByCPU(s) {
		g.sums[backlogKey(id)] += uint64(c.Backlog)
		g.sums[backlogKey(-1)] += uint64(c.Backlog)
	}
}

// addQueue sums the run queue without the collector itself, which runs while
// it reads.
func (g *Gauges) addQueue(s *Snapshot) {
	l := s.Loadavg
	if l.Running > 0 {
		g.sums["running"] += l.Running - 1
	}
	g.sums["threads"] += l.Total
	g.sums["load1"] += l.Load1
	g.sums["load5"] += l.Load5
	g.sums["load15"] += l.Load15
	if s.Stat != nil {
		g.sums["blocked"] += s.Stat.ProcsBlocked
	}
}

// mean is the average of a gauge; 0 when nothing was added.
func (g *Gauges) mean(key string) float64 {
	if g.n == 0 {
		return 0
	}
	return float64(g.sums[key]) / float64(g.n)
}

// wholeMean is the average cut to a whole number: sar computes percentages of
// its last lines from it.
func (g *Gauges) wholeMean(key string) uint64 {
	if g.n == 0 {
		return 0
	}
	return g.sums[key] / g.n
}
