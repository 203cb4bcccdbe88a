package host

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"monitord/collectors"
)

const (
	timeError = 5      // TIME_ERROR: the clock is not synchronized
	statNano  = 0x2000 // STA_NANO: Offset is in nanoseconds, else microseconds
)

// timex is what the kernel knows about its clock's error: adjtimex(2).
type timex struct {
	adjtimex func(*unix.Timex) (state int, err error)
}

func newTimex() *timex { return &timex{adjtimex: unix.Adjtimex} }

// Name is "timex".
func (*timex) Name() string { return "timex" }

// Collect asks, changing nothing.
func (c *timex) Collect(_ context.Context, sink collectors.Sink) error {
	var t unix.Timex
	state, err := c.adjtimex(&t)
	if err != nil {
		return fmt.Errorf("adjtimex: %w", err)
	}
	unit := 1e6
	if t.Status&statNano != 0 {
		unit = 1e9
	}
	synced := 1.0
	if state == timeError {
		synced = 0
	}
	sink.Add("node_timex_estimated_error_seconds", float64(t.Esterror)/1e6)
	sink.Add("node_timex_maxerror_seconds", float64(t.Maxerror)/1e6)
	sink.Add("node_timex_offset_seconds", float64(t.Offset)/unit)
	sink.Add("node_timex_sync_status", synced)
	return nil
}
