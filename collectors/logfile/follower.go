package logfile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"monitord/collectors"
	"monitord/internal/logkeys"
	"monitord/internal/rungroup"
)

// Deps is what a Follower needs from others.
type Deps struct {
	Logger *slog.Logger
	// Now is the time that lines are marked with.
	Now func() time.Time
	// Sink takes a batch. While it blocks nothing is read and nothing is dropped.
	// After an error the same batch comes again. It may keep the batch. It calls
	// Ack, then or later, when the lines are where they cannot be lost.
	Sink func(context.Context, Batch) error
	// State is the file that keeps positions; "" keeps none.
	State string
	// Stored are positions that the consumer has kept together with the lines, in
	// one transaction. Where they are ahead of the State they count: then no line
	// is delivered twice even after kill -9.
	Stored []Position
}

// Batch is lines of one generation, in order and without gap.
type Batch struct {
	Lines    []collectors.Line
	Position Position // behind the last of them
}

// Times of the follower.
const (
	pollEvery     = 100 * time.Millisecond // for what has changed
	discoverEvery = time.Second            // for new files, when inotify does not tell
	saveEvery     = 500 * time.Millisecond
	retryEvery    = time.Second // after an error of the sink
	idleAfter     = time.Minute // without news a file gives its descriptor back
)

// Follower reads lines of files as they are written, through every rotation.
type Follower struct {
	cfg  Config
	deps Deps
	wake chan struct{} // something is to be read
	soon chan struct{} // a pattern is followed for the first time: that is saved at once

	mu        sync.Mutex
	streams   map[string]*stream
	order     []*stream // all streams, in the order in which they are looked at
	sweepAt   int
	hot       map[*stream]struct{} // streams with recent news, and those with several generations
	queue     []*stream            // with something to read
	live      map[inode]*generation
	open      map[*generation]struct{} // with a descriptor
	past      *history
	dropped   bool               // some of order are
	begun     []*stream          // new in this round
	listings  map[string]listing // of this round
	patterns  map[string]bool    // that were followed before this run, or are by now
	lastID    uint64
	acks      ledger
	total     Totals
	hints     *hints
	dirs      map[string]dirState
	discovery time.Time // when to look for new files
}

// New reads the state file. It opens nothing else and starts nothing.
func New(cfg Config, deps Deps) (*Follower, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("follow logs: %w", err)
	}
	var was saved
	var lines int
	was.positions, was.patterns = map[uint64]Position{}, map[string]bool{}
	if deps.State != "" {
		path, err := filepath.Abs(deps.State)
		if err != nil {
			return nil, fmt.Errorf("follow logs: %w", err)
		}
		if was, lines, err = readState(path); err != nil {
			return nil, fmt.Errorf("follow logs: %w", err)
		}
		deps.State = path
	}
	for _, p := range deps.Stored {
		if old, known := was.positions[p.ID]; !known || p.Offset > old.Offset {
			was.positions[p.ID] = p
		}
	}
	f := &Follower{
		cfg: cfg, deps: deps, wake: make(chan struct{}, 1), soon: make(chan struct{}, 1),
		streams: map[string]*stream{}, hot: map[*stream]struct{}{},
		live: map[inode]*generation{}, open: map[*generation]struct{}{},
		past: newHistory(was.positions), patterns: was.patterns, dirs: map[string]dirState{},
	}
	f.total.BadState = uint64(was.bad)
	f.acks = newLedger(deps.State, lines, f.past)
	for id := range was.positions {
		f.lastID = max(f.lastID, id)
	}
	return f, nil
}

// Run follows until ctx ends. It fails only when it cannot start.
func (f *Follower) Run(ctx context.Context) error {
	f.hints = newHints()
	err := rungroup.Run(ctx,
		rungroup.Runner{Name: "watch logs", Run: f.watch},
		rungroup.Runner{Name: "read logs", Run: f.readAll},
		rungroup.Runner{Name: "keep positions", Run: f.keep},
	)
	f.mu.Lock()
	for g := range f.open {
		f.closeFile(g)
	}
	f.mu.Unlock()
	err = errors.Join(err, f.hints.close())
	if saveErr := f.Save(); saveErr != nil {
		err = errors.Join(err, fmt.Errorf("follow logs: %w", saveErr))
	}
	return err
}

// Ack says that all lines up to a batch's position are kept where they cannot be
// lost. Acknowledged lines are not delivered again. It may be called from any
// goroutine, also after Run; then Save keeps it.
func (f *Follower) Ack(p Position) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.acks.ack(p)
}

// Save writes what was acknowledged to the state file and syncs it.
func (f *Follower) Save() error { return f.acks.save(&f.mu) }

// keep saves again and again. While the disk is full it goes on trying: the
// lines flow, and only a crash would repeat some.
func (f *Follower) keep(ctx context.Context) error {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-f.soon:
		}
		err := f.Save()
		f.mu.Lock()
		if err != nil {
			f.total.SaveFailures++
		}
		f.mu.Unlock()
		if err != nil && !failing {
			f.deps.Logger.Warn("positions in logs cannot be saved: a crash would repeat lines", logkeys.Path, f.deps.State, logkeys.Err, err)
		}
		failing = err != nil
	}
}

// newID numbers a generation. The clock makes numbers that no lost state file
// has given away; it may step back.
func (f *Follower) newID() uint64 {
	f.lastID = max(f.lastID+1, uint64(max(f.deps.Now().UnixNano(), 0)))
	return f.lastID
}

// enqueue tells the reader of a stream.
func (f *Follower) enqueue(s *stream) {
	if !s.queued {
		s.queued = true
		f.queue = append(f.queue, s)
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
}
