package agent

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"monitord/collectors"
)

// Loadavg is the smallest collector there is: node_load1, 5 and 15 from
// /proc/loadavg (proc(5)). It stands in where no other collectors are given.
type Loadavg struct{ Path string }

// Name is node_exporter's.
func (Loadavg) Name() string { return "loadavg" }

// Collect reads the file once.
func (l Loadavg) Collect(_ context.Context, sink collectors.Sink) error {
	b, err := os.ReadFile(l.Path)
	if err != nil {
		return fmt.Errorf("read load: %w", err)
	}
	fields := strings.Fields(string(b))
	if len(fields) < 3 {
		return fmt.Errorf("read load %s: got %q; want three numbers", l.Path, b)
	}
	for i, name := range []string{"node_load1", "node_load5", "node_load15"} {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return fmt.Errorf("read load %s: %w", l.Path, err)
		}
		sink.Add(name, v)
	}
	return nil
}
