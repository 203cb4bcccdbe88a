package processors

import (
	"strings"

	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
)

// source is a table of loads in percent.
type source struct {
	name, index string // the module's name; the label of the index
	metric, oid string
	key         string // what names its rows; "" is their index
	keep        func(index string) bool
}

// sources are the tables of loads, the best first.
var sources = []source{
	{name: "hrDevice", index: "hrDeviceIndex", metric: "hrProcessorLoad", oid: ".1.3.6.1.2.1.25.3.3.1.2", key: ".1.3.6.1.2.1.25.3.2.1.3"},
	{name: "cpmCPU", index: "cpmCPUTotalIndex", metric: "cpmCPUTotal1minRev", oid: ".1.3.6.1.4.1.9.9.109.1.1.1.1.7"},
	{name: "jnxOperating", index: "jnxOperatingIndex", metric: "jnxOperatingCPU", oid: ".1.3.6.1.4.1.2636.3.1.13.1.8", key: ".1.3.6.1.4.1.2636.3.1.13.1.5", keep: hasProcessor},
	{name: "hpSwitchCpu", index: "hpSwitchCpuIndex", metric: "hpSwitchCpuStat", oid: ".1.3.6.1.4.1.11.2.14.11.5.1.9.6.1"},
}

// hasProcessor says that a Juniper part is a line card (7) or a routing engine (9):
// power supplies and fans have a load of 0, too.
func hasProcessor(index string) bool {
	return strings.HasPrefix(index, "7.") || strings.HasPrefix(index, "9.")
}

// table is the table of a source: the load is a fact as well, since it says which
// rows there are.
func (s source) table() poll.Table {
	load := snmp.MustOID(s.oid)
	t := poll.Table{Name: s.name, Index: s.index, Facts: []poll.Column{{OID: load}}, Need: 1, Columns: []poll.Column{{Metric: s.metric, OID: load}}}
	if s.key != "" {
		t.Keys = []snmp.OID{snmp.MustOID(s.key)}
	}
	return snmpask.Table(t)
}

// The ticks of UCD-SNMP-MIB, from idle on.
const (
	tickIdle = iota
	tickWait
	tickUser
	tickNice
	tickKernel
	tickInterrupt
	tickSoftIRQ
	tickSteal
	tickSystem // where kernel is missing
)

func ticks() poll.Table {
	tick := func(metric, number string) poll.Column {
		return snmpask.Counter(metric, ".1.3.6.1.4.1.2021.11."+number)
	}
	t := snmpask.Scalars("ucd_system_stats",
		tick("ssCpuRawIdle", "53"), tick("ssCpuRawWait", "54"), tick("ssCpuRawUser", "50"), tick("ssCpuRawNice", "51"),
		tick("ssCpuRawKernel", "55"), tick("ssCpuRawInterrupt", "56"), tick("ssCpuRawSoftIRQ", "61"), tick("ssCpuRawSteal", "64"),
		tick("ssCpuRawSystem", "52"))
	t.Columns[tickSystem].Instead = tickKernel + 1
	return t
}
