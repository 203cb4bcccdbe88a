package host

import (
	"context"

	"monitord/collectors"
	"monitord/internal/procfs"
)

// netdev is /proc/net/dev of the probe's own network namespace.
type netdev struct {
	file   *procfs.File
	devs   []procfs.NetDev
	labels []deviceLabels
}

func newNetdev(o Options) *netdev { return &netdev{file: o.file("net/dev")} }

// Name is "netdev".
func (*netdev) Name() string { return "netdev" }

// Collect reads /proc/net/dev.
func (c *netdev) Collect(_ context.Context, sink collectors.Sink) error {
	b, err := c.file.Read()
	if err != nil {
		return err
	}
	c.devs = procfs.ParseNetDev(b, c.devs)
	for i := range c.devs {
		d := &c.devs[i]
		addNetdev(sink, d, labelsAt(&c.labels, i, d.Name, nil))
	}
	return nil
}

func addNetdev(sink collectors.Sink, d *procfs.NetDev, labels []string) {
	sink.Add("node_network_receive_bytes_total", float64(d.RxBytes), labels...)
	sink.Add("node_network_receive_compressed_total", float64(d.RxCompressed), labels...)
	sink.Add("node_network_receive_drop_total", float64(d.RxDrop), labels...)
	sink.Add("node_network_receive_errs_total", float64(d.RxErrs), labels...)
	sink.Add("node_network_receive_fifo_total", float64(d.RxFifo), labels...)
	sink.Add("node_network_receive_frame_total", float64(d.RxFrame), labels...)
	sink.Add("node_network_receive_multicast_total", float64(d.RxMulticast), labels...)
	sink.Add("node_network_receive_packets_total", float64(d.RxPackets), labels...)
	sink.Add("node_network_transmit_bytes_total", float64(d.TxBytes), labels...)
	sink.Add("node_network_transmit_carrier_total", float64(d.TxCarrier), labels...)
	sink.Add("node_network_transmit_colls_total", float64(d.TxColls), labels...)
	sink.Add("node_network_transmit_compressed_total", float64(d.TxCompressed), labels...)
	sink.Add("node_network_transmit_drop_total", float64(d.TxDrop), labels...)
	sink.Add("node_network_transmit_errs_total", float64(d.TxErrs), labels...)
	sink.Add("node_network_transmit_fifo_total", float64(d.TxFifo), labels...)
	sink.Add("node_network_transmit_packets_total", float64(d.TxPackets), labels...)
}
