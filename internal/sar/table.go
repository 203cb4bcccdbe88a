package sar

import (
	"slices"
	"strings"
)

// Layout names whose columns and formulas are printed.
type Layout string

// The layouts. They differ in few tables: 12.7 counts memory that is not
// available as used and adds kbshmem, drops %vmeff for pgprom/s and pgdem/s,
// and renames retrans/s; 7 is sysstat of 2006 to 2010.
const (
	Layout12  Layout = "12.6"
	Layout127 Layout = "12.7"
	Layout7   Layout = "7"
)

// Table is one of sar's tables: every cell as sar prints it.
type Table struct {
	Option  string     // the option that asks for it, such as "-u" or "-n DEV"
	Columns []string   // as in sar's header line, without the time
	Rows    [][]string // one cell per column
}

// Request is what to compute.
type Request struct {
	Layout Layout
	// Options in any order, as "-u", "-u ALL", "-r", "-n DEV", "-q PSI"; see Options.
	Options []string
	// PerCPU adds a row per processor to -u and -n SOFT (sar's -P ALL).
	PerCPU bool
	// Partitions adds partitions to -d (what sadc -S XDISK records).
	Partitions bool
}

// builder computes the tables of one option; none when its source is missing.
type builder struct {
	option string
	build  func(in *input) []Table
}

// input is what a builder sees.
type input struct {
	Request
	option        string
	before, after *Snapshot
	gauges        *Gauges
	itv           uint64 // 1/100 s
}

// builders lists every option in the order in which sar prints.
func builders() []builder {
	list := []builder{
		{"-u", cpuTable}, {"-u ALL", cpuTable},
		{"-w", switchTable}, {"-W", swapRateTable}, {"-B", pagingTable}, {"-b", ioTable},
		{"-r", memoryTable}, {"-r ALL", memoryTable}, {"-S", swapTable}, {"-H", hugeTable},
		{"-v", kernelTable}, {"-q", queueTable}, {"-d", diskTable},
		{"-n DEV", netTable}, {"-n EDEV", netErrorTable}, {"-n SOCK", sockTable},
	}
	for _, t := range snmpTables() {
		list = append(list, builder{"-n " + t.name, t.build})
	}
	list = append(list, builder{"-n SOCK6", sock6Table})
	for _, t := range snmp6Tables() {
		list = append(list, builder{"-n " + t.name, t.build})
	}
	return append(list, builder{"-n SOFT", softnetTable},
		builder{"-q CPU", pressureTable}, builder{"-q IO", pressureTable}, builder{"-q MEM", pressureTable},
		builder{"-q PSI", pressureTable})
}

// Options lists every option that a Request may name, in sar's order.
func Options() []string {
	list := builders()
	out := make([]string, len(list))
	for i, b := range list {
		out[i] = b.option
	}
	return out
}

// Tables computes the tables of a request for the time between two snapshots,
// in sar's order. gauges holds the snapshots that gauges are averaged over;
// nil means only after. Options that this machine has no source for are in missing.
func (r Request) Tables(before, after *Snapshot, gauges *Gauges) (tables []Table, missing []string) {
	if gauges == nil {
		gauges = &Gauges{}
		gauges.Add(after)
	}
	in := &input{Request: r, before: before, after: after, gauges: gauges, itv: interval(before, after)}
	for _, b := range builders() {
		if !slices.Contains(r.Options, b.option) {
			continue
		}
		in.option = b.option
		got := b.build(in)
		for i := range got {
			got[i].Option = r.key(b.option)
		}
		if len(got) == 0 {
			missing = append(missing, r.key(b.option))
		}
		tables = append(tables, got...)
	}
	return tables, missing
}

// key is the option with -P ALL in front where that changes the table.
func (r Request) key(option string) string {
	if r.PerCPU && strings.HasPrefix(option, "-u") {
		return "-P ALL " + option
	}
	return option
}

func one(columns string, row []string) []Table {
	return []Table{{Columns: strings.Fields(columns), Rows: [][]string{row}}}
}
