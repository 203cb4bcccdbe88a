package host

import (
	"context"
	"strings"

	"monitord/collectors"
	"monitord/internal/procfs"
)

// vmstat is /proc/vmstat: what node_exporter takes by default, and what sar -B
// needs besides.
type vmstat struct {
	file  *procfs.File
	named named
}

func newVmstat(o Options) *vmstat {
	return &vmstat{file: o.file("vmstat"), named: named{name: vmName}}
}

// vmName keeps ^(oom_kill|pgpg|pswp|pg.*fault), which is node_exporter's
// default, and the counters of pages freed, scanned and stolen.
func vmName(v procfs.Value) string {
	k := v.Key
	for _, prefix := range []string{"oom_kill", "pgpg", "pswp", "pgscan_", "pgsteal_"} {
		if strings.HasPrefix(k, prefix) {
			return "node_vmstat_" + k
		}
	}
	if k == "pgfree" || strings.HasPrefix(k, "pg") && strings.Contains(k, "fault") {
		return "node_vmstat_" + k
	}
	return ""
}

// Name is "vmstat".
func (*vmstat) Name() string { return "vmstat" }

// Collect reads /proc/vmstat.
func (c *vmstat) Collect(_ context.Context, sink collectors.Sink) error {
	b, err := c.file.Read()
	if err != nil {
		return err
	}
	if err := procfs.ParseVmstat(b, &c.named.values); err != nil {
		return err
	}
	c.named.each(func(name string, v procfs.Value) { sink.Add(name, float64(v.Value)) })
	return nil
}
