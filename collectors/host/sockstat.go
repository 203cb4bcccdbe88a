package host

import (
	"context"
	"errors"
	"io/fs"

	"monitord/collectors"
	"monitord/internal/procfs"
)

// sockstat is /proc/net/sockstat and sockstat6: sockets in use, those of IPv6
// counted apart, of the probe's own network namespace.
type sockstat struct{ v4, v6 *procfs.File }

func newSockstat(o Options) *sockstat {
	return &sockstat{v4: o.file("net/sockstat"), v6: o.file("net/sockstat6")}
}

// Name is "sockstat".
func (*sockstat) Name() string { return "sockstat" }

// Collect reads both files; without IPv6 the kernel has only the first.
func (c *sockstat) Collect(_ context.Context, sink collectors.Sink) error {
	var s procfs.Sockstat
	b, err := c.v4.Read()
	if err != nil {
		return err
	}
	procfs.ParseSockstat(b, &s)
	sink.Add("node_sockstat_sockets_used", float64(s.Sockets))
	sink.Add("node_sockstat_TCP_inuse", float64(s.TCP))
	sink.Add("node_sockstat_TCP_tw", float64(s.TCPTimeWait))
	sink.Add("node_sockstat_UDP_inuse", float64(s.UDP))
	b, err = c.v6.Read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	procfs.ParseSockstat(b, &s)
	sink.Add("node_sockstat_TCP6_inuse", float64(s.TCP6))
	sink.Add("node_sockstat_UDP6_inuse", float64(s.UDP6))
	return nil
}
