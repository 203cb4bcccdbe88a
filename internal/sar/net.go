package sar

import (
	"math"
	"strings"

	"monitord/internal/procfs"
)

const (
	netColumns  = "IFACE rxpck/s txpck/s rxkB/s txkB/s rxcmp/s txcmp/s rxmcst/s %ifutil"
	netColumns7 = "IFACE rxpck/s txpck/s rxbyt/s txbyt/s rxcmp/s txcmp/s rxmcst/s"
	edevColumns = "IFACE rxerr/s txerr/s coll/s rxdrop/s txdrop/s txcarr/s rxfram/s rxfifo/s txfifo/s"
)

// netTable is -n DEV.
func netTable(in *input) []Table {
	columns, row := netColumns, netRow
	if in.Layout == Layout7 {
		columns, row = netColumns7, netRow7
	}
	return in.interfaces(columns, registeredAgain, row)
}

// netErrorTable is -n EDEV.
func netErrorTable(in *input) []Table {
	return in.interfaces(edevColumns, registeredAgainErrors, netErrorRow)
}

// interfaces makes a row per interface. One that is new, or that fresh tells
// to be registered again, counts from zero.
func (in *input) interfaces(columns string, fresh func(b, a *procfs.NetDev) bool,
	row func(b, a *NetDev, itv uint64) []string,
) []Table {
	if in.before.NetDevs == nil || in.after.NetDevs == nil {
		return nil
	}
	t := Table{Columns: strings.Fields(columns)}
	for i := range in.after.NetDevs {
		a, b := &in.after.NetDevs[i], &NetDev{}
		for j := range in.before.NetDevs {
			if old := &in.before.NetDevs[j]; old.Name == a.Name {
				if !fresh(&old.NetDev, &a.NetDev) {
					b = old
				}
				break
			}
		}
		t.Rows = append(t.Rows, append([]string{a.Name}, row(b, a, in.itv)...))
	}
	return []Table{t}
}

// registeredAgain reports that a counter went backwards, except where bytes
// or packets alone overflowed 64 bits.
func registeredAgain(b, a *procfs.NetDev) bool {
	back := a.RxPackets < b.RxPackets || a.TxPackets < b.TxPackets || a.RxBytes < b.RxBytes || a.TxBytes < b.TxBytes ||
		a.RxCompressed < b.RxCompressed || a.TxCompressed < b.TxCompressed || a.RxMulticast < b.RxMulticast
	overflow := func(was, is, otherWas, otherIs uint64) bool {
		return is < was && otherIs > otherWas && was > math.MaxUint64/2
	}
	return back && !overflow(b.RxBytes, a.RxBytes, b.RxPackets, a.RxPackets) &&
		!overflow(b.TxBytes, a.TxBytes, b.TxPackets, a.TxPackets) &&
		!overflow(b.RxPackets, a.RxPackets, b.RxBytes, a.RxBytes) &&
		!overflow(b.TxPackets, a.TxPackets, b.TxBytes, a.TxBytes)
}

func registeredAgainErrors(b, a *procfs.NetDev) bool {
	return a.TxErrs < b.TxErrs || a.TxColls < b.TxColls || a.RxDrop < b.RxDrop || a.TxDrop < b.TxDrop ||
		a.TxCarrier < b.TxCarrier || a.RxFrame < b.RxFrame || a.RxFifo < b.RxFifo || a.TxFifo < b.TxFifo
}

func netRow(b, a *NetDev, itv uint64) []string {
	rx, tx := wrapRate(b.RxBytes, a.RxBytes, itv), wrapRate(b.TxBytes, a.TxBytes, itv)
	return decs(wrapRate(b.RxPackets, a.RxPackets, itv), wrapRate(b.TxPackets, a.TxPackets, itv), rx/1024, tx/1024,
		rate(b.RxCompressed, a.RxCompressed, itv), rate(b.TxCompressed, a.TxCompressed, itv),
		rate(b.RxMulticast, a.RxMulticast, itv), utilization(a, rx, tx))
}

func netRow7(b, a *NetDev, itv uint64) []string {
	return decs(wrapRate(b.RxPackets, a.RxPackets, itv), wrapRate(b.TxPackets, a.TxPackets, itv),
		wrapRate(b.RxBytes, a.RxBytes, itv), wrapRate(b.TxBytes, a.TxBytes, itv),
		rate(b.RxCompressed, a.RxCompressed, itv), rate(b.TxCompressed, a.TxCompressed, itv),
		rate(b.RxMulticast, a.RxMulticast, itv))
}

// wrapRate is rate of a counter that overflows at 64 bits: registeredAgain has
// already told a step backwards from an overflow.
func wrapRate(before, after, itv uint64) float64 {
	if after < before && before < math.MaxUint64/2 {
		return 0
	}
	return float64(after-before) / float64(itv) * 100
}

// utilization is the share of the link's speed in percent: of the busier
// direction, or of both where only one can talk at a time.
func utilization(d *NetDev, rx, tx float64) float64 {
	if d.SpeedMbps == 0 {
		return 0
	}
	bits := float64(d.SpeedMbps * 1000000)
	if d.FullDuplex {
		return max(rx, tx) * 800 / bits
	}
	return (rx + tx) * 800 / bits
}

func netErrorRow(b, a *NetDev, itv uint64) []string {
	return decs(rate(b.RxErrs, a.RxErrs, itv), rate(b.TxErrs, a.TxErrs, itv), rate(b.TxColls, a.TxColls, itv),
		rate(b.RxDrop, a.RxDrop, itv), rate(b.TxDrop, a.TxDrop, itv), rate(b.TxCarrier, a.TxCarrier, itv),
		rate(b.RxFrame, a.RxFrame, itv), rate(b.RxFifo, a.RxFifo, itv), rate(b.TxFifo, a.TxFifo, itv))
}
