package journald

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"monitord/collectors"
	"monitord/collectors/internal/bookmark"
	"monitord/internal/logkeys"
	"monitord/internal/pause"
	"monitord/internal/rungroup"
)

// Source is the Source of the journal's lines.
const Source = "journald"

// Batch is lines of successive entries.
type Batch struct {
	Lines  []collectors.Line
	Cursor string // of the last entry
}

// Deps is what a Follower needs from others.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	// Sink takes a batch. While it blocks nothing is read: journald keeps the
	// entries. After an error the same batch comes again.
	Sink func(context.Context, Batch) error
	// State is the file that keeps the cursor; "" keeps none.
	State string
	// Stored is the cursor that the consumer has kept together with the lines; it
	// counts before the State. "" is none.
	Stored string
}

// Stats counts since the start of the program.
type Stats struct {
	Entries  uint64
	Lines    uint64
	Cut      uint64 // lines longer than the limit
	Restarts uint64 // times journalctl ended and was started again
	Fault    string // why nothing comes now; empty when it does
}

// ErrAbsent says that this machine has no journalctl.
var ErrAbsent = errors.New("journalctl is not in PATH: install systemd, or set journald: {enabled: false}")

// Follower reads the journal.
type Follower struct {
	cfg   Config
	deps  Deps
	path  string
	mark  *bookmark.Bookmark
	next  string // cursor of what was delivered last
	mu    sync.Mutex
	stats Stats
}

// New looks for journalctl and reads the cursor. It starts nothing.
func New(cfg Config, deps Deps) (*Follower, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("follow journald: %w", err)
	}
	path, err := exec.LookPath("journalctl")
	if err != nil {
		return nil, fmt.Errorf("follow journald: %w", ErrAbsent)
	}
	mark, err := bookmark.Open(deps.State, deps.Stored)
	if err != nil {
		return nil, fmt.Errorf("follow journald: read cursor: %w", err)
	}
	return &Follower{cfg: cfg, deps: deps, path: path, mark: mark, next: mark.Place()}, nil
}

// Ack says that everything up to a cursor is kept where it cannot be lost.
func (f *Follower) Ack(cursor string) { f.mark.Ack(cursor) }

// Stats returns the counts.
func (f *Follower) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stats
}

// Save writes the acknowledged cursor to the state file.
func (f *Follower) Save() error { return f.mark.Save() }

// Times of the follower.
const (
	restartFirst = time.Second // after journalctl has ended by itself; doubled each time
	restartMost  = time.Minute
	retryEvery   = time.Second // after an error of the sink
)

// Run follows until ctx ends. journalctl is started again when it ends.
func (f *Follower) Run(ctx context.Context) error {
	err := rungroup.Run(ctx,
		rungroup.Runner{Name: "read journald", Run: f.readAll},
		rungroup.Runner{Name: "keep cursor", Run: f.keep},
	)
	return errors.Join(err, f.Save())
}

func (f *Follower) keep(ctx context.Context) error {
	f.mark.Keep(ctx, f.deps.Logger)
	return nil
}

func (f *Follower) readAll(ctx context.Context) error {
	wait := restartFirst
	for {
		before := f.Stats().Entries
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		f.mu.Lock()
		f.stats.Restarts++
		f.stats.Fault = err.Error()
		if f.stats.Entries > before {
			wait = restartFirst
		}
		f.mu.Unlock()
		f.deps.Logger.Warn("journald cannot be followed; it is tried again", logkeys.Err, err, logkeys.Dur, wait)
		if !pause.For(ctx, wait) {
			return nil
		}
		wait = min(2*wait, restartMost)
	}
}

// read delivers what journalctl prints until its output ends.
func (f *Follower) read(ctx context.Context, out io.Reader) error {
	in := newExportReader(out, f.cfg.MaxLine+1) // one more tells that a line is cut
	for {
		batch, err := f.batch(in)
		if !f.deliver(ctx, batch) {
			return ctx.Err()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read journalctl's output: %w", err)
		}
	}
}

// batchLines bounds a batch.
const batchLines = 1024

// batch reads entries for as long as they come without waiting. What it returns
// counts also beside an error.
func (f *Follower) batch(in *exportReader) (b Batch, err error) {
	var entries, cuts uint64
	for len(b.Lines) < batchLines {
		e, nextErr := in.next()
		if err = nextErr; err != nil {
			break
		}
		entries++
		for _, l := range e.lines(f.cfg.MaxLine, f.deps.Now()) {
			if l.Cut {
				cuts++
			}
			b.Lines = append(b.Lines, l)
		}
		if c := e["__CURSOR"]; len(c) > 0 {
			b.Cursor = string(c)
		}
		if in.waits() {
			break
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.Entries += entries
	f.stats.Lines += uint64(len(b.Lines))
	f.stats.Cut += cuts
	if entries > 0 {
		f.stats.Fault = ""
	}
	return b, err
}

// deliver gives a batch to the sink until it is taken; false when ctx ends first.
func (f *Follower) deliver(ctx context.Context, b Batch) bool {
	for len(b.Lines) > 0 {
		err := f.deps.Sink(ctx, b)
		if err == nil {
			break
		}
		f.mu.Lock()
		f.stats.Fault = err.Error()
		f.mu.Unlock()
		if !pause.For(ctx, retryEvery) {
			return false
		}
	}
	if b.Cursor != "" {
		f.next = b.Cursor
	}
	return ctx.Err() == nil
}
