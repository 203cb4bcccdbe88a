package sar

import (
	"strings"

	"monitord/internal/procfs"
)

// pressureSource is one of the three files of /proc/pressure.
type pressureSource struct {
	option, key, column string
	p                   *procfs.Pressure
	full                bool // told for CPUs too since Linux 5.13, but not by sar
}

func pressures(s *Snapshot) []pressureSource {
	return []pressureSource{
		{"-q CPU", "psi.cpu", "cpu", s.PressureCPU, false},
		{"-q IO", "psi.io", "io", s.PressureIO, true},
		{"-q MEM", "psi.mem", "mem", s.PressureMemory, true},
	}
}

// pressureTable is -q CPU, -q IO, -q MEM, and all three for -q PSI.
func pressureTable(in *input) []Table {
	var out []Table
	before := pressures(in.before)
	for i, a := range pressures(in.after) {
		b := before[i]
		if a.p == nil || b.p == nil || (in.option != "-q PSI" && in.option != a.option) {
			continue
		}
		columns := pressureColumns("s", a.column)
		row := in.pressureRow(a.key+".some", b.p.Some.Total, a.p.Some.Total)
		if a.full {
			columns = append(columns, pressureColumns("f", a.column)...)
			row = append(row, in.pressureRow(a.key+".full", b.p.Full.Total, a.p.Full.Total)...)
		}
		out = append(out, Table{Columns: columns, Rows: [][]string{row}})
	}
	return out
}

func pressureColumns(kind, name string) []string {
	c := "%" + kind + name
	return strings.Fields(c + "-10 " + c + "-60 " + c + "-300 " + c)
}

// pressureRow: the total is in microseconds, the interval in 1/100 s, so
// 100 µs of stall in one of it are one percent.
func (in *input) pressureRow(key string, before, after uint64) []string {
	g := in.gauges
	return decs(g.mean(key+".10")/100, g.mean(key+".60")/100, g.mean(key+".300")/100,
		float64(minus(after, before))/float64(100*in.itv))
}
