// Package host collects what the kernel counts about the machine: the sources
// of sar, under node_exporter's metric names.
//
// One file per source. Each collector keeps its files open, reads them with
// pread into a buffer of its own, parses bytes (internal/procfs) and hands
// prebuilt names to the sink, so that a collection allocates next to nothing
// and takes a fraction of a millisecond. No right beyond reading /proc is
// needed; a source that this kernel lacks is an error of that collector alone.
//
// Values are raw: counters are since boot. Units are node_exporter's: seconds,
// bytes, 512-byte sectors only in node_disk_discarded_sectors_total.
package host
