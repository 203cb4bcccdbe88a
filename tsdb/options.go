package tsdb

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Limits that are no operator's decision.
const (
	// MaxAhead is how far ahead of the server's clock a sample may be. One sample
	// a year ahead would make the library refuse the normal samples of all hosts.
	MaxAhead = 10 * time.Minute
	// OutOfOrderWindow is how late a sample may come: a spool of 24 h and an hour
	// for the way.
	OutOfOrderWindow = 25 * time.Hour
	// maxSyncInterval bounds Options.SyncInterval: senders wait for the answer.
	maxSyncInterval = 200 * time.Millisecond
)

// Options says where and how the store keeps its data. Only Dir, Logger and
// Registerer are required; a zero value of the others means the default.
type Options struct {
	Dir string // created when missing; must be on a local filesystem

	// Retention is how long samples are kept; default 90 days.
	Retention time.Duration
	// MinFreeBytes is the room on the disk below which appends answer ErrFull;
	// default 256 MiB.
	MinFreeBytes uint64
	// BallastBytes is the size of the file that is given up to get a full disk
	// working again; default 64 MiB. A segment of the log is a quarter of it, so
	// that the repair of a torn segment always has room.
	BallastBytes int64
	// SyncInterval is the least time between two syncs; default 50 ms, at most
	// 200 ms. A batch that finds the store idle is synced at once.
	SyncInterval time.Duration
	// QueryTimeout bounds one query; default 1 minute.
	QueryTimeout time.Duration
	// QuerySamples bounds the samples that one query may hold in memory;
	// default 10 million (160 MB).
	QuerySamples int
	// QueryConcurrency is how many queries run at once; default 8.
	QueryConcurrency int

	Logger     *slog.Logger
	Registerer prometheus.Registerer
	// Now is the clock that samples are compared with; default time.Now.
	Now func() time.Time
	// FreeSpace returns the bytes free for us on the filesystem of dir; default
	// statfs. A seam for tests.
	FreeSpace func(dir string) (uint64, error)
	// OnClock, when set, is called once a batch for each host whose samples were
	// refused because they are ahead, with the largest distance. It must not block.
	OnClock func(host string, ahead time.Duration)
}

func (o Options) withDefaults() Options {
	o.Retention = cmp.Or(o.Retention, 90*24*time.Hour)
	o.MinFreeBytes = cmp.Or(o.MinFreeBytes, 256<<20)
	o.BallastBytes = cmp.Or(o.BallastBytes, 64<<20)
	o.SyncInterval = cmp.Or(o.SyncInterval, 50*time.Millisecond)
	o.QueryTimeout = cmp.Or(o.QueryTimeout, time.Minute)
	o.QuerySamples = cmp.Or(o.QuerySamples, 10_000_000)
	o.QueryConcurrency = cmp.Or(o.QueryConcurrency, 8)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.FreeSpace == nil {
		o.FreeSpace = statfsFree
	}
	if o.OnClock == nil {
		o.OnClock = func(string, time.Duration) {}
	}
	return o
}

func (o Options) validate() error {
	var faults []error
	if o.Dir == "" {
		faults = append(faults, errors.New("no directory"))
	}
	if o.Logger == nil || o.Registerer == nil {
		faults = append(faults, errors.New("no logger or registerer"))
	}
	if o.Retention < 2*time.Hour {
		faults = append(faults, fmt.Errorf("retention %v (want at least 2h)", o.Retention))
	}
	if o.BallastBytes < 1<<20 {
		faults = append(faults, fmt.Errorf("ballast of %d bytes (want at least 1 MiB)", o.BallastBytes))
	}
	if o.SyncInterval < 0 || o.SyncInterval > maxSyncInterval {
		faults = append(faults, fmt.Errorf("sync interval %v (want at most %v)", o.SyncInterval, maxSyncInterval))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("tsdb options: %w", err)
	}
	return nil
}
