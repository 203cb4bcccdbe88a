package trendwatch

import "monitord/checks/trend"

// realDisks leaves out filesystems that are no disk, or cannot fill.
const realDisks = `fstype!~"tmpfs|ramfs|devtmpfs|squashfs|overlay|iso9660|erofs|udf|nsfs|autofs|fuse.lxcfs"`

// realLinks leaves out what containers and virtual machines bring and take away.
const realLinks = `device!~"lo|veth.*|docker.*|br-.*|virbr.*|vnet.*|tap.*|cali.*|cilium.*|flannel.*|cni.*|dummy.*|ifb.*"`

// DefaultRules are the rules for every host: limits of what fills, and the
// rhythm of what flows. The names are those of node_exporter and snmp_exporter,
// whoever sends them.
func DefaultRules() []RuleConfig {
	flow := []trend.Kind{trend.Surge, trend.Drop, trend.Pattern}
	rules := []RuleConfig{
		{Name: "filesystem", Item: "filesystem {mountpoint}", Unit: UnitRatio, Limit: "1",
			Expr: `1 - node_filesystem_avail_bytes{` + realDisks + `} / (node_filesystem_size_bytes > 0) unless node_filesystem_readonly == 1`},
		{Name: "inodes", Item: "inodes {mountpoint}", Unit: UnitRatio, Limit: "1",
			Expr: `1 - node_filesystem_files_free{` + realDisks + `} / (node_filesystem_files > 0) unless node_filesystem_readonly == 1`},
		{Name: "memory", Item: "memory", Unit: UnitRatio, Limit: "1",
			Expr: `1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes`},
		{Name: "swap", Item: "free swap", Unit: UnitBytes, Limit: "0", Below: true,
			Expr: `node_memory_SwapFree_bytes and node_memory_SwapTotal_bytes > 0`},
		{Name: "files", Item: "file handles", Unit: UnitRatio, Limit: "1",
			Expr: `node_filefd_allocated / (node_filefd_maximum < 1e12)`}, // 2^63-1 is none
		{Name: "connections", Item: "connections", Unit: UnitRatio, Limit: "1",
			Expr: `node_nf_conntrack_entries / (node_nf_conntrack_entries_limit > 0)`},
		{Name: "load", Item: "load", Kinds: flow, Expr: `node_load5`},
		{Name: "processes", Item: "processes", Kinds: flow, Expr: `node_processes_pids`},
		{Name: "running", Item: "running processes", Kinds: flow, Expr: `avg_over_time(node_procs_running[5m])`},
		{Name: "requests", Item: "requests {job}", Unit: UnitPerSecond, Kinds: flow,
			Expr: `sum by (host, instance, job) (rate({__name__=~"http_requests_total|nginx_http_requests_total|apache_accesses_total|haproxy_frontend_http_requests_total"}[5m]))`},
	}
	for _, f := range []struct{ name, expr, item string }{
		{"traffic-in", "node_network_receive_bytes_total{" + realLinks + "}", "{device} in"},
		{"traffic-out", "node_network_transmit_bytes_total{" + realLinks + "}", "{device} out"},
	} {
		rules = append(rules, RuleConfig{Name: f.name, Expr: f.expr, Counter: true, Item: f.item, Unit: UnitBytesPerSecond, Kinds: flow})
	}
	return append(rules, deviceRules(flow)...)
}
