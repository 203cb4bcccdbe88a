package sar

import (
	"slices"
	"strings"

	"monitord/internal/procfs"
)

// switchTable is -w: processes made and context switches.
func switchTable(in *input) []Table {
	b, a := in.before.Stat, in.after.Stat
	if b == nil || a == nil {
		return nil
	}
	return one("proc/s cswch/s", decs(rate(b.Processes, a.Processes, in.itv), rate(b.Ctxt, a.Ctxt, in.itv)))
}

// vmRate is the rate of a counter of /proc/vmstat; 0 where the kernel has none.
func (in *input) vmRate(key string) float64 {
	b, _ := in.before.Vmstat.Get(key)
	a, _ := in.after.Vmstat.Get(key)
	return rate(b, a, in.itv)
}

// vmSum adds up the counters whose name match accepts.
func vmSum(v *procfs.Values, match func(key string) bool) uint64 {
	var sum uint64
	for _, f := range v.Fields {
		if match(f.Key) {
			sum += f.Value
		}
	}
	return sum
}

func (in *input) vmPair(match func(string) bool) (before, after uint64) {
	return vmSum(in.before.Vmstat, match), vmSum(in.after.Vmstat, match)
}

// swapRateTable is -W: pages swapped.
func swapRateTable(in *input) []Table {
	if in.before.Vmstat == nil || in.after.Vmstat == nil {
		return nil
	}
	return one("pswpin/s pswpout/s", decs(in.vmRate("pswpin"), in.vmRate("pswpout")))
}

func startsWith(prefix string) func(string) bool {
	return func(key string) bool { return strings.HasPrefix(key, prefix) }
}

func among(keys ...string) func(string) bool {
	return func(key string) bool { return slices.Contains(keys, key) }
}

// pagingTable is -B. sar 12.6 adds up every pgsteal_*, pgscan_kswapd* and
// pgscan_direct*, and so counts a stolen page twice on kernels that tell it by
// reclaimer and by kind; 12.7 takes only the kinds.
func pagingTable(in *input) []Table {
	if in.before.Vmstat == nil || in.after.Vmstat == nil {
		return nil
	}
	row := []float64{in.vmRate("pgpgin"), in.vmRate("pgpgout"), in.vmRate("pgfault"), in.vmRate("pgmajfault")}
	if in.Layout == Layout7 {
		return one("pgpgin/s pgpgout/s fault/s majflt/s", decs(row...))
	}
	row = append(row, in.vmRate("pgfree"))
	const head = "pgpgin/s pgpgout/s fault/s majflt/s pgfree/s pgscank/s pgscand/s pgsteal/s "
	if in.Layout == Layout127 {
		b, a := in.vmPair(among("pgsteal_anon", "pgsteal_file"))
		db, da := in.vmPair(startsWith("pgdemote_"))
		row = append(row, in.vmRate("pgscan_kswapd"), in.vmRate("pgscan_direct"), rate(b, a, in.itv),
			in.vmRate("pgpromote_success"), rate(db, da, in.itv))
		return one(head+"pgprom/s pgdem/s", decs(row...))
	}
	kb, ka := in.vmPair(startsWith("pgscan_kswapd"))
	db, da := in.vmPair(startsWith("pgscan_direct"))
	sb, sa := in.vmPair(startsWith("pgsteal_"))
	efficiency := percent(float64(minus(sa, sb)), float64(minus(ka+da, kb+db)))
	row = append(row, rate(kb, ka, in.itv), rate(db, da, in.itv), rate(sb, sa, in.itv), efficiency)
	return one(head+"%vmeff", decs(row...))
}

// queueTable is -q: the run queue without the collector itself.
func queueTable(in *input) []Table {
	if in.after.Loadavg == nil {
		return nil
	}
	g := in.gauges
	row := wholes(g.mean("running"), g.mean("threads"))
	row = append(row, decs(g.mean("load1")/100, g.mean("load5")/100, g.mean("load15")/100)...)
	if in.Layout == Layout7 {
		return one("runq-sz plist-sz ldavg-1 ldavg-5 ldavg-15", row)
	}
	return one("runq-sz plist-sz ldavg-1 ldavg-5 ldavg-15 blocked", append(row, whole(g.mean("blocked"))))
}

// kernelTable is -v.
func kernelTable(in *input) []Table {
	if in.after.Tables == nil {
		return nil
	}
	g := in.gauges
	return one("dentunusd file-nr inode-nr pty-nr",
		wholes(g.mean("dentries"), g.mean("files"), g.mean("inodes"), g.mean("ptys")))
}
