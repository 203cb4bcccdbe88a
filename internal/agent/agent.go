package agent

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"monitord/collectors"
	"monitord/internal/logkeys"
	"monitord/internal/pki"
	"monitord/internal/rungroup"
	"monitord/internal/spool"
	"monitord/internal/wire"
)

// Runner runs the checks that the server assigned to this probe.
type Runner interface {
	// Apply takes a new assignment for the host that the probe speaks for. It is
	// called before Run too.
	Apply(host string, a wire.Assignment)
	// Run runs checks until ctx ends and hands over each outcome with the moment
	// at which its run began. emit keeps it on disk and returns soon; it may be
	// called from several goroutines.
	Run(ctx context.Context, emit func(at time.Time, r wire.ResultData)) error
}

// Actor carries out the jobs that the server asks for: actions that this
// machine's owner has allowed by name.
type Actor interface {
	// Take gets a job that came at that moment. It returns soon. A job that it has
	// seen before, in this life or an earlier one, it does not carry out again.
	Take(at time.Time, job wire.Job)
	// Run carries out what was taken until ctx ends, and reports. What was begun
	// goes on to its end while the server is away. report keeps it on disk.
	Run(ctx context.Context, report func(wire.ActionReport)) error
}

// Deps is what the daemon may use of the world.
type Deps struct {
	Logger     *slog.Logger
	Now        func() time.Time // stamps of samples and events; nil means time.Now
	Collectors []collectors.Collector
	Runner     Runner  // nil when this probe runs no checks
	Actor      Actor   // nil when this probe carries out no actions
	Watcher    Watcher // nil when this probe follows no logs
	Version    string
	// Dial reaches the server; nil means net.Dialer's.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Agent is the daemon. Make it with New, run it once.
type Agent struct {
	cfg  Config
	deps Deps
	id   identity
	log  *slog.Logger

	samples, events *spool.Spool
	boot            string
	interval        atomic.Int64 // time.Duration
	sendTimeout     time.Duration
	opened          atomic.Bool // samples and events are set
	collectors      *collectors.Runner

	mu       sync.Mutex
	stats    Stats
	assigned wire.Assignment
	jobs     []string // IDs of the latest that came, oldest first
}

// New reads the probe's identity and opens nothing else; Run does.
func New(cfg Config, deps Deps) (*Agent, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	deps.Logger = cmp.Or(deps.Logger, slog.New(slog.DiscardHandler))
	id, err := readIdentity(cfg.Dir)
	if err != nil {
		return nil, err
	}
	a := &Agent{cfg: cfg, deps: deps, id: id, sendTimeout: sendTimeout, log: deps.Logger.With(logkeys.Component, "agent")}
	a.interval.Store(int64(cfg.Interval))
	a.collectors = collectors.NewRunner(deps.Collectors, collectorDeadline)
	return a, nil
}

// Host is the host that this probe speaks for, as its certificate says.
func (a *Agent) Host() string { return a.id.host }

// Run collects and sends until ctx ends. What was not acknowledged is in the
// spool when it returns.
func (a *Agent) Run(ctx context.Context) (err error) {
	if err := a.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.samples.Close(), a.events.Close()) }()
	if a.deps.Watcher != nil {
		if err := a.deps.Watcher.Begin(&outgoing{Agent: a, enc: encoder{host: a.id.host}}); err != nil {
			return err
		}
	}
	a.applyAssignment(a.lastAssignment())
	a.emit(wire.KindStart, wire.StartData{Version: a.deps.Version})
	client := a.newClient()
	defer client.close()
	local := a.newTaker()
	if err := local.makeDir(); err != nil {
		return err
	}
	runners := []rungroup.Runner{
		{Name: "collect", Run: a.collectLoop},
		{Name: "send samples", Run: a.newSender(client, a.samples, sampleStream{}).run},
		{Name: "send events", Run: a.newSender(client, a.events, &eventStream{boot: a.boot}).run},
		{Name: "events of this machine", Run: local.run},
		{Name: "poll", Run: func(ctx context.Context) error { return a.pollLoop(ctx, client) }},
	}
	if a.deps.Runner != nil {
		runners = append(runners, rungroup.Runner{Name: "checks", Run: func(ctx context.Context) error {
			return a.deps.Runner.Run(ctx, func(at time.Time, r wire.ResultData) { a.emitAt(at, wire.KindResult, r) })
		}})
	}
	if a.deps.Actor != nil {
		runners = append(runners, rungroup.Runner{Name: "actions", Run: func(ctx context.Context) error {
			return a.deps.Actor.Run(ctx, func(r wire.ActionReport) { a.emit(wire.KindAction, r) })
		}})
	}
	if a.deps.Watcher != nil {
		runners = append(runners, rungroup.Runner{Name: "logs", Run: a.deps.Watcher.Run})
	}
	a.log.Info("probe runs", logkeys.Host, a.id.host, logkeys.URL, a.cfg.Server, logkeys.Version, a.deps.Version)
	return rungroup.Run(ctx, runners...)
}

func (a *Agent) open() error {
	var err error
	dir := filepath.Join(a.cfg.Dir, "spool")
	a.samples, err = spool.Open(spool.Options{
		Dir: filepath.Join(dir, "samples"), MaxBytes: a.cfg.SpoolBytes, MaxAge: a.cfg.SpoolAge, Now: a.deps.Now,
	})
	if err != nil {
		return err
	}
	a.events, err = spool.Open(spool.Options{
		Dir: filepath.Join(dir, "events"), MaxBytes: max(a.cfg.SpoolBytes/8, 1<<20), MaxAge: a.cfg.SpoolAge,
		SyncEvery: time.Second, Now: a.deps.Now,
	})
	if err != nil {
		return errors.Join(err, a.samples.Close())
	}
	if a.boot, err = bootID(filepath.Join(dir, "events", "boot"), a.events.Fresh()); err != nil {
		return errors.Join(err, a.samples.Close(), a.events.Close())
	}
	a.opened.Store(true)
	return nil
}

// bootID names the numbering of events: as old as the spool that counts them,
// so that a spool that was lost does not give numbers away a second time.
func bootID(path string, fresh bool) (string, error) {
	b, err := os.ReadFile(path)
	if id := strings.TrimSpace(string(b)); err == nil && !fresh && len(id) == 36 {
		return id, nil
	}
	var u [16]byte
	_, _ = rand.Read(u[:])                      // never fails (Go 1.24)
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80 // version 4, RFC 9562, 5.4
	id := fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
	if err := pki.WriteFile(path, []byte(id+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep boot id: %w", err)
	}
	return id, nil
}
