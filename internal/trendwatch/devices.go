package trendwatch

import (
	"fmt"

	"monitord/checks/trend"
)

// What is asked of devices that are read by SNMP. Series have the objects' names,
// as snmp_exporter and our checks interfaces, storage and ucd send them. A host
// that has a probe is judged by what the probe sends alone.
const (
	// noLinks are interfaces by name that carry nothing of their own: loopback, null,
	// a kernel's own, containers' and virtual machines', telephone peers. Networks
	// (Vlan10) and bundles (Po1, Trk1) stay: people know them by name.
	noLinks = `lo[0-9]*|Lo(opback)?[0-9]+|LOOPBACK|Software ?Loop[Bb]ack.*|.*loopback interface.*|Nu(ll)?[0-9]+|VoIP-Null.*|Voice Over IP Peer.*|VoiceOverIpPeer.*|` +
		`veth.*|docker.*|br-.*|virbr.*|vnet.*|tap.*|cali.*|cilium.*|flannel.*|cni.*|dummy.*|ifb.*|enc[0-9]+|pflog[0-9]+|pfsync[0-9]+|sit[0-9]+|gre[0-9]+|gretap[0-9]+|erspan[0-9]+|ip6tnl[0-9]+|tunl[0-9]+`

	// links leaves out those, by whichever name the device gives.
	links = `ifName!~"` + noLinks + `",ifDescr!~"` + noLinks + `"`

	// notUp is an interface that is known to be down: that is what the check
	// interfaces tells. Its silence is no drop, and an empty port takes no memory.
	notUp = `on (host, instance, ifIndex) (ifOperStatus != 1 != 4)`

	// areas are those of hrStorage that are filesystems: a path, a drive's letter. No
	// negated class and no (?i): compiling them costs 10 ms for each question.
	areas = `hrStorageDescr=~"/.*|[A-Za-z]:.*|.*mounted on: /.*",` +
		`hrStorageDescr!~"/(dev|proc|run|snap|sys)|/(proc|run|snap|sys)/.*|/dev/(fd|hugepages|mqueue|pts|shm)(/.*)?|.*, type: (devfs|procfs|fdescfs|linprocfs|linsysfs),.*"`

	// physical and swapSpace are areas of memory, by the names that agents of hosts
	// give. A printer's RAM says nothing.
	physical  = `hrStorageDescr=~"Physical [Mm]emory|Real [Mm]emory"`
	cached    = `hrStorageDescr=~"Memory buffers|Cached memory"`
	swapSpace = `hrStorageDescr=~"[Ss]wap( [Ss]pace)?"`

	probed = ` unless on (host, instance) `
)

func deviceRules(flow []trend.Kind) []RuleConfig {
	rules := []RuleConfig{
		{Name: "snmp-disks", Item: "filesystem {disk}", Unit: UnitRatio, Limit: "1",
			Expr: "(" + hrDisks() + " or " + ucdDisks() + ")" + probed + "node_filesystem_size_bytes"},
		{Name: "snmp-memory", Item: "memory", Unit: UnitRatio, Limit: "1",
			Expr: "(" + hrMemory() + " or " + ucdMemory() + ")" + probed + "node_memory_MemTotal_bytes"},
		{Name: "snmp-swap", Item: "free swap", Unit: UnitBytes, Limit: "0", Below: true,
			Expr: "(" + hrSwap() + " or " + ucdSwap() + ")" + probed + "node_memory_SwapTotal_bytes"},
	}
	for _, f := range []struct{ name, wide, narrow, node string }{
		{"in", "ifHCInOctets", "ifInOctets", "node_network_receive_bytes_total"},
		{"out", "ifHCOutOctets", "ifOutOctets", "node_network_transmit_bytes_total"},
	} {
		rest := " unless " + notUp + probed + f.node
		for _, r := range []RuleConfig{
			{Name: "snmp-" + f.name, Expr: f.wide + "{" + links + "}" + rest},
			{Name: "snmp-" + f.name + "-32", Expr: f.narrow + "{" + links + "} unless on (host, instance, ifIndex) " + f.wide + rest},
		} {
			r.Counter, r.Item, r.Unit, r.Kinds = true, "{ifName|ifDescr|ifIndex} "+f.name, UnitBytesPerSecond, flow
			rules = append(rules, r)
		}
	}
	return rules
}

// hrDisks is the share in use of each filesystem of hrStorageTable (RFC 2790), by
// its path: numbers change when a device starts. Sizes and use are in the same
// units. What is full and has not changed for a day is an image that is read-only.
func hrDisks() string {
	used, size := "hrStorageUsed{"+areas+"}", "hrStorageSize{"+areas+"}"
	share := fmt.Sprintf("%s / (%s > 0) unless (%s == %s and %s == %s offset 1d)", used, size, used, size, used, used)
	return `max by (host, instance, disk) (label_replace(` + share + `, "disk", "$1", "hrStorageDescr", "(?:.*mounted on: )?(.*?)(?:, type: .*| +Label:.*)?"))`
}

// ucdDisks is the same of what snmpd watches by its lines "disk" (UCD-SNMP-MIB
// dskTable): kB, in two halves where the agent has them.
func ucdDisks() string {
	const two32 = "4294967296"
	wide := "1 - (dskAvailLow + " + two32 + " * dskAvailHigh) / (dskTotalLow + " + two32 + " * dskTotalHigh > 0)"
	return `max by (host, instance, disk) (label_replace(` + wide + ` or 1 - dskAvail / (dskTotal > 0), "disk", "$1", "dskPath", "(.*)"))`
}

// hrMemory is the share of memory in use, without buffers and cached files where
// the agent lists them beside.
func hrMemory() string {
	used := "hrStorageUsed{" + physical + "} * hrStorageAllocationUnits"
	less := "on (host, instance) group_left () sum by (host, instance) (hrStorageUsed{" + cached + "} * hrStorageAllocationUnits)"
	return "max by (host, instance) (clamp_min(" + used + " - " + less + " or " + used + ", 0) / (hrStorageSize{" + physical + "} * hrStorageAllocationUnits > 0))"
}

func ucdMemory() string {
	return "max by (host, instance) (1 - (memAvailRealX + memBuffer + memCached) / (memTotalRealX > 0) or 1 - (memAvailReal + memBuffer + memCached) / (memTotalReal > 0))"
}

// hrSwap is the swap space that is free, in bytes.
func hrSwap() string {
	return "sum by (host, instance) ((hrStorageSize{" + swapSpace + "} - hrStorageUsed{" + swapSpace + "}) * hrStorageAllocationUnits and hrStorageSize{" + swapSpace + "} > 0)"
}

func ucdSwap() string {
	return "max by (host, instance) (1024 * (memAvailSwapX and memTotalSwapX > 0) or 1024 * (memAvailSwap and memTotalSwap > 0))"
}
