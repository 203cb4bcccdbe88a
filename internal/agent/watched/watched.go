package watched

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"monitord/collectors"
	"monitord/internal/agent"
	"monitord/internal/hostlogs"
	"monitord/internal/logkeys"
	"monitord/internal/logwatch"
	"monitord/internal/rungroup"
	"monitord/internal/wire"
)

// Deps is what a Watcher needs.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	Dir    string   // a folder of its own, which is made when something is followed
	Allow  []string // what may be followed: see agent.LogsConfig
	File   string   // that says so, for the event about what is refused
}

// Watcher follows assigned logs; it is an agent.Watcher, and a
// collectors.Collector for its figures.
type Watcher struct {
	deps Deps
	sink *sink // set by Begin

	mu      sync.Mutex
	host    string
	raw     json.RawMessage // as assigned
	config  hostlogs.Config // of it, what may be followed
	refused []string        // that an event has told of
	changed chan struct{}
	current *logwatch.Watch // nil: nothing is followed now
}

var (
	_ agent.Watcher        = (*Watcher)(nil)
	_ collectors.Collector = (*Watcher)(nil)
)

// New makes a Watcher that follows nothing yet.
func New(deps Deps) *Watcher {
	return &Watcher{deps: deps, config: hostlogs.DefaultConfig(), changed: make(chan struct{}, 1)}
}

// Begin posts what an earlier life has written down and not posted.
func (w *Watcher) Begin(out agent.Outgoing) error {
	if err := os.MkdirAll(w.deps.Dir, 0o700); err != nil {
		return fmt.Errorf("folder of logs: %w", err)
	}
	m, err := openMemory(filepath.Join(w.deps.Dir, "memory"))
	if err != nil {
		return err
	}
	w.sink = &sink{deps: w.deps, out: out, memory: m, raised: map[string]standing{}, last: map[string]time.Time{}}
	if err := w.sink.recall(); err != nil {
		return errors.Join(err, m.close())
	}
	return nil
}

// Apply takes what is assigned. What cannot be read, or may not be followed, is
// told by an event, and the rest counts.
func (w *Watcher) Apply(host string, a wire.Assignment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.host == host && bytes.Equal(w.raw, a.Logs) {
		return
	}
	w.host, w.raw = host, a.Logs
	c, err := hostlogs.DecodeBytes(a.Logs)
	var refused []string
	if err != nil {
		c, refused = hostlogs.DefaultConfig(), nil
		w.refuse(wire.LogRefusedData{Detail: err.Error()})
	} else if c, refused = restrict(c, w.deps.Allow); len(refused) > 0 && !slices.Equal(refused, w.refused) {
		w.refuse(wire.LogRefusedData{Paths: refused, Allow: w.deps.Allow, File: w.deps.File})
	}
	w.config, w.refused = c, refused
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *Watcher) refuse(d wire.LogRefusedData) {
	w.deps.Logger.Warn("logs that the server assigned are not followed", logkeys.Path, d.Paths, logkeys.Err, d.Detail)
	w.sink.event(wire.KindLogRefused, d)
}

func (w *Watcher) assigned() (string, hostlogs.Config) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.host, w.config
}

// retryAfter is when following is tried again that could not begin.
const retryAfter = time.Minute

// Run follows until ctx ends; another assignment begins anew where the last one
// ended.
func (w *Watcher) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, w.sink.memory.close()) }()
	for ctx.Err() == nil {
		host, c := w.assigned()
		if !c.Follows() && !w.sink.standing() {
			select {
			case <-ctx.Done():
			case <-w.changed:
			}
			continue
		}
		if err := w.follow(ctx, host, c); err != nil && ctx.Err() == nil {
			w.deps.Logger.Error("logs are not followed; it is tried again", logkeys.Err, err, logkeys.Dur, retryAfter)
			select {
			case <-ctx.Done():
			case <-w.changed:
			case <-time.After(retryAfter):
			}
		}
	}
	return nil
}

// follow runs one configuration until another one comes.
func (w *Watcher) follow(ctx context.Context, host string, c hostlogs.Config) error {
	watch, err := w.open(host, c)
	if err != nil {
		return err
	}
	w.setCurrent(watch)
	defer w.setCurrent(nil)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	list := []rungroup.Runner{
		{Name: "rules for logs", Run: watch.Run},
		{Name: "standing problems", Run: w.sink.remind},
		{Name: "assignment of logs", Run: func(ctx context.Context) error {
			select {
			case <-ctx.Done():
			case <-w.changed:
				cancel()
			}
			return nil
		}},
	}
	return rungroup.Run(ctx, list...)
}

func (w *Watcher) setCurrent(watch *logwatch.Watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current = watch
}

// Name is "logs".
func (w *Watcher) Name() string { return "logs" }

// Collect adds the figures of following, and how often lines were dropped.
func (w *Watcher) Collect(ctx context.Context, sink collectors.Sink) error {
	w.mu.Lock()
	watch := w.current
	w.mu.Unlock()
	if watch == nil {
		return nil
	}
	return watch.Collector().Collect(ctx, sink)
}
