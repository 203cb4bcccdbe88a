package journald

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"monitord/collectors"
	"monitord/internal/atomicfile"
	"monitord/internal/logkeys"
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
	mu    sync.Mutex
	acked string
	saved string
	next  string // cursor of what was delivered last
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
	f := &Follower{cfg: cfg, deps: deps, path: path, next: deps.Stored}
	if deps.State != "" && f.next == "" {
		b, err := os.ReadFile(deps.State)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("follow journald: read cursor: %w", err)
		}
		f.next = strings.TrimSpace(string(b))
	}
	f.acked, f.saved = f.next, f.next
	return f, nil
}

// Ack says that everything up to a cursor is kept where it cannot be lost.
func (f *Follower) Ack(cursor string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.acked = cursor
}

// Stats returns the counts.
func (f *Follower) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stats
}

// Save writes the acknowledged cursor to the state file.
func (f *Follower) Save() error {
	f.mu.Lock()
	acked := f.acked
	due := f.deps.State != "" && acked != f.saved
	f.mu.Unlock()
	if !due {
		return nil
	}
	if err := atomicfile.Write(f.deps.State, []byte(acked+"\n")); err != nil {
		return fmt.Errorf("keep the cursor of journald: %w", err)
	}
	f.mu.Lock()
	f.saved = acked
	f.mu.Unlock()
	return nil
}

// Times of the follower.
const (
	saveEvery    = time.Second
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

// keep saves the cursor again and again. While the disk is full it goes on
// trying: only a crash would repeat lines.
func (f *Follower) keep(ctx context.Context) error {
	failing := false
	for pause(ctx, saveEvery) {
		err := f.Save()
		if err != nil && !failing {
			f.deps.Logger.Warn("the cursor of journald cannot be saved: a crash would repeat lines", logkeys.Err, err)
		}
		failing = err != nil
	}
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
		if !pause(ctx, wait) {
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
		if !pause(ctx, retryEvery) {
			return false
		}
	}
	if b.Cursor != "" {
		f.next = b.Cursor
	}
	return ctx.Err() == nil
}

// pause waits; it is false when ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
