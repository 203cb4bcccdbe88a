package intake

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/netutil"

	"monitord/internal/logkeys"
	"monitord/internal/wire"
)

// Limits of the listener.
const (
	headTimeout  = 10 * time.Second // TLS handshake and request head
	bodyTimeout  = 30 * time.Second // from the head to the end of the body
	idleTimeout  = 2 * time.Minute
	maxConns     = 4096
	maxWorking   = 64 // writes and event batches at a time
	maxEnrolling = 4
	maxWrite     = 4 << 20 // bytes as they come, compressed
	maxEvents    = 4 << 20
	maxEnrol     = 64 << 10
	maxBatch     = 2000 // events
	// PollFor is the longest wait of the long poll.
	PollFor = 55 * time.Second
)

// Config is the section `probes`.
type Config struct {
	// Listen is the address where probes connect, such as 127.0.0.1:8461.
	Listen string `yaml:"listen"`
}

// DefaultConfig listens on loopback.
func DefaultConfig() Config { return Config{Listen: "127.0.0.1:8461"} }

// Validate tells whether the address can be listened on, without trying.
func (c Config) Validate() error {
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
		return fmt.Errorf("listen: got %q; want ADDRESS:PORT, such as 127.0.0.1:8461", c.Listen)
	}
	return nil
}

// Authority knows who is who; *pki.Authority is one.
type Authority interface {
	ServerTLS() *tls.Config
	Claim(secret string, csr []byte) (wire.Enrolled, error)
	VerifyPeer(tls.ConnectionState) (host string, err error)
}

// Journal takes events for good.
type Journal interface {
	// AcceptEvents makes the events durable, each once by (host, boot, seq), in one
	// transaction with the highest number. ack is that number afterwards; fresh
	// are those that were not there before. Numbers may have holes: a probe sets
	// aside what was refused.
	AcceptEvents(ctx context.Context, host, boot string, events []wire.Event) (ack uint64, fresh []wire.Event, err error)
}

// Deps is what the intake needs of others.
type Deps struct {
	Logger     *slog.Logger
	Now        func() time.Time // nil means time.Now
	Registerer prometheus.Registerer
	Authority  Authority
	// Write takes remote write; the host is HostFrom(ctx), and its answer is the probe's.
	Write   http.Handler
	Journal Journal
	// Deliver hands events on that are in the journal now; it must not block for
	// long. nil drops them (they are journalled).
	Deliver func(ctx context.Context, host string, events []wire.Event)
	// Assignment is what a host's probe should do; changed is closed when there is
	// another one. nil means that no probe is told anything.
	Assignment func(host string) (a wire.Assignment, changed <-chan struct{})
	// Jobs are the actions that a host's probe is to carry out now, without those
	// that it says it has; changed is closed when there may be more. nil: none.
	Jobs func(host string, has []string) (jobs []wire.Job, changed <-chan struct{})
}

// Intake is the handler and its listener.
type Intake struct {
	cfg  Config
	deps Deps
	log  *slog.Logger
	mux  *http.ServeMux
	m    metrics

	working, enrolling chan struct{}
	bodyTimeout        time.Duration

	mu       sync.Mutex
	probes   map[string]*probe
	addr     string
	ready    chan struct{}
	stopping chan struct{} // closed when Run ends: long polls answer
}

// New makes the intake; Run serves it.
func New(cfg Config, deps Deps) *Intake {
	deps.Logger = cmp.Or(deps.Logger, slog.New(slog.DiscardHandler))
	if deps.Now == nil {
		deps.Now = time.Now
	}
	in := &Intake{
		cfg: cfg, deps: deps, log: deps.Logger.With(logkeys.Component, "intake"), mux: http.NewServeMux(),
		m:       newMetrics(deps.Registerer),
		working: make(chan struct{}, maxWorking), enrolling: make(chan struct{}, maxEnrolling),
		bodyTimeout: bodyTimeout,
		probes:      map[string]*probe{}, ready: make(chan struct{}), stopping: make(chan struct{}),
	}
	in.mux.Handle("POST "+wire.EnrollPath, in.slot(in.enrolling, maxEnrol, in.enrol))
	in.mux.Handle("POST "+wire.WritePath, in.known(in.slot(in.working, maxWrite, in.write)))
	in.mux.Handle("POST "+wire.EventsPath, in.known(in.slot(in.working, maxEvents, in.events)))
	in.mux.Handle("GET "+wire.PollPath, in.known(http.HandlerFunc(in.poll)))
	return in
}

// ServeHTTP serves one request; r.TLS must be of a connection made with
// Authority.ServerTLS.
func (in *Intake) ServeHTTP(w http.ResponseWriter, r *http.Request) { in.mux.ServeHTTP(w, r) }

// Run listens and serves until ctx ends.
func (in *Intake) Run(ctx context.Context) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", in.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen for probes on %s: %w (choose another with probes: {listen: ADDRESS:PORT})", in.cfg.Listen, err)
	}
	return in.Serve(ctx, ln)
}

// Serve serves an open listener until ctx ends, and closes it.
func (in *Intake) Serve(ctx context.Context, ln net.Listener) error {
	in.mu.Lock()
	in.addr = ln.Addr().String()
	in.mu.Unlock()
	close(in.ready)
	in.log.Info("listening for probes", logkeys.Addr, in.addr)
	srv := &http.Server{
		Handler: in, ReadHeaderTimeout: headTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 16 << 10,
		TLSConfig:   in.deps.Authority.ServerTLS(),
		ErrorLog:    slog.NewLogLogger(in.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.ServeTLS(netutil.LimitListener(ln, maxConns), "", "") }()
	select {
	case err := <-ended:
		close(in.stopping)
		return fmt.Errorf("serve probes: %w", err)
	case <-ctx.Done():
	}
	close(in.stopping)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := srv.Shutdown(limit)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close() // whoever is cut off sends again
	}
	<-ended // http.ErrServerClosed
	if err != nil {
		return fmt.Errorf("stop serving probes: %w", err)
	}
	return nil
}

// Addr waits until Run listens and returns the address; "" when ctx ends first.
func (in *Intake) Addr(ctx context.Context) string {
	select {
	case <-ctx.Done():
		return ""
	case <-in.ready:
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.addr
}
