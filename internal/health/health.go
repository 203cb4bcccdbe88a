package health

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"monitord/checks"
	"monitord/checks/schedule"
	"monitord/internal/logkeys"
	"monitord/internal/rungroup"
	"monitord/internal/runner"
	"monitord/internal/watchdog"
	"monitord/internal/wire"
)

// Deps is what a Watcher may use of the world.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	Checks checks.Deps
	// Addresses lists the addresses of this machine.
	Addresses func() ([]netip.Addr, error)
	// Environ is the environment of the give-up command, as KEY=VALUE.
	Environ []string
	// Run starts a program; nil is runner.Run.
	Run func(ctx context.Context, c runner.Command) (runner.Result, error)
	// BootFile is where the kernel names the boot; "" is /proc's.
	BootFile string
	// Device opens the watchdog; nil opens the real one.
	Device watchdog.Opener
}

// Watcher watches a node. Make it with New, run it once.
type Watcher struct {
	cfg       Config
	deps      Deps
	log       *slog.Logger
	scheduler *schedule.Scheduler
	reports   *reporter
	changed   chan struct{} // there is something to decide

	mu      sync.Mutex // guards tallies and holding
	tallies map[string]*tally
	holding holding

	// The rest belongs to the goroutine that decides.
	memory  *memory
	fault   *wire.HealthData // remembered; nil when there is none
	blocked bool             // it was told that a fault cannot be remembered
	blind   bool             // it was told that the addresses cannot be listed
	code    int              // to end with
}

// Bounds of the work.
const (
	// look is how often the addresses are looked at.
	look        = time.Second
	concurrency = 8
)

// New builds the checks; it opens nothing else. cfg and list are what Load
// returned.
func New(cfg Config, list []Check, deps Deps) (*Watcher, error) {
	if deps.Run == nil {
		deps.Run = runner.Run
	}
	deps.BootFile = cmp.Or(deps.BootFile, bootIDFile)
	w := &Watcher{
		cfg: cfg, deps: deps, log: deps.Logger.With(logkeys.Component, "health"),
		changed: make(chan struct{}, 1), tallies: map[string]*tally{}, reports: newReporter(cfg.ProbeDir, deps.Logger),
	}
	w.scheduler = schedule.New(schedule.Deps{Logger: deps.Logger, Now: deps.Now, Sink: w.ran, Concurrency: concurrency, PerHost: concurrency})
	jobs := make([]schedule.Job, 0, len(list))
	for _, c := range list {
		check, err := c.Type.New(c.Config, deps.Checks)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", c.Name, err)
		}
		w.tallies[c.Name] = &tally{check: c}
		jobs = append(jobs, schedule.Job{
			Host: "localhost", Name: c.Name, Type: c.Type.Name, Check: check,
			Target:   checks.Target{Host: "localhost", Address: c.Address},
			Interval: c.Interval, RetryInterval: min(c.RetryInterval, c.Interval), Timeout: c.Timeout,
		})
	}
	w.scheduler.Apply(jobs)
	return w, nil
}

// Run watches until ctx ends (code 0), or until it gave the node up and is to
// end with the configured code. The watchdog is closed last.
func (w *Watcher) Run(ctx context.Context) (code int, err error) {
	if err := w.open(); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, w.memory.close()) }()
	last := []rungroup.Runner{}
	if w.cfg.Watchdog.Device != "" {
		dog, err := watchdog.Open(w.cfg.Watchdog, watchdog.Deps{Logger: w.log, Open: w.deps.Device, Run: w.deps.Run})
		if err != nil {
			return 1, err
		}
		last = append(last, rungroup.Runner{Name: "watchdog", Run: dog.Run})
	}
	w.log.Info("health runs", logkeys.Count, len(w.tallies))
	err = rungroup.Stages(ctx,
		[]rungroup.Runner{{Name: "decide", Run: w.decideLoop}},
		[]rungroup.Runner{{Name: "checks", Run: w.scheduler.Run}, {Name: "reports", Run: w.reports.run}},
		last,
	)
	if err != nil && w.code == 0 {
		return 1, err
	}
	return w.code, err
}

