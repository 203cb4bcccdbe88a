package ucd

import (
	"strings"

	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
)

// The parts of a reading.
const (
	partProcess = iota
	partDisk
	partLoad
	partMemory
)

const ucd = ".1.3.6.1.4.1.2021."

// The first two columns of every table of flags.
const (
	colFlag = iota
	colMessage
)

// flags is a table whose rows have a flag and a message, with more behind them.
func flags(name, key, label, flag, message string, more ...poll.Column) poll.Table {
	return snmpask.Table(poll.Table{
		Name: name, Index: strings.TrimPrefix(name, "ucd_") + "Index", Keys: []snmp.OID{snmp.MustOID(key)},
		Labels:  []poll.Label{{Name: label, OID: snmp.MustOID(key)}},
		Columns: append([]poll.Column{colFlag: snmpask.Gauge(flag, message[:strings.LastIndex(message, ".")]+".100"), colMessage: snmpask.Text(message)}, more...),
	})
}

// The columns of prTable behind flag and message.
const (
	colCount = 2 + iota
	colMin
	colMax
)

func processTable() poll.Table {
	const pr = ucd + "2.1."
	return flags("ucd_pr", pr+"2", "prNames", "prErrorFlag", pr+"101",
		snmpask.Gauge("prCount", pr+"5"), snmpask.Gauge("prMin", pr+"3"), snmpask.Gauge("prMax", pr+"4"))
}

// The columns of dskTable behind flag and message: kB, in two halves.
const (
	colTotalLow = 2 + iota
	colTotalHigh
	colUsedLow
	colUsedHigh
	colTotal // where the halves are missing
	colUsed
	colAvailLow
	colAvailHigh
	colAvail
)

func diskTable() poll.Table {
	const dsk = ucd + "9.1."
	t := flags("ucd_dsk", dsk+"2", "dskPath", "dskErrorFlag", dsk+"101",
		snmpask.Gauge("dskTotalLow", dsk+"11"), snmpask.Gauge("dskTotalHigh", dsk+"12"),
		snmpask.Gauge("dskUsedLow", dsk+"15"), snmpask.Gauge("dskUsedHigh", dsk+"16"),
		snmpask.Gauge("dskTotal", dsk+"6"), snmpask.Gauge("dskUsed", dsk+"8"),
		snmpask.Gauge("dskAvailLow", dsk+"13"), snmpask.Gauge("dskAvailHigh", dsk+"14"), snmpask.Gauge("dskAvail", dsk+"7"),
		snmpask.Gauge("dskPercent", dsk+"9"), snmpask.Gauge("dskPercentNode", dsk+"10"))
	t.Columns[colTotal].Instead, t.Columns[colUsed].Instead, t.Columns[colAvail].Instead = colTotalLow+1, colUsedLow+1, colAvailLow+1
	return t
}

// colLoad is hundredths.
const colLoad = 2

func loadTable() poll.Table {
	const la = ucd + "10.1."
	return flags("ucd_la", la+"2", "laNames", "laErrorFlag", la+"101", snmpask.Gauge("laLoadInt", la+"5"))
}

// The columns of the memory group, in kB: 64 bits first.
const (
	colTotalSwap64 = 2 + iota
	colAvailSwap64
	colTotalSwap
	colAvailSwap
)

func memoryTable() poll.Table {
	const mem = ucd + "4."
	t := snmpask.Scalars("ucd_memory",
		snmpask.Gauge("memSwapError", mem+"100"), snmpask.Text(mem+"101"),
		snmpask.Gauge("memTotalSwapX", mem+"18"), snmpask.Gauge("memAvailSwapX", mem+"19"),
		snmpask.Gauge("memTotalSwap", mem+"3"), snmpask.Gauge("memAvailSwap", mem+"4"),
		snmpask.Gauge("memTotalRealX", mem+"20"), snmpask.Gauge("memAvailRealX", mem+"21"),
		snmpask.Gauge("memTotalReal", mem+"5"), snmpask.Gauge("memAvailReal", mem+"6"),
		snmpask.Gauge("memBuffer", mem+"14"), snmpask.Gauge("memCached", mem+"15"))
	t.Facts[0].OID = snmp.MustOID(mem + "5") // some agents have no flags
	for _, stands := range [][2]int{{colTotalSwap, colTotalSwap64}, {colAvailSwap, colAvailSwap64}, {8, 6}, {9, 7}} {
		t.Columns[stands[0]].Instead = stands[1] + 1
	}
	return t
}
