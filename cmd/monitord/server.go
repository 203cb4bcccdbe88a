package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"monitord/alerting"
	"monitord/alerting/actions"
	"monitord/alerting/claim"
	"monitord/alerting/journal"
	"monitord/alerting/notify"
	"monitord/alerting/replies"
	"monitord/checks/schedule"
	"monitord/collectors/snmp/trap"
	"monitord/collectors/syslog"
	"monitord/dashboards"
	"monitord/internal/acktoken"
	"monitord/internal/httpd"
	"monitord/internal/httpd/control"
	"monitord/internal/icmp"
	"monitord/internal/intake"
	"monitord/internal/logkeys"
	"monitord/internal/logwatch"
	"monitord/internal/pki"
	"monitord/internal/rungroup"
	"monitord/internal/trendwatch"
	"monitord/tsdb"
)

// server is every room, wired. It decides nothing itself.
type server struct {
	log      *slog.Logger
	data     string
	started  time.Time
	registry *prometheus.Registry
	reloads  *prometheus.CounterVec
	load     func() (*settings, error) // reads the configuration again

	generation currentGeneration
	reloading  sync.Mutex // one reload at a time

	authority *pki.Authority
	signer    *acktoken.Signer
	claims    *claim.Desk
	replies   *replies.Server // nil: none are taken
	replyTo   replies.Config
	journal   *journal.Journal
	store     *tsdb.DB
	engine    *alerting.Engine
	actor     *actions.Actor
	outbox    *notify.Outbox
	channels  *channelSwitch
	scheduler *schedule.Scheduler
	pinger    *icmp.Shared
	intake    *intake.Intake
	samples   *sampleWriter
	clock     *clockWatch
	pages     *dashboards.Pages
	traps     *trap.Receiver // nil: none are heard
	logs      *logwatch.Watch
	syslog    *syslog.Server
	trends    *trendwatch.Watch
	hosts     *hostBook
	listener  net.Listener
	mail      net.Listener // of replies; nil: none are taken
	auth      *httpd.Auth
	web       *httpd.Server
	reports   reportCache
	baseURL   string // as this machine reaches the pages
	// messageURL begins the links of messages; "" when no other machine could
	// open them.
	messageURL string
	socket     net.Listener // of the control socket
}

// newServer opens what holds files and wires the rooms; nothing runs yet.
func newServer(ctx context.Context, first *settings, data string, log *slog.Logger) (s *server, err error) {
	s = &server{log: log, data: data, started: time.Now(), registry: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	s.reloads = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "monitord_config_reloads_total", Help: "Readings of the configuration after the start, by outcome.",
	}, []string{"outcome"})
	s.registry.MustRegister(s.reloads, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, step := range []func(context.Context, *settings) error{
		s.openKeepers, s.makeJudges, s.makeTakers, s.firstGeneration,
	} {
		if err := step(ctx, first); err != nil {
			return s, err
		}
	}
	return s, nil
}

// openKeepers opens what is on disk: keys, journal, store.
func (s *server) openKeepers(_ context.Context, first *settings) error {
	var err error
	if s.authority, err = pki.Open(filepath.Join(s.data, "pki"), time.Now); err != nil {
		return err
	}
	if err = s.openClaims(); err != nil {
		return err
	}
	s.clock = &clockWatch{log: s.log, now: time.Now, ahead: map[string]clockFault{}}
	s.journal, err = journal.Open(journal.Options{Dir: s.data, Logger: s.log, Now: time.Now, Registry: s.registry})
	if err != nil {
		return err
	}
	s.store, err = tsdb.Open(tsdb.Options{
		Dir: filepath.Join(s.data, "tsdb"), Retention: first.Store.Retention,
		MinFreeBytes: uint64(first.Store.MinFree), BallastBytes: int64(first.Store.Ballast),
		Logger: libraryLogger(s.log), Registerer: s.registry, Now: time.Now, OnClock: s.clock.note,
	})
	return err
}

// makeJudges makes the engine and the outbox.
func (s *server) makeJudges(_ context.Context, _ *settings) error {
	s.channels = &channelSwitch{}
	s.outbox = notify.NewOutbox(notify.Deps{
		Logger: s.log, Now: time.Now, Queue: s.journal, Registry: s.registry,
		Channel: s.channels.get,
		Record:  func(m alerting.Message) { s.engine.Record(m) },
	})
	s.engine = alerting.New(alerting.Deps{Logger: s.log, Now: time.Now, Store: s.journal, Teller: s.outbox, Registry: s.registry, CheckNow: s.runNow, Behind: []string{trendwatch.Check}})
	s.makeClaims()
	s.clock.observe = s.engine.Observe
	s.actor = s.newActor()
	s.samples = newSampleWriter(s.store, s.log, s.registry)
	return nil
}

