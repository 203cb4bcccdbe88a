package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"monitord/collectors"
	"monitord/internal/procfs"
)

// conntrack is the table of connections that the firewall tracks, of the
// probe's own network namespace. When it is full the kernel drops packets.
type conntrack struct {
	count, limit *procfs.File
}

func newConntrack(o Options) *conntrack {
	return &conntrack{count: o.file("sys/net/netfilter/nf_conntrack_count"), limit: o.file("sys/net/netfilter/nf_conntrack_max")}
}

// Name is "conntrack".
func (*conntrack) Name() string { return "conntrack" }

// Collect reads both numbers. A machine that tracks nothing has neither file,
// which is no fault.
func (c *conntrack) Collect(_ context.Context, sink collectors.Sink) error {
	count, err := oneNumber(c.count)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	limit, err := oneNumber(c.limit)
	if err != nil {
		return err
	}
	sink.Add("node_nf_conntrack_entries", count)
	sink.Add("node_nf_conntrack_entries_limit", limit)
	return nil
}

func oneNumber(f *procfs.File) (float64, error) {
	b, err := f.Read()
	if err != nil {
		return 0, err
	}
	v, ok := procfs.ParseNumber(b)
	if !ok {
		return 0, fmt.Errorf("parse %q: want one number", b[:min(len(b), 40)])
	}
	return float64(v), nil
}
