package sar

import "strings"

// available is the memory that programs can still get, in kB. Kernels before
// 3.14 do not estimate it; then it is what is free.
func available(s *Snapshot) uint64 {
	if v, ok := s.Meminfo.Get("MemAvailable"); ok && v != 0 {
		return v
	}
	v, _ := s.Meminfo.Get("MemFree")
	return v
}

// mem is the latest value of a line of /proc/meminfo.
func (in *input) mem(key string) uint64 {
	v, _ := in.after.Meminfo.Get(key)
	return v
}

// memMean is the mean of a line of /proc/meminfo over the run.
func (in *input) memMean(key string) float64 { return in.gauges.mean("mem." + key) }

func (in *input) memWholeMean(key string) uint64 { return in.gauges.wholeMean("mem." + key) }

// memoryTable is -r and -r ALL.
func memoryTable(in *input) []Table {
	if in.after.Meminfo == nil {
		return nil
	}
	if in.Layout == Layout7 {
		return memoryTable7(in)
	}
	used, usedPct := in.usedMemory()
	total, swap := in.mem("MemTotal"), in.mem("SwapTotal")
	row := wholes(in.memMean("MemFree"), in.memMean("available"), used)
	row = append(row, dec(usedPct))
	row = append(row, wholes(in.memMean("Buffers"), in.memMean("Cached"), in.memMean("Committed_AS"))...)
	row = append(row, dec(percent(float64(in.memWholeMean("Committed_AS")), float64(total+swap))))
	row = append(row, wholes(in.memMean("Active"), in.memMean("Inactive"), in.memMean("Dirty"))...)
	columns := "kbmemfree kbavail kbmemused %memused kbbuffers kbcached kbcommit %commit kbactive kbinact kbdirty"
	if in.Layout == Layout127 {
		columns += " kbshmem"
		row = append(row, whole(in.memMean("Shmem")))
	}
	if in.option == "-r ALL" {
		columns += " kbanonpg kbslab kbkstack kbpgtbl kbvmused"
		row = append(row, wholes(in.memMean("AnonPages"), in.memMean("Slab"), in.memMean("KernelStack"),
			in.memMean("PageTables"), in.memMean("VmallocUsed"))...)
	}
	return []Table{{Columns: strings.Fields(columns), Rows: [][]string{row}}}
}

// usedMemory is kbmemused and %memused: in 12.6 what is neither free nor
// buffers, cache or slab; in 12.7 what is not available.
func (in *input) usedMemory() (kb, pct float64) {
	total := float64(in.mem("MemTotal"))
	rest, wholeRest := in.memMean("available"), float64(in.memWholeMean("available"))
	if in.Layout != Layout127 {
		rest, wholeRest = 0, 0
		var sum uint64
		for _, key := range [...]string{"MemFree", "Buffers", "Cached", "Slab"} {
			rest += in.memMean(key)
			sum += in.gauges.sums["mem."+key]
		}
		wholeRest = float64(sum / max(in.gauges.n, 1))
	}
	return max(total-rest, 0), percent(max(total-wholeRest, 0), total)
}

// swapTable is -S.
func swapTable(in *input) []Table {
	if in.after.Meminfo == nil {
		return nil
	}
	free, total, cached := in.memMean("SwapFree"), in.memMean("SwapTotal"), in.memMean("SwapCached")
	used := max(total-free, 0)
	row := append(wholes(free, used), dec(percent(used, total)), whole(cached), dec(percent(cached, used)))
	return one("kbswpfree kbswpused %swpused kbswpcad %swpcad", row)
}

// hugeTable is -H: pages told in kB.
func hugeTable(in *input) []Table {
	if in.after.Meminfo == nil {
		return nil
	}
	size := float64(in.mem("Hugepagesize"))
	free, total := in.memMean("HugePages_Free")*size, in.memMean("HugePages_Total")*size
	used := max(total-free, 0)
	row := append(wholes(free, used), dec(percent(used, total)))
	row = append(row, wholes(in.memMean("HugePages_Rsvd")*size, in.memMean("HugePages_Surp")*size)...)
	return one("kbhugfree kbhugused %hugused kbhugrsvd kbhugsurp", row)
}

// memoryTable7 is -r of sysstat 7: memory and swap in one table; used memory
// includes buffers and cache.
func memoryTable7(in *input) []Table {
	free, total := in.memMean("MemFree"), float64(in.mem("MemTotal"))
	swapFree, swap, cached := in.memMean("SwapFree"), in.memMean("SwapTotal"), in.memMean("SwapCached")
	used, swapUsed := max(total-free, 0), max(swap-swapFree, 0)
	row := append(wholes(free, used), dec(percent(used, total)))
	row = append(row, wholes(in.memMean("Buffers"), in.memMean("Cached"), swapFree, swapUsed)...)
	row = append(row, dec(percent(swapUsed, swap)), whole(cached))
	return one("kbmemfree kbmemused %memused kbbuffers kbcached kbswpfree kbswpused %swpused kbswpcad", row)
}