// makeTakers makes what takes work in: checks, probes, pages.
func (s *server) makeTakers(ctx context.Context, first *settings) error {
	s.pinger = icmp.NewShared()
	s.scheduler = schedule.New(schedule.Deps{Logger: s.log, Now: time.Now, Sink: s.checkRan, Previous: s.previous, Series: s.samples.run})
	s.registry.MustRegister(schedulerMetrics{s.scheduler})
	s.intake = intake.New(first.Probes, intake.Deps{
		Logger: s.log, Now: time.Now, Registerer: s.registry,
		Authority: enroller{s.authority, s.enrolled}, Write: s.store.WriteHandler(s.probeGate),
		Journal: acceptor{s.journal}, Deliver: s.deliver, Assignment: s.assignment, Jobs: s.actor.Jobs,
	})
	var err error
	if err = errors.Join(s.openLogs(ctx, first), s.openSyslog(ctx, first), s.openTraps(ctx, first), s.openTrends(ctx, first)); err != nil {
		return err
	}
	if s.pages, err = dashboards.New(s.pageDeps()); err != nil {
		return err
	}
	if err := s.openWeb(ctx, &first.HTTP); err != nil {
		return err
	}
	if err := s.openReplies(ctx, first); err != nil {
		return err
	}
	s.socket, err = control.Listen(ctx, s.data, s.log)
	return err
}

// firstGeneration puts the configuration in force and remembers the states.
func (s *server) firstGeneration(ctx context.Context, first *settings) error {
	g, err := s.makeGeneration(first)
	if err != nil {
		return err
	}
	channels, err := s.makeChannels(first)
	if err != nil {
		return err
	}
	s.channels.put(channels)
	if err := s.engine.Load(ctx, g.inventory); err != nil {
		return err
	}
	s.generation.swap(g)
	s.hosts.use(g.inventory)
	s.actor.Reload(g.plan)
	s.scheduler.Apply(g.jobs)
	return nil
}

func (s *server) makeGeneration(from *settings) (*generation, error) {
	probes, err := s.authority.Probes()
	if err != nil {
		return nil, err
	}
	var enrolled []string
	for _, p := range probes {
		enrolled = append(enrolled, p.Host)
	}
	g, err := newGeneration(from, enrolled, s.checkDeps(from))
	if err == nil {
		err = g.plan.Make(s.actionDeps(), filepath.Join(s.data, "actions"))
	}
	if err == nil {
		warnNoProbe(s.log, g.inventory, enrolled)
	}
	return g, err
}

// reload puts another configuration in force: all of it, or an error and
// nothing.
func (s *server) reload(from *settings) error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	g, err := s.makeGeneration(from)
	if err != nil {
		return err
	}
	channels, err := s.makeChannels(from)
	if err != nil {
		return err
	}
	received, err := s.syslog.Prepare(context.Background(), from.Logs.Syslog)
	if err != nil {
		return err
	}
	if names := g.needsRestart(s.current()); len(names) > 0 {
		s.log.Warn("these settings are read at start-up only; restart the server to use them", logkeys.Section, names)
	}
	s.channels.put(channels)
	s.engine.Reload(g.inventory)
	s.actor.Reload(g.plan)
	s.scheduler.Apply(g.jobs)
	s.logs.Apply(g.logs)
	s.trends.Apply(g.trends)
	s.hosts.use(g.inventory)
	received.Apply()
	s.generation.swap(g)
	return nil
}

// enrolled takes a new probe's host into the inventory.
func (s *server) enrolled(host string) {
	if err := s.reload(s.current().settings); err != nil {
		s.log.Error("new probe could not be taken into the inventory", logkeys.Host, host, logkeys.Err, err)
	}
}

func (s *server) current() *generation { return s.generation.get() }

// takers run first to end: what takes work in.
func (s *server) takers() []rungroup.Runner {
	list := []rungroup.Runner{
		{Name: "pages", Run: s.pages.Run},
		{Name: "http", Run: s.web.Run},
		{Name: "control", Run: func(ctx context.Context) error {
			return control.Serve(ctx, s.socket, s.controlHandler(), s.log)
		}},
		{Name: "intake", Run: s.intake.Run},
		{Name: "checks", Run: s.scheduler.Run},
		{Name: "clock", Run: s.clock.Run},
		{Name: "own series", Run: s.ownSeries},
		{Name: "watch", Run: s.watchScheduler},
		{Name: "ping", Run: s.pinger.Run},
		{Name: "logs", Run: s.runLogs},
		{Name: "trends", Run: s.runTrends},
	}
	if s.replies != nil {
		list = append(list, rungroup.Runner{Name: "replies", Run: s.replies.Run})
	}
	return list
}

// judges end next: they finish what was taken in, and tell.
func (s *server) judges() []rungroup.Runner {
	return []rungroup.Runner{
		{Name: "actions", Run: s.actor.Run},
		{Name: "engine", Run: s.engine.Run},
		{Name: "outbox", Run: s.outbox.Run},
		{Name: "attendance", Run: s.journal.Attend},
		{Name: "samples", Run: s.samples.Run},
		{Name: "memory", Run: tuneMemory},
	}
}

// keepers end last: what all others write to.
func (s *server) keepers() []rungroup.Runner {
	return []rungroup.Runner{
		{Name: "journal", Run: s.journal.Run},
		{Name: "store", Run: s.store.Run},
	}
}

// close lets go of files, after every runner has returned.
func (s *server) close() {
	if s.syslog != nil {
		s.syslog.Close()
	}
	var err error
	if s.store != nil {
		err = errors.Join(err, s.store.Close())
	}
	if s.journal != nil {
		err = errors.Join(err, s.journal.Close())
	}
	if err != nil {
		s.log.Error("closing", logkeys.Err, err)
	}
}