// open reads what is remembered.
func (w *Watcher) open() error {
	m, r, err := openMemory(w.cfg.State, w.deps.BootFile)
	if err != nil && !errors.Is(err, errUnreadable) {
		return err
	}
	w.memory = m
	w.warnWhereStateIs()
	switch {
	case err != nil:
		w.log.Error("cannot know which fault is remembered", logkeys.Err, err, logkeys.Path, w.cfg.State)
		w.fault = &wire.HealthData{Step: wire.HealthUnknown, Since: w.deps.Now(), Detail: err.Error()}
		w.report(*w.fault)
	case r != nil:
		w.fault = r.Fault
		w.log.Warn("a fault is remembered: nothing is done about it a second time", logkeys.Fault, r.Fault.Fault)
		if r.Ended.IsZero() {
			w.cutOff()
		}
	}
	return nil
}

// cutOff is a fault whose command was under way when we were ended. That is told
// once.
func (w *Watcher) cutOff() {
	w.fault.Step, w.fault.Detail = wire.HealthUnknown, "probe health was ended while the command ran"
	w.log.Error("outcome of the give-up command is unknown; look at this node", logkeys.Fault, w.fault.Fault)
	w.remember("keep the outcome")
	w.report(*w.fault)
}

// ran is the scheduler's Sink.
func (w *Watcher) ran(_ context.Context, run schedule.Run) (retry bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tallies[run.Job.Name]
	before := t.bad
	retry = t.observe(run, w.holding.counts(run.At, w.cfg.Settle))
	if (before == 0) != (t.bad == 0) {
		w.log.Info("check changed", logkeys.Check, run.Job.Name, logkeys.Attempt, t.bad, logkeys.State, worst(run).String())
	}
	select {
	case w.changed <- struct{}{}:
	default: // it will look anyway
	}
	return retry
}

func worst(run schedule.Run) checks.State {
	state := checks.OK
	for _, r := range run.Results {
		if r.State.Worse(state) {
			state = r.State
		}
	}
	return state
}

// decideLoop decides after every run, and every second. It returns when the
// node was given up and the process is to end.
func (w *Watcher) decideLoop(ctx context.Context) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		if done := w.decide(ctx); done {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.changed:
		case <-ticker.C:
		}
	}
}

// decide looks once, and acts. It reports whether the process is to end.
func (w *Watcher) decide(ctx context.Context) (done bool) {
	failing, recovered := w.standing(w.holds())
	if w.fault != nil {
		w.follow(failing, recovered)
		return false
	}
	if len(failing) == 0 {
		w.blocked = false
		return false
	}
	return w.act(ctx, failing)
}

// standing notes whether the address is here, and sums the checks up: those that
// failed often enough, and whether those of the remembered fault (all, where
// they are not known) are good again.
func (w *Watcher) standing(held bool) (failing []wire.HealthCheck, recovered bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.holding.note(held, w.deps.Now()) && w.cfg.OnlyWhileAddress != "" {
		w.log.Info("address changed hands", logkeys.Addr, w.cfg.OnlyWhileAddress, logkeys.State, map[bool]string{true: "held", false: "not held"}[held])
	}
	recovered = true
	for name, t := range w.tallies {
		if !held {
			t.forget()
		}
		if t.confirmed() {
			failing = append(failing, t.report())
		}
		if w.fault != nil && (len(w.fault.Checks) == 0 || named(w.fault.Checks, name)) {
			recovered = recovered && t.recovered()
		}
	}
	slices.SortFunc(failing, func(a, b wire.HealthCheck) int { return cmp.Compare(a.Name, b.Name) })
	return failing, recovered
}

func named(list []wire.HealthCheck, name string) bool {
	return slices.ContainsFunc(list, func(c wire.HealthCheck) bool { return c.Name == name })
}

// holds reports whether failures may count now.
func (w *Watcher) holds() bool {
	if w.cfg.OnlyWhileAddress == "" {
		return true
	}
	want, err := netip.ParseAddr(w.cfg.OnlyWhileAddress)
	if err != nil {
		return false // Validate has seen it
	}
	all, err := w.deps.Addresses()
	if err != nil && !w.blind {
		w.log.Warn("cannot list this machine's addresses; faults are not acted upon", logkeys.Err, err)
	}
	w.blind = err != nil
	return slices.ContainsFunc(all, func(a netip.Addr) bool { return a.WithZone("").Unmap() == want })
}

// warnWhereStateIs says when the state is where a hung disk would keep it from
// being written.
func (w *Watcher) warnWhereStateIs() {
	if ok, err := inMemory(w.cfg.State); err == nil && !ok {
		w.log.Warn("state file is on a disk: a fault of that disk cannot be remembered, and so not acted upon; put it below /run", logkeys.Path, w.cfg.State)
	}
}
