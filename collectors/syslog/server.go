package syslog

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"monitord/internal/logkeys"
	"monitord/internal/ratelimit"
	"monitord/internal/rungroup"
)

// Deps is what a Server needs from others.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	// Sink takes lines in the order in which their sender wrote them. It may be
	// called from several goroutines at a time. While it blocks, TCP and TLS are not
	// read; after an error the same lines come again.
	Sink func(context.Context, []Line) error
	// Directory finds hosts. It is asked for each batch; it must not block.
	Directory func() *Directory
}

// Server receives messages. New makes one, Run works; Prepare changes what it
// listens on while it runs.
type Server struct {
	deps   Deps
	limits limits
	policy atomic.Pointer[policy]
	counts map[kind]*counters
	used   map[kind]*atomic.Bool // has been on since the start
	notes  *ratelimit.Limiter

	mu      sync.Mutex
	want    map[kind]*socket
	wake    chan struct{} // holds one when want has changed
	conns   map[*conn]struct{}
	kernel  uint64 // dropped by sockets that are closed
	stopped bool

	unknownMu sync.Mutex
	unknown   map[string]bool // addresses of no host that lines are put under
}

// limits are the bounds that tests shorten.
type limits struct {
	frame     time.Duration // from the first byte of a message to its last
	handshake time.Duration
	retry     time.Duration // after an error of the sink
	idle      time.Duration // when the server ends: so long without anything new, and all that has arrived is read
	drain     time.Duration // bounds that
	grace     time.Duration // for the sink to take it
}

func defaultLimits() limits {
	return limits{frame: 30 * time.Second, handshake: 10 * time.Second, retry: time.Second, idle: 100 * time.Millisecond, drain: time.Second, grace: 3 * time.Second}
}

// notesPerMinute is how many sentences of one kind go to the log.
const notesPerMinute = 1

// New opens the sockets of a valid configuration; nothing is read yet.
func New(ctx context.Context, c Config, deps Deps) (*Server, error) {
	s := &Server{
		deps: deps, limits: defaultLimits(), notes: ratelimit.New(notesPerMinute, time.Minute, 100),
		counts: map[kind]*counters{}, used: map[kind]*atomic.Bool{},
		want: map[kind]*socket{}, wake: make(chan struct{}, 1), conns: map[*conn]struct{}{},
		unknown: map[string]bool{},
	}
	for _, k := range kinds() {
		s.counts[k], s.used[k] = &counters{}, &atomic.Bool{}
	}
	change, err := s.Prepare(ctx, c)
	if err != nil {
		return nil, err
	}
	change.Apply()
	return s, nil
}

// Change is another configuration that is ready to be used: its sockets are open
// and its certificates read.
type Change struct {
	s      *Server
	policy *policy
	want   map[kind]*socket
	opened []*socket
}

// Prepare opens what a configuration needs beside what is open. Either Apply or
// Abandon ends the change. One change is prepared at a time.
func (s *Server) Prepare(ctx context.Context, c Config) (*Change, error) {
	p, err := newPolicy(c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	open := maps.Clone(s.want)
	s.mu.Unlock()
	change := &Change{s: s, policy: p, want: map[kind]*socket{}}
	for _, k := range kinds() {
		address := p.plain(k).listenAddress()
		if address == "" {
			continue
		}
		if now := open[k]; now != nil && now.address == address {
			change.want[k] = now
			continue
		}
		socket, err := listen(ctx, k, address)
		if err != nil {
			change.Abandon()
			return nil, err
		}
		s.noteBuffer(socket)
		change.want[k], change.opened = socket, append(change.opened, socket)
	}
	return change, nil
}

// Apply puts the change in force. Connections of senders that are not let in any
// more are closed; those by TLS too, when another TLS is wanted, so that they prove
// themselves anew.
func (c *Change) Apply() {
	s := c.s
	before := s.policy.Swap(c.policy)
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		c.Abandon()
		return
	}
	s.want = c.want
	for one := range s.conns {
		if !c.policy.allowed(one.kind, one.ip) || one.kind == overTLS && !reflect.DeepEqual(before.cfg.TLS, c.policy.cfg.TLS) {
			one.abort()
		}
	}
	s.mu.Unlock()
	for k := range c.want {
		s.used[k].Store(true)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Abandon closes what was opened.
func (c *Change) Abandon() {
	for _, socket := range c.opened {
		socket.close()
	}
}

// Close closes the sockets of a server that never ran.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	for _, socket := range s.want {
		socket.close()
	}
}

// receiver is one socket at work.
type receiver struct {
	socket *socket
	cancel context.CancelFunc
	ended  chan struct{}
}

// Run receives until ctx ends. What has arrived by then is still taken.
func (s *Server) Run(ctx context.Context) error {
	running := map[kind]*receiver{}
	defer func() {
		s.mu.Lock()
		s.stopped = true // a change that is applied from here on is abandoned
		s.mu.Unlock()
		for _, r := range running {
			r.cancel()
		}
		for _, r := range running {
			<-r.ended
		}
		s.Close() // what was never served
	}()
	for {
		s.mu.Lock()
		want := maps.Clone(s.want)
		s.mu.Unlock()
		for k, r := range running {
			if want[k] != r.socket {
				r.cancel()
				<-r.ended
				delete(running, k)
			}
		}
		for k, socket := range want {
			if running[k] == nil {
				running[k] = s.start(ctx, k, socket)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		}
	}
}

// start runs a receiver; Run joins it.
func (s *Server) start(ctx context.Context, k kind, socket *socket) *receiver {
	own, cancel := context.WithCancel(ctx)
	r := &receiver{socket, cancel, make(chan struct{})}
	work := func(ctx context.Context) error { return s.serveStream(ctx, k, socket.ln) }
	if k == udp {
		work = func(ctx context.Context) error { return s.serveUDP(ctx, socket) }
	}
	s.deps.Logger.Info("syslog is received", logkeys.Addr, socket.address, logkeys.Component, string(k))
	go func() {
		defer close(r.ended)
		defer cancel()
		err := rungroup.Run(own, rungroup.Runner{Name: "syslog by " + string(k), Run: work})
		if err != nil && own.Err() == nil {
			s.deps.Logger.Error("syslog is not received any more; reload the configuration to open it again", logkeys.Component, string(k), logkeys.Err, err)
			s.forget(k, socket)
		}
		socket.close()
	}()
	return r
}

// forget lets the next Prepare open a socket again.
func (s *Server) forget(k kind, socket *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.want[k] == socket {
		delete(s.want, k)
	}
}

// deliver hands lines on until they are taken; an error is that of ctx.
func (s *Server) deliver(ctx context.Context, k kind, lines []Line) error {
	for {
		err := s.deps.Sink(ctx, lines)
		if err == nil {
			s.counts[k].taken.Add(uint64(len(lines)))
			return nil
		}
		s.note("syslog messages wait: they are not taken", logkeys.Err, err)
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(s.limits.retry):
		}
	}
}

// note logs a sentence, once a minute each.
func (s *Server) note(sentence string, args ...any) {
	if s.notes.Allow(sentence, s.deps.Now()) {
		s.deps.Logger.Warn(sentence, args...)
	}
}
