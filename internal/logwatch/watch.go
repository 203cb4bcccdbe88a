package logwatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"monitord/checks"
	"monitord/checks/logs"
	"monitord/collectors/journald"
	"monitord/collectors/kmsg"
	"monitord/collectors/logfile"
	"monitord/internal/logkeep"
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
	journald *journald.Follower
	kernel   *kmsg.Follower
	keeper   *logkeep.Keeper // nil: whole logs are not kept

	mu           sync.Mutex // of what follows; never held while the Sink works
	rules        *Rules
	hosts        map[string]*host
	raised       map[service]raised
	changed      bool // raised did, since it was last kept
	quotas       map[string]*quota
	quotaChanged bool             // since they were last kept
	hits         map[string]*hits // by rule
	hitsChanged  bool
	hitsKept     time.Time
	series       map[string]map[string]*mean // by rule and key
	seriesDay    int
	dropped      uint64 // samples
	countedAt    time.Time
	told         time.Time // of the last result
	closed       bool      // the keeper is; changed with keeping held too
	step         Step      // what waits to be kept
	serial       uint64
	numbered     uint64               // steps
	known        map[string]time.Time // names in Kept of positions, and when they were acknowledged
	swept        time.Time
	failed       uint64 // times that the follower could not save its file

	keeping chan struct{} // of what follows; has room for the one who talks to the Sink
	stuck   *pending      // what the Sink has not taken yet
	kept    uint64        // the highest serial that the Sink has
}

// New takes over what was kept; nothing runs yet.
func New(c Config, rules *Rules, deps Deps) (*Watch, error) {
	w := &Watch{deps: deps, rules: rules, hosts: map[string]*host{}, raised: map[service]raised{}, known: map[string]time.Time{}, quotas: map[string]*quota{}, hits: map[string]*hits{}, series: map[string]map[string]*mean{}, keeping: make(chan struct{}, 1)}
	if err := os.MkdirAll(deps.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of logs: %w", err)
	}
	w.recallRaised()
	w.recallQuotas()
	w.recallHits()
	return w, w.open(c)
}

// Apply puts other rules in force; those that are as before go on counting.
func (w *Watch) Apply(rules *Rules) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.countAll(w.deps.Now())
	w.rules = rules
	clear(w.series)
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
	err := rungroup.Run(ctx, append(w.runners(), rungroup.Runner{Name: "time of log rules", Run: w.tick})...)
	err = errors.Join(err, w.last(ctx))
	return errors.Join(err, w.closeKeeper())
}

// Take runs the rules on lines. When it returns nil, what they brought is kept.
// The error is that of ctx: the sender has to send them again.
func (w *Watch) Take(ctx context.Context, lines []Line) error {
	serial := w.judge(ctx, lines, nil)
	return w.keep(ctx, serial)
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
	if w.keeper != nil && !w.closed {
		w.whole(lines)
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
