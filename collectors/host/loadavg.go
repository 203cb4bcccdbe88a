package host

import (
	"context"

	"monitord/collectors"
	"monitord/internal/procfs"
)

// loadavg is /proc/loadavg.
type loadavg struct{ file *procfs.File }

func newLoadavg(o Options) *loadavg { return &loadavg{file: o.file("loadavg")} }

// Name is "loadavg".
func (*loadavg) Name() string { return "loadavg" }

// Collect reads /proc/loadavg. Its second number of threads is the machine's:
// counting /proc/PID/task of every process costs a thousand times more.
func (c *loadavg) Collect(_ context.Context, sink collectors.Sink) error {
	b, err := c.file.Read()
	if err != nil {
		return err
	}
	var l procfs.Loadavg
	if err := procfs.ParseLoadavg(b, &l); err != nil {
		return err
	}
	sink.Add("node_load1", float64(l.Load1)/100)
	sink.Add("node_load15", float64(l.Load15)/100)
	sink.Add("node_load5", float64(l.Load5)/100)
	sink.Add("node_processes_threads", float64(l.Total))
	return nil
}
