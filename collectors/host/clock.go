package host

import (
	"context"
	"time"

	"monitord/collectors"
)

// clock is the machine's own time, for the server to compare with its own.
type clock struct{ now func() time.Time }

func newClock(o Options) *clock { return &clock{now: o.Now} }

// Name is "time".
func (*clock) Name() string { return "time" }

// Collect tells the Unix time.
func (c *clock) Collect(_ context.Context, sink collectors.Sink) error {
	sink.Add("node_time_seconds", float64(c.now().UnixNano())/1e9)
	return nil
}
