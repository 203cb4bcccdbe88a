package sar

import "strings"

// snmpTable is a table of counters of one file: columns and the counters behind them.
type snmpTable struct {
	name    string
	proto   string // of /proc/net/snmp; empty for /proc/net/snmp6
	columns string
	keys    string
}

// snmpTables are the tables from /proc/net/snmp, in sar's order.
func snmpTables() []snmpTable {
	return []snmpTable{
		{"IP", "Ip", "irec/s fwddgm/s idel/s orq/s asmrq/s asmok/s fragok/s fragcrt/s",
			"InReceives ForwDatagrams InDelivers OutRequests ReasmReqds ReasmOKs FragOKs FragCreates"},
		{"EIP", "Ip", "ihdrerr/s iadrerr/s iukwnpr/s idisc/s odisc/s onort/s asmf/s fragf/s",
			"InHdrErrors InAddrErrors InUnknownProtos InDiscards OutDiscards OutNoRoutes ReasmFails FragFails"},
		{"ICMP", "Icmp", "imsg/s omsg/s iech/s iechr/s oech/s oechr/s itm/s itmr/s otm/s otmr/s iadrmk/s iadrmkr/s oadrmk/s oadrmkr/s",
			"InMsgs OutMsgs InEchos InEchoReps OutEchos OutEchoReps InTimestamps InTimestampReps OutTimestamps " +
				"OutTimestampReps InAddrMasks InAddrMaskReps OutAddrMasks OutAddrMaskReps"},
		{"EICMP", "Icmp", "ierr/s oerr/s idstunr/s odstunr/s itmex/s otmex/s iparmpb/s oparmpb/s isrcq/s osrcq/s iredir/s oredir/s",
			"InErrors OutErrors InDestUnreachs OutDestUnreachs InTimeExcds OutTimeExcds InParmProbs OutParmProbs " +
				"InSrcQuenchs OutSrcQuenchs InRedirects OutRedirects"},
		{"TCP", "Tcp", "active/s passive/s iseg/s oseg/s", "ActiveOpens PassiveOpens InSegs OutSegs"},
		{"ETCP", "Tcp", "atmptf/s estres/s retrans/s isegerr/s orsts/s",
			"AttemptFails EstabResets RetransSegs InErrs OutRsts"},
		{"UDP", "Udp", "idgm/s odgm/s noport/s idgmerr/s", "InDatagrams OutDatagrams NoPorts InErrors"},
	}
}

// snmp6Tables are the tables from /proc/net/snmp6, in sar's order.
func snmp6Tables() []snmpTable {
	return []snmpTable{
		{"IP6", "", "irec6/s fwddgm6/s idel6/s orq6/s asmrq6/s asmok6/s imcpck6/s omcpck6/s fragok6/s fragcr6/s",
			"Ip6InReceives Ip6OutForwDatagrams Ip6InDelivers Ip6OutRequests Ip6ReasmReqds Ip6ReasmOKs " +
				"Ip6InMcastPkts Ip6OutMcastPkts Ip6FragOKs Ip6FragCreates"},
		{"EIP6", "", "ihdrer6/s iadrer6/s iukwnp6/s i2big6/s idisc6/s odisc6/s inort6/s onort6/s asmf6/s fragf6/s itrpck6/s",
			"Ip6InHdrErrors Ip6InAddrErrors Ip6InUnknownProtos Ip6InTooBigErrors Ip6InDiscards Ip6OutDiscards " +
				"Ip6InNoRoutes Ip6OutNoRoutes Ip6ReasmFails Ip6FragFails Ip6InTruncatedPkts"},
		{"ICMP6", "", "imsg6/s omsg6/s iech6/s iechr6/s oechr6/s igmbq6/s igmbr6/s ogmbr6/s igmbrd6/s ogmbrd6/s irtsol6/s " +
			"ortsol6/s irtad6/s inbsol6/s onbsol6/s inbad6/s onbad6/s",
			"Icmp6InMsgs Icmp6OutMsgs Icmp6InEchos Icmp6InEchoReplies Icmp6OutEchoReplies Icmp6InGroupMembQueries " +
				"Icmp6InGroupMembResponses Icmp6OutGroupMembResponses Icmp6InGroupMembReductions Icmp6OutGroupMembReductions " +
				"Icmp6InRouterSolicits Icmp6OutRouterSolicits Icmp6InRouterAdvertisements Icmp6InNeighborSolicits " +
				"Icmp6OutNeighborSolicits Icmp6InNeighborAdvertisements Icmp6OutNeighborAdvertisements"},
		{"EICMP6", "", "ierr6/s idtunr6/s odtunr6/s itmex6/s otmex6/s iprmpb6/s oprmpb6/s iredir6/s oredir6/s ipck2b6/s opck2b6/s",
			"Icmp6InErrors Icmp6InDestUnreachs Icmp6OutDestUnreachs Icmp6InTimeExcds Icmp6OutTimeExcds Icmp6InParmProblems " +
				"Icmp6OutParmProblems Icmp6InRedirects Icmp6OutRedirects Icmp6InPktTooBigs Icmp6OutPktTooBigs"},
		{"UDP6", "", "idgm6/s odgm6/s noport6/s idgmer6/s", "Udp6InDatagrams Udp6OutDatagrams Udp6NoPorts Udp6InErrors"},
	}
}

func (t snmpTable) build(in *input) []Table {
	var row []float64
	for key := range strings.FieldsSeq(t.keys) {
		b, a, ok := t.counter(in, key)
		if !ok {
			return nil
		}
		row = append(row, rate(b, a, in.itv))
	}
	columns := t.columns
	if in.Layout == Layout127 {
		columns = strings.ReplaceAll(columns, "retrans/s", "retrseg/s")
	}
	return one(columns, decs(row...))
}

// counter reads one counter of both snapshots; a kernel that does not count
// it counts 0. ok is false when the file itself is missing.
func (t snmpTable) counter(in *input, key string) (b, a uint64, ok bool) {
	if t.proto == "" {
		if in.before.Snmp6 == nil || in.after.Snmp6 == nil {
			return 0, 0, false
		}
		b, _ = in.before.Snmp6.Get(key)
		a, _ = in.after.Snmp6.Get(key)
		return b, a, true
	}
	if in.before.Snmp == nil || in.after.Snmp == nil {
		return 0, 0, false
	}
	b, _ = in.before.Snmp.Get(t.proto, key)
	a, _ = in.after.Snmp.Get(t.proto, key)
	return b, a, true
}
