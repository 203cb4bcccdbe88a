package collectors

import "context"

// Collector reads one source of the machine it runs on, such as /proc/stat.
// It is driven by one goroutine: Collect is never called twice at a time.
type Collector interface {
	// Name is the collector's name in metrics, logs and configuration.
	Name() string
	// Collect reads once and adds its samples to the sink. What could be read
	// is added even when an error tells that something else could not be. It
	// returns when ctx ends at the latest, except while the kernel holds it in
	// a system call: its caller must not start another one until it returns.
	Collect(ctx context.Context, sink Sink) error
}

// Sink takes samples of one collection. All of them get the collection's
// timestamp and the host's labels; a collector adds neither.
type Sink interface {
	// Add takes one sample. name is the metric's name; labels alternate name
	// and value, sorted by name, without empty values. The slice may be reused
	// after the call. Values are raw: counters are not turned into rates.
	Add(name string, value float64, labels ...string)
}
