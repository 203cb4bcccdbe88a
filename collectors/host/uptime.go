package host

import (
	"context"

	"monitord/collectors"
	"monitord/internal/procfs"
)

// uptime is /proc/uptime: the clock that sar's rates are divided by.
type uptime struct{ file *procfs.File }

func newUptime(o Options) *uptime { return &uptime{file: o.file("uptime")} }

// Name is "uptime".
func (*uptime) Name() string { return "uptime" }

// Collect reads /proc/uptime, which is exact to 1/100 s.
func (c *uptime) Collect(_ context.Context, sink collectors.Sink) error {
	b, err := c.file.Read()
	if err != nil {
		return err
	}
	var u procfs.Uptime
	if err := procfs.ParseUptime(b, &u); err != nil {
		return err
	}
	sink.Add("monitord_uptime_seconds", float64(u.Up)/100)
	return nil
}
