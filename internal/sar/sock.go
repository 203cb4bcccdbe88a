package sar

import (
	"strconv"
	"strings"

	"monitord/internal/procfs"
)

// sockKeys are the gauges of sockets, in the order of Gauges.Add.
var sockKeys = [...]string{"sock", "tcp", "udp", "raw", "frag", "tw", "tcp6", "udp6", "raw6", "frag6"}

// sockTable is -n SOCK.
func sockTable(in *input) []Table {
	if in.after.Sockstat == nil {
		return nil
	}
	g := in.gauges
	row := wholes(g.mean("sock"), g.mean("tcp"), g.mean("udp"), g.mean("raw"), g.mean("frag"), g.mean("tw"))
	if in.Layout == Layout7 {
		return one("totsck tcpsck udpsck rawsck ip-frag", row[:5])
	}
	return one("totsck tcpsck udpsck rawsck ip-frag tcp-tw", row)
}

// sock6Table is -n SOCK6.
func sock6Table(in *input) []Table {
	if in.after.Sockstat == nil {
		return nil
	}
	g := in.gauges
	return one("tcp6sck udp6sck raw6sck ip6-frag",
		wholes(g.mean("tcp6"), g.mean("udp6"), g.mean("raw6"), g.mean("frag6")))
}

func backlogKey(id int) string { return "backlog." + strconv.Itoa(id) }

// softnetByCPU is the lines of softnet_stat by processor. Kernels before 5.10
// do not name it: their lines are of the online ones, in order.
func softnetByCPU(s *Snapshot) map[int]procfs.SoftnetCPU {
	out := make(map[int]procfs.SoftnetCPU, len(s.Softnet))
	for i, c := range s.Softnet {
		id := c.CPU
		if id < 0 {
			id = i
			if s.Stat != nil && i < len(s.Stat.CPUs) {
				id = s.Stat.CPUs[i].ID
			}
		}
		out[id] = c
	}
	return out
}

func softnetZero(c procfs.SoftnetCPU) bool {
	return c.Processed+c.Dropped+c.TimeSqueeze+c.ReceivedRPS+c.FlowLimit+c.Backlog == 0
}

// softnetTable is -n SOFT. A processor that has no counts at one end is not
// shown and adds nothing.
func softnetTable(in *input) []Table {
	if in.before.Softnet == nil || in.after.Softnet == nil {
		return nil
	}
	before, after := softnetByCPU(in.before), softnetByCPU(in.after)
	t := Table{Columns: strings.Fields("CPU total/s dropd/s squeezd/s rx_rps/s flw_lim/s blg_len")}
	var sumB, sumA procfs.SoftnetCPU
	var backlog float64
	var rows [][]string
	top := 0
	for id := range after {
		top = max(top, id)
	}
	for id := range top + 1 {
		b, a := before[id], after[id]
		if softnetZero(b) || softnetZero(a) {
			continue
		}
		addSoftnet(&sumB, b)
		addSoftnet(&sumA, a)
		mean := in.gauges.mean(backlogKey(id))
		backlog += mean
		rows = append(rows, softnetRow(strconv.Itoa(id), b, a, mean, in.itv))
	}
	t.Rows = append(t.Rows, softnetRow("all", sumB, sumA, backlog, in.itv))
	if in.PerCPU {
		t.Rows = append(t.Rows, rows...)
	}
	return []Table{t}
}

func addSoftnet(sum *procfs.SoftnetCPU, c procfs.SoftnetCPU) {
	sum.Processed += c.Processed
	sum.Dropped += c.Dropped
	sum.TimeSqueeze += c.TimeSqueeze
	sum.ReceivedRPS += c.ReceivedRPS
	sum.FlowLimit += c.FlowLimit
}

func softnetRow(name string, b, a procfs.SoftnetCPU, backlog float64, itv uint64) []string {
	r := func(was, is uint32) float64 { return rate32(uint64(was), uint64(is), itv) }
	row := append([]string{name}, decs(r(b.Processed, a.Processed), r(b.Dropped, a.Dropped),
		r(b.TimeSqueeze, a.TimeSqueeze), r(b.ReceivedRPS, a.ReceivedRPS), r(b.FlowLimit, a.FlowLimit))...)
	return append(row, whole(backlog))
}
