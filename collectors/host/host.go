package host

import (
	"log/slog"
	"path/filepath"
	"time"

	"monitord/collectors"
	"monitord/internal/procfs"
)

// Options says where the machine is. The zero value is the running one.
type Options struct {
	Proc   string       // mount point of procfs; "" is /proc
	RootFS string       // put in front of mount points when sizes are asked; "" is none
	Logger *slog.Logger // nil discards; only mounts that hang or come back are logged
	// Now is the clock of node_time_seconds; nil is time.Now.
	Now func() time.Time
	// MountTimeout is how long one file system may take to answer; 0 is one second.
	MountTimeout time.Duration
}

// New returns the collectors of this machine, sorted by name. Nothing is
// opened before the first Collect.
func New(o Options) []collectors.Collector {
	if o.Proc == "" {
		o.Proc = "/proc"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MountTimeout == 0 {
		o.MountTimeout = time.Second
	}
	return []collectors.Collector{
		newConntrack(o), newDiskstats(o), newFilefd(o), newFilesystem(o), newLoadavg(o), newMeminfo(o), newNetdev(o),
		newProcesses(o), newSockstat(o), newStat(o), newClock(o), newTimex(), newUname(), newUptime(o), newVmstat(o),
	}
}

func (o Options) file(name string) *procfs.File {
	return procfs.NewFile(filepath.Join(o.Proc, name))
}
