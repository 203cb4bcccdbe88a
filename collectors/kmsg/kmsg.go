package kmsg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"monitord/collectors"
	"monitord/collectors/internal/bookmark"
	"monitord/internal/logkeys"
	"monitord/internal/pause"
	"monitord/internal/rungroup"
)

// Source is the Source of the kernel's lines.
const Source = "kernel"

// device is where the kernel's log is read.
const device = "/dev/kmsg"

// Batch is successive lines.
type Batch struct {
	Lines    []collectors.Line
	Position Position
}

// Deps is what a Follower needs from others.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	// Sink takes a batch. While it blocks nothing is read; the kernel keeps as
	// much as its ring holds. After an error the same batch comes again.
	Sink func(context.Context, Batch) error
	// State is the file that keeps the position; "" keeps none.
	State string
	// Stored is the position that the consumer has kept together with the lines;
	// it counts before the State.
	Stored Position
	// Open opens the log; nil is /dev/kmsg.
	Open func() (io.ReadSeekCloser, error)
	// Boot is the ID of this start of the machine; "" reads it from /proc.
	Boot string
}

// Stats counts since the start of the program.
type Stats struct {
	Lines uint64
	// Overwritten are the records that the kernel has overwritten before they were
	// read.
	Overwritten uint64
	Fault       string // why nothing comes now; empty when it does
}

// Follower reads the kernel's log.
type Follower struct {
	cfg   Config
	deps  Deps
	mark  *bookmark.Bookmark
	mu    sync.Mutex
	last  Position // delivered
	stats Stats
}

// New reads the position. It opens nothing else and starts nothing.
func New(cfg Config, deps Deps) (*Follower, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("follow the kernel's log: %w", err)
	}
	if deps.Open == nil {
		deps.Open = openDevice
	}
	if deps.Boot == "" {
		b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
		if err != nil {
			return nil, fmt.Errorf("follow the kernel's log: %w", err)
		}
		deps.Boot = strings.TrimSpace(string(b))
	}
	stored := ""
	if deps.Stored.Boot != "" {
		stored = deps.Stored.String()
	}
	mark, err := bookmark.Open(deps.State, stored)
	if err != nil {
		return nil, fmt.Errorf("follow the kernel's log: %w", err)
	}
	f := &Follower{cfg: cfg, deps: deps, mark: mark}
	if p, err := ParsePosition(mark.Place()); err == nil {
		f.last = p
	}
	return f, nil
}

func openDevice() (io.ReadSeekCloser, error) {
	f, err := os.OpenFile(device, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w (run as root or grant CAP_SYSLOG)", err)
	}
	return f, err
}

// Ack says that everything up to a position is kept where it cannot be lost.
func (f *Follower) Ack(p Position) { f.mark.Ack(p.String()) }

// Stats returns the counts.
func (f *Follower) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stats
}

// Save writes the acknowledged position to the state file.
func (f *Follower) Save() error { return f.mark.Save() }

// Times of the follower.
const (
	retryEvery = time.Second      // after an error of the sink
	openAgain  = 30 * time.Second // after the device could not be read
)

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) error {
	err := rungroup.Run(ctx,
		rungroup.Runner{Name: "read the kernel's log", Run: f.readAll},
		rungroup.Runner{Name: "keep its position", Run: f.keep},
	)
	return errors.Join(err, f.Save())
}

func (f *Follower) keep(ctx context.Context) error {
	f.mark.Keep(ctx, f.deps.Logger)
	return nil
}

// readAll opens the log again when it cannot be read.
func (f *Follower) readAll(ctx context.Context) error {
	failing := false
	for {
		err := f.read(ctx)
		if ctx.Err() != nil {
			return nil
		}
		f.mu.Lock()
		f.stats.Fault = err.Error()
		f.mu.Unlock()
		if !failing {
			f.deps.Logger.Warn("the kernel's log cannot be read; it is tried again", logkeys.Err, err)
		}
		failing = true
		if !pause.For(ctx, openAgain) {
			return nil
		}
	}
}
