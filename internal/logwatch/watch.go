package logwatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"monitord/checks"
	"monitord/checks/logs"
	"monitord/collectors"
	"monitord/collectors/logfile"
	"monitord/internal/logkeys"
	"monitord/internal/rungroup"
)

// Deps is what a Watch needs of others.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	// Dir is a folder of its own, which is made.
	Dir string
	// Host is this machine's name: whose lines have no host.
	Host func() string
	Sink Sink
	// Rules is what conditions of rules may ask.
	Rules logs.Deps
	// Kept is what the Sink has kept of all steps. The Watch may change it.
	Kept map[string]string
	// Known lists problems of services that are raised, as others remember them;
	// what is not in Kept is taken over. Nil: nobody does.
	Known func() []Problem
}

// Problem is a service that is raised.
type Problem struct {
	Host    string
	Service string
	State   checks.State
}

// Watch runs rules on lines. Its methods may be called from any goroutine.
type Watch struct {
	deps     Deps
	follower *logfile.Follower // nil: no file is followed

	mu      sync.Mutex // of what follows; never held while the Sink works
	rules   *Rules
	hosts   map[string]*host
	raised  map[service]raised
	changed bool // raised did, since it was last kept
	step    Step // what waits to be kept
	serial  uint64
	known   map[string]time.Time // names in Kept of positions, and when they were acknowledged
	swept   time.Time
	failed  uint64 // times that the follower could not save its file

	keeping chan struct{} // of what follows; has room for the one who talks to the Sink
	stuck   *pending      // what the Sink has not taken yet
	kept    uint64        // the highest serial that the Sink has
}

// New takes over what was kept; nothing runs yet.
func New(c Config, rules *Rules, deps Deps) (*Watch, error) {
	w := &Watch{deps: deps, rules: rules, hosts: map[string]*host{}, raised: map[service]raised{}, known: map[string]time.Time{}, keeping: make(chan struct{}, 1)}
	if err := os.MkdirAll(deps.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of logs: %w", err)
	}
	w.recallRaised()
	if len(c.Follow.Files) == 0 {
		return w, nil
	}
	var err error
	w.follower, err = logfile.New(c.Follow, logfile.Deps{
		Logger: deps.Logger, Now: deps.Now, Sink: w.takeFile, State: filepath.Join(deps.Dir, "positions"), Stored: w.positions(),
	})
	return w, err
}

// Apply puts other rules in force; those that are as before go on counting.
func (w *Watch) Apply(rules *Rules) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules = rules
	for name, h := range w.hosts {
		snapshot, err := h.tracker.Snapshot()
		if err != nil {
			w.deps.Logger.Warn("log rules count from the beginning", logkeys.Host, name, logkeys.Err, err)
		}
		w.hosts[name] = w.newHost(name, snapshot)
	}
}

// Run follows until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	w.begin()
	list := []rungroup.Runner{{Name: "time of log rules", Run: w.tick}}
	if w.follower != nil {
		list = append(list, rungroup.Runner{Name: "follow logs", Run: w.follower.Run})
	}
	err := rungroup.Run(ctx, list...)
	return errors.Join(err, w.last(ctx))
}

// Collector is the figures of the following of files; nil when there is none.
func (w *Watch) Collector() collectors.Collector {
	if w.follower == nil {
		return nil
	}
	return w.follower
}

// Take runs the rules on lines. When it returns nil, what they brought is kept.
// The error is that of ctx: the sender has to send them again.
func (w *Watch) Take(ctx context.Context, lines []Line) error {
	serial := w.judge(ctx, lines, nil)
	return w.keep(ctx, serial)
}

// takeFile is Take for lines of a file: their position is kept with them.
func (w *Watch) takeFile(ctx context.Context, b logfile.Batch) error {
	lines := make([]Line, len(b.Lines))
	for i := range b.Lines {
		lines[i] = fromCollector(SourceFile, &b.Lines[i])
	}
	serial := w.judge(ctx, lines, map[string]string{positionName(b.Position.ID): b.Position.String()})
	if err := w.keep(ctx, serial); err != nil {
		return err
	}
	w.follower.Ack(b.Position)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[positionName(b.Position.ID)] = w.deps.Now()
	return nil
}

// judge runs the rules and gathers what they bring. The answer is the number of
// the step that has it.
func (w *Watch) judge(ctx context.Context, lines []Line, kept map[string]string) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range lines {
		l := &lines[i]
		if l.Host == "" {
			l.Host = w.deps.Host()
		}
		h := w.host(l.Host)
		h.text = append(h.text[:0], l.Text...)
		h.matcher(l).Line(ctx, l.forRules(h.text), func(m *logs.Match) bool {
			w.found(l.Host, m)
			return true
		})
	}
	for name, value := range kept {
		w.note(name, value)
	}
	w.serial++
	return w.serial
}

func (w *Watch) note(name, value string) {
	if w.step.Kept == nil {
		w.step.Kept = map[string]string{}
	}
	w.step.Kept[name] = value
}
